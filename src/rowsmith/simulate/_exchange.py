"""The state of a `market`, and how it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.simulate._runs import words
from rowsmith.simulate._world import Emission

if TYPE_CHECKING:
    from rowsmith.simulate.market import Market

KINDS = ("noise", "fundamental", "chartist", "maker")
SIDES, ORDERS = ("buy", "sell"), ("limit", "market", "cancel")
ROWS = 65_536
"""Rows that the loop fills before they are taken."""
BAR = 60
CALM = 2.0
"""First parameter of the beta law of the share of excited minds; the second is `herding`."""


class Exchange:
    """A book with those who trade.

    Args:
        world: parameters.
        key: random stream of the run.
    """

    def __init__(self, world: Market, key: Key) -> None:
        self.world = world
        rng = key.child("start").generator()
        self.state = np.array([key.child("orders").integer()], dtype=np.uint64)
        start = round(world.price * 100)
        self.top = 2 * start + 1
        shares = np.array(world.groups) / sum(world.groups)
        self.rates = np.cumsum(shares)
        ends = np.round(self.rates * world.agents).astype(np.int64)
        ends = np.maximum(ends, np.cumsum(shares > 0))  # nobody who sends orders is left out
        self.groups = np.concatenate([[0], np.minimum(ends, world.agents)])
        room = int(2 * world.depth + 40 * world.patience + 10_000)
        self.slots = np.zeros((room, 8), dtype=np.int64)
        self.slots[:, 1] = np.r_[np.arange(1, room), -1]
        self.heads, self.tails = (np.full((2, self.top), -1) for _ in range(2))
        self.live = np.zeros(room, dtype=np.int64)
        self.cash, self.shares = np.full(world.agents, round(world.cash * 100)), np.full(world.agents, world.shares)
        self.whole = np.array([-1, self.top, 0, 0, 0, start, 0, 0, 0])
        calm = 1 / world.memory
        first = rng.beta(CALM, world.herding)
        self.fractions = np.array([0.0, float(start), float(start), min(max(first, 1e-4), 1 - 1e-4), 0.0, 0.0])
        self.law = (
            world.rate, world.to_take, world.patience, world.distance, world.news, world.threshold, world.follow,
            calm, CALM / (CALM + world.herding), float(np.sqrt(2 * calm / (CALM + world.herding))),
            CALM / (world.herding - 1), world.most, world.quantity, float(world.limit),
        )  # fmt: skip
        self.first: list[NDArray[Any]] = []
        self._fill(rng, start)
        self.last = float(start)

    def _fill(self, rng: np.random.Generator, start: int) -> None:
        """Put the first orders into the book."""
        from rowsmith.simulate import _book

        world = self.world
        for side in (_book.BUY, _book.SELL):
            away = 1 + rng.exponential(2 * world.distance, world.depth).astype(np.int64)
            prices = np.clip(start - away if side == _book.BUY else start + away, 1, self.top - 2)
            agents = rng.integers(world.agents, size=world.depth)
            sizes = 1 + rng.exponential(max(world.quantity, 1e-9), world.depth).astype(np.int64)
            for price, agent, size in zip(prices, agents, sizes, strict=True):
                number = int(self.whole[_book.ORDERS])
                self.whole[_book.ORDERS] += 1
                _book.add(self.whole, side, price, size, agent, number, self.slots, self.heads, self.tails, self.live)
                self.first.append(np.array([0.0, agent, side, _book.LIMIT, price, size, -1]))

    def emit(self, end: int, part: int) -> Emission:
        """Go on until a moment, and tell what happened."""
        from rowsmith.simulate import _book

        world = self.world
        rows: list[list[NDArray[np.float64]]] = [[np.array(self.first)] if part == 0 else [], [], []]
        while self.fractions[_book.TIME] < end:
            fresh = [np.empty((ROWS, 7)), np.empty((ROWS, 6)), np.empty((ROWS, 5))]
            counts = _book.trade(
                self.whole, self.fractions, self.state, float(end), float(world.opening), self.groups, self.rates, self.law,
                self.slots, self.heads, self.tails, self.live, self.cash, self.shares, *fresh,
            )  # fmt: skip
            for kept, table, n in zip(rows, fresh, counts, strict=True):
                kept.append(table[:n])
        orders, trades, quotes = (
            np.concatenate(kept) if kept else np.empty((0, n)) for kept, n in zip(rows, (7, 6, 5), strict=True)
        )
        out: dict[str, Any] = {
            "runs": {
                "orders": [len(orders)], "trades": [len(trades)], "price": [float(self.whole[_book.LAST]) / 100],
                "refused": [int(self.whole[_book.FULL])],
            },
            "orders": self._orders(orders),
            "trades": self._trades(trades),
            "quotes": self._quotes(quotes[(quotes[:, 0].astype(np.int64) % world.quote_every) == 0]),
            "bars": self._bars(trades, quotes),
        }  # fmt: skip
        if part == 0:
            kind = np.repeat(np.arange(4), np.diff(self.groups))
            out["agents"] = {"kind": words(kind, KINDS)}
        if part == world.parts - 1:
            out["holdings"] = {
                "agent_id": np.arange(world.agents), "cash": self.cash / 100, "shares": self.shares.copy(),
            }  # fmt: skip
        return out

    def _orders(self, rows: NDArray[np.float64]) -> dict[str, Any]:
        whole = rows[:, 1:].astype(np.int64)
        return {
            "agent_id": whole[:, 0],
            "cancels_id": whole[:, 5],
            "at": rows[:, 0],
            "side": words(whole[:, 1], SIDES),
            "kind": words(whole[:, 2], ORDERS),
            "price": pa.array(rows[:, 4] / 100, mask=rows[:, 4] < 0),
            "quantity": whole[:, 4],
        }

    def _trades(self, rows: NDArray[np.float64]) -> dict[str, Any]:
        whole = rows[:, 1:].astype(np.int64)
        return {
            "taking_id": whole[:, 0],
            "resting_id": whole[:, 1],
            "at": rows[:, 0],
            "price": rows[:, 3] / 100,
            "quantity": whole[:, 3],
            "side": words(whole[:, 4], SIDES),
        }

    def _quotes(self, rows: NDArray[np.float64]) -> dict[str, Any]:
        bid, ask = rows[:, 1], rows[:, 2]
        return {
            "at": rows[:, 0],
            "bid": pa.array(bid / 100, mask=bid < 0),
            "ask": pa.array(ask / 100, mask=ask >= self.top),
            "value": np.round(rows[:, 3] / 100, 4),
            "excitement": np.round(rows[:, 4], 4),
        }

    def _bars(self, trades: NDArray[np.float64], quotes: NDArray[np.float64]) -> dict[str, Any]:
        """Bars of a minute, by trades; the middle of the quotes at its end beside them."""
        bar = (quotes[:, 0] // BAR).astype(np.int64)
        bars = np.unique(bar)
        if not len(bars):
            return {name: np.zeros(0) for name in ("at", "open", "high", "low", "close", "volume", "trades", "middle")}
        end = np.searchsorted(bar, bars, side="right") - 1
        with np.errstate(invalid="ignore"):
            middle = np.where(
                (quotes[end, 1] < 0) | (quotes[end, 2] >= self.top), np.nan, quotes[end, 1:3].mean(axis=1) / 100
            )
        at = (trades[:, 0] // BAR).astype(np.int64)
        low, high = np.searchsorted(at, bars), np.searchsorted(at, bars, side="right")
        out = np.full((len(bars), 6), np.nan)
        for i, (a, b) in enumerate(zip(low, high, strict=True)):
            prices = trades[a:b, 3]
            if b > a:
                out[i] = prices[0], prices.max(), prices.min(), prices[-1], trades[a:b, 4].sum(), b - a
                self.last = prices[-1]
            else:
                out[i] = self.last, self.last, self.last, self.last, 0, 0
        return {
            "at": bars * BAR, "open": out[:, 0] / 100, "high": out[:, 1] / 100, "low": out[:, 2] / 100, "close": out[:, 3] / 100,
            "volume": out[:, 4].astype(np.int64), "trades": out[:, 5].astype(np.int64), "middle": np.round(middle, 4),
        }  # fmt: skip
