"""A declared key never comes out broken: what may not hold is looked at in all rows."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowsmith.core.errors import SpecError
from rowsmith.engine._family import MakeFamily
from rowsmith.engine._unique import KeyCheck, check_parts, from_bytes, joined, keys_of, to_bytes
from rowsmith.engine.make import make
from rowsmith.engine.planning import plan_spec
from rowsmith.spec.model import Spec

NORMAL = {"kind": "normal", "mean": 0, "sd": 1000, "as": "integer"}


def looked_at(rows, chunk_rows=64, **table):
    """Make a table chunk by chunk, and look at its keys as whoever drives the workers does."""
    spec = Spec(tables={"t": {"rows": rows} | table}, chunk_rows=chunk_rows)
    plan = plan_spec(spec)
    task, check = MakeFamily(plan), KeyCheck(spec)
    for chunk in plan.chunks("t"):
        check.add(task(chunk).keys)


POOL = {
    "id": "id",
    "letter": {"kind": "category", "values": {"a": 9, "b": 3, "c": 1}},
    "word": {"kind": "category", "values": ["x", "y", "z", "w"]},
    "truth": {"kind": "boolean", "p": 0.9},
    "day": {"kind": "date", "between": ["2024-01-01", "2024-01-20"]},
    "number": {"kind": "integer", "low": 1, "high": 30},
    "size": NORMAL,
    "sum": {"sql": "size + number"},
    "friend": {"kind": "reference", "table": "p", "law": "zipf"},
    "other": {"kind": "reference", "table": "p", "distinct": True},
    "parent": "parent",
    "place": "position",
    "sort": {"kind": "parent", "column": "sort"},
    "sparse": {"kind": "integer", "high": 40, "null": 0.5},
}


@given(
    groups=st.lists(
        st.lists(st.sampled_from(sorted(POOL)), min_size=1, max_size=3, unique=True), min_size=1, max_size=2
    ),
    parents=st.integers(1, 40),
    count=st.integers(0, 4),
    chunk_rows=st.sampled_from([8, 4096]),
)
@settings(max_examples=80)
def test_any_declared_groups_hold_or_are_refused_for_good_reason(groups, parents, count, chunk_rows):
    above = {"rows": parents, "columns": {"key": "id", "sort": {"kind": "category", "values": ["s", "t"]}}}
    own = {"per": {"table": "p", "count": count}, "columns": POOL, "unique": groups, "primary_key": "id"}
    spec = Spec(tables={"p": above, "t": own}, chunk_rows=chunk_rows)
    rows, fault = [], None
    try:
        plan = plan_spec(spec)
        task, check = MakeFamily(plan), KeyCheck(spec)
        for chunk in plan.chunks("p"):
            made = task(chunk)
            rows += made.tables["t"].to_pylist()
            check.add(made.keys)
    except SpecError as refused:
        fault = str(refused)
        assert re.search("are the same there|there are no more than|only .* rows? to point|and table 'p' only", fault)
    for group in spec.tables["t"].unique:
        keys = [tuple(row[c] for c in group) for row in rows]
        keys = [key for key in keys if None not in key]
        if fault is None:
            assert len(set(keys)) == len(keys), group
        elif f"unique ({', '.join(group)}): rows" in fault:
            assert len(set(keys)) < len(keys)


def test_keys_that_hold_by_chance_pass():
    looked_at(300, primary_key=["a", "b"], columns={"a": NORMAL, "b": {"kind": "normal"}})
    looked_at(2, unique=["a"], columns={"a": NORMAL})


@pytest.mark.parametrize("chunk_rows", [64, 4096])
def test_two_rows_with_one_key_are_named(chunk_rows):
    with pytest.raises(
        SpecError, match=r"tables\.t\.primary_key \(a\): rows [\d,]+ and [\d,]+ are the same there"
    ) as caught:
        looked_at(3000, chunk_rows, primary_key="a", columns={"a": NORMAL})
    first, second = (
        int(n.replace(",", "")) for n in str(caught.value).split("rows ")[1].split(" are")[0].split(" and ")
    )
    spec = Spec(tables={"t": {"rows": 3000, "columns": {"a": NORMAL}}}, chunk_rows=chunk_rows)
    values = make(spec)["t"]["a"].to_pylist()
    assert values[first - 1] == values[second - 1]
    assert first < second


def test_a_group_is_looked_at_beside_the_key():
    columns = {"id": "id", "a": NORMAL, "b": {"sql": "a % 7"}}
    with pytest.raises(SpecError, match=r"tables\.t\.unique \(b\): rows "):
        looked_at(300, columns=columns, unique=[["id", "a"], ["b"]])


def test_rows_with_a_null_are_no_repetition_but_no_key_either():
    columns = {"id": "id", "a": {"sql": "case when id % 2 = 0 then id end"}}
    looked_at(300, columns=columns, unique=["a"])
    with pytest.raises(SpecError, match=r"primary_key \(a\): row 1 has no value there"):
        looked_at(300, columns=columns, primary_key="a")


def test_types_of_the_whole_table_count():
    spec = Spec(tables={"t": {"rows": 9, "primary_key": "a", "columns": {"a": NORMAL}}})
    check = KeyCheck(spec)
    whole = {"t": pa.schema({"a": pa.float64()})}
    check.add(keys_of(spec, {"t": pa.record_batch({"a": [1, 2]})}, whole))
    with pytest.raises(SpecError, match="rows 1 and 3"):
        check.add(keys_of(spec, {"t": pa.record_batch({"a": [1.0]})}, whole))


def test_hashes_go_through_a_file_in_parts():
    spec = Spec(tables={"t": {"rows": 9, "primary_key": "a", "columns": {"a": NORMAL}}})
    schemas = {"t": pa.schema({"a": pa.int64()})}
    parts = [keys_of(spec, {"t": pa.record_batch({"a": np.arange(i, i + 5)})}, schemas) for i in (0, 5, 10)]
    again = from_bytes(to_bytes(joined(parts)))
    assert list(again) == ["t/0"]
    assert again["t/0"].shape == (15, 2)
    check = KeyCheck(spec)
    check.add(again)
    with pytest.raises(SpecError, match="rows 13 and 17"):
        check.add(keys_of(spec, {"t": pa.record_batch({"a": [77, 12]})}, schemas))
    with pytest.raises(SpecError, match="rows 1 and 16"):
        check_parts(spec, [to_bytes(joined(parts)), to_bytes(parts[0])])
    check_parts(spec, [to_bytes(part) for part in parts])
    assert joined([]) == {}
    assert from_bytes(to_bytes({})) == {}


def test_tables_whose_keys_hold_anyway_cost_nothing():
    spec = Spec(tables={"t": {"rows": 9, "columns": {"a": "id"}}})
    assert keys_of(spec, {"t": pa.record_batch({"a": [1]})}, {"t": pa.schema({"a": pa.int64()})}) == {}


def test_the_first_repetition_is_found_among_many_rows_and_no_other():
    spec = Spec(tables={"t": {"rows": 9, "primary_key": "a", "columns": {"a": NORMAL}}})
    check, schemas = KeyCheck(spec), {"t": pa.schema({"a": pa.int64()})}
    numbers = np.random.default_rng(0).permutation(20_000)
    for part in np.split(numbers, np.sort(np.random.default_rng(1).integers(0, 20_000, 60))):
        check.add(keys_of(spec, {"t": pa.record_batch({"a": part})}, schemas))
    with pytest.raises(SpecError, match="rows 7,778 and 20,002 are"):
        check.add(keys_of(spec, {"t": pa.record_batch({"a": [20_000, numbers[7777], 20_000]})}, schemas))


def test_hashes_that_are_only_half_the_same_are_two():
    spec = Spec(tables={"t": {"rows": 9, "primary_key": "a", "columns": {"a": NORMAL}}})
    check = KeyCheck(spec)
    check.add({"t/0": np.array([[5, 1], [5, 2], [7, 1]], np.uint64)})
    check.add({"t/0": np.array([[5, 3]], np.uint64)})
    with pytest.raises(SpecError, match="rows 2 and 5"):
        check.add({"t/0": np.array([[5, 2]], np.uint64)})


@pytest.mark.parametrize("target", [None, "out/", "t.csv", "t.sqlite"])
@pytest.mark.parametrize("rows", [300, 3000])
def test_a_broken_key_is_refused_and_nothing_is_written(target, rows, tmp_path):
    key = {"kind": "normal", "mean": 0, "sd": 1000 if rows > 300 else 10**6, "as": "integer"}
    spec = Spec(tables={"t": {"rows": rows, "primary_key": "a", "columns": {"a": key}}}, chunk_rows=64)
    place = None if target is None else f"{tmp_path}/{target}"
    if rows == 300:
        assert make(spec, place).rows == {"t": 300}
        return
    with pytest.raises(SpecError, match=r"tables\.t\.primary_key \(a\): rows "):
        make(spec, place)
    assert list(tmp_path.iterdir()) == []
