import dataclasses
import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.columns._infer import infer_column
from rowsmith.columns._rare import are_names, shield_levels
from rowsmith.core.codecs import learn_column
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW, fewest

KEY = Key(3)


def texts(counts):
    """`counts[i]` rows of the text number i, mixed."""
    return pa.array(np.random.default_rng(0).permutation(np.repeat([f"L{i:03d}" for i in range(len(counts))], counts)))


@given(st.lists(st.one_of(st.integers(1, 9), st.integers(40, 400)), min_size=3, max_size=60))
def test_no_level_of_too_few_rows_is_left(counts):
    values = texts(counts)
    least = fewest(FEW, len(values))
    rare = {f"L{i:03d}" for i, count in enumerate(counts) if count < least}
    shield = shield_levels(values, FEW, KEY)
    if not rare:
        assert shield is None
        return
    kept = shield.values.filter(pa.array(~shield.hidden)).to_pylist()
    assert (shield.levels, shield.rows) == (len(rare), sum(count for count in counts if count < least))
    frequent = Counter({f"L{i:03d}": count for i, count in enumerate(counts) if count >= least})
    assert {name: count for name, count in Counter(kept).items() if name in frequent} == dict(frequent)
    if shield.hidden.any():
        assert shield.hidden.sum() == shield.rows
        assert not rare & set(kept)
    else:  # made up: as many, as often each
        others = [name for name in kept if name not in frequent]
        assert sorted(Counter(others).values()) == sorted(count for count in counts if count < least)


def test_made_up_levels_look_like_those_that_they_stand_for_and_are_none_of_them():
    values = pa.array(np.repeat([f"KD-{17 * i % 9973:04d}" for i in range(400)], 3))
    shield = shield_levels(values, FEW, KEY)
    made = set(shield.values.to_pylist())
    assert len(made) == 400
    assert not made & set(values.to_pylist())
    assert all(len(name) == 7 and name.startswith("KD-") and name[3:].isdigit() for name in made)
    again = shield_levels(values.take(pa.array(np.random.default_rng(1).permutation(1200))), FEW, KEY)
    assert set(again.values.to_pylist()) == made  # the order of the rows says nothing


def test_where_nearly_all_of_a_look_are_there_made_up_levels_still_differ():
    values = pa.array(np.repeat([f"C{i:02d}" for i in range(100)], 4))
    assert len(set(shield_levels(values, FEW, KEY).values.to_pylist())) == 100


def test_no_made_up_level_is_one_that_stays():
    # nearly all texts of this look are there, some of them often
    values = pa.array(np.repeat([f"C{i:02d}" for i in range(100)], [40] * 10 + [4] * 90))
    made = Counter(shield_levels(values, FEW, KEY).values.to_pylist())
    assert [made[f"C{i:02d}"] for i in range(10)] == [40] * 10
    assert sorted(made.values()) == [4] * 90 + [40] * 10


def test_a_yes_or_no_is_nobodys():
    assert shield_levels(texts([998, 2]), FEW, KEY) is None


def test_small_tables_keep_what_fewer_rows_share():
    assert shield_levels(texts([40, 40, 1]), FEW, KEY) is None
    assert shield_levels(texts([80, 80, 1]), FEW, KEY).levels == 1


def test_what_is_no_text_cannot_be_made_up():
    values = pa.array(np.repeat(np.arange(300, dtype=np.int32), 3)).cast(pa.date32())
    with pytest.raises(DataError, match="fewer than 5 rows share"):
        learn_column("day", Column(kind="category"), values, KEY)
    assert learn_column("day", Column(kind="category", public=True), values, KEY).codec.size == 300


def test_marks_beside_numbers_go_too_and_json_stays_json():
    values = pa.array([*(f"{x}.5" for x in range(500)), *["<5"] * 30, "see Dr. Low"])
    learnt = learn_column("x", Column(kind="mixed"), values, KEY)
    assert (learnt.levels, learnt.rows, np.flatnonzero(learnt.hidden).tolist()) == (1, 1, [530])
    assert "Low" not in str(learnt.codec.state())


def test_lists_that_few_rows_have_are_left_out():
    values = pa.array([["a", "b"]] * 300 + [["a"]] * 300 + [["secret"]] * 2, pa.list_(pa.string()))
    learnt = learn_column("x", Column(kind="nested"), values, KEY)
    assert learnt.rows == 2
    assert "secret" not in str(learnt.codec.state())


def test_elements_of_lists_that_few_have_are_left_out():
    rng = np.random.default_rng(0)
    rows = [list(rng.choice(list("abcdefgh"), 5)) for _ in range(600)]
    rows[7][0] = "secret"
    learnt = learn_column("x", Column(kind="nested"), pa.array(rows, pa.list_(pa.string())), KEY)
    assert "secret" not in str(learnt.codec.state())


def test_numbers_that_are_names_lose_those_of_few_rows_and_measures_do_not():
    names = pa.array([17] * 500 + [4000] * 300 + [90_000] * 198 + [555] * 2)
    codec = learn_column("x", Column(kind="integer"), names, KEY).codec
    every = codec.decode(np.arange(codec.size, dtype=np.uint16), None, KEY)
    assert every.to_pylist() == [17, 4000, 90_000]
    measures = pa.array(np.repeat(np.arange(100), [*[8] * 50, 3, *[8] * 49]))
    assert learn_column("x", Column(kind="integer"), measures, KEY).codec.size == 100


def test_extremes_of_few_rows_go_but_never_the_last_difference():
    counts = pa.array([0] * 700 + [1] * 200 + [2] * 95 + [3, 3, 3, 4, 9])
    codec = learn_column("x", Column(kind="integer"), counts, KEY).codec
    every = codec.decode(np.arange(codec.size, dtype=np.uint16), None, KEY)
    assert every.to_pylist() == [0, 1, 2, 3]
    rare = pa.array([0] * 996 + [1, 1, 2, 2])
    codec = learn_column("x", Column(kind="integer"), rare, KEY).codec
    assert codec.decode(np.arange(codec.size, dtype=np.uint16), None, KEY).to_pylist() == [0, 1]


def test_public_is_for_kinds_that_keep_values():
    values = pa.array([f"note {i} on this" for i in range(100)])
    with pytest.raises(SpecError, match=r"columns\.note\.public: the kind 'text' makes its values anew"):
        learn_column("note", Column(kind="text", public=True), values, KEY)
    assert learn_column("x", Column(kind="boolean", public=True), pa.array([True, False] * 9), KEY).rows == 0


@pytest.mark.parametrize(
    "values",
    [
        pa.array([i % 365 for i in range(60)], pa.int32()).cast(pa.date32()),
        pa.array([bytes([i, i, i]) for i in range(60)]),
        pa.array([bytes([i] * 4) for i in range(60)], pa.binary(4)),
    ],
)
def test_values_of_one_person_each_that_are_no_text_are_hidden_or_made_up(values):
    shared = pa.array([values[0].as_py()] * 100, values.type)
    rows, units = pa.concat_arrays([values.take(pa.array(np.repeat(np.arange(60), 9))), shared]), np.arange(160)
    units = np.concatenate([np.repeat(np.arange(60), 9), units[60:]])
    learnt = learn_column("c", Column(kind="category", type=str(values.type)), rows, KEY, units)
    levels = learnt.codec.inner.levels.to_pylist()
    assert set(levels) & set(values.to_pylist()) == {values[0].as_py()}
    assert (learnt.hidden.sum(), learnt.made_up) == ((531, False) if len(levels) == 1 else (0, True))


def test_offsets_and_lengths_of_one_row_are_not_kept():
    n = 1000
    rng = np.random.default_rng(0)
    told = [f"2024-01-01T00:{i % 60:02d}:{i // 60:02d}" for i in range(n)]
    told = [t + ("+05:45" if i == 3 else ("+02:00", "+01:00")[i % 2]) for i, t in enumerate(told)]
    learnt = learn_column("at", Column(kind="offset", type="string"), pa.array(told), Key(1))
    assert set(learnt.codec.inner.offsets.levels.to_pylist()) == {"+02:00", "+01:00"}
    assert (learnt.levels, learnt.rows, learnt.hidden.sum()) == (1, 1, 1)
    lists = [rng.integers(0, 99, 57 if i == 3 else 1 + i % 3).tolist() for i in range(n)]
    learnt = learn_column("list", Column(kind="nested", type="list<item: int64>"), pa.array(lists), Key(1))
    assert learnt.codec.inner.lengths.grid.high.max() == 3


def test_marks_of_a_part_are_counted_among_all_entities():
    """Of 1,000 entities five must share a mark, however few have one."""
    values = ["n/a" if i < 3 else "odd" if i < 60 else str(i * 1.5) for i in range(1000)]
    learnt = learn_column("x", Column(kind="mixed", type="string"), pa.array(values), Key(1), np.arange(1000) // 1)
    assert learnt.levels == 1


def test_where_hardly_a_row_has_a_value_as_many_must_share_it():
    names = [f"P{i}" for i in np.random.default_rng(0).integers(1_000_000, 9_999_999, 50)]
    learnt = learn_column("x", Column(kind="category"), pa.array([*names, *[None] * 9950]), KEY)
    assert not any(name in str(learnt.codec.state()) for name in names)
    days = pa.array([*range(50), *[None] * 9950], pa.int32()).cast(pa.date32())
    learnt = learn_column("x", Column(kind="category"), days, KEY)
    assert (learnt.codec.inner, learnt.levels, learnt.rows) == (None, 50, 50)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("mixed", [f"mark {i // 4}" for i in range(600)]),
        ("offset", [f"2024-03-01T08:21:{i % 60:02}+{i // 60:02}:{i // 3 % 20 + 10}" for i in range(600)]),
    ],
)
def test_where_no_level_is_shared_by_enough_none_is_kept(kind, values):
    learnt = learn_column("x", Column(kind=kind, type="string"), pa.array(values), KEY)
    assert learnt.codec.inner is None
    assert learnt.rows == 600


def test_numbers_of_persons_are_made_up_and_come_as_often():
    rng = np.random.default_rng(2)
    ids = pa.array([f"C{1000 + i}" for i in np.repeat(np.arange(200), rng.integers(5, 30, 200))])
    column = infer_column("customer_id", pa.field("customer_id", pa.string()), ids)
    assert column.settings == {"made_up": True}
    learnt = learn_column("customer_id", column, ids, KEY)
    made = learnt.codec.inner.levels.to_pylist()
    assert len(made) == 200
    assert not set(made) & set(ids.to_pylist())
    assert all(re.fullmatch(r"C\d{4}", each) for each in made)
    assert sorted(np.bincount(learnt.codes)) == sorted(Counter(ids.to_pylist()).values())
    public = learn_column("customer_id", dataclasses.replace(column, public=True), ids, KEY)
    assert set(public.codec.inner.levels.to_pylist()) == set(ids.to_pylist())


@pytest.mark.parametrize("name", ["product_id", "customer_type", "station"])
def test_numbers_of_things_are_kept(name):
    ids = pa.array([f"P{i % 50:03}" for i in range(2000)])
    assert not infer_column(name, pa.field(name, pa.string()), ids).settings.get("made_up")


def test_names_of_those_who_do_something_are_made_up_as_names():
    real = [f"{a} {b}" for a in ("Anna", "Jan", "Åsa", "Tom") for b in ("Huber", "van Dam", "Berg")]
    values = pa.array(np.random.default_rng(1).choice(real, 900))
    column = infer_column("driver", pa.field("driver", pa.string()), values)
    assert column.settings == {"made_up": True}
    made = learn_column("driver", column, values, KEY).codec.inner.levels.to_pylist()
    assert len(made) == 12
    assert not set(made) & set(real)
    assert are_names(pa.array(made))
    assert not infer_column("city", pa.field("city", pa.string()), values).settings


def test_titles_before_made_up_names_stay():
    values = pa.array(["Dr. Eva Stern", "Dr. Max Roth", "Prof. Dr. Ida Kern", "Dr. Leo Baum"] * 50)
    column = infer_column("doctor", pa.field("doctor", pa.string()), values)
    made = learn_column("doctor", column, values, KEY).codec.inner.levels.to_pylist()
    assert sorted(name.rpartition(". ")[0] for name in made) == ["Dr", "Dr", "Dr", "Prof. Dr"]
    assert not {name.rpartition(". ")[2] for name in made} & {"Eva Stern", "Max Roth", "Ida Kern", "Leo Baum"}
