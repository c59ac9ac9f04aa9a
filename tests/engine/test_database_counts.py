"""Numbers of children that the kind of a row makes certain: only accounts of some types have statements, or so many of them."""

import numpy as np
import pyarrow as pa
import pytest
from tests.engine._linked import key, rng, schema

import rowsmith as rs

TYPES = np.array(["giro", "savings", "shares"])
STATEMENTS = np.array([12, 4, 0])


def bank(seed, cards=False):
    """Customers with one account or more, whose statements share a level; only some types have cards, and any number of these."""
    random = rng(seed)
    size = 1 + np.minimum(random.poisson(0.7, 300), 2)
    customer = np.repeat(np.arange(300), size)
    kind = np.arange(len(customer)) - np.repeat(np.cumsum(size) - size, size)
    account = np.repeat(np.arange(len(kind)), STATEMENTS[kind])
    level = random.lognormal(5, 1, len(kind))[account]
    tables = {
        "customers": pa.table({"id": np.arange(300), "segment": random.choice(["retail", "business"], 300)}),
        "accounts": pa.table({"id": np.arange(len(kind)), "customer": customer, "type": TYPES[kind]}),
        "statements": pa.table({"account": account, "amount": np.round(level * random.lognormal(0, 0.3, len(account)), 2)}),
    }  # fmt: skip
    keys = {
        "customers": (["id"], []),
        "accounts": (["id"], [key("customer", "customers", "id")]),
        "statements": ([], [key("account", "accounts", "id")]),
    }
    if cards:
        account = np.repeat(np.arange(len(kind)), np.where(kind == 1, 0, random.integers(kind == 0, 3, len(kind))))
        tables["cards"] = pa.table({"account": account, "limit": random.integers(500, 5000, len(account))})
        keys["cards"] = ([], [key("account", "accounts", "id")])
    return tables, schema(**keys)


def children(tables, child):
    """Numbers of children by the type of the account."""
    size = np.bincount(np.array(tables[child]["account"]), minlength=tables["accounts"].num_rows)
    types = np.array(tables["accounts"]["type"])
    return {name: size[types == name] for name in TYPES.tolist()}


@pytest.mark.parametrize("cards", [False, True])
def test_numbers_of_children_that_the_kind_makes_certain_stay_so(cards):
    real, known = bank(0, cards)
    model = rs.fit(real, schema=known)
    for seed in range(2):
        twin = model.sample(seed=seed)
        for name, counts in children(twin, "statements").items():
            assert (counts == STATEMENTS[name == TYPES]).all()
        if cards:
            found, wanted = children(twin, "cards"), children(real, "cards")
            assert (found["savings"] == 0).all()
            assert (found["giro"] > 0).all()
            assert abs(found["shares"].mean() - wanted["shares"].mean()) < 0.2


def test_rows_of_one_level_never_have_children_also_under_a_condition():
    real, known = bank(1)
    twin = rs.fit(real, schema=known).sample(seed=0, where="segment = 'retail'")
    assert set(twin["customers"]["segment"].to_pylist()) == {"retail"}
    assert (children(twin, "statements")["shares"] == 0).all()


def test_a_kind_that_never_has_children_has_none_where_others_need_not_have_some(tmp_path):
    """Much else is said of customers and accounts, and current accounts may be new: a learner is not wholly sure."""
    real, known = bank(0)
    random, n = rng(1), real["accounts"].num_rows
    new = random.random(n) < 0.06
    real["statements"] = real["statements"].filter(pa.array(~new[np.array(real["statements"]["account"])]))
    for i in range(4):
        real["customers"] = real["customers"].append_column(f"x{i}", pa.array(random.normal(size=300)))
    real["accounts"] = real["accounts"].append_column("opened", pa.array(random.integers(2000, 2025, n)))
    model = rs.fit(real, schema=known)
    model.save(tmp_path / "bank.rowsmith")
    for seed in range(2):
        twin = model.sample(seed=seed)
        size = children(twin, "statements")
        assert (size["shares"] == 0).all()
        assert twin["statements"].num_rows == real["statements"].num_rows
        assert np.mean(size["giro"] == 0) == pytest.approx(0.06, abs=0.03)
    assert rs.load(tmp_path / "bank.rowsmith").sample(seed=1)["statements"].equals(twin["statements"])


def test_who_never_has_children_in_a_hierarchy_has_none():
    random = rng(0)
    n = 400
    boss = np.r_[-1, (random.random(n - 1) * np.maximum(np.arange(1, n) // 5, 1)).astype(int)]
    role = random.choice(["sales", "technique", "office"], n, p=[0.4, 0.4, 0.2])
    seller = np.repeat(np.arange(n), np.where(role == "sales", random.integers(3, 10, n), 0))
    real = {
        "staff": pa.table({"id": np.arange(n), "boss": pa.array(boss, mask=boss < 0), "role": role}),
        "orders": pa.table({"seller": seller, "amount": np.round(random.lognormal(4, 0.3, len(seller)), 2)}),
    }
    keys = {"staff": (["id"], [key("boss", "staff", "id")]), "orders": ([], [key("seller", "staff", "id")])}
    twin = rs.fit(real, schema=schema(**keys)).sample(seed=1)
    size, roles = np.bincount(np.array(twin["orders"]["seller"]), minlength=n), np.array(twin["staff"]["role"])
    assert (size[roles != "sales"] == 0).all()
    assert size.sum() == pytest.approx(len(seller), rel=0.05)
    assert np.mean(size[roles == "sales"] > 0) > 0.9
