"""What is found before what: numbers of rows, and exact targets that hang on one another."""

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.engine.make import make
from rowsmith.spec.model import Spec

ORDERS = {
    "per": {"table": "customers", "count": {"kind": "poisson", "mean": {"sql": "age / 20"}}},
    "columns": {"order_id": "id", "kind": {"kind": "category", "values": ["a", "b"]}, "amount": {"kind": "uniform"}},
}
ITEMS = {
    "per": {"table": "orders", "count": {"kind": "poisson", "mean": {"sql": "case when kind = 'a' then 1 else 3 end"}}},
    "columns": {"item_id": "id", "price": {"kind": "uniform", "round": 2}},
}
TABLES = {
    "customers": {"rows": 100, "columns": {"id": "id", "age": {"kind": "integer", "low": 20, "high": 60}}},
    "orders": ORDERS,
    "items": ITEMS,
}


def stages(targets, tables=TABLES):
    order = Spec(tables=tables, targets=targets).order
    return [(stage.sizes, [t.name for t in stage.targets]) for stage in order.stages]


def test_all_rows_are_counted_at_once():
    assert stages({}) == [(("orders", "items"), [])]


def test_totals_come_after_the_numbers_of_rows():
    targets = {
        "items.price": {"sum": 500},
        "customers.age": {"mean": 40},
        "orders.amount by customers.age > 40": {"sum": {"true": 50}},
    }
    assert stages(targets) == [
        ((), ["customers.age"]),
        (("orders", "items"), ["items.price", "orders.amount by customers.age > 40"]),
    ]  # fmt: skip


def test_a_number_of_rows_may_be_a_target():
    assert stages({"orders": {"count": 300}}) == [((), ["orders"]), (("orders", "items"), [])]
    assert stages({"items": {"count": 300}}) == [(("orders",), ["items"]), (("items",), [])]


def test_values_that_are_counted_out_need_the_number_of_rows():
    assert stages({"orders.kind": {"share": {"a": 1}}}) == [(("orders",), ["orders.kind"]), (("items",), [])]


def test_a_number_of_rows_that_hangs_on_keys_comes_later():
    items = {"per": {"table": "orders", "count": {"sql": "order_id % 3"}}, "columns": {"item_id": "id"}}
    tables = {**TABLES, "items": items}
    assert stages({}, tables) == [(("orders",), []), (("items",), [])]
    made = make(Spec(chunk_rows=20, tables=tables))
    expected = sum(key % 3 for key in made["orders"]["order_id"].to_pylist())
    assert made.rows["items"] == made["items"].num_rows == expected
    assert made["items"]["item_id"].to_pylist() == list(range(1, expected + 1))


def test_columns_after_a_target_are_known():
    columns = {
        "a": {"kind": "uniform"},
        "b": {"sql": "a + 1"},
        "c": {"kind": "normal", "mean": {"sql": "b"}},
        "d": "uniform",
        "e": {"sql": "d"},
    }
    tables = {"t": {"rows": 5, "columns": columns}}
    order = Spec(tables=tables, targets={"t.a": {"sum": 3}, "t.c": {"sum": 3}}).order
    assert order.moved["t"] == {"a", "b", "c"}
    assert order.first["t"] == {"a"}
    assert order.waiting("t") == {"b", "c"}
    assert [len(stage.targets) for stage in order.stages] == [1, 1]


def test_a_number_of_rows_that_needs_itself_is_refused():
    customers = {"rows": 5, "columns": {"id": "id", "last": {"kind": "reference", "table": "orders"}}}
    orders = {"per": {"table": "customers", "count": {"sql": "last % 3"}}, "columns": {"order_id": "id"}}
    with pytest.raises(SpecError, match=r"tables\.orders\.per\.count: needs itself, by customers\.last"):
        Spec(tables={"customers": customers, "orders": orders})
