"""Exact targets of groups, values and rows come out, whoever makes the rows; what cannot be is refused."""

import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from tests.cli.conftest import run
from tests.engine._targets import ORDERS, SHOP, fault, made, one, x_of

from rowsmith.core.errors import SpecError
from rowsmith.engine._family import MakeFamily
from rowsmith.engine.executors import Workers
from rowsmith.engine.make import preview
from rowsmith.engine.planning import plan_spec
from rowsmith.spec.model import Spec

TARGETS = {
    "orders.amount by extract(month from placed)": {"sum": {1: 10_000, 2: 5_000.50, 3: 9_999.99}},
    "customers.segment": {"count": {"retail": 400, "business": 250, "public": 50}},
    "customers.vip": {"share": {"true": 0.3, "false": 0.7}},
    "customers.age by segment": {"mean": {"retail": 40, "public": 70}},
    "orders by vip": {"count": {"true": 1234, "false": 999}},
}


@pytest.fixture(scope="module")
def shop():
    return made(SHOP, TARGETS)


def test_totals_of_groups_come_out_exactly(shop):
    months: dict[int, Decimal] = {}
    for day, amount in zip(shop["orders"]["placed"].to_pylist(), shop["orders"]["amount"].to_pylist(), strict=True):
        months[day.month] = months.get(day.month, Decimal(0)) + (amount or 0)
    assert (months[1], months[2], months[3]) == (Decimal(10_000), Decimal("5000.50"), Decimal("9999.99"))


def test_values_are_counted_out(shop):
    listed = shop["customers"]["segment"].to_pylist()
    assert {name: listed.count(name) for name in set(listed)} == {"retail": 400, "business": 250, "public": 50}
    assert listed[:400].count("retail") < 300  # in random order
    assert sum(shop["customers"]["vip"].to_pylist()) == 210
    assert shop["customers"]["segment"].type == made(SHOP)["customers"]["segment"].type


def test_means_come_out(shop):
    rows = zip(shop["customers"]["segment"].to_pylist(), shop["customers"]["age"].to_pylist(), strict=True)
    ages: dict[str, list[int]] = {}
    for segment, age in rows:
        ages.setdefault(segment, []).append(age)
        assert 18 <= age <= 99
    assert np.mean(ages["retail"]) == 40
    assert np.mean(ages["public"]) == 70


def test_numbers_of_rows_come_out_by_group_of_the_parent(shop):
    assert shop.rows["orders"] == shop["orders"].num_rows == 2233
    vip = shop["customers"]["vip"].to_pylist()
    assert sum(vip[customer - 1] for customer in shop["orders"]["customer_id"].to_pylist()) == 1234
    assert shop["orders"]["order_id"].to_pylist() == list(range(1, 2234))


def test_what_hangs_on_a_target_is_made_after_it(shop):
    amounts, taxes = (shop["orders"][name].to_pylist() for name in ("amount", "tax"))
    assert all(a is None or tax == a * Decimal("0.2") for a, tax in zip(amounts, taxes, strict=True))
    spent: dict[int, Decimal] = {}
    for customer, amount in zip(shop["orders"]["customer_id"].to_pylist(), amounts, strict=True):
        spent[customer] = spent.get(customer, Decimal(0)) + (amount or 0)
    for customer, total in zip(range(1, 701), shop["customers"]["spent"].to_pylist(), strict=True):
        assert (total or 0) == spent.get(customer, 0)


def test_workers_do_not_matter():
    targets = dict(list(TARGETS.items())[:2])
    one, two = (made(SHOP, targets, workers=workers) for workers in (1, 2))
    assert all(one[name].equals(two[name]) for name in one)


def test_the_order_of_chunks_does_not_matter(shop):
    plan = plan_spec(Spec(**SHOP, targets=TARGETS), workers=Workers())
    chunks = plan.chunks("customers")
    assert len(chunks) > 5
    parts = {chunk.index: MakeFamily(plan)(chunk).tables for chunk in reversed(chunks)}
    for name in shop:
        batches = [parts[chunk.index][name].cast(plan.schemas[name]) for chunk in chunks]
        assert pa.Table.from_batches(batches).equals(shop[name])


def test_types_are_those_without_targets(shop):
    assert {name: shop[name].schema for name in shop} == {name: t.schema for name, t in made(SHOP).items()}


def test_a_group_by_a_column_of_the_parent():
    name = "orders.amount by case when customers.age < 40 then 'young' else 'old' end"
    tables = made(SHOP, {name: {"share": {"young": 0.75, "old": 0.25}, "sum": 90_000}})
    young = [age < 40 for age in tables["customers"]["age"].to_pylist()]
    rows = zip(tables["orders"]["customer_id"].to_pylist(), tables["orders"]["amount"].to_pylist(), strict=True)
    sums = [Decimal(0), Decimal(0)]
    for customer, amount in rows:
        sums[young[customer - 1]] += amount or 0
    assert sums == [Decimal("22500.00"), Decimal("67500.00")]


def test_shares_are_of_what_numbers_come_to():
    free = made(SHOP)["orders"]
    total = sum(a for a in free["amount"].to_pylist() if a is not None)
    orders = made(SHOP, {"orders.amount by channel": {"share": {"web": 0.7, "shop": 0.3}}})["orders"]
    web = [c == "web" for c in orders["channel"].to_pylist()]
    amounts = [a or Decimal(0) for a in orders["amount"].to_pylist()]
    assert sum(amounts) == total
    of_web = sum(a for a, chosen in zip(amounts, web, strict=True) if chosen)
    assert abs(of_web - total * Decimal("0.7")) <= Decimal("0.01")


def test_other_groups_and_nulls_stay_as_they_are():
    free, orders = made(SHOP)["orders"], made(SHOP, {"orders.amount by channel": {"sum": {"web": 60_000}}})["orders"]
    assert orders.drop(["amount", "tax"]).equals(free.drop(["amount", "tax"]))
    for channel, before, after in zip(
        *(free[c].to_pylist() for c in ("channel", "amount")), orders["amount"].to_pylist(), strict=True
    ):
        assert (before is None) == (after is None)
        assert channel == "web" or before == after
        assert before is None or channel == "shop" or before < after <= 400


@pytest.mark.parametrize(("column", "shares"), [
    ({"kind": "category", "values": [1, 2, 3]}, {1: 0.5, 3: 0.5}),
    ({"kind": "category", "values": {0.5: 3, 1: 2}, "as": "text"}, {0.5: 0.1, 1: 0.9}),
    ("boolean", {"true": 0.25, "false": 0.75}),
    ({"kind": "category", "values": ["a", "b", "c"]}, {"b": 1 / 3, "a": 1 / 3, "c": 1 / 3}),
])  # fmt: skip
def test_shares_of_values(column, shares):
    values = [str(x).lower() for x in x_of(one(column), {"t.x": {"share": shares}})]
    for value, share in shares.items():
        assert abs(values.count(str(value)) - 1000 * share) < 1


def test_values_of_children_are_counted_out():
    orders = made(SHOP, {"orders.channel": {"share": {"web": 0.125, "shop": 0.875}}})["orders"]
    assert abs(orders["channel"].to_pylist().count("web") - orders.num_rows / 8) < 1


def test_rows_of_grandchildren_hang_on_values_that_are_counted_out():
    items = {
        "per": {
            "table": "orders",
            "count": {"kind": "poisson", "mean": {"sql": "case when channel = 'web' then 3 else 1 end"}},
        },
        "columns": {"item_id": "id", "price": {"kind": "gamma", "mean": 5, "round": 2}},
    }
    spec = {**SHOP, "tables": {**SHOP["tables"], "items": items}}
    targets = {
        "orders.channel": {"share": {"web": 0.5, "shop": 0.5}},
        "items": {"count": 5000},
        "items.price": {"sum": 25_000.01},
    }
    found = made(spec, targets)
    assert found["items"].num_rows == 5000
    assert found["items"]["item_id"].to_pylist() == list(range(1, 5001))
    assert sum(Decimal(str(p)) for p in found["items"]["price"].to_pylist()) == Decimal("25000.01")


@pytest.mark.parametrize(("count", "total"), [
    ({"kind": "normal", "mean": 1, "sd": 2, "max": 9}, 300),
    ({"kind": "normal", "mean": 1, "sd": 2}, 3000),
    ({"kind": "integer", "low": 1, "high": 5, "null": 0.2}, 2500),
    ({"kind": "poisson", "mean": {"sql": "age / 10"}, "min": 1}, 4000),
])  # fmt: skip
def test_numbers_of_rows_of_any_law(count, total):
    tables = {**SHOP["tables"], "orders": {**ORDERS, "per": {"table": "customers", "count": count}}}
    free, found = (made({**SHOP, "tables": tables}, t) for t in (None, {"orders": {"count": total}}))
    assert found["orders"].num_rows == total
    before, after = (np.bincount(m["orders"]["customer_id"].to_numpy(), minlength=701)[1:] for m in (free, found))
    assert (after[before == 0] == 0).all()
    assert after.max() <= count.get("max", count.get("high", 10**6))
    assert after[before > 0].min() >= count.get("min", count.get("low", 0))


def test_shares_of_rows():
    found = made(SHOP, {"orders by segment": {"share": {"retail": 0.2, "business": 0.3, "public": 0.5}}})
    assert found["orders"].num_rows == made(SHOP)["orders"].num_rows
    segments = found["customers"]["segment"].to_pylist()
    rows = [segments[customer - 1] for customer in found["orders"]["customer_id"].to_pylist()]
    assert abs(rows.count("public") - len(rows) / 2) < 1


def test_a_target_may_group_by_another():
    spec = one({"kind": "uniform", "round": 2}, others={"y": {"kind": "integer", "low": 0, "high": 9}})
    table = made(spec, {"t.x by y > 6": {"sum": {"true": 300}}, "t.y": {"mean": 6}})["t"]
    x, y = (table[name].to_pylist() for name in "xy")
    assert sum(y) == 6000
    assert sum(Decimal(str(a)) for a, b in zip(x, y, strict=True) if b > 6) == 300


def test_a_column_that_is_looked_up_has_its_target():
    tables = {
        "products": {
            "rows": 50,
            "columns": {"id": "id", "price": {"kind": "uniform", "low": 1, "high": 9, "round": 2}},
        },
        "sales": {
            "rows": 300,
            "columns": {"product": {"kind": "reference", "table": "products"}, "p": {"sql": "product.price"}},
        },
    }
    found = made({"chunk_rows": 32, "tables": tables}, {"products.price": {"sum": 300}})
    prices = found["products"]["price"].to_pylist()
    assert sum(Decimal(str(p)) for p in prices) == 300
    assert found["sales"]["p"].to_pylist() == [prices[i - 1] for i in found["sales"]["product"].to_pylist()]


@pytest.mark.parametrize(
    ("column", "target", "message"),
    [
        ({"kind": "uniform", "low": 1, "high": 2, "round": 2}, {"t.x": {"sum": 3000}},
         "targets.t.x.sum=3,000: the 1,000 rows come to 1,5"),
        ({"kind": "uniform", "low": 1, "high": 2, "round": 2}, {"t.x": {"sum": 3000}},
         "and within their bounds to 1,000.00 at least and 2,000.00 at most; ask for something in between, or widen the bounds."),
        ({"kind": "exponential"}, {"t.x": {"mean": -1}}, "targets.t.x.mean=-1: the 1,000 rows come to a mean of "),
        ({"kind": "exponential"}, {"t.x": {"mean": -1}}, "within their bounds to a mean of 0 at least;"),
        ("uniform", {"t.x by id % 2 = 0": {"sum": {"true": 501, "false": 250}}}, "sum.true=501: the 500 rows of that group come to 2"),
        ({"kind": "integer", "low": 0, "high": 0}, {"t.x": {"sum": 5}}, "come to 0, and within their bounds to 0 at least and 0 at most"),
        ("uniform", {"t.x by id": {"sum": {"2000": 5}}}, "targets.t.x by id.sum.2000=5: there is no row of that group with a value"),
        ({"kind": "uniform", "null": 1}, {"t.x": {"sum": 5}}, "targets.t.x.sum=5: there is no row with a value"),
        ("uniform", {"t.x by id": {"sum": {"one": 5}}}, "targets.t.x by id.sum: the column is int64, which cannot have all these values"),
        ("uniform", {"t.x by count(*)": {"sum": {"1": 5}}}, "targets.t.x by count(*): by='count(*)': expected one value for each row"),
        ({"kind": "uniform", "high": 1e15, "as": "decimal(20,4)"}, {"t.x": {"sum": 5}}, "tables.t.columns.x: values are too large, or"),
        ({"kind": "gamma", "mean": 90, "shape": 9, "as": "decimal(4,1)"}, {"t.x": {"mean": 990}}, "tables.t.columns.x: values of up to "),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(column, target, message):
    assert message in fault(one(column), target)


def test_counts_must_be_those_of_the_rows():
    spec = one({"kind": "category", "values": ["a", "b"]})
    found = fault(spec, {"t.x": {"count": {"a": 400, "b": 600}}}, rows={"t": 500})
    assert "targets.t.x.count: the counts sum to 1,000, and t has 500 rows; make them equal, or give a share." in found
    found = fault(SHOP, {"orders.channel": {"count": {"web": 5, "shop": 5}}})
    assert "targets.orders.channel.count: the counts sum to 10, and orders has " in found


def test_nothing_is_left_of_a_run_that_cannot_be(tmp_path):
    with pytest.raises(SpecError):
        made(one("uniform"), {"t.x": {"sum": 2000}}, target=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_preview_has_no_targets():
    spec = Spec(**SHOP, targets=TARGETS)
    free = preview(Spec(**SHOP), 10)
    assert all(table.equals(free[name]) for name, table in preview(spec, 10).items())


def test_no_rows_come_to_nothing():
    spec = one({"kind": "uniform", "round": 2}, rows=0)
    assert made(spec, {"t.x": {"sum": 0}})["t"].num_rows == 0
    assert "there is no row with a value" in fault(spec, {"t.x": {"sum": 1}})
    assert made(one({"kind": "category", "values": ["a"]}, rows=0), {"t.x": {"share": {"a": 1}}})["t"].num_rows == 0


def test_chunks_are_smaller_where_a_target_makes_families_large():
    spec = Spec(tables=SHOP["tables"], chunk_rows=8192, targets={"orders": {"count": 700 * 60}})
    assert plan_spec(spec).chunk_rows["customers"] == 1024
    assert plan_spec(Spec(tables=SHOP["tables"], chunk_rows=8192)).chunk_rows["customers"] > 1024


def test_the_targets_are_listed(tmp_path):
    document = {**SHOP, "targets": {"orders.amount": {"sum": 90_000}, "customers.vip": {"share": {"true": 1}}}}
    path = tmp_path / "shop.yaml"
    path.write_text(json.dumps(document))
    assert "target orders.amount: sum, one more pass" in run("plan", str(path)).stdout
    assert "target customers.vip: share of 1 values, no pass" in run("plan", str(path)).stdout
    made(SHOP, document["targets"], target=str(tmp_path / "out"))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["targets"] == {"orders.amount": {"sum": 90_000}, "customers.vip": {"share": {"true": 1}}}


def test_a_spec_that_was_changed_has_its_own_order():
    spec = Spec(**SHOP, targets=TARGETS)
    assert spec.but(targets=()).order.moved["orders"] == frozenset()
