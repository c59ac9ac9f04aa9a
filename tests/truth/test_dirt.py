"""Values put in place of others, shares with their intervals, and flaws that are found in files too."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.truth._examples_dirt import EXAMPLES
from tests.truth._spoil import findings, spoiler, spoilt

from rowsmith.core.errors import DataError
from rowsmith.core.slips import SLIPS, is_near, slipped
from rowsmith.io._open import read_table
from rowsmith.truth._digits import swapped, swaps
from rowsmith.truth._dirt import fitted, put, share, sure


@given(st.lists(st.none() | st.sampled_from("abc"), max_size=20), st.data())
def test_values_are_put_where_they_belong(values, data):
    where = np.array(
        sorted(data.draw(st.sets(st.integers(0, max(len(values) - 1, 0)), max_size=len(values)))), dtype=np.int64
    )
    new = [data.draw(st.sampled_from("abxy")) for _ in where]
    expected = list(values)
    for at, value in zip(where, new, strict=True):
        expected[at] = value
    column = pa.array(values, pa.string())
    coded = column.dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string()))
    for each in (column, coded, column.cast(pa.large_string())):
        out = put(each, where, pa.array(new, pa.string()))
        assert out.type == each.type
        assert out.to_pylist() == expected


def test_a_dictionary_without_room_says_so_or_repeats_itself():
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), pa.array([f"w{i}" for i in range(126)]))
    assert put(column, np.arange(2), pa.array(["a", "b"])).to_pylist() == ["a", "b"]
    with pytest.raises(DataError, match="is a category of 126 values in codes of 8 bits, with no room for 3 more"):
        put(pa.concat_arrays([column, column]), np.arange(3), pa.array(["a", "b", "c"]))
    assert fitted(column, ["w0", "w0", "w1", "w1"], ["a", "b", "c", "c"]) == ["a", "a", "c", "c"]
    with pytest.raises(
        DataError, match="no room for 3 more that are spoilt; expected text: give the column `as: text`"
    ):
        fitted(column, ["w0", "w1", "w2"], ["a", "b", "c"])


@pytest.mark.parametrize("rate", [0.003, 0.02, 0.2])
def test_shares_cover(rate):
    counts = np.random.default_rng(1).binomial(2000, rate, 3000)
    found = [share("rate", count, 2000) for count in counts]
    assert 0.92 < np.mean([f.low <= rate <= f.high for f in found]) < 0.98
    assert share("rate", 0, 2000).low == 0
    assert share("rate", 0, 0).estimate is None
    assert 0 < sure("rate", 0.002, 0.001).low < 0.002 < sure("rate", 0.002, 0.001).high


@given(
    st.text("aAbBzZ019 -é", min_size=1, max_size=12), st.sampled_from(SLIPS), st.floats(0, 0.999), st.floats(0, 0.999)
)
def test_slips_are_near(word, slip, place, key):
    out = slipped(word, slip, place, key)
    assert out is None or is_near(word, out)
    if out is not None:
        assert out != word
        assert slip != "swap" or sorted(out) == sorted(word)


@given(st.integers(0, 10**9), st.floats(0, 0.999))
def test_swapped_digits_can_be_swapped_back(cents, pick):
    x = np.array([cents / 100])
    out = swapped(x, 2, np.array([pick]))
    if np.isfinite(out[0]):
        assert out[0] != x[0]
        assert any(np.isclose(back[0], x[0], atol=1e-3) for back in swaps(out, 2))
    else:
        assert len(set(str(cents).rstrip("0"))) <= 1 or len(str(cents)) == 1


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e}-{i}" for i, e in enumerate(EXAMPLES)])
def test_flaws_are_found_in_a_file_as_well(example, tmp_path):
    plant = spoiler(example.plant, **example.settings)
    table, _, _ = spoilt(plant, example.columns(np.random.default_rng(2), 1500))
    plain = pa.table(
        {
            n: c.combine_chunks().cast(pa.string()) if pa.types.is_dictionary(c.type) else c
            for n, c in zip(table.column_names, table.columns, strict=True)
        }
    )
    pyarrow.csv.write_csv(plain, tmp_path / "t.csv")
    again = findings(plant, read_table(str(tmp_path / "t.csv")))
    for name, finding in findings(plant, table).items():
        if isinstance(finding.estimate, float):
            assert again[name].estimate == pytest.approx(finding.estimate, rel=1e-6)
        else:
            assert again[name].estimate == finding.estimate
