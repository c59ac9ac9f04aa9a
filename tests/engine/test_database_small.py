"""Small tables above large ones: what goes with a rare level of a parent is not lost on the way to its children."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
from tests.engine._linked import key, rng, schema

import rowsmith as rs


@pytest.fixture(scope="module")
def pair():
    """Of 300 stores, 18 are depots, whose sales are a hundred times as large; and a twin of them and their sales."""
    r, n = rng(5), 300
    depot = np.arange(n) % 17 == 0
    size = r.poisson(10, n)
    up = np.repeat(np.arange(n), size)
    base = np.where(depot, 5000, 50) * r.lognormal(0, 0.3, n)
    amount = np.round(base[up] * r.lognormal(0, 0.3, len(up)), 2)
    tables = {
        "stores": pa.table(
            {"store": np.arange(n), "kind": np.where(depot, "depot", "shop"), "size": r.integers(1, 9, n)}
        ),
        "sales": pa.table({"sale": np.arange(len(up)), "store": up, "amount": amount}),
    }
    links = schema(stores=(["store"], []), sales=(["sale"], [key("store", "stores", "store")]))
    return tables, rs.fit(tables, schema=links)


def by_kind(tables):
    sales, stores = (tables[name].to_pandas() for name in ("sales", "stores"))
    return sales.merge(stores, on="store").groupby("kind").amount.agg(["mean", "median"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_children_of_a_rare_kind_are_as_large_as_they_were(pair, seed):
    real, model = pair
    twin = model.sample(seed=seed)
    seen, drawn = by_kind(real), by_kind(twin)
    assert (
        drawn.loc["depot", "mean"] > 0.4 * seen.loc["depot", "mean"]
    )  # 0.15 to 0.27 of it where means are learnt alone
    assert drawn.loc["shop", "median"] == pytest.approx(seen.loc["shop", "median"], rel=0.2)


def test_texts_of_look_ups_that_are_made_anew_are_named():
    words = [f"{a} {b} {c}" for a in ("Blue", "Red", "Oak") for b in "ABCDEFG" for c in ("Chair", "Lamp", "Desk")]
    products = pa.table(
        {"product_id": range(200), "name": [f"{words[i % 63]} {'xvi'[i % 3] * (i // 63 + 1)}" for i in range(200)]}
    )
    customers = pa.table(
        {"customer_id": range(200), "name": [f"{words[i % 63]} {'xvi'[i % 3] * (i // 63 + 1)}" for i in range(200)]}
    )
    orders = pa.table(
        {
            "product_id": [i % 200 for i in range(900)],
            "customer_id": [i % 190 for i in range(900)],
            "n": [i % 7 for i in range(900)],
        }
    )
    tables = {"products": products, "customers": customers, "orders": orders}
    keys = ["products.product_id", "customers.customer_id"]
    notes = " ".join(rs.fit(tables, primary_key=keys, settings={"rounds": 2}).notes)
    assert "texts of products.name are made anew" in notes
    assert "public: true" in notes


def test_a_public_parent_tells_its_children_all_that_they_were_told():
    r = rng(3)
    up = np.repeat(np.arange(8), r.integers(4, 10, 8))
    n = len(up)
    left = pa.array(19_000 + r.integers(0, 300, n) + 100 * up, pa.int32(), mask=r.random(n) < 0.4).cast(pa.date32())
    tables = {
        "branch": pa.table({"id": np.arange(8), "city": list("abcdefgh")}),
        "staff": pa.table({
            "id": np.arange(n),
            "branch_id": up,
            "hired": pa.array(18_000 + r.integers(0, 500, n), pa.int32()).cast(pa.date32()),
            "left_on": left,
            "role": r.choice(["clerk", "cook"], n),
        }),
    }  # fmt: skip
    known = schema(branch=(["id"], []), staff=(["id"], [key("branch_id", "branch", "id")]))
    branch = dataclasses.replace(known.tables["branch"], public=True)
    model = rs.fit(tables, schema=rs.Schema(tables={**known.tables, "branch": branch}))
    twin = model.sample(seed=1)
    assert twin["branch"].equals(tables["branch"].cast(twin["branch"].schema))
    assert twin["staff"].num_rows == n
