"""Whatever the tables are: finite figures, or a clear reason."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowsmith.core.errors import DataError, SpecError
from rowsmith.evaluate._judge import judge
from rowsmith.evaluate._report import render
from rowsmith.evaluate._text import text

N = 60


def sound(summary):
    """All numbers are finite, what is missing has a reason, and every form of the report can be made."""
    for result in summary.measures:
        assert result.sentence
        assert result.figures or result.details or result.level == "not measured"
        for figure in result.figures:
            assert figure.value is None or math.isfinite(figure.value)
    assert len(summary.verdicts) == 3
    assert summary.to_json()
    assert text(summary)
    assert render(summary)
    return summary


def line(seed=0):
    return np.random.default_rng(seed).normal(size=N)


ODD = {
    "all null": pa.nulls(N),
    "null numbers": pa.nulls(N, pa.float64()),
    "null text": pa.nulls(N, pa.string()),
    "constant": pa.array([7] * N),
    "constant text": pa.array(["x"] * N),
    "infinities": pa.array(np.where(np.arange(N) % 3 == 0, np.inf, np.where(np.arange(N) % 3 == 1, -np.inf, line()))),
    "only infinity": pa.array([float("inf")] * N),
    "huge": pa.array(np.where(np.arange(N) % 2, 1.7e308, -1.7e308)),
    "tiny": pa.array(line() * 1e-310),
    "nan": pa.array([float("nan")] * N),
    "big integers": pa.array([2**63 - 1 - i % 5 for i in range(N)]),
    "unique text": pa.array([f"t{i}" for i in range(N)]),
    "counter": pa.array(range(N)),
    "lists": pa.array([[i % 3] for i in range(N)]),
    "bytes": pa.array([bytes([i % 3, 255]) for i in range(N)]),
    "flags": pa.array([i % 2 == 0 for i in range(N)]),
    "far dates": pa.array([2_932_896 - i if i % 2 else -719_162 for i in range(N)], pa.date32()),
    "empty text": pa.array(["", " "] * (N // 2)),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("alone", [True, False])
def test_odd_columns(name, alone):
    table = pa.table({"odd": ODD[name]} | ({} if alone else {"line": line(), "level": ["a", "b", "c"] * (N // 3)}))
    sound(judge(table, table, holdout=table, target="odd", workers=1))
    sound(judge(table, table, target=None if alone else "level", workers=1))


@pytest.mark.parametrize("name", ODD)
def test_a_column_against_one_of_another_nature(name):
    plain = pa.table({"odd": line(), "x": line(1)})
    odd = pa.table({"odd": ODD[name], "x": line(2)})
    sound(judge(plain, odd, workers=1))
    sound(judge(odd, plain, holdout=odd, workers=1))


@pytest.mark.parametrize("n", [1, 2, 3, 19, 41])
def test_few_rows(n):
    big = pa.table({"a": line(), "b": ["x", "y", "z"] * (N // 3)})
    small = big.slice(0, n)
    for tables in ((small, big, big), (big, small, big), (big, big, small), (small, small, small)):
        sound(judge(tables[0], tables[1], holdout=tables[2], target="b", workers=1))
    sound(judge(small, small, workers=1))


def test_a_target_of_one_class_has_a_reason(make):
    real = make.people(100, 1)
    one = real.set_column(real.column_names.index("job"), "job", pa.array(["same"] * 100))
    found = sound(judge(one, one, target="job"))
    reason = next(r.sentence for r in found.measures if r.measure == "utility")
    assert "single class" in reason
    # Only the synthetic side has one class: a number, as bad as guessing.
    assert judge(real, one, target="job").figure("utility").value == 0.5


def test_an_identifier_as_target_has_a_reason(make):
    real = make.people(100, 1).append_column("id", pa.array([f"id{i}" for i in range(100)]))
    found = sound(judge(real, real, target="id"))
    assert "only names rows" in next(r.sentence for r in found.measures if r.measure == "utility")


def test_an_unknown_target_has_close_matches(make):
    real = make.people(50, 1)
    with pytest.raises(SpecError, match="did you mean 'wealth'"):
        judge(real, real, target="welth")
    with pytest.raises(SpecError, match="the synthetic table has no such column"):
        judge(real, real.drop_columns(["job"]), target="job")


def test_no_common_column_and_no_rows():
    with pytest.raises(DataError, match="no column in common"):
        judge(pa.table({"a": [1]}), pa.table({"b": [1]}))
    with pytest.raises(DataError, match="no rows"):
        judge(pa.table({"a": [1]}), pa.table({"a": pa.array([], pa.int64())}))


def test_many_columns_and_identifiers_only(make):
    rng = np.random.default_rng(0)
    wide = pa.table({f"c{i}": rng.integers(0, 4, 50) for i in range(130)})
    found = sound(judge(wide, wide, workers=1))
    assert any("not paired" in n for n in found.notes)
    names = pa.table({"id": [f"u{i}" for i in range(50)]})
    found = sound(judge(names, names, holdout=names))
    assert next(r.level for r in found.measures if r.measure == "copies") == "good"


cells = st.one_of(
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=3, max_size=3).map(
        lambda v: pa.array(v, pa.int64())
    ),
    st.lists(st.one_of(st.none(), st.floats()), min_size=3, max_size=3).map(lambda v: pa.array(v, pa.float64())),
    st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]))), min_size=3, max_size=3).map(
        lambda v: pa.array(v, pa.string())
    ),
    st.lists(st.one_of(st.none(), st.datetimes()), min_size=3, max_size=3).map(
        lambda v: pa.array(v, pa.timestamp("us"))
    ),
)


@settings(max_examples=40)
@given(cells, cells, cells, cells)
def test_any_small_tables(a, b, c, d):
    sound(judge(pa.table({"x": a, "y": b}), pa.table({"x": c, "y": d}), holdout=pa.table({"x": a, "y": d}), workers=1))


def test_of_a_handful_of_rows_nobody_can_tell_whether_they_look_real():
    some, more = pa.table({"x": [1, 2, 3, 4, 5]}), pa.table({"x": list(range(30))})
    found = judge(some, some).verdicts[0]
    assert (found.level, found.sentence) == (
        "not measured",
        "The real table has 5 rows, of which nothing is certain: at least 20 are needed.",
    )
    assert judge(more, more, holdout=some).verdicts[0].level != "not measured"
