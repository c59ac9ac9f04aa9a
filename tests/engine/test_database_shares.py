"""Rows that share what the row that they point to says: payments of an order, whose total is that of its lines."""

import numpy as np
import pandas as pd

import rowsmith as rs


def shop(orders=400):
    """Orders of lines with a fee on top; paid ones have one payment, or two halves."""
    rng = np.random.default_rng(4)
    heads, lines, payments = [], [], []
    for order in range(orders):
        total = 0.0
        for _ in range(1 + rng.poisson(1.5)):
            amount = round(float(rng.lognormal(3, 0.6)), 2)
            lines.append((len(lines), order, amount))
            total += amount
        fee = float(rng.choice([0.0, 4.9]))
        paid = rng.random() < 0.8
        whole = round(total + fee, 2)
        heads.append((order, "paid" if paid else "open", round(total, 2), fee, whole))
        if paid:
            half = round(whole / 2, 2)
            for part in [whole] if rng.random() < 0.7 else [half, round(whole - half, 2)]:
                payments.append((len(payments), order, part))
    return {
        "orders": pd.DataFrame(heads, columns=["order_id", "state", "items", "fee", "total"]),
        "lines": pd.DataFrame(lines, columns=["line_id", "order_id", "amount"]),
        "payments": pd.DataFrame(payments, columns=["payment_id", "order_id", "paid"]),
    }


def test_payments_sum_up_to_what_lines_and_a_fee_make(tmp_path):
    model = rs.fit(shop(), seed=1)
    model.save(tmp_path / "shop.rowsmith")
    twin = rs.load(tmp_path / "shop.rowsmith").sample(seed=2)
    orders = twin["orders"].set_index("order_id")
    lines = twin["lines"].groupby("order_id")["amount"].sum()
    assert np.abs(orders["items"] - lines.reindex(orders.index)).max() < 0.006
    assert np.abs(orders["items"] + orders["fee"] - orders["total"]).max() < 0.006
    paid = twin["payments"].groupby("order_id")["paid"]
    assert np.abs(paid.sum() - orders["total"].reindex(paid.sum().index)).max() < 0.006
    assert np.abs(twin["payments"]["paid"] * 100 - (twin["payments"]["paid"] * 100).round()).max() < 1e-6
    two = paid.agg(["size", "min", "max"]).query("size == 2")
    assert len(two) > 30
    assert (two["max"] / two["min"]).median() < 1.5  # halves are near each other
    pd.testing.assert_frame_equal(twin["payments"], model.sample(seed=2)["payments"])
