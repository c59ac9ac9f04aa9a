"""The state of a `shop`, and how a day goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.simulate._runs import words
from rowsmith.simulate._world import Emission

if TYPE_CHECKING:
    from rowsmith.simulate.shop import Shop

MOVES = ("sale", "delivery", "missed")
MINUTES = 1440.0
FRIENDS = 4
SALES_MEMORY = 0.1
"""Weight of today in what a store thinks that it sells a day."""
PATIENT = 10.0
"""Minutes in the queue that spoil half of a visit."""
Ints = NDArray[np.int64]


class Town:
    """A town.

    Args:
        world: parameters.
        key: random stream of the run.
    """

    def __init__(self, world: Shop, key: Key) -> None:
        self.world, self.rng = world, key.child("town").generator()
        self.state = np.array([key.child("shelves").integer()], dtype=np.uint64)
        rng, n = self.rng, world.customers
        self.sort = np.sort(np.arange(world.products) % world.sorts)
        self.first = np.searchsorted(self.sort, np.arange(world.sorts + 1))
        self.price = np.maximum(np.round(100 * np.exp(0.9 + 0.6 * rng.standard_normal(world.products))), 10).astype(
            np.int64
        )
        rank = np.arange(world.products) - self.first[self.sort]
        self.appeal = (rank + 1.0) ** -0.8
        weight = rng.dirichlet(np.full(world.sorts, 3.0)) if world.sorts > 1 else np.ones(1)
        size = np.exp(world.uneven * rng.standard_normal(n) - world.uneven**2 / 2)  # with mean 1
        self.size = size
        self.use = world.need * size[:, None] * weight[None, :]
        self.full = np.maximum(world.need * size * world.cupboard / world.sorts, 1.0)
        self.home = rng.random((n, world.sorts)) * self.full[:, None]
        self.budget = np.maximum(
            100 * world.budget * np.maximum(size, 0.3) * np.exp(0.2 * rng.standard_normal(n)), 200
        ).astype(np.int64)
        pick = self.first[:-1] + (rng.random((n, world.sorts)) ** 2 * np.diff(self.first)).astype(np.int64)
        self.favourite = pick
        self.way = rng.random((n, world.stores)) * world.distance * 2
        self.opinion = np.full((n, world.stores), 0.8)
        self.friends = rng.integers(n, size=(n, FRIENDS))
        sold = max(self.use.sum() / world.products / world.stores, 0.01)
        self.sold = np.full((world.stores, world.products), sold)
        self.stock = np.ceil(self.sold * world.cover).astype(np.int64)
        self.on_order = np.zeros_like(self.stock)
        self.coming: list[tuple[int, int, int, int]] = []
        """Deliveries: day, store, product, pieces."""
        self.free = [np.zeros(world.tills) for _ in range(world.stores)]
        self.now = self.begun = 0
        self.visits = self.orders = 0
        self.off = np.zeros(world.products, dtype=bool)
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def _tell(self, table: str, **columns: Any) -> None:
        self.rows.setdefault(table, []).append(columns)

    def forget(self) -> None:
        """Begin to record. What is on order is told with it, since it will arrive."""
        self.rows, self.begun, self.visits, self.orders = {}, self.now, 0, 0
        for when, store, product, pieces in self.coming:
            self._tell(
                "orders",
                store_id=[store],
                product_id=[product],
                ordered_day=[-1],
                arrives_day=[when - self.now],
                pieces=[pieces],
            )
        if self.off.any():
            self._promote_told()

    def day(self) -> None:
        """A day: deliveries, needs, visits, tills, reorders."""
        world, rng = self.world, self.rng
        if self.now % 7 == 0:
            self.off = rng.random(world.products) < world.promotions
            self._promote_told()
        self._deliver()
        self.home = np.maximum(self.home - rng.poisson(self.use), 0.0)
        short = self.home < 0.5 * self.full[:, None]
        going = np.flatnonzero(short.any(axis=1) & (rng.random(world.customers) < world.urge))
        store = self._choose(going)
        ready = self._moments(len(going))
        minute = np.maximum(ready - rng.exponential(world.browsing, len(going)), world.opens * 60)
        order = np.argsort(minute, kind="stable")
        going, store, minute, ready = going[order], store[order], minute[order], ready[order]
        spent, items, missing = self._shop(going, store, minute)
        waited, left = self._tills(store, self.now * MINUTES + ready, items)
        good = 1 - np.minimum(missing, 1) * 0.7 - 0.5 * waited / (waited + PATIENT)
        before = self.opinion[going, store]
        self.opinion[going, store] = before + world.learning * (good - before)
        self._gossip()
        today = np.full(len(going), self.now - self.begun)
        self._tell(
            "visits", customer_id=going, store_id=store, day=today, came=minute, waited=waited, left=left, items=items, spent=spent,
        )  # fmt: skip
        self.visits += len(going)
        self._reorder()
        self.now += 1

    def _promote_told(self) -> None:
        off = np.flatnonzero(self.off)
        since = self.now - self.begun - self.now % 7
        self._tell(
            "promotions", product_id=off, from_day=np.full(len(off), max(since, 0)), to_day=np.full(len(off), since + 6)
        )

    def _prices(self) -> Ints:
        return np.where(self.off, np.round(self.price * (1 - self.world.discount)), self.price).astype(np.int64)

    def _deliver(self) -> None:
        came = np.zeros_like(self.stock)
        for when, store, product, pieces in self.coming:
            if when <= self.now:
                came[store, product] += pieces
        self.coming = [each for each in self.coming if each[0] > self.now]
        self.stock += came
        self.on_order -= came
        at = np.nonzero(came)
        self._move(at[0], at[1], came[at], 1)

    def _move(self, store: Ints, product: Ints, pieces: Ints, kind: int) -> None:
        n = len(store)
        self._tell(
            "stock_moves", store_id=store, product_id=product, day=np.full(n, self.now - self.begun), kind=np.full(n, kind), pieces=pieces,
            left=self.stock[store, product],
        )  # fmt: skip

    def _choose(self, going: Ints) -> Ints:
        """Where customers go: a logit of opinion and way."""
        worth = 4 * self.opinion[going] - self.way[going]
        return np.asarray(np.argmax(worth + self.rng.gumbel(size=worth.shape), axis=1))

    def _moments(self, n: int) -> NDArray[np.float64]:
        """Minutes of the day at which customers have all that they want. Nobody is inside overnight, so queues keep their order."""
        world, rng = self.world, self.rng
        hours = world.closes - world.opens
        late = (rng.random(n) < world.rush * (1 - min(2 / hours, 1))) & (hours > 2)
        at = np.where(late, world.closes - 2 * rng.random(n), world.opens + hours * rng.random(n))
        return at * 60

    def _shop(self, going: Ints, store: Ints, minute: NDArray[np.float64]) -> tuple[Ints, Ints, NDArray[np.float64]]:
        from rowsmith.simulate._shop_day import shelves

        world, n, prices = self.world, len(going), self._prices()
        weight = self.appeal * (prices / self.price) ** -world.elasticity
        whole = np.add.reduceat(weight, self.first[:-1])
        before = np.concatenate([[0.0], np.cumsum(weight)])[self.first[:-1]]
        chances = (np.cumsum(weight) - before[self.sort]) / whole[self.sort]
        spent, items = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        lines = np.empty((n * (2 * world.sorts + 1) + 1, 4), dtype=np.int64)
        missed = np.empty((n * world.sorts + 1, 3), dtype=np.int64)
        many, lost = shelves(
            going, store, self.home, self.full, self.favourite, world.loyal, chances, self.first, prices, self.stock, self.budget,
            world.impulse, self.state, lines, missed, spent, items,
        )  # fmt: skip
        lines, missed = lines[:many], missed[:lost]
        self._tell(
            "lines", visit=lines[:, 0] + self.visits, product_id=lines[:, 1], pieces=lines[:, 2], price=lines[:, 3]
        )
        cell = store[lines[:, 0]] * world.products + lines[:, 1]
        sold = np.bincount(cell, lines[:, 2], world.stores * world.products)
        gone = np.bincount(store[missed[:, 0]] * world.products + missed[:, 1], missed[:, 2], len(sold))
        for kind, pieces in ((0, sold), (2, gone)):
            at = np.flatnonzero(pieces)
            self._move(at // world.products, at % world.products, pieces[at].astype(np.int64), kind)
        asked = (sold + gone).reshape(self.sold.shape)  # stores see who asks in vain
        self.sold += SALES_MEMORY * (asked - self.sold)
        return spent, items, np.bincount(missed[:, 0], minlength=n) / world.sorts * 3

    def _tills(
        self, store: Ints, ready: NDArray[np.float64], items: Ints
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How long each waits, and when each leaves; who buys nothing does not queue."""
        from rowsmith.simulate._queue import serve

        world, rng, n = self.world, self.rng, len(store)
        if world.till == "exponential":
            work = rng.exponential(world.till_time, n)
        else:
            work = world.till_time * (1 / 3 + items / 20) * rng.gamma(9.0, 1 / 9, n)
        waited, left = np.zeros(n), ready.copy()
        for each in range(world.stores):
            at = np.flatnonzero((store == each) & (items > 0))
            at = at[np.argsort(ready[at], kind="stable")]
            server, begun = np.empty(len(at), dtype=np.int64), np.empty(len(at))
            serve(ready[at], np.full(len(at), np.inf), work[at], self.free[each], server, begun)
            waited[at], left[at] = begun - ready[at], begun + work[at]
        return waited, left - self.now * MINUTES

    def _gossip(self) -> None:
        rng, n = self.rng, self.world.customers
        who = np.flatnonzero(rng.random(n) < self.world.gossip)
        friend = self.friends[who, rng.integers(FRIENDS, size=len(who))]
        self.opinion[who] += 0.5 * (self.opinion[friend] - self.opinion[who])

    def _reorder(self) -> None:
        """Order up to a level where less than another is there or on order: an (s, S) rule in days of sales."""
        world, rng = self.world, self.rng
        level = self.stock + self.on_order
        store, product = np.nonzero(level <= self.sold * world.reorder)
        pieces = np.maximum(
            np.ceil(self.sold[store, product] * world.cover).astype(np.int64) - level[store, product], 1
        )
        takes = 1 + rng.poisson(max(world.lead_time - 1, 0), len(store))
        self.on_order[store, product] += pieces
        self.coming += zip((self.now + takes).tolist(), store.tolist(), product.tolist(), pieces.tolist(), strict=True)
        if len(store):
            day = self.now - self.begun
            ordered = np.full(len(store), day)
            self._tell(
                "orders",
                store_id=store,
                product_id=product,
                ordered_day=ordered,
                arrives_day=day + takes,
                pieces=pieces,
            )

    def emit(self, days: int, part: int) -> Emission:
        """Go on for some days, and tell what happened."""
        world = self.world
        before = self.visits
        for _ in range(days):
            self.day()
        out: dict[str, dict[str, Any]] = {
            table: {c: np.concatenate([np.asarray(row[c]) for row in rows]) for c in rows[0]}
            for table, rows in self.rows.items()
        }
        self.rows = {}
        out["lines"]["visit_id"] = out["lines"].pop("visit") - before
        moves = out["stock_moves"]
        moves["kind"] = words(moves["kind"], MOVES)
        out["visits"]["spent"] = out["visits"]["spent"] / 100
        out["lines"]["price"] = out["lines"]["price"] / 100
        if part == 0:
            out["stores"] = {"tills": np.full(world.stores, world.tills)}
            out["products"] = {"sort": self.sort + 1, "price": self.price / 100}
            out["customers"] = {"need": np.round(self.use.sum(axis=1), 4), "budget": self.budget / 100}
        wait = float(np.mean(out["visits"]["waited"])) if self.visits > before else 0.0
        asked = float(np.sum(out["lines"]["pieces"]))
        kinds = np.asarray(pa.array(moves["kind"]).indices)
        lost = float(np.asarray(moves["pieces"])[kinds == MOVES.index("missed")].sum())
        return {
            "runs": {
                "visits": [self.visits - before], "sales": [round(float(out["visits"]["spent"].sum()), 2)],
                "missed": [round(lost / max(asked + lost, 1), 6)], "mean_wait": [round(wait, 4)],
            },
            **out,
        }  # fmt: skip
