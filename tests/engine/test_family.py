"""Rows of a family hang together, in whatever order columns are written."""

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.engine.make import make
from rowsmith.spec.model import Spec


def test_numbers_of_children_hang_on_rows_that_keep_the_rules():
    customers = {
        "rows": 200,
        "columns": {"id": "id", "age": {"kind": "integer", "low": 0, "high": 20}},
        "rules": {"grown": "age >= 10"},
    }
    orders = {
        "per": {"table": "customers", "count": {"sql": "age"}},
        "columns": {"order_id": "id", "customer": "parent"},
    }
    made = make(Spec(chunk_rows=50, tables={"customers": customers, "orders": orders}))
    ages = made["customers"]["age"].to_pylist()
    assert min(ages) >= 10
    assert made.rows["orders"] == sum(ages)
    assert made["orders"]["order_id"].to_pylist() == list(range(1, sum(ages) + 1))
    assert [made["orders"]["customer"].to_pylist().count(i + 1) for i in range(200)] == ages


def test_what_follows_from_a_roll_up_sees_rows_that_keep_the_rules():
    customers = {
        "rows": 200,
        "columns": {
            "later": {"sql": "orders + age"},
            "orders": {"sql": "count(orders.order_id)"},
            "id": "id",
            "age": {"kind": "integer", "low": 0, "high": 20},
        },
        "rules": {"grown": "age >= 10"},
    }
    orders = {"per": {"table": "customers", "count": 2}, "columns": {"order_id": "id"}}
    made = make(Spec(chunk_rows=50, tables={"customers": customers, "orders": orders}))
    assert made["customers"]["later"].to_pylist() == [age + 2 for age in made["customers"]["age"].to_pylist()]
    assert min(made["customers"]["age"].to_pylist()) >= 10


def test_what_a_child_reads_of_a_roll_up_over_itself_is_of_rows_that_keep_the_rules():
    customers = {"rows": 200, "columns": {"id": "id", "spent": {"sql": "sum(orders.amount)"}}}
    orders = {
        "per": {"table": "customers", "count": 3},
        "columns": {
            "customer": "parent",
            "share": {"sql": "amount / customers.spent"},
            "amount": {"kind": "integer", "low": 0, "high": 20},
        },
        "rules": {"large": "amount >= 10"},
    }
    made = make(Spec(chunk_rows=50, tables={"customers": customers, "orders": orders}))
    spent = made["customers"]["spent"].to_pylist()
    amounts, customer = (made["orders"][name].to_pylist() for name in ("amount", "customer"))
    assert min(amounts) >= 10
    assert spent == [sum(amounts[3 * i : 3 * i + 3]) for i in range(200)]
    expected = [float(a) / float(spent[c - 1]) for a, c in zip(amounts, customer, strict=True)]
    assert made["orders"]["share"].to_pylist() == expected


def test_other_rows_of_a_table_with_rules_are_read_when_they_keep_them():
    columns = {
        "older": {"sql": "friend.age > age"},
        "id": "id",
        "age": {"kind": "integer", "low": 0, "high": 20},
        "friend": {"kind": "reference", "table": "people"},
    }
    spec = {"chunk_rows": 50, "tables": {"people": {"rows": 200, "columns": columns, "rules": {"grown": "age >= 10"}}}}
    people = make(Spec(**spec))["people"]
    ages = people["age"].to_pylist()
    assert min(ages) >= 10
    pairs = zip(people["friend"].to_pylist(), ages, strict=True)
    assert people["older"].to_pylist() == [ages[friend - 1] > age for friend, age in pairs]
    spec["tables"]["people"]["rules"]["no"] = "friend.age > age"
    with pytest.raises(SpecError, match=r"tables\.people\.rules\.no: friend\.age is of another row of people"):
        Spec(**spec)
