"""A shop: addresses of the customer, usually the same twice, and states of an order that follow each other in time."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs

PATHS = [
    ("placed", "paid", "sent"),
    ("placed", "paid", "sent", "returned"),
    ("placed", "cancelled"),
    ("placed", "paid"),
]


def shop(seed=0):
    """Orders of customers with several addresses, and what happened to each order."""
    r = np.random.default_rng(seed)
    owner = np.repeat(np.arange(200), r.integers(2, 5, 200))
    customer = r.integers(0, 200, 1_500)
    of = [np.flatnonzero(owner == c) for c in range(200)]
    bill = np.array([r.choice(of[c]) for c in customer])
    ship = np.where(r.random(1_500) < 0.96, bill, [r.choice(of[c]) for c in customer])
    path = [PATHS[i] for i in r.choice(4, 1_500, p=[0.7, 0.1, 0.1, 0.1])]
    order = np.repeat(np.arange(1_500), [len(p) for p in path])
    first = np.append(True, order[1:] != order[:-1])
    gap = np.where(first, 0, r.integers(30, 5_000, len(order)))
    begin = r.integers(0, 400_000, 1_500)
    away = np.cumsum(gap)
    at = np.datetime64("2024-01-01T00:00", "s") + (begin[order] + away - away[first][order]).astype("timedelta64[m]")
    month = (at - np.datetime64("2024-01-01")).astype("timedelta64[D]").astype(int) // 70
    return {
        "customers": pa.table({"customer_id": np.arange(200), "kind": r.choice(["a", "b"], 200)}),
        "addresses": pa.table({"address_id": np.arange(len(owner)), "customer_id": owner}),
        "orders": pa.table(
            {"order_id": np.arange(1_500), "customer_id": customer, "bill_address_id": bill, "ship_address_id": ship}
        ),
        "events": pa.table(
            {
                "event_id": np.arange(len(order)),
                "order_id": order,
                "state": [s for p in path for s in p],
                "at": at,
                "season": np.array(["spring", "summer", "autumn", "winter", "next"])[month % 5],
            }
        ),
    }


@pytest.fixture(scope="module")
def twin():
    return rs.fit(shop()).sample(seed=1)


def test_an_order_goes_to_its_customer_even_where_it_goes_elsewhere(twin):
    orders, owner = twin["orders"].to_pandas(), twin["addresses"]["customer_id"].to_numpy()
    assert (owner[orders["bill_address_id"]] == orders["customer_id"]).all()
    assert (owner[orders["ship_address_id"]] == orders["customer_id"]).all()
    same = (orders["bill_address_id"] == orders["ship_address_id"]).mean()
    assert 0.96 < same < 0.995


def test_states_follow_each_other_in_time(twin):
    events = twin["events"].to_pandas().sort_values(["order_id", "at"], kind="stable")
    found = events.groupby("order_id")["state"].apply(tuple)
    assert found.isin(PATHS).mean() > 0.99
    shares = found.value_counts(normalize=True)
    assert shares[PATHS[0]] == pytest.approx(0.7, abs=0.04)


def test_what_hangs_on_the_time_goes_along_with_it(twin):
    events = twin["events"].to_pandas()
    month = (events["at"] - np.datetime64("2024-01-01")).dt.days // 70 % 5
    right = np.array(["spring", "summer", "autumn", "winter", "next"])[month] == events["season"]
    assert right.mean() > 0.9
    assert rs.fit(shop()).tables.parts["events"].rising == {"at": ("at", "season")}
