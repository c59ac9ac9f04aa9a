"""Smaller databases of real rows: what goes along, that no key is broken, and what is refused."""

import contextlib
import sqlite3

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine._linked import key, points, rng, schema

import rowsmith as rs
from rowsmith.core.errors import OutputError
from rowsmith.core.provenance import Provenance
from rowsmith.core.rng import Key
from rowsmith.engine._kept import Wanted, choose, downward
from rowsmith.learn._links import Link


def shop(n=100):
    """Customers with a boss and a favourite product, orders with lines of a key of two columns, products with a first buyer."""
    random = rng(3)
    orders = np.sort(random.integers(0, n, 4 * n))
    lines = np.sort(random.integers(0, 4 * n, 10 * n))
    number = np.arange(10 * n) - np.searchsorted(lines, lines)
    return {
        "customers": pa.table(
            {
                "id": np.arange(n),
                "land": ["DE", "FR", "IT", "DE", "PL"] * (n // 5),
                "boss": pa.array([None if i % 9 == 0 else i // 3 for i in range(n)], pa.int64()),
                "favourite": pa.array([i % 30 if i % 4 else None for i in range(n)], pa.int64()),
            }
        ),
        "orders": pa.table(
            {
                "id": np.arange(4 * n),
                "customer": pa.array(orders, mask=np.arange(4 * n) % 50 == 7),
                "paid_by": pa.array((orders * 7) % n, mask=np.arange(4 * n) % 3 > 0),
                "year": 2020 + np.arange(4 * n) % 5,
            }
        ),
        "lines": pa.table({"of": lines, "number": number, "product": random.integers(0, 30, 10 * n)}),
        "returns": pa.table({"of": lines[::8], "number": number[::8]}),
        "products": pa.table({"id": np.arange(30), "first": pa.array(np.arange(30) * 3 % n)}),
        "settings": pa.table({"name": ["tax", "currency"], "value": ["19", "EUR"]}),
    }


LINKS = schema(
    customers=(["id"], [key("boss", "customers", "id"), key("favourite", "products", "id")]),
    orders=(["id"], [key("customer", "customers", "id"), key("paid_by", "customers", "id")]),
    lines=(["of", "number"], [key("of", "orders", "id"), key("product", "products", "id")]),
    returns=([], [key(("of", "number"), "lines", ("of", "number"))]),
    products=(["id"], [key("first", "customers", "id")]),
    settings=([], []),
)


def whole(tables):
    """Whether all links of a part lead to a row of it."""
    return all(
        points(tables[n], each.columns, tables[each.table], each.targets)
        for n, t in LINKS.tables.items()
        for each in t.foreign_keys
    )


def values(table, column):
    return table[column].to_pylist()


def test_rows_of_a_condition_come_with_all_that_hangs_on_them():
    real = shop()
    found = rs.subset(real, where="land = 'FR'", schema=LINKS)
    assert whole(found.tables)
    french = {
        i
        for i, land in zip(values(real["customers"], "id"), values(real["customers"], "land"), strict=True)
        if land == "FR"
    }
    assert french <= set(values(found.tables["customers"], "id"))
    orders = {
        o for o, c in zip(values(real["orders"], "id"), values(real["orders"], "customer"), strict=True) if c in french
    }
    assert orders <= set(values(found.tables["orders"], "id"))
    lines = [of for of in values(real["lines"], "of") if of in orders]
    assert [of for of in values(found.tables["lines"], "of") if of in orders] == lines
    # What is only pointed to brings nothing along.
    others = set(values(found.tables["customers"], "id")) - french
    assert others
    assert others.isdisjoint(values(found.tables["orders"], "customer"))
    assert found.pointed_to["customers"] == len(others)
    assert found.n_rows["lines"] < 300


def test_a_condition_on_a_child_keeps_its_parents_and_no_sibling():
    real = shop()
    found = rs.subset(real, where="lines.product = 3", schema=LINKS)
    assert whole(found.tables)
    assert set(values(found.tables["lines"], "product")) == {3}
    assert sorted(set(values(found.tables["lines"], "of"))) == values(found.tables["orders"], "id")


def test_a_condition_below_another_leaves_out_what_hangs_on_chosen_rows():
    real = shop()
    found = rs.subset(real, where="customers.land = 'FR' and orders.year = 2022", schema=LINKS)
    assert whole(found.tables)
    assert set(values(found.tables["orders"], "year")) == {2022}
    french = set(real["customers"].filter(pa.compute.equal(real["customers"]["land"], "FR"))["id"].to_pylist())
    assert french <= set(values(found.tables["customers"], "id"))


def test_numbers_of_rows():
    found = rs.subset(shop(), rows={"customers": 7}, schema=LINKS)
    assert whole(found.tables)
    assert found.n_rows["customers"] - found.pointed_to["customers"] == 7
    found = rs.subset(shop(), rows={"orders": 11}, where="customers.land = 'IT'", schema=LINKS)
    assert found.n_rows["orders"] == 11
    with pytest.raises(rs.SpecError, match=r"rows: customers=101: there are 100 such rows; ask for as many at most"):
        rs.subset(shop(), rows={"customers": 101}, schema=LINKS)


@pytest.mark.parametrize("share", [1e-9, 0.1, 0.5])
def test_a_share(share):
    real = shop(400)
    found = rs.subset(real, share=share, schema=LINKS)
    assert whole(found.tables)
    assert all(found.n_rows[name] for name in ("customers", "settings"))
    if share > 0.01:
        assert found.n_rows["orders"] == pytest.approx(share * real["orders"].num_rows, rel=0.4)


def test_the_share_1_is_all_of_it():
    real = shop()
    found = rs.subset(real, share=1, schema=LINKS)
    assert all(found.tables[name].equals(table) for name, table in real.items())
    assert not any(found.pointed_to.values())


def test_the_same_seed_gives_the_same_rows_and_less_of_it_a_part_of_them():
    one, two, other = (rs.subset(shop(), share=0.2, schema=LINKS, seed=seed) for seed in (1, 1, 2))
    assert all(one.tables[name].equals(two.tables[name]) for name in one.tables)
    assert not one.tables["customers"].equals(other.tables["customers"])
    less = rs.subset(shop(), rows={"customers": 5}, schema=LINKS, seed=1)
    more = rs.subset(shop(), rows={"customers": 9}, schema=LINKS, seed=1)
    assert set(values(less.tables["lines"], "of")) <= set(values(more.tables["lines"], "of"))


def test_look_ups():
    real = shop()
    public = rs.Schema(
        tables={
            **LINKS.tables,
            "products": rs.Table(columns={}, primary_key=("id",), public=True),
            "settings": rs.Table(columns={}, public=True),
        }
    )
    found = rs.subset(real, where="land = 'FR'", schema=public)
    assert found.tables["products"].equals(real["products"])
    assert found.n_rows["settings"] == 2
    assert not found.notes
    bare = rs.subset(real, where="land = 'FR'", schema=LINKS)
    assert "no key leads to or from settings" in bare.notes[0]
    # Two lands are too few to choose a tenth of, so customers are chosen themselves.
    lands = {
        "lands": pa.table({"name": ["DE", "FR", "IT", "PL"]}),
        "people": real["customers"].drop(["boss", "favourite"]),
    }
    few = schema(lands=(["name"], []), people=(["id"], [key("land", "lands", "name")]))
    assert rs.subset(lands, share=0.1, schema=few).n_rows["people"] == 10


def test_links_that_dangle_stay_and_are_told():
    tables = {
        "shops": pa.table({"id": np.arange(30)}),
        "visits": pa.table({"shop": pa.array([i % 30 if i % 10 else 999 for i in range(300)]), "n": np.arange(300)}),
    }
    links = schema(shops=(["id"], []), visits=([], [key("shop", "shops", "id")]))
    found = rs.subset(tables, share=0.5, schema=links)
    assert "visits(shop) -> shops: 15 kept rows point to no row, and did so before" in found.notes[0]


def test_frames_come_back_as_they_were():
    frames = {name: table.to_pandas() for name, table in shop().items()}
    found = rs.subset(frames, where="land = 'FR'", schema=LINKS)
    assert isinstance(found.tables["orders"], pd.DataFrame)
    assert list(found.tables["orders"].dtypes) == list(frames["orders"].dtypes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "expected what to keep"),
        ({"share": 0}, "share=0: expected a share of the rows above 0"),
        ({"share": 1.5}, "share=1.5: expected a share"),
        ({"share": 0.5, "rows": {"orders": 3}}, "both say how many rows"),
        ({"rows": 5}, "rows=5: expected a mapping of tables to numbers, such as {'customers': 5}"),
        ({"rows": ["customers"]}, r"rows=\['customers'\]: expected a mapping"),
        ({"where": 5}, "where=5: expected a condition as text"),
        ({"rows": {"order": 3}}, "rows: order=3: there is no such table; did you mean 'orders'?"),
        ({"rows": {"orders": 0}}, "orders=0: expected a whole number from 1"),
        (
            {"where": "land = 'XX'"},
            r"no row of customers meets \(land = 'XX'\) \(of 100\), so that nothing would be left",
        ),
        ({"where": "lnad = 'FR'"}, "no table has a column 'lnad'; did you mean 'land'?"),
        (
            {"where": "number = 3"},
            r"several tables have a column 'number'; say which: lines\.number or returns\.number",
        ),
        ({"where": "land = 'FR' or orders.year = 2020"}, "each condition is on one table"),
        ({"where": "land = 3"}, "Could not convert"),
        ({"where": "sum(year) > 3"}, "where"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(rs.RowsmithError, match=message):
        rs.subset(shop(), schema=LINKS, **options)


@pytest.mark.parametrize(
    "more", ["limit 1", "order by id", "as x", "from shops", "where true", "having true", "and id in (select 1)"]
)
def test_a_condition_is_nothing_but_one(more):
    with pytest.raises(rs.SpecError, match="expected one condition on the columns and nothing else"):
        rs.subset(shop(), where=f"land = 'FR' {more}".replace(" id", " orders.id"), schema=LINKS)
    assert len(rs.subset(shop(), where="customers.id = 3 -- that one", schema=LINKS).tables["customers"]) >= 1


def test_a_folder_comes_out_as_one(tmp_path):
    (tmp_path / "shop").mkdir()
    for name, table in shop().items():
        pq.write_table(table, tmp_path / "shop" / f"{name}.parquet")
    found = rs.subset_to(tmp_path / "shop", tmp_path / "small", where="land = 'FR'", schema=LINKS)
    assert {p.name for p in (tmp_path / "small").iterdir()} == {f"{name}.parquet" for name in shop()}
    back = {name: pq.read_table(tmp_path / "small" / f"{name}.parquet") for name in shop()}
    assert all(back[name].equals(table) for name, table in found.tables.items())
    assert Provenance.of(back["orders"].schema) is None  # these rows are real
    with pytest.raises(rs.SpecError, match="is read from too"):
        rs.subset_to(tmp_path / "shop", tmp_path / "small" / ".." / "shop", share=0.5)
    with pytest.raises(rs.SpecError, match="is read from too"):
        rs.subset_to([tmp_path / "shop" / f"{name}.parquet" for name in shop()], tmp_path / "shop", share=0.5)
    with pytest.raises(OutputError, match=r"there are|does not exist"):
        rs.subset_to(tmp_path / "shop", tmp_path / "nowhere" / "small.sqlite", share=0.5, schema=LINKS)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("d/one.sqlite#a", "d/one.sqlite"),
        ("sqlite:///d/one.sqlite", "d/one.sqlite"),
        ("sqlite:///d/one.sqlite#a", "./d/../d/one.sqlite"),
        ("d/one.sqlite#a", "d"),
        ("d", "d/one.sqlite"),
        ("d/", "d/new.sqlite"),
    ],
)
def test_a_source_is_never_written_over(source, target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    with contextlib.closing(sqlite3.connect("d/one.sqlite")) as database:
        database.executescript("create table a (x int); insert into a values (1), (2)")
    before = (tmp_path / "d" / "one.sqlite").read_bytes()
    with pytest.raises(rs.SpecError, match="is read from too, and its rows would be lost"):
        rs.subset_to(source, target, share=0.5)
    assert [(p.name, p.read_bytes()) for p in (tmp_path / "d").iterdir()] == [("one.sqlite", before)]


@st.composite
def databases(draw):
    """Tables of any size with any links, loops too."""
    sizes = {name: draw(st.integers(0, 12)) for name in "abcd"}
    links, up = [], {}
    for number in range(draw(st.integers(0, 7))):
        child, parent = draw(st.sampled_from("abcd")), draw(st.sampled_from("abcd"))
        link = Link(child, (f"c{number}",), parent, (f"t{number}",))
        links.append(link)
        rows = draw(st.lists(st.integers(-2, sizes[parent] - 1), min_size=sizes[child], max_size=sizes[child]))
        up[link] = np.array(rows, dtype=np.int64)
    return sizes, links, up


@given(databases(), st.floats(0.01, 1), st.integers(0, 5))
def test_any_part_is_whole(database, share, seed):
    sizes, links, up = database
    met = {"a": np.arange(sizes["a"]) % 2 == 0}
    for wanted in (Wanted(share=share), Wanted(conditions=met), Wanted(share=share, conditions=met, public=["b"])):
        found = choose(links, up, sizes, wanted, Key(seed))
        for link in links:
            to = up[link][found.kept[link.child]]
            assert found.kept[link.parent][to[to >= 0]].all()
        assert all((found.kept[name] >= found.chosen[name]).all() for name in sizes)
    everything = choose(links, up, sizes, Wanted(share=1.0), Key(seed))
    assert all(mask.all() for mask in everything.kept.values())


def test_lines_go_with_their_orders_rather_than_with_their_products():
    lines = {"order": np.repeat(np.arange(100), 3), "product": np.arange(300) % 20, "hall": np.full(300, 0)}
    up = {Link("lines", (name,), name, ("id",)): rows for name, rows in lines.items()}
    assert [link.parent for link in downward(list(up)[::-1], up)] == ["order", "product", "hall"]
