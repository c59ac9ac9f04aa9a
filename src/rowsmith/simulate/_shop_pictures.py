"""What is worth looking at in the tables of `shop`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from rowsmith.simulate._picture import Picture, Series


def pictures(tables: Mapping[str, pa.Table]) -> list[Picture]:
    """Sales, baskets, customers, queues, what was not there."""
    if "visits" not in tables or not tables["visits"].num_rows:
        return []
    visits = tables["visits"]
    spent, day = visits["spent"].cast(pa.float64()).to_numpy(), visits["day"].to_numpy()
    hour = np.minimum((visits["came"].to_numpy() // 60).astype(np.int64), 23)
    waits = np.bincount(hour, visits["waited"].to_numpy(), 24) / np.maximum(np.bincount(hour, minlength=24), 1)
    of_customer = np.sort(np.bincount(visits["customer_id"].to_numpy(), spent))[::-1]
    share = np.cumsum(of_customer) / max(of_customer.sum(), 1e-9)
    items = np.bincount(np.minimum(visits["items"].to_numpy(), 30))
    open_hours = np.flatnonzero(np.bincount(hour, minlength=24))
    found = [
        Picture(
            title="Sales by day",
            x="day",
            y="euro",
            series=[Series(x=np.arange(day.max() + 1), y=np.bincount(day, spent))],
        ),
        Picture(
            title="Customers: few make most of the sales",
            x="share of customers, the best first",
            y="share of sales",
            series=[Series(x=np.arange(1, len(share) + 1) / len(share), y=share)],
        ),
        Picture(
            title="Baskets",
            x="pieces",
            y="visits",
            series=[Series(x=[str(n) for n in range(len(items))], y=items, mark="bar")],
        ),
        Picture(
            title="Waiting at the tills, by the hour of coming",
            x="hour",
            y="minutes",
            series=[Series(x=[str(h) for h in open_hours], y=waits[open_hours], mark="bar")],
        ),
    ]
    if "stock_moves" in tables:
        moves = tables["stock_moves"]
        kind, pieces = moves["kind"].cast(pa.string()).to_numpy(zero_copy_only=False), moves["pieces"].to_numpy()
        at = moves["day"].to_numpy()
        days = int(at.max(initial=0)) + 1
        series = [
            Series(x=np.arange(days), y=np.bincount(at[kind == k], pieces[kind == k], days), name=k)
            for k in ("sale", "delivery", "missed")
        ]
        found.append(Picture(title="Stock: what goes, comes, and was not there", x="day", y="pieces", series=series))
    return found
