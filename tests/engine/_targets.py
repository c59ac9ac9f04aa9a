"""What tests of exact targets share: a shop, a table of one column, and what comes of either."""

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.engine.make import make
from rowsmith.spec.model import Spec

CUSTOMERS = {
    "rows": 700,
    "columns": {
        "customer_id": "id",
        "segment": {"kind": "category", "values": {"retail": 6, "business": 3, "public": 1}},
        "vip": {"kind": "boolean", "p": 0.5},
        "age": {"kind": "normal", "mean": 46, "sd": 15, "min": 18, "max": 99, "as": "integer"},
        "spent": {"sql": "sum(orders.amount)"},
    },
}
ORDERS = {
    "per": {"table": "customers", "count": {"kind": "poisson", "mean": 3}},
    "columns": {
        "order_id": "id",
        "customer_id": "parent",
        "channel": {"kind": "category", "values": {"web": 6, "shop": 4}},
        "placed": {"kind": "date", "between": ["2024-01-01", "2024-12-31"]},
        "amount": {"kind": "lognormal", "median": 40, "sigma": 0.6, "max": 400, "as": "decimal(10,2)", "null": 0.1},
        "tax": {"sql": "amount * 0.2"},
    },
}
SHOP = {"seed": 7, "chunk_rows": 64, "tables": {"customers": CUSTOMERS, "orders": ORDERS}}


def one(column, rows=1000, chunk_rows=64, others=None, rules=None, seed=7):
    """A spec of a table with one column x."""
    table = {"rows": rows, "columns": {"id": "id", **(others or {}), "x": column}, "rules": rules or {}}
    return {"seed": seed, "chunk_rows": chunk_rows, "tables": {"t": table}}


def made(spec, targets=None, **options):
    return make(Spec(**spec, targets=targets or {}), **options)


def x_of(spec, targets=None, **options):
    return made(spec, targets, **options)["t"]["x"].to_pylist()


def fault(spec, targets, **options):
    with pytest.raises(SpecError) as caught:
        made(spec, targets, **options)
    return str(caught.value)
