"""Linked tables learnt and drawn: links, keys and counts hold whatever the shape of the database is."""

import contextlib
import dataclasses
import sqlite3
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.engine._linked import PLAIN, key, points, rng, schema

import rowsmith as rs
from rowsmith.core.schema import Schema, Table


@pytest.fixture(scope="module")
def shop():
    """Customers of two sorts, their orders later than they came, and lines that sum up to the orders."""
    r = rng(1)
    n = 150
    vip = r.random(n) < 0.3
    customers = pa.table({
        "customer_id": [f"C{i:04d}" for i in range(n)],
        "vip": vip,
        "since": pa.array(np.datetime64("2020-01-01") + r.integers(0, 400, n)),
        "city": r.choice(["Ulm", "Jena", "Kiel"], n),
    })  # fmt: skip
    count = np.where(vip, r.poisson(6, n), r.poisson(1, n))
    up = np.repeat(np.arange(n), count)
    m = len(up)
    orders = {
        "order_id": np.arange(1, m + 1),
        "customer_id": customers["customer_id"].take(pa.array(up)),
        "day": pa.array(customers["since"].to_numpy()[up] + r.integers(0, 900, m)),
        "city": customers["city"].take(pa.array(up)),
    }
    size = r.integers(1, 5, m)
    line = np.repeat(np.arange(m), size)
    price = np.round(np.where(vip[up][line], r.gamma(9, 10, len(line)), r.gamma(9, 1, len(line))), 2)
    lines = pa.table({
        "order_id": np.arange(1, m + 1)[line],
        "line_no": np.concatenate([np.arange(1, s + 1) for s in size]),
        "price": price,
    })  # fmt: skip
    orders = pa.table({**orders, "total": np.round(np.bincount(line, weights=price), 2)})
    return {"customers": customers, "orders": orders, "lines": lines}


@pytest.fixture(scope="module")
def shop_model(shop):
    return rs.fit(shop, primary_key=["customers.customer_id", "orders.order_id", "lines.order_id", "lines.line_no"])


def test_links_are_found_and_said(shop_model):
    found = {name: [str(k) for k in t.foreign_keys] for name, t in shop_model.schema.tables.items()}
    assert found == {
        "customers": [],
        "orders": ["customer_id -> customers.customer_id"],
        "lines": ["order_id -> orders.order_id"],
    }
    assert any("all" in note and "orders.customer_id" in note for note in shop_model.notes)


def test_children_hang_on_their_parents_as_in_the_real_database(shop, shop_model):
    twin = shop_model.sample(seed=3)
    assert [t.schema.names for t in twin.values()] == [t.schema.names for t in shop.values()]
    assert points(twin["orders"], ["customer_id"], twin["customers"], ["customer_id"])
    assert points(twin["lines"], ["order_id"], twin["orders"], ["order_id"])
    c, o, lines = (twin[n].to_pandas() for n in ("customers", "orders", "lines"))
    assert c.customer_id.is_unique
    assert o.order_id.is_unique
    assert not lines.duplicated(["order_id", "line_no"]).any()
    # as many children, for the same sort of parent
    real, drawn = (sorted(Counter(t["orders"]["customer_id"].to_pylist()).values()) for t in (shop, twin))
    assert real[:-2] == drawn[:-2]
    assert drawn[-2:] == [
        sum(real[-2:]) // 2,
        -(-sum(real[-2:]) // 2),
    ]  # the two busiest are alike, so neither tells itself
    mean = o.merge(c, on="customer_id").groupby("vip").size() / c.groupby("vip").size()
    assert mean[True] > 3 * mean[False]
    # what is told of a parent is told of its children
    joined = o.merge(c, on="customer_id", suffixes=("", "_c"))
    assert (joined.city == joined.city_c).all()
    assert (joined.day >= joined.since).all()
    whole = lines.merge(o, on="order_id").merge(c, on="customer_id")
    assert whole[whole.vip].price.median() > 4 * whole[~whole.vip].price.median()
    # totals are those of the lines
    assert np.allclose(lines.groupby("order_id").price.sum().reindex(o.order_id), o.total, atol=0.005)
    # lines are counted from 1
    assert (lines.groupby("order_id").line_no.max() == lines.groupby("order_id").size()).all()


def test_fewer_and_more_rows(shop, shop_model):
    half = shop_model.sample(rows={"customers": 75}, seed=1)
    assert half["customers"].num_rows == 75
    assert abs(half["orders"].num_rows / shop["orders"].num_rows - 0.5) < 0.1
    twice = shop_model.sample(scale=2, seed=1)
    assert twice["customers"].num_rows == 300
    assert abs(twice["lines"].num_rows / shop["lines"].num_rows - 2) < 0.3
    asked = shop_model.sample(rows={"orders": 100}, seed=1)
    assert asked["orders"].num_rows == 100
    assert asked["customers"].num_rows == 150
    none = shop_model.sample(rows={"customers": 0})
    assert [t.num_rows for t in none.values()] == [0, 0, 0]


def test_same_seed_same_tables_and_a_saved_model_draws_them_too(shop, shop_model, tmp_path):
    again = rs.fit(
        shop, primary_key=["customers.customer_id", "orders.order_id", "lines.order_id", "lines.line_no"], workers=3
    )
    shop_model.save(tmp_path / "m")
    loaded = rs.load(tmp_path / "m")
    assert isinstance(loaded, rs.DatabaseModel)
    first = shop_model.sample(seed=5)
    for other in (again.sample(seed=5), loaded.sample(seed=5)):
        assert all(first[n].equals(other[n]) for n in first)
    assert not first["orders"].equals(shop_model.sample(seed=6)["orders"])
    assert loaded.notes == shop_model.notes


def test_frames_come_back_in_their_kind(shop):
    frames = {name: table.to_pandas() for name, table in shop.items()}
    twin = rs.fit(frames, settings=None, **PLAIN).sample(rows={"customers": 10})
    assert all(isinstance(frame, pd.DataFrame) for frame in twin.values())
    assert [list(twin[n].columns) for n in frames] == [list(f.columns) for f in frames.values()]
    assert len(twin["customers"]) == 10


def test_a_database_in_a_database_out(shop_model, tmp_path):
    rows = shop_model.sample_to(tmp_path / "twin.sqlite", seed=2)
    with contextlib.closing(sqlite3.connect(tmp_path / "twin.sqlite")) as db:
        assert {n: db.execute(f"select count(*) from {n}").fetchone()[0] for n in rows} == rows
        assert db.execute("pragma foreign_key_check").fetchall() == []
        keys = {n: [r[1] for r in db.execute(f"pragma table_info({n})") if r[5]] for n in rows}
        assert keys == {"customers": ["customer_id"], "orders": ["order_id"], "lines": ["order_id", "line_no"]}
        assert db.execute("pragma foreign_key_list(lines)").fetchone()[2:5] == ("orders", "order_id", "order_id")
    read = rs.fit({"customers": pa.table({"id": [1, 2, 3]})}, primary_key="customers.id", **PLAIN)
    assert read.sample(rows={"customers": 2})["customers"].num_rows == 2


def test_folders_are_written_whole_or_not_at_all(shop_model, tmp_path):
    shop_model.sample_to(f"{tmp_path}/out/", rows={"customers": 5}, format="csv")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["customers.csv", "lines.csv", "orders.csv"]
    with pytest.raises(rs.SpecError, match="there are 3 tables; give a folder"):
        shop_model.sample_to(tmp_path / "one.csv")
    with pytest.raises(rs.SpecError, match="no such table; did you mean 'orders'"):
        shop_model.sample_to(f"{tmp_path}/none/", rows={"order": 5})
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": 5}, "expected a mapping of tables to numbers"),
        ({"rows": {"orders": -1}}, "rows: orders=-1: expected a whole number from 0"),
        ({"scale": 0}, "scale=0: expected a number above 0"),
        ({"scale": "2"}, "scale='2'"),
        ({"scale": 2, "rows": {"customers": 5}}, "scale=2: `rows` says already how many rows customers shall have"),
    ],
)
def test_wrong_numbers_of_rows_are_named(shop_model, options, message):
    with pytest.raises(rs.SpecError, match=message):
        shop_model.sample(**options)


def test_a_key_of_several_columns_is_pointed_to():
    r = rng(2)
    day = np.repeat(np.arange(20), 3)
    shifts = pa.table({"day": day, "slot": np.tile(["a", "b", "c"], 20), "staff": r.integers(1, 9, 60)})
    pick = r.integers(0, 60, 400)
    known = r.random(400) < 0.8
    sales = pa.table({
        "sale": np.arange(400),
        "day": pa.array(day[pick], mask=~known),
        "slot": pa.array(np.tile(["a", "b", "c"], 20)[pick], mask=~known),
        "amount": r.gamma(2, 10, 400).round(2),
    })  # fmt: skip
    s = schema(shifts=(["day", "slot"], []), sales=(["sale"], [key(("day", "slot"), "shifts", ("day", "slot"))]))
    twin = rs.fit({"shifts": shifts, "sales": sales}, schema=s, **PLAIN).sample(seed=1)
    assert points(twin["sales"], ["day", "slot"], twin["shifts"], ["day", "slot"])
    nulls = [twin["sales"][c].is_null().to_pylist() for c in ("day", "slot")]
    assert nulls[0] == nulls[1]
    assert abs(np.mean(nulls[0]) - 0.2) < 0.06
    assert twin["shifts"].num_rows == twin["shifts"].group_by(["day", "slot"]).aggregate([]).num_rows


def test_two_links_to_the_same_parent_keep_their_own_counts():
    r = rng(3)
    teams = pa.table({"team": [f"T{i:02d}" for i in range(30)], "strong": np.arange(30) % 2 == 0})
    home, away = np.r_[np.repeat(0, 200), r.integers(0, 30, 400)], r.integers(5, 30, 600)
    games = pa.table({
        "game": np.arange(600),
        "home_team": teams["team"].take(pa.array(home)),
        "away_team": teams["team"].take(pa.array(away)),
        "goals": r.poisson(2, 600),
    })  # fmt: skip
    model = rs.fit({"teams": teams, "games": games}, primary_key=["teams.team", "games.game"], **PLAIN)
    assert [str(k) for k in model.schema.tables["games"].foreign_keys] == [
        "home_team -> teams.team",
        "away_team -> teams.team",
    ]
    twin = model.sample(seed=1)
    for column, real in (("home_team", home), ("away_team", away)):
        assert points(twin["games"], [column], twin["teams"], ["team"])
        assert sorted(Counter(twin["games"][column].to_pylist()).values()) == sorted(Counter(real.tolist()).values())


def test_a_cycle_of_links_that_may_be_null():
    r = rng(4)
    teams = pa.table({"id": np.arange(1, 21), "lead": pa.array(r.integers(1, 101, 20), mask=np.arange(20) % 5 == 0)})
    people = pa.table({"id": np.arange(1, 101), "team": r.integers(1, 21, 100), "age": r.integers(20, 60, 100)})
    s = schema(teams=(["id"], [key("lead", "people", "id")]), people=(["id"], [key("team", "teams", "id")]))
    twin = rs.fit({"teams": teams, "people": people}, schema=s, **PLAIN).sample(seed=1)
    assert points(twin["teams"], ["lead"], twin["people"], ["id"])
    assert points(twin["people"], ["team"], twin["teams"], ["id"])
    assert 0 < twin["teams"]["lead"].null_count < 12
    assert [t.num_rows for t in twin.values()] == [20, 100]


def test_a_link_table_repeats_no_pair_and_keeps_both_counts():
    r = rng(5)
    pairs = np.unique(np.stack([r.integers(0, 60, 900), np.minimum(r.geometric(0.2, 900), 12) - 1], axis=1), axis=0)
    tables = {
        "students": pa.table({"student_id": np.arange(60), "year": np.arange(60) % 4}),
        "courses": pa.table({"course_id": np.arange(12), "hours": np.arange(12) % 3}),
        "takes": pa.table({"student_id": pairs[:, 0], "course_id": pairs[:, 1]}),
    }
    keys = ["students.student_id", "courses.course_id", "takes.student_id", "takes.course_id"]
    twin = rs.fit(tables, primary_key=keys, **PLAIN).sample(seed=1)["takes"]
    assert twin.group_by(["student_id", "course_id"]).aggregate([]).num_rows == twin.num_rows
    assert twin.num_rows > 0.97 * len(pairs)
    real, drawn = (sorted(Counter(c).values())[::-1] for c in (pairs[:, 1].tolist(), twin["course_id"].to_pylist()))
    assert sum(abs(a - b) for a, b in zip(real, drawn, strict=False)) < 0.05 * len(pairs)


def test_a_column_of_links_that_are_all_null_and_a_table_without_rows():
    tables = {
        "shops": pa.table({"shop_id": np.arange(30), "size": np.arange(30) % 7}),
        "visits": pa.table({"visit": np.arange(50), "shop_id": pa.nulls(50, pa.int64()), "n": np.arange(50) % 3}),
        "boats": pa.table({"boat_id": pa.array([], pa.int64()), "name": pa.array([], pa.string())}),
        "trips": pa.table({"boat_id": pa.nulls(4, pa.int64()), "km": [1.5, 2.0, 2.0, 4.5]}),
    }
    s = schema(
        shops=(["shop_id"], []),
        visits=(["visit"], [key("shop_id", "shops", "shop_id")]),
        boats=(["boat_id"], []),
        trips=([], [key("boat_id", "boats", "boat_id")]),
    )
    twin = rs.fit(tables, schema=s, **PLAIN).sample(seed=1)
    assert {n: t.num_rows for n, t in twin.items()} == {"shops": 30, "visits": 50, "boats": 0, "trips": 4}
    assert twin["visits"]["shop_id"].null_count == 50
    assert twin["trips"]["boat_id"].null_count == 4
    assert twin["boats"].schema == tables["boats"].schema


def test_a_table_that_goes_on_another_has_a_row_at_most_for_each():
    r = rng(6)
    has = np.flatnonzero(r.random(100) < 0.6)
    tables = {
        "people": pa.table({"id": np.arange(100), "age": r.integers(20, 60, 100)}),
        "licences": pa.table({"id": has, "since": r.integers(1990, 2020, len(has))}),
    }
    s = schema(people=(["id"], []), licences=(["id"], [key("id", "people", "id")]))
    twin = rs.fit(tables, schema=s, **PLAIN).sample(seed=1)
    assert points(twin["licences"], ["id"], twin["people"], ["id"])
    assert len(set(twin["licences"]["id"].to_pylist())) == twin["licences"].num_rows == len(has)


def test_rows_whose_key_dangles_are_left_out():
    shops = pa.table({"shop_id": np.arange(1, 31), "size": np.arange(30)})
    stock = pa.table({"shop_id": np.r_[np.arange(1, 31), 99], "item": np.r_[np.zeros(30, int), 0]})
    s = schema(shops=(["shop_id"], []), stock=(["shop_id", "item"], [key("shop_id", "shops", "shop_id")]))
    model = rs.fit({"shops": shops, "stock": stock}, schema=s, **PLAIN)
    assert any("stock(shop_id) -> shops: 1 of 31 rows" in note and "left out" in note for note in model.notes)
    assert model.sample(seed=1)["stock"].num_rows == 30


@pytest.mark.parametrize(("lost", "public"), [(0.02, False), (0.4, False), (0.4, True)])
def test_links_point_to_nowhere_as_often_as_they_did(lost, public, tmp_path):
    r = rng(4)
    n = 1000
    shops = pa.table({"shop_id": [f"S{i:03d}" for i in range(40)], "size": r.integers(1, 9, 40)})
    to = np.where(np.arange(n) < lost * n, r.integers(900, 910, n), r.integers(0, 40, n))
    null = np.arange(n) >= 0.9 * n
    names = pa.array([f"S{i:03d}" for i in to], mask=null)
    visits = pa.table({"visit": np.arange(n), "shop_id": names, "spend": r.integers(0, 50, n)})
    shop = Table(columns={}, primary_key=("shop_id",), public=public)
    loose = dataclasses.replace(key("shop_id", "shops", "shop_id"), enforced=False)
    visit = Table(columns={}, primary_key=("visit",), foreign_keys=(loose,))
    schema = Schema.from_yaml(Schema(tables={"shops": shop, "visits": visit}).to_yaml())
    model = rs.fit({"shops": shops, "visits": visits}, schema=schema)
    assert any(f"{int(lost * n)} of 900 links" in note and "as many do" in note for note in model.notes)
    model.save(tmp_path / "m")
    twin = rs.load(tmp_path / "m").sample(seed=1)
    there, links = set(twin["shops"]["shop_id"].to_pylist()), twin["visits"]["shop_id"].to_pylist()
    astray = [each for each in links if each is not None and each not in there]
    assert len(astray) == lost * n
    assert links.count(None) == 100
    assert len(set(astray)) <= 10
    assert all(len(each) == 4 and each.startswith("S") for each in astray)
    model.sample_to(tmp_path / "twin.sqlite", seed=1)
    with contextlib.closing(sqlite3.connect(tmp_path / "twin.sqlite")) as database:
        assert database.execute("pragma foreign_key_list(visits)").fetchall() == []


def test_links_that_dangle_in_a_database_that_declares_them_are_null(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.sqlite")) as database, database:
        database.execute("create table shops (shop_id integer primary key, size integer)")
        database.execute("create table visits (visit integer primary key, shop_id integer references shops (shop_id))")
        database.executemany("insert into shops values (?, ?)", [(i, i % 5) for i in range(1, 31)])
        database.executemany("insert into visits values (?, ?)", [(i, i % 31 + 1) for i in range(62)])
    from rowsmith.io._tables import read_tables

    model = rs.fit(read_tables([str(tmp_path / "shop.sqlite")]), **PLAIN)
    assert any("2 of 62 links" in note and "taken for null" in note for note in model.notes)
    twin = model.sample(seed=1)
    assert points(twin["visits"], ["shop_id"], twin["shops"], ["shop_id"])
    assert twin["visits"]["shop_id"].null_count == 2


def test_public_tables_come_as_they_are():
    sorts = pa.table({"sort_id": [7, 3, 5], "name": ["rye", "oats", "wheat"]})
    fields = pa.table({"field": np.arange(90), "sort_id": np.array([7, 3, 5])[rng(1).integers(0, 3, 90)]})
    s = Schema(
        tables={
            "sorts": Table(columns={}, primary_key=("sort_id",), public=True),
            "fields": Table(columns={}, primary_key=("field",), foreign_keys=(key("sort_id", "sorts", "sort_id"),)),
        }
    )
    model = rs.fit({"sorts": sorts, "fields": fields}, schema=s, **PLAIN)
    twin = model.sample(scale=2, seed=1)
    assert twin["sorts"].equals(sorts)
    assert points(twin["fields"], ["sort_id"], sorts, ["sort_id"])
    with pytest.raises(rs.SpecError, match="sorts=2: is public"):
        model.sample(rows={"sorts": 2})


@pytest.mark.parametrize("name", ["size", "place"])
def test_a_parents_column_may_be_called_as_what_is_known_of_families(name):
    r = rng(6)
    large = r.random(200) < 0.4
    up = np.repeat(np.arange(200), np.where(large, 6, 2))
    shops = pa.table({"shop_id": np.arange(200), name: np.where(large, "large", "small")})
    visits = pa.table(
        {"visit_id": np.arange(len(up)), "shop_id": up, "spend": np.where(large[up], 30, 10) + r.normal(0, 2, len(up))}
    )
    twin = rs.fit({"shops": shops, "visits": visits}).sample(seed=1)
    sort = twin["shops"][name].take(pa.array(twin["visits"]["shop_id"].to_numpy())).to_numpy()
    assert twin["visits"]["spend"].to_numpy()[sort == "large"].mean() == pytest.approx(30, abs=2)
    assert twin["visits"]["spend"].to_numpy()[sort == "small"].mean() == pytest.approx(10, abs=2)
