import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.core.errors import DataError
from rowsmith.evaluate._align import align


def one(real, synthetic):
    found = align({"real": pa.table({"x": real}), "synthetic": pa.table({"x": synthetic})})
    (feature,) = found.features
    return feature, found.tables["real"].arrays[0], found.tables["synthetic"].arrays[0], found.notes


@pytest.mark.parametrize(
    "other",
    [
        pa.array([1.0, None, 3.0]),
        pa.array([1, None, 3], pa.uint8()),
        pa.array([decimal.Decimal("1.00"), None, decimal.Decimal("3.00")]),
        pa.array([1, None, 3]).dictionary_encode(),
        pa.array([1.0, float("nan"), 3.0], pa.float32()),
        pa.array([" 1", None, "3.0"]),
    ],
    ids=lambda a: str(a.type),
)
def test_numbers_of_any_kind_are_the_same(other):
    feature, a, b, _ = one(pa.array([1, None, 3], pa.int64()), other)
    assert feature.kind == "number"
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_text_of_any_kind_is_the_same(kind):
    feature, a, b, notes = one(pa.array(["b", "a", "b", None]), pa.array(["b", "a", "b", None]).cast(kind))
    assert (feature.kind, feature.levels) == ("category", ("b", "a"))
    assert a.tolist() == b.tolist() == [0, 1, 0, -1]
    assert notes == ()


def test_times_of_any_unit_are_the_same_and_never_overflow():
    far = [datetime.datetime(9999, 12, 31), None, datetime.datetime(1, 1, 1)]
    feature, a, b, _ = one(pa.array(far, pa.timestamp("us")), pa.array(far, pa.timestamp("s")))
    assert feature.kind == "time"
    np.testing.assert_array_equal(a, b)
    _, c, _, _ = one(pa.array([d and d.date() for d in far]), pa.array(far, pa.timestamp("ms")))
    np.testing.assert_array_equal(a, c)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([datetime.time(1), None]),
        pa.array([datetime.timedelta(days=9), None]),
        pa.array([1, None], pa.time32("s")),
    ],
)
def test_spans_are_numbers_of_seconds(values):
    feature, a, _, _ = one(values, values)
    assert feature.kind == "number"
    assert np.isfinite(a[0])
    assert np.isnan(a[1])


def test_text_that_reads_as_dates_is_read():
    feature, a, b, notes = one(pa.array([datetime.date(2020, 1, 2)]), pa.array(["2020-01-02"]))
    assert feature.kind == "time"
    assert a.tolist() == b.tolist()
    assert "read as" in notes[0]


@pytest.mark.parametrize(
    ("real", "synthetic"),
    [
        (pa.array([1, 2]), pa.array(["one", "2"])),
        (pa.array([datetime.date(2020, 1, 1)]), pa.array(["soon"])),
        (pa.array([datetime.date(2020, 1, 1)]), pa.array([1.5])),
        (pa.array([[1], [2]]), pa.array(["a", "b"])),
        (pa.array([{"a": 1}]), pa.array([b"\xff\xfe"])),
    ],
)
def test_columns_of_different_nature_are_compared_as_text(real, synthetic):
    feature, _, _, notes = one(real, synthetic)
    assert feature.kind == "category"
    assert "compared as text" in notes[0]


def test_flags_are_levels_and_agree_with_numbers():
    assert one(pa.array([True, False]), pa.array([True, None]))[0].kind == "category"
    feature, a, b, _ = one(pa.array([True, False]), pa.array([1, 0]))
    assert feature.kind == "number"
    assert a.tolist() == b.tolist()


def test_columns_without_values_take_the_other_type():
    feature, a, b, _ = one(pa.array([1.5, 2.0]), pa.nulls(3))
    assert feature.kind == "number"
    assert np.isnan(b).all()
    feature, a, b, _ = one(pa.nulls(2), pa.nulls(2))
    assert a.tolist() == b.tolist() == [-1, -1]


def test_nearly_unique_text_and_counters_are_identifiers():
    names = pa.array([f"n{i}" for i in range(100)])
    assert one(names, names)[0].identifier
    assert not one(pa.array(["a", "b"]), names)[0].identifier
    assert one(pa.array(range(7, 107)), pa.array(range(50)))[0].identifier
    assert not one(pa.array(np.arange(100.0)), pa.array(range(50)))[0].identifier
    assert not one(pa.array(np.arange(100) ** 2), pa.array(range(50)))[0].identifier


def test_other_columns_are_left_out_and_named():
    found = align({"real": pa.table({"a": [1], "b": [1]}), "synthetic": pa.table({"c": [1], "b": [2]})})
    assert [f.name for f in found.features] == ["b"]
    assert found.notes[0] == "Not compared, as it is missing in synthetic: 'a'."
    assert found.notes[1] == "Not compared, as it is missing in real: 'c'."


def test_no_common_column_is_a_clear_error():
    with pytest.raises(DataError, match="no column in common: real has 'a'; synthetic has 'b'"):
        align({"real": pa.table({"a": [1]}), "synthetic": pa.table({"b": [1]})})


@pytest.mark.parametrize("role", ["real", "synthetic", "holdout"])
def test_an_empty_table_is_a_clear_error(role):
    tables = dict.fromkeys(("real", "synthetic", "holdout"), pa.table({"a": [1]}))
    tables[role] = tables[role].slice(0, 0)
    with pytest.raises(DataError, match=f"the {role} table has no rows"):
        align(tables)


@pytest.mark.parametrize(
    ("real", "made", "compared"),
    [
        (["DE89"] * 60, [f"DE{i}" for i in range(100, 160)], False),
        ([4111111111111111] * 60, [4 * 10**15 + i for i in range(60)], False),
        ([f"a{i % 25}" for i in range(75)], [f"new {i}" for i in range(75)], False),
        ([f"a{i % 25}" for i in range(75)], [f"a{i}" for i in range(75)], True),  # some come back
        (["yes", "no"] * 30, ["Yes", "No"] * 30, True),  # spoilt, not invented
        (["yes"] * 60, ["Yes"] * 60, True),
        ([7] * 60, list(range(100, 160)), True),  # a measure that was lost
        ([1.5e9 + 0.5] * 60, [1.5e9 + i for i in range(60)], True),
    ],
)
def test_what_was_invented_is_not_compared_and_what_was_spoilt_is(real, made, compared):
    assert (one(pa.array(real), pa.array(made))[0].identifier == "") == compared


@pytest.mark.parametrize(("rows_each", "all_new", "excused"), [(7, True, True), (7, False, False), (50, True, False)])
def test_texts_made_anew_are_not_compared_though_rows_share_them(rows_each, all_new, excused):
    real = [f"{i} Main Street" for i in range(40)] * rows_each
    made = [f"{i} Oak Lane" for i in range(40)] * rows_each
    feature, *_ = one(pa.array(real), pa.array(made if all_new else [real[0], *made[1:]]))
    assert bool(feature.identifier) == excused


def test_a_few_persons_named_anew_are_not_compared():
    real, made = ["Eva Stern", "Max Roth", "Ida Kern"] * 20, ["Ann Lee", "Bob Ray", "Cleo Fox"] * 20
    tables = {"real": pa.table({"nurse": real, "x": range(60)}), "synthetic": pa.table({"nurse": made, "x": range(60)})}
    assert "nurse" not in [f.name for f in align(tables).features if not f.identifier]
    some = tables | {"synthetic": pa.table({"nurse": [*made[:-1], "Eva Stern"], "x": range(60)})}
    assert "nurse" in [f.name for f in align(some).features if not f.identifier]
    cities = {
        role: pa.table({"city": v, "x": range(60)})
        for role, v in (("real", ["ulm", "bern"] * 30), ("synthetic", ["x", "y"] * 30))
    }
    assert "city" in [f.name for f in align(cities).features if not f.identifier]


def test_tables_that_share_hardly_a_column_get_no_verdict():
    r = np.random.default_rng(0)
    real = pa.table({n: r.normal(size=300) for n in "abc"})
    other = pa.table({n: r.normal(size=300) for n in "axyz"})
    verdicts = rs.evaluate(real, other).summary.verdicts
    assert {v.level for v in verdicts} == {"not measured"}
    assert all(v.sentence.startswith("The tables do not look like the same table") for v in verdicts)
    assert "of the 3 columns of the real one, the synthetic one lacks 'b', 'c'." in verdicts[0].sentence
    more = real.append_column("x", real["a"])
    assert "same table" not in " ".join(v.sentence for v in rs.evaluate(real, more).summary.verdicts)


def test_what_is_leaked_is_told_of_few_columns_too():
    r = np.random.default_rng(0)
    real = pa.table({n: r.normal(size=300) for n in "abcde"})
    holdout = pa.table({n: r.normal(size=300) for n in "abcde"})
    privacy = next(
        v for v in rs.evaluate(real, real.select(["a", "b"]), holdout=holdout).summary.verdicts if v.aspect == "privacy"
    )
    assert privacy.level == "poor"
