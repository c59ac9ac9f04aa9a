"""What one person has alone, in however many rows, is in no model and in no twin."""

import zipfile
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import rowsmith as rs
from rowsmith.core.schema import Column, ForeignKey, Schema, Table

N, EACH = 130, 12
HIGHEST = 90_000


def owned(n=N, each=EACH, seed=0):
    """Rows of persons: of each two words and two amounts that nobody else has, in turn; and a colour that many have.

    The first person spends more than all others, in all rows, and has a shape that nobody else has; three have a mark.
    """
    rng = np.random.default_rng(seed)
    person, row = np.repeat(np.arange(n), each), np.tile(np.arange(each), n)
    mine = 2 * person + rng.integers(2, size=n * each)
    words = ["".join(letters) for letters in rng.choice(list("abcdefghik"), (2 * n, 9))]
    amounts = rng.choice(1_000_000, 2 * n, replace=False)
    return pa.table(
        {
            "person": [f"P{p:03}" for p in person],
            "day": pa.array(19_000 + 3 * row + person, pa.int32()).cast(pa.date32()),
            "word": [words[m] for m in mine],
            "amount": amounts[mine],
            "spent": np.where(person == 0, HIGHEST + row, np.round(rng.gamma(3, 40, n * each), 2)),
            "colour": rng.choice(["red", "blue", "grey"], n * each),
            "shape": np.where(person < 1, "torus", rng.choice(["cube", "ball"], n * each)),
            "mark": np.where(person < 3, "star", rng.choice(["dot", "line"], n * each)),
        }
    )


def inside(model, path):
    model.save(path)
    with zipfile.ZipFile(path) as file:
        return b"".join(file.read(name) for name in file.namelist())


def check(real, twin, model, path):
    """No word, shape, amount or end of one person is there; what persons share is."""
    words = set(real["word"].to_pylist())
    assert not words & set(twin["word"].to_pylist())
    kept = inside(model, path)
    for word in sorted(words):
        assert f'"{word}"'.encode() not in kept, word
    assert b'"torus"' not in kept
    assert set(twin["shape"].to_pylist()) == {"cube", "ball"}
    assert set(twin["colour"].to_pylist()) == {"red", "blue", "grey"}
    assert "star" in set(twin["mark"].to_pylist())  # of 130 persons two are enough
    same = np.isin(twin["amount"].to_numpy(), real["amount"].to_numpy()).mean()
    assert same < 0.2, same  # of the numbers between two real ones, most are none
    assert pc.max(twin["spent"]).as_py() < HIGHEST


def test_in_a_database_children_are_those_of_the_person_above_them(tmp_path):
    rows = owned()
    orders = rows.drop_columns(["day"]).append_column("order", pa.array(np.arange(rows.num_rows)))
    lines = pa.table({"order": np.repeat(np.arange(rows.num_rows), 2), "word": np.repeat(rows["word"].to_pylist(), 2)})
    lines = lines.append_column("line", pa.array(np.arange(lines.num_rows)))
    shops = pa.table({"shop": np.arange(4), "size": [1, 2, 3, 4]})
    persons = pa.table(
        {"person": [f"P{p:03}" for p in range(N)], "shop": np.arange(N) % 4, "age": 20 + np.arange(N) % 50}
    )
    schema = Schema(
        tables={
            "shops": Table(columns={}, primary_key=("shop",)),
            "persons": Table(columns={}, primary_key=("person",), foreign_keys=(key("shop", "shops"),)),
            "orders": Table(columns={}, primary_key=("order",), foreign_keys=(key("person", "persons"),)),
            "lines": Table(columns={}, primary_key=("line",), foreign_keys=(key("order", "orders"),)),
        }
    )
    tables = {"shops": shops, "persons": persons, "orders": orders, "lines": lines}
    model = rs.fit(tables, schema=schema, seed=1)
    twin = model.sample(seed=2)
    check(orders, twin["orders"], model, tmp_path / "m.rowsmith")
    assert not set(rows["word"].to_pylist()) & set(twin["lines"]["word"].to_pylist())


def key(column, table):
    return ForeignKey(columns=(column,), table=table, targets=(column,))


def test_of_few_entities_all_is_kept():
    """Forty machines are no persons: their own words are what there is to learn."""
    rows = owned(40, 40)
    model = rs.fit(rows, entity="person", time="day", seed=1)
    assert set(model.sample(seed=2)["word"].to_pylist()) <= set(rows["word"].to_pylist())


def test_in_sequences(tmp_path):
    rows = owned()
    model = rs.fit(rows, entity="person", time="day", seed=1)
    check(rows, model.sample(seed=2), model, tmp_path / "m.rowsmith")


@pytest.mark.parametrize("known", [False, True])
def test_in_baskets_of_customers(known, tmp_path):
    """An item that one customer buys again and again is kept where nobody knows that they are one."""
    rng = np.random.default_rng(3)
    n, each = 120, 8
    basket = np.repeat(np.arange(n * each), 3)
    item = [f"item{i}" for i in rng.integers(0, 12, len(basket))]
    item[::3] = [f"own{b // each}" if b < 3 * each else f"item{12 + b % 5}" for b in range(n * each)]
    rows = pa.table({"customer": basket // each, "basket": basket, "item": item})
    who = {"entity": "customer"} if known else {}
    model = rs.fit(rows if known else rows.drop_columns(["customer"]), basket="basket", item="item", seed=1, **who)
    found = set(model.sample(seed=2)["item"].to_pylist())
    assert any(item.startswith("own") for item in found) is not known
    assert (b'"own0"' in inside(model, tmp_path / "m.rowsmith")) is not known


def test_the_largest_families_are_as_large_as_they_are_on_average():
    n = 250
    size = np.full(n, 4)
    size[:3] = 90, 70, 61
    up = np.repeat(np.arange(n), size)
    colour = np.random.default_rng(0).choice(["red", "blue"], len(up))
    tables = {
        "persons": pa.table({"person": np.arange(n), "age": 20 + np.arange(n) % 50}),
        "orders": pa.table({"order": np.arange(len(up)), "person": up, "colour": colour}),
    }
    schema = Schema(
        tables={
            "persons": Table(columns={}, primary_key=("person",)),
            "orders": Table(columns={}, primary_key=("order",), foreign_keys=(key("person", "persons"),)),
        }
    )
    twin = rs.fit(tables, schema=schema, seed=1).sample(seed=2)
    counts = np.sort(np.bincount(twin["orders"]["person"].combine_chunks().dictionary_encode().indices.to_numpy()))
    assert counts[-3:].tolist() == [73, 74, 74]


def test_what_persons_have_alone_is_listed():
    rows = owned()
    model = rs.fit(rows, entity="person", time="day", seed=1)
    words = len(set(rows["word"].to_pylist()))
    assert (
        f"or of too few entities, are not kept: word ({words} values, 100 % of the rows, made up)"
        in model.protected_note
    )


def test_a_column_that_one_person_fills_comes_back_empty():
    rows = owned()
    mine = np.array([p == "P009" for p in rows["person"].to_pylist()])
    row = np.arange(rows.num_rows)
    rows = rows.append_column("note", pa.array(np.where(mine, "Zebedee", None), pa.string()))
    rows = rows.append_column("dose", pa.array(np.where(mine, 4321.5 + row % 8, np.nan), mask=~mine))
    model = rs.fit(rows, entity="person", time="day", seed=1)
    twin = model.sample(seed=2)
    assert twin["note"].null_count == twin["dose"].null_count == twin.num_rows
    assert "note (" in model.protected_note
    assert "dose (" in model.protected_note


def test_the_table_of_the_persons_keeps_nothing_of_one_either():
    """Sixty persons are persons: what one of them has is not kept, though of sixty rows one were enough."""
    n = 60
    ill = np.array([f"rare-{p}" if p < 6 else ["flu", "cold"][p % 2] for p in range(n)])
    up = np.repeat(np.arange(n), 6)
    tables = {
        "users": pa.table({"user": np.arange(n), "illness": ill}),
        "visits": pa.table({"visit": np.arange(len(up)), "user": up, "illness": ill[up], "x": np.arange(len(up)) % 7}),
    }
    schema = Schema(
        tables={
            "users": Table(columns={}, primary_key=("user",)),
            "visits": Table(columns={}, primary_key=("visit",), foreign_keys=(key("user", "users"),)),
        }
    )
    twin = rs.fit(tables, schema=schema, seed=1).sample(seed=2, scale=5)
    for name in tables:
        assert set(twin[name]["illness"].to_pylist()) == {"flu", "cold"}, name
    rows = pa.table({"user": up, "day": np.tile(np.arange(6), n), "illness": ill[up], "x": np.arange(len(up)) % 7})
    twin = rs.fit(rows, entity="user", time="day", seed=1).sample(500, seed=2)
    assert set(twin["illness"].to_pylist()) == {"flu", "cold"}


@pytest.mark.parametrize(("persons", "kept"), [(1000, False), (150, True)])
def test_levels_of_a_sparse_column_are_shared_by_few_of_many_persons(persons, kept):
    up, number = np.repeat(np.arange(persons), 6), np.tile([0, 10, 20], 2 * persons)
    level = (up + number) % 30  # of three persons each, who have three
    words = ["".join(word) for word in np.random.default_rng(0).choice(list("abcdefghijklmnopqrstuvwxyz"), (30, 6))]
    note = pa.array(np.array(words)[level], mask=up >= 30)
    tables = {
        "persons": pa.table({"person": np.arange(persons), "age": 20 + np.arange(persons) % 50}),
        "visits": pa.table({"visit": np.arange(len(up)), "person": up, "note": note}),
    }
    found = rs.inspect(tables).tables
    columns = {**found["visits"].columns, "note": Column(kind="category", type="string")}
    schema = Schema(tables={**found, "visits": replace(found["visits"], columns=columns)})
    twin = rs.fit(tables, schema=schema, seed=1).sample(seed=2)["visits"]["note"].drop_null().to_pylist()
    assert twin
    assert bool(set(twin) & set(note.to_pylist())) == kept
