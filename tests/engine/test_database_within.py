"""Links that always stay inside of one family, or lead to earlier rows only, do so in every row of a twin."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
from tests.engine._linked import key, schema

import rowsmith as rs
from rowsmith.learn._within import Sides, Within, in_time

DAY = np.datetime64("2023-01-01")
SETTINGS = {"rounds": 8}


def keyed(tables, **links):
    """The schema of tables whose key is `id`, with these links: by table, columns and where they point."""
    found = rs.inspect(tables).tables
    return rs.Schema(
        tables={
            name: dataclasses.replace(
                table,
                primary_key=("id",),
                rules={},
                proposed={},
                foreign_keys=tuple(
                    rs.ForeignKey(columns=(c,), table=t, targets=("id",)) for c, t in links.get(name, {}).items()
                ),
            )
            for name, table in found.items()
        }
    )


def clinic(in_order=True):
    """Visits of patients, half of which follow from an earlier one of the same patient, mostly the last."""
    r = np.random.default_rng(2)
    patient = np.repeat(np.arange(300), r.integers(1, 8, 300))
    n = len(patient)
    at = DAY.astype("datetime64[s]") + r.integers(0, 5 * 10**7, n)
    order = np.lexsort((at, patient))
    patient, at = patient[order], at[order]
    start = np.searchsorted(patient, patient)
    before = np.arange(n) - start
    back = np.where(r.random(n) < 0.7, 1, 1 + (r.random(n) * before).astype(int))
    source = np.where((before > 0) & (r.random(n) < 0.5), np.arange(n) - back, -1)
    mixed = np.arange(n) if in_order else r.permutation(n)
    number = np.empty(n, dtype=int)
    number[mixed] = np.arange(n)
    visits = {"id": np.arange(n), "patient": patient[mixed], "at": at[mixed], "cost": np.round(r.gamma(2, 40, n), 2)}
    visits["source"] = pa.array(number[source[mixed]], mask=source[mixed] < 0)
    patients = {"id": np.arange(300), "age": r.integers(20, 90, 300)}
    return {"patients": pa.table(patients), "visits": pa.table(visits)}


@pytest.mark.parametrize("in_order", [True, False])
def test_a_row_points_to_an_earlier_one_of_its_family(in_order):
    real = clinic(in_order)
    model = rs.fit(real, schema=keyed(real, visits={"patient": "patients", "source": "visits"}), settings=SETTINGS)

    def steps(tables):
        visits = tables["visits"].to_pandas().set_index("id")
        mine = visits[visits.source.notna()]
        theirs = visits.loc[mine.source]
        assert (mine.patient.to_numpy() == theirs.patient.to_numpy()).all()
        assert (mine["at"].to_numpy() > theirs["at"].to_numpy()).all()
        place = visits.groupby("patient")["at"].rank(method="first")
        return len(mine) / len(visits), (place[mine.index].to_numpy() - place[theirs.index].to_numpy() == 1).mean()

    for seed, scale in ((1, 1.0), (2, 2.0)):
        assert steps(model.sample(seed=seed, scale=scale)) == pytest.approx(steps(real), abs=0.08)


def parcels(seed):
    """Lines of orders, of which some are in a parcel of the same order; payments name their order and its customer."""
    r = np.random.default_rng(seed)
    customer = r.integers(0, 150, 500)
    day = DAY + r.integers(0, 500, 500)
    parcel = np.repeat(np.arange(500), r.integers(0, 4, 500))
    line = np.repeat(np.arange(500), r.integers(1, 5, 500))
    first, some = np.searchsorted(parcel, line), np.bincount(parcel, minlength=500)[line]
    mine = first + (r.random(len(line)) * np.maximum(some, 1)).astype(int)
    mine = np.where((some > 0) & (r.random(len(line)) < 0.8), mine, -1)
    paid = r.integers(0, 500, 400)
    return {
        "customers": pa.table({"id": np.arange(150), "age": r.integers(18, 90, 150)}),
        "orders": pa.table({"id": np.arange(500), "customer": customer, "day": day}),
        "parcels": pa.table({"id": np.arange(len(parcel)), "order": parcel, "weight": r.integers(1, 900, len(parcel))}),
        "lines": pa.table(
            {
                "id": np.arange(len(line)),
                "order": line,
                "parcel": pa.array(mine, mask=mine < 0),
                "pieces": r.integers(1, 9, len(line)),
            }
        ),
        "payments": pa.table(
            {"id": np.arange(400), "order": paid, "customer": customer[paid], "sum": r.integers(1, 99, 400)}
        ),
    }


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_two_ways_that_always_lead_to_one_row_do(seed):
    real = parcels(seed)
    links = {
        "orders": {"customer": "customers"},
        "parcels": {"order": "orders"},
        "lines": {"order": "orders", "parcel": "parcels"},
        "payments": {"order": "orders", "customer": "customers"},
    }
    twin = rs.fit(real, schema=keyed(real, **links), settings=SETTINGS).sample(seed=1)
    orders, parcel, lines, payments = (
        twin[n].to_pandas().set_index("id") for n in ("orders", "parcels", "lines", "payments")
    )
    assert (orders.loc[payments.order, "customer"].to_numpy() == payments.customer.to_numpy()).all()
    sent = lines[lines.parcel.notna()]
    assert len(sent) / len(lines) == pytest.approx(real["lines"]["parcel"].is_valid().to_numpy().mean(), abs=0.1)
    assert (parcel.loc[sent.parcel, "order"].to_numpy() == sent.order.to_numpy()).all()


@pytest.mark.parametrize("once", [False, True])
def test_a_row_points_to_no_later_one(once):
    r = np.random.default_rng(4)
    made = np.sort(r.integers(0, 1000, 300))
    shop = r.integers(0, 300, 3000)
    sold = np.maximum(r.integers(100, 1000, 300)[shop] + r.integers(0, 60, 3000), made[0])
    product = (r.random(3000) * np.searchsorted(made, sold, side="right")).astype(int)
    if once:  # no shop sells a product twice: rows that would are not to change it for one of a later day
        first = np.unique(shop * 300 + product, return_index=True)[1]
        shop, product, sold = shop[first], product[first], sold[first]
    real = {
        "shops": pa.table({"id": np.arange(300), "size": r.integers(1, 9, 300)}),
        "products": pa.table({"id": np.arange(300), "made": DAY + made, "price": r.integers(1, 900, 300)}),
        "sales": pa.table({"id": np.arange(len(shop)), "shop": shop, "product": product, "sold": DAY + sold}),
    }
    links = {"sales": {"shop": "shops", "product": "products"}}
    twin = rs.fit(real, schema=keyed(real, **links), settings=SETTINGS).sample(seed=1)
    products, sales = (twin[n].to_pandas().set_index("id") for n in ("products", "sales"))
    assert (sales.sold.to_numpy() >= products.loc[sales["product"], "made"].to_numpy()).all()


def test_rows_of_which_none_comes_before_have_no_parent():
    family, at = np.array([0, 0, 0, 1, 1]), np.array([3.0, 1.0, 2.0, 5.0, 5.0])
    sides, rng = Sides(family, family, at, at, True), np.random.default_rng(0)
    wanted, groups, counts = np.zeros(5, dtype=np.int64), np.zeros(5, dtype=np.int64), np.ones(5, dtype=np.int64)
    found = sides.dealt(Within(times=("at", "at"), strict=True, steps=np.array([9])), wanted, groups, counts, rng)
    assert found.tolist() == [2, -1, 1, -1, -1]
    wanted[0] = -1  # it has none, and may have one: it does instead of those that cannot
    found = sides.dealt(Within(times=("at", "at"), strict=True), wanted, groups, counts, rng)
    assert found[1] == -1
    assert found[0] >= 0
    loose = sides.dealt(Within(times=("at", "at")), wanted, groups, counts, rng)
    assert loose[3] == -1
    assert loose[4] == 3


def test_parents_change_places_until_none_comes_after_its_row():
    rng = np.random.default_rng(1)
    at, ends = rng.random(500) + 0.2, rng.random(100)
    up = rng.integers(0, 100, 500)
    sides = Sides(np.zeros(500, dtype=np.int64), np.zeros(100, dtype=np.int64), at, ends, False)
    found = in_time(up, np.zeros(500, dtype=np.int64), sides, True, False, rng)
    assert (ends[found] < at).all()
    assert np.abs(np.bincount(found, minlength=100) - np.bincount(up, minlength=100)).sum() < 100
    one = Sides(np.array([0]), np.array([0]), np.array([0.0]), np.array([1.0]), False)
    none = in_time(np.array([0]), np.array([0]), one, False, True, rng)
    assert none.tolist() == [-1]


def test_an_open_case_has_no_clerk_and_each_other_one_has():
    r = np.random.default_rng(6)
    up = np.repeat(np.arange(200), r.poisson(6, 200) + 1)
    status = r.choice(["open", "dropped", "done"], len(up), p=[0.1, 0.15, 0.75])
    clerk = pa.array((up + r.integers(0, 3, len(up))) % 30, mask=status != "done")
    tables = {
        "customers": pa.table({"id": np.arange(200), "town": np.arange(200) % 7}),
        "clerks": pa.table({"id": np.arange(30), "floor": np.arange(30) % 4}),
        "cases": pa.table({"id": np.arange(len(up)), "customer": up, "clerk": clerk, "status": status}),
    }
    keys = [key("customer", "customers", "id"), key("clerk", "clerks", "id")]
    known = schema(customers=(["id"], []), clerks=(["id"], []), cases=(["id"], keys))
    twin = rs.fit(tables, schema=known).sample(seed=1)["cases"]
    done = np.array(twin["status"]) == "done"
    assert 0.6 < done.mean() < 0.9
    assert (np.array(twin["clerk"].is_valid()) == done).all()
