"""Keys that are none, and rules on keys, are refused in a sentence."""

import pyarrow as pa
import pytest
from tests.engine._linked import PLAIN, key, schema

import rowsmith as rs
from rowsmith.core.schema import Column, Schema, Table

SHOPS = pa.table({"shop_id": [1, 2, 3, 4], "town": ["a", "a", "b", "c"]})
VISITS = pa.table({"visit": [1, 2, 3], "shop_id": [1, 1, 4], "town": ["a", "a", "c"]})


@pytest.mark.parametrize(
    ("tables", "keys", "message"),
    [
        (
            {"shops": SHOPS, "visits": VISITS},
            {"shops": ([], []), "visits": ([], [key("town", "shops", "town")])},
            r"foreign_keys.town: shops has several rows with town = 'a'.*point to a column that is unique",
        ),
        (
            {"shops": SHOPS, "visits": VISITS},
            {"shops": ([], []), "visits": ([], [key("town", "shops", "shop_id")])},
            r"foreign_keys.town: is of type string, and shops.shop_id, .* of type int64; give both the same type",
        ),
        (
            {"shops": SHOPS, "visits": VISITS.set_column(1, "shop_id", pa.array([9, 8, 1]))},
            {"shops": ([], []), "visits": ([], [key("shop_id", "shops", "shop_id")])},
            r"2 of 3 links point to no row of shops \(such as 9\); is it the right table and column\?",
        ),
        (
            {"shops": SHOPS, "visits": VISITS},
            {"shops": (["town"], []), "visits": ([], [])},
            r"tables.shops.primary_key \(town\): 1 of 4 rows repeat the key",
        ),
        (
            {"shops": SHOPS, "visits": VISITS},
            {"shops": ([], [])},
            r"tables.visits: the schema does not know this table",
        ),
        (
            {"a": pa.table({"x": [1]}), "b": pa.table({"x": [1]})},
            {"a": (["x"], [key("x", "b", "x")]), "b": (["x"], [key("x", "a", "x")])},
            r"foreign keys go round in a circle \(a.x -> b.x -> a.x\)",
        ),
    ],
)
def test_keys_that_are_none_are_refused_in_a_sentence(tables, keys, message):
    with pytest.raises(rs.DataError, match=message):
        rs.fit(tables, schema=schema(**keys), **PLAIN)


def test_rules_on_keys_are_refused():
    s = Schema(tables={"t": Table(columns={}, primary_key=("id",), rules={"low": "id < 9"})})
    with pytest.raises(rs.DataError, match=r"tables.t.rules.low='id < 9': reads id, which is made anew"):
        rs.fit({"t": pa.table({"id": [1, 2, 3], "x": [1, 2, 3]})}, schema=s, **PLAIN)


def test_a_public_column_of_a_kind_that_keeps_no_value_is_refused_by_its_table():
    columns = {
        "shop_id": Column(kind="integer", type="int64"),
        "phone": Column(kind="code", type="string", public=True),
    }
    s = Schema(tables={"shops": Table(columns=columns, primary_key=("shop_id",))})
    shops = pa.table({"shop_id": [1, 2, 3], "phone": ["0111-1", "0222-2", None]})
    with pytest.raises(
        rs.SpecError, match=r"^tables.shops.columns.phone.public: the kind 'code' makes its values anew; leave"
    ):
        rs.fit({"shops": shops}, schema=s, **PLAIN)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (Column(kind="identifer", type="int64"), r"kind: 'identifer' is not a known column kind; did you mean 'ident"),
        (Column(kind="identifier", type="int64", settings={"lik": [1]}), r"lik: no such setting.*did you mean 'like'"),
    ],
)
@pytest.mark.parametrize("tables", [{"shops": SHOPS}, {"shops": SHOPS, "visits": VISITS}])
def test_a_kind_that_is_misspelt_is_told_of_a_key_too(column, message, tables):
    known = rs.inspect(tables, primary_key="shops.shop_id").tables if len(tables) > 1 else {}
    columns = {"shop_id": column, "town": Column(kind="category", type="string")}
    s = Schema(tables={**known, "shops": Table(columns=columns, primary_key=("shop_id",))})
    with pytest.raises(rs.SpecError, match=f"^tables.shops.columns.shop_id.{message}"):
        rs.fit(tables if len(tables) > 1 else SHOPS, schema=s, **PLAIN)
