"""Columns chosen together: every combination once, by the weights, in any chunks."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.engine import _combine
from rowsmith.engine._combine import Law
from rowsmith.engine._family import MakeFamily
from rowsmith.engine.make import make
from rowsmith.engine.planning import plan_spec
from rowsmith.spec.model import Spec

STOCK = {
    "rows": 600,
    "primary_key": ["store", "day", "sku"],
    "columns": {
        "store": {"kind": "category", "values": {"A": 5, "B": 3, "C": 1, "D": 1, "E": 1, "F": 1, "closed": 0}},
        "day": {"kind": "date", "between": ["2024-03-01", "2024-04-04"]},
        "sku": {"kind": "category", "values": ["sku1", "sku2", "sku3", "sku4"]},
        "qty": {"kind": "poisson", "mean": 4},
    },
}
SCHOOL = {
    "students": {"rows": 700, "columns": {"student_id": "id", "year": {"kind": "integer", "low": 1, "high": 3}}},
    "courses": {"rows": 40, "columns": {"course_id": {"kind": "id", "shuffled": 1000}, "hours": {"kind": "integer", "high": 9}}},
    "marks": {
        "per": {"table": "students", "count": {"kind": "integer", "low": 0, "high": 6}},
        "primary_key": ["student_id", "subject"],
        "columns": {
            "student_id": "parent",
            "subject": {"kind": "category", "values": {"maths": 9, "art": 1, "music": 1, "sport": 1, "latin": 1, "physics": 1}},
            "mark": {"kind": "integer", "low": 1, "high": 6},
        },
    },
    "visits": {
        "per": {"table": "students", "count": {"kind": "poisson", "mean": 3, "max": 9}},
        "primary_key": ["student_id", "course_id"],
        "columns": {
            "student_id": "parent",
            "course_id": {"kind": "reference", "table": "courses", "law": "zipf"},
            "hours": {"sql": "courses.hours"},
        },
    },
    "pairs": {
        "rows": 9000,
        "unique": ["student", "course"],
        "columns": {
            "pair_id": "id",
            "student": {"kind": "reference", "table": "students"},
            "course": {"kind": "reference", "table": "courses", "law": "zipf", "exponent": 0.7},
            "hours": {"sql": "courses.hours"},
        },
        "rules": {"work": "hours >= 0"},
    },
}  # fmt: skip


def different(table, key):
    return len(table.select(key).group_by(key).aggregate([])) == table.num_rows


@pytest.mark.parametrize("n", [0, 1, 600, 839, 840])
def test_no_combination_comes_twice_up_to_the_last_one(n):
    table = make(Spec(tables={"stock": STOCK}), rows={"stock": n})["stock"]
    assert table.num_rows == n
    assert different(table, STOCK["primary_key"])
    assert "closed" not in table["store"].to_pylist()


def test_more_are_refused_before_anything_is_made():
    for name, rows in (("store", 841), ("stock", 900)):
        with pytest.raises(
            SpecError, match=rf"tables\.{name}\.primary_key \(store, day, sku\): {rows} rows are wanted, .* 840 "
        ):
            make(Spec(tables={name: STOCK | {"rows": rows}}), "nowhere.csv")
    few = SCHOOL["marks"]["columns"] | {"subject": {"kind": "category", "values": list("abcde")}}
    with pytest.raises(SpecError, match=r"marks\.primary_key .*: a parent has [67] rows, .* 5 values \(subject: 5\)"):
        make(Spec(tables=SCHOOL | {"marks": SCHOOL["marks"] | {"columns": few}}))


def test_first_rows_stay_as_they_were_and_weights_count():
    spec = Spec(tables={"stock": STOCK})
    few, all_ = (make(spec, rows={"stock": n})["stock"] for n in (60, 840))
    assert all_.slice(0, 60).equals(few)
    stores = few["store"].to_pylist()
    assert 15 < stores.count("A") < 35  # 25 of 60, and hardly fewer since few combinations are used up


def test_chunks_are_made_alone_in_any_order():
    plan = plan_spec(Spec(tables=SCHOOL, chunk_rows=512))
    parts = {name: [] for name in SCHOOL}
    for root in plan.roots:
        for chunk in reversed(plan.chunks(root)):
            for name, batch in MakeFamily(plan)(chunk).tables.items():  # as a worker that has made no other
                parts[name].insert(0, batch)
    made = make(plan.spec)
    for name in SCHOOL:
        assert len(parts[name]) > 1 or name == "courses"
        assert pa.Table.from_batches(parts[name]).cast(made[name].schema).equals(made[name])
    assert different(made["pairs"], ["student", "course"])
    for name in ("marks", "visits"):
        assert different(made[name], SCHOOL[name]["primary_key"])
    whole = make(Spec(tables=SCHOOL))
    assert whole["pairs"]["student"].equals(made["pairs"]["student"])


def test_pointers_that_are_chosen_together_lead_to_rows():
    made = make(Spec(tables=SCHOOL))
    hours = dict(zip(*made["courses"].to_pydict().values(), strict=True))
    assert set(made["pairs"]["course"].to_pylist()) <= set(hours)
    assert made["pairs"]["hours"].to_pylist() == [hours[c] for c in made["pairs"]["course"].to_pylist()]
    assert made["visits"]["hours"].to_pylist() == [hours[c] for c in made["visits"]["course_id"].to_pylist()]
    often = np.unique(made["visits"]["course_id"], return_counts=True)[1]
    assert often.max() > 4 * np.median(often)


def test_siblings_get_the_likely_values_first():
    marks = make(Spec(tables=SCHOOL))["marks"].to_pandas()
    assert (marks.subject == "maths").sum() > 0.8 * marks.student_id.nunique()
    full = marks.groupby("student_id").filter(lambda rows: len(rows) == 6)
    assert len(full) > 300
    assert (full.groupby("student_id").subject.nunique() == 6).all()


@given(
    weights=st.lists(st.lists(st.floats(0.01, 100), min_size=1, max_size=12), min_size=1, max_size=3),
    seed=st.integers(0, 99),
)
@settings(max_examples=40)
def test_the_order_is_one_of_different_combinations_and_longer_ones_go_on(weights, seed):
    law = Law(tuple(map(len, weights)), tuple(np.array(w) if max(w) > 1 else None for w in weights))
    order = law.order(law.capacity, Key(seed))
    assert sorted(order.tolist()) == list(range(law.capacity))
    assert np.array_equal(law.order(law.capacity // 2, Key(seed)), order[: law.capacity // 2])


def test_of_very_many_combinations_the_first_are_drawn(monkeypatch):
    monkeypatch.setattr(_combine, "LISTED", 0)
    monkeypatch.setattr(_combine, "BLOCK", 256)
    law = Law((30, 40), (np.arange(1.0, 31), None))
    order = law.order(900, Key(1))
    assert len(set(order.tolist())) == 900
    assert 0 <= order.min() <= order.max() < 1200
    assert np.array_equal(law.order(300, Key(1)), order[:300])
    assert np.mean(order[:100] // 40) > 17  # by the weights; evenly it would be 14.5, and 19.7 without an end
    with pytest.raises(SpecError, match="so uneven that of 1,200 combinations, 1,200 are hardly found"):
        Law((30, 40), (np.arange(1.0, 31) ** 6, None)).order(1200, Key(1))


@given(
    counts=st.lists(st.integers(0, 9), max_size=20),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=2),
    power=st.floats(0, 6),
    seed=st.integers(0, 99),
)
@settings(max_examples=60)
def test_siblings_differ_whatever_the_weights(counts, sizes, power, seed):
    weights = tuple(np.arange(1.0, size + 1) ** -power for size in sizes)
    law = Law(tuple(sizes), weights)
    counts = np.minimum(np.array(counts, dtype=np.int64), law.capacity)
    parents = np.repeat(np.arange(len(counts)), counts)
    places = np.arange(len(parents)) - np.repeat(np.cumsum(counts) - counts, counts)
    found = law.siblings(parents, places, Key(seed))
    assert len(found) == len(parents)
    assert len(set(zip(parents.tolist(), found.tolist(), strict=True))) == len(parents)
    assert all(0 <= f < law.capacity for f in found.tolist())


def test_both_ways_to_choose_follow_the_same_law(monkeypatch):
    weights = np.array([8.0, 4, 2, 1, 1])
    law = Law((5,), (weights,))
    parents, places = np.repeat(np.arange(4000), 2), np.tile([0, 1], 4000)
    shares = []
    for few in (1, 100):  # by chance, or all put in order
        monkeypatch.setattr(_combine, "FEW", few)
        found = law.siblings(parents, places, Key(few))
        shares.append(np.bincount(found, minlength=5) / 4000)
    first = weights / 16
    second = sum(first[i] * np.where(np.arange(5) == i, 0, weights) / (16 - weights[i]) for i in range(5))
    for found in shares:
        assert np.abs(found - first - second).max() < 0.04  # 4 standard deviations of a share of 4,000


def test_a_table_of_no_rows_has_its_types():
    made = make(Spec(tables=SCHOOL), rows={"students": 0, "courses": 0, "pairs": 0})
    assert made["marks"].schema.field("subject").type == pa.dictionary(pa.int8(), pa.string())
    with pytest.raises(SpecError, match="no more than 0"):
        make(Spec(tables=SCHOOL), rows={"courses": 0})
