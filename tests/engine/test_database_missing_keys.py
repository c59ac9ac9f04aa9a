"""Keys that not all rows have: the number of an invoice, where there is one; that of a firm, of customers that are one."""

import numpy as np
import pyarrow as pa

import rowsmith as rs


def shop(n=400, seed=3):
    rng = np.random.default_rng(seed)
    firm = rng.random(n) < 0.4
    customers = pa.table(
        {
            "customer_id": np.arange(n),
            "kind": np.where(firm, "firm", "private"),
            "vat_id": [f"ATU{82_000_000 + 7 * i}" if f else None for i, f in enumerate(firm)],
        }
    )
    who = np.sort(rng.integers(0, n, 4 * n))
    billed = rng.random(4 * n) < 0.7
    number = rng.permutation(4 * n)
    orders = pa.table(
        {
            "order_id": np.arange(4 * n),
            "customer_id": who,
            "state": np.where(billed, "billed", "open"),
            "invoice_no": [f"I-{50_000 + i}" if b else None for i, b in zip(number, billed, strict=True)],
        }
    )
    return {"customers": customers, "orders": orders}


def test_they_are_there_where_they_should_be_and_none_comes_twice():
    twin = {name: table.to_pandas() for name, table in rs.fit(shop()).sample(seed=2).items()}
    firms, orders = twin["customers"], twin["orders"]
    assert (firms["vat_id"].notna() == (firms["kind"] == "firm")).mean() > 0.99
    assert (orders["invoice_no"].notna() == (orders["state"] == "billed")).mean() > 0.99
    assert firms["vat_id"].dropna().is_unique
    assert orders["invoice_no"].dropna().is_unique
