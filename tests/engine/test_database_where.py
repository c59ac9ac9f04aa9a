"""A condition on a table that stands by itself: its rows meet it exactly, and what hangs on them follows."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.engine._linked import key, points, rng, schema

import rowsmith as rs

KEYS = ["customers.customer", "orders.order", "items.item"]


@pytest.fixture(scope="module")
def model():
    """Customers of two countries: those of DE have six orders on average and spend much, those of FR one and little."""
    r, n = rng(2), 400
    german = r.random(n) < 0.25
    size = r.poisson(np.where(german, 6, 1))
    up = np.repeat(np.arange(n), size)
    spent = r.gamma(9, np.where(german[up], 10, 1))
    item = np.repeat(np.arange(len(up)), r.integers(1, 4, len(up)))
    tables = {
        "customers": pa.table(
            {
                "customer": np.arange(n),
                "country": np.where(german, "DE", "FR"),
                "age": r.integers(20, 70, n),
                "spent": np.bincount(up, weights=np.round(spent), minlength=n),
            }
        ),
        "orders": pa.table({"order": np.arange(len(up)), "customer": up, "spent": np.round(spent)}),
        "items": pa.table({"item": np.arange(len(item)), "order": item, "country": r.choice(["IT", "ES"], len(item))}),
    }
    links = schema(
        customers=(["customer"], []),
        orders=(["order"], [key("customer", "customers", "customer")]),
        items=(["item"], [key("order", "orders", "order")]),
    )
    return rs.fit(tables, schema=links)


@pytest.mark.parametrize("where", ["country = 'DE'", "customers.country = 'DE' and age between 30 and 40"])
def test_rows_meet_it_and_their_children_are_those_of_such_rows(model, where):
    twin = model.sample(rows={"customers": 300}, where=where, seed=1)
    customers = twin["customers"].to_pandas()
    assert len(customers) == 300
    assert set(customers.country) == {"DE"}
    assert "age" not in where or customers.age.between(30, 40).all()
    assert points(twin["orders"], ["customer"], twin["customers"], ["customer"])
    assert points(twin["items"], ["order"], twin["orders"], ["order"])
    assert (
        5 < twin["orders"].num_rows / 300 < 7
    )  # a mean of 300 counts around 6 is within 0.15 of it, twice out of three
    assert twin["orders"].to_pandas().spent.mean() > 60


def test_the_other_rows_have_few_children(model):
    twin = model.sample(where="country = 'FR'", seed=1)
    assert twin["customers"].num_rows == 400
    assert 0.8 < twin["orders"].num_rows / 400 < 1.3
    assert twin["orders"].to_pandas().spent.mean() < 30  # 9 were learnt, and 88 for the others


def test_the_same_seed_gives_the_same_rows(model):
    one, two = (model.sample(where="age > 60", seed=4) for _ in range(2))
    assert all(one[name].equals(two[name]) for name in one)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("country = 'IS'", "country is one of"),
        ("customers.county = 'DE'", "customers has no column 'county'; did you mean 'country'?"),
        ("town = 'Ulm'", "no table has a column 'town'"),
        ("orders.spent > 3", "are drawn around those of customers. Conditions can be on customers"),
        ("customers.spent > 3", "customers.spent sums up rows that are drawn after it"),
        ("customer > 3", "customers.customer is a key, which is made anew"),
        ("age > orders.spent", "reads customers and orders; each condition is on one table"),
        ("1 = 1", "reads no column"),
        (" ", "expected a condition"),
        ("age >", "syntax error"),
    ],
)
def test_what_cannot_be_asked_is_said(model, where, message):
    with pytest.raises(rs.SpecError) as fault:
        model.sample(where=where)
    assert message in str(fault.value)


def test_a_condition_that_hardly_a_row_meets_is_given_up(model):
    with pytest.raises(rs.SpecError, match="drawn rows meets it"):
        model.sample(where="age + length(country) > 1000")


def test_two_tables_by_themselves_need_a_name():
    both = {
        "a": pa.table({"id": np.arange(60), "size": np.arange(60) % 7}),
        "b": pa.table({"id": np.arange(60), "size": np.arange(60) % 5, "a": np.arange(60)}),
    }
    links = schema(a=(["id"], []), b=(["id"], []))
    twins = rs.fit(both, schema=links, learner="independent")
    with pytest.raises(rs.SpecError, match=r"say which: a\.size or b\.size"):
        twins.sample(where="size > 3")
    drawn = twins.sample(where="a.size > 3 and b.size < 2")
    assert min(drawn["a"]["size"].to_pylist()) > 3
    assert max(drawn["b"]["size"].to_pylist()) < 2


@pytest.mark.parametrize("kind", [False, True], ids=["keys alone", "a column more"])
def test_a_condition_reaches_rows_two_links_away(kind):
    r = np.random.default_rng(1)
    customers = pd.DataFrame(
        {"customer_id": range(400), "segment": r.choice(["retail", "business"], 400, p=[0.8, 0.2])}
    )
    accounts = pd.DataFrame({"customer_id": np.repeat(customers["customer_id"], 1 + r.poisson(0.6, 400))})
    accounts.insert(0, "account_id", range(len(accounts)))
    business = accounts["customer_id"].map(customers["segment"]).to_numpy() == "business"
    if kind:
        accounts["kind"] = r.choice(["x", "y"], len(accounts))
    at = np.repeat(np.arange(len(accounts)), r.poisson(np.where(business, 8, 4)))
    amount = r.lognormal(np.where(business[at], 7, 4), 0.7).round(2)
    payments = pd.DataFrame(
        {"payment_id": range(len(at)), "account_id": accounts["account_id"].to_numpy()[at], "amount": amount}
    )
    model = rs.fit({"customers": customers, "accounts": accounts, "payments": payments}, seed=1)
    some = model.sample(where="segment = 'business'", seed=2)
    assert (some["customers"]["segment"] == "business").all()
    assert some["payments"]["amount"].median() > 500  # 1,060 of real ones; 54 of all others
    assert len(some["payments"]) / len(some["accounts"]) > 5.5
