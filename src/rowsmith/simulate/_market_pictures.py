"""What is worth looking at in the tables of `market`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.simulate._picture import Picture, Series

ACROSS, UP = 200, 100
"""Fields of the picture of the orders that came."""
LAGS = 60


def pictures(tables: Mapping[str, pa.Table]) -> list[Picture]:
    """Price and value, the order flow, returns and their memory, volume, of the last run."""
    own = {name: _last_run(table) for name, table in tables.items()}
    found = []
    if "quotes" in own and own["quotes"].num_rows:
        quotes = own["quotes"]
        at, value = quotes["at"].to_numpy(), quotes["value"].to_numpy()
        middle = (_numbers(quotes["bid"]) + _numbers(quotes["ask"])) / 2
        series = [Series(x=at, y=middle, name="middle of the quotes"), Series(x=at, y=value, name="value")]
        found.append(Picture(title="Price and value", x="time (s)", y="euro", series=series))
        spread = np.round((_numbers(quotes["ask"]) - _numbers(quotes["bid"])) * 100)
        cents, n = np.unique(spread[np.isfinite(spread)], return_counts=True)
        bars = Series(x=[f"{c:.0f}" for c in cents[:30]], y=n[:30], mark="bar")
        found.append(Picture(title="Spread", x="cents", y="quotes", series=[bars]))
    if "orders" in own and own["orders"].num_rows:
        found.append(_flow(own["orders"]))
    if "bars" in own and own["bars"].num_rows > 2 * LAGS:
        found += _returns(own["bars"])
    return found


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return column.cast(pa.float64()).to_numpy()  # type: ignore[no-any-return]


def _last_run(table: pa.Table) -> pa.Table:
    if "run" not in table.column_names or not table.num_rows:
        return table
    return table.filter(pc.equal(table["run"], pc.max(table["run"])))


def _flow(orders: pa.Table) -> Picture:
    """Where limit orders come: by time and price."""
    waiting = orders.filter(pc.equal(orders["kind"].cast(pa.string()), "limit"))
    at, price = waiting["at"].to_numpy(), _numbers(waiting["price"])
    low, high = np.quantile(price, [0.002, 0.998])
    counts, _, _ = np.histogram2d(price, at, bins=(UP, ACROSS), range=((low, high + 0.01), (0, max(at.max(), 1))))
    return Picture(
        title="Limit orders by time and price: darker is more",
        x="time (s)",
        y="euro",
        heat=np.where(counts > 0, np.log1p(counts), np.nan),
        span=(0.0, float(max(at.max(), 1)), float(low), float(high)),
        note="The band follows the price; it is dark where traders are excited.",
    )


def _returns(bars: pa.Table) -> list[Picture]:
    middle = bars["middle"].to_numpy()
    returns = np.diff(np.log(middle[np.isfinite(middle)])) * 100
    lags = np.arange(1, LAGS + 1)
    own: list[Any] = [_memory(returns, LAGS), _memory(np.abs(returns), LAGS)]
    sizes = np.sort(np.abs(returns))[::-1]
    share = np.arange(1, len(sizes) + 1) / len(sizes)
    volume = bars["volume"].to_numpy()[1:][: len(returns)]
    return [
        Picture(
            title="Returns of a minute: quiet and wild times",
            x="minute",
            y="percent",
            series=[Series(x=np.arange(len(returns)), y=returns)],
        ),
        Picture(
            title="Returns forget, their size does not",
            x="lag (minutes)",
            y="autocorrelation",
            series=[Series(x=lags, y=own[0], name="returns"), Series(x=lags, y=own[1], name="size of returns")],
        ),
        Picture(
            title="Tail of returns: a straight line is a fat one",
            x="size (percent)",
            y="share at least as large",
            series=[Series(x=sizes, y=share, mark="points")],
            log_x=True,
            log_y=True,
        ),
        Picture(
            title="Volume goes with volatility",
            x="shares in a minute",
            y="size of the return (percent)",
            series=[Series(x=volume, y=np.abs(returns)[: len(volume)], mark="points")],
        ),
    ]


def _memory(values: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    """Autocorrelation at the lags 1, 2, …, shape (lags,)."""
    centred = values - values.mean()
    whole = float(centred @ centred) or 1.0
    return np.array([float(centred[lag:] @ centred[:-lag]) / whole for lag in range(1, lags + 1)])
