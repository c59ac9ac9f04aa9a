"""A limit order book with price–time priority, and who trades on it: noise, fundamentalists, chartists, market makers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.simulate._exchange import Exchange
from rowsmith.simulate._market_pictures import pictures
from rowsmith.simulate._market_tables import ODD, TABLES
from rowsmith.simulate._picture import Picture
from rowsmith.simulate._world import Emission, Emitted, Odd, Param, Pictured, World

PART_ORDERS = 200_000
"""Orders of a part, about. The output depends on it."""


@dataclass(frozen=True, kw_only=True)
class Market(World, Pictured):
    """Trading of one share: every order, trade and quote of an order book.

    >>> world = Market(horizon=60, opening=10)
    >>> emission = next(world.run(Key(1)))
    >>> len(emission["agents"]["kind"])
    400
    """

    horizon: Annotated[int, Param(2, 10**8, "s")] = 23_400
    """How long is traded, the opening auction included: a day of 6.5 hours."""
    opening: Annotated[int, Param(0, 36_000, "s")] = 300
    """How long orders are gathered before the opening auction; 0 for none."""
    price: Annotated[float, Param(1, 1000, "euro")] = 100.0
    """At the beginning; prices stay between 0.01 and twice as much."""
    depth: Annotated[int, Param(1, 100_000, "orders a side")] = 50
    """In the book at the beginning."""
    rate: Annotated[float, Param(0, 10_000, "orders a second", open=True)] = 6.0
    """On average, without cancelled ones."""
    agents: Annotated[int, Param(4, 10**6, "agents")] = 400
    """Who trades."""
    noise: Annotated[float, Param(0, 1, "share of orders")] = 0.55
    """Of those who trade for no reason."""
    fundamental: Annotated[float, Param(0, 1, "share of orders")] = 0.12
    """Of those who buy below and sell above the value."""
    chartist: Annotated[float, Param(0, 1, "share of orders")] = 0.08
    """Of those who follow the trend of a minute."""
    maker: Annotated[float, Param(0, 1, "share of orders")] = 0.25
    """Of those who offer on both sides, and do not want to hold much."""
    to_take: Annotated[float, Param(0, 1, "share")] = 0.25
    """Orders of noise that take what is there, and do not wait."""
    patience: Annotated[float, Param(2, 10**6, "orders")] = 150.0
    """Orders in the book for one that is cancelled with every order that comes."""
    distance: Annotated[float, Param(0, 1000, "cents", open=True)] = 6.0
    """From an order that waits to the other side, on average (exponential)."""
    quantity: Annotated[float, Param(0, 10**6, "shares")] = 3.0
    """Beyond the one share that an order has at least, on average (exponential)."""
    news: Annotated[float, Param(0, 100, "cents")] = 0.2
    """Standard deviation of the change of the value in a second."""
    threshold: Annotated[float, Param(0, 10**4, "cents")] = 25.0
    """Between price and value, before fundamentalists act."""
    follow: Annotated[float, Param(0, 10)] = 0.02
    """How strongly chartists follow, by cents above the trend."""
    herding: Annotated[float, Param(1.05, 20, "", "Kirman 1993; Alfarano et al. 2008")] = 2.0
    """Tail index of excitement, below `most`: smaller is wilder."""
    memory: Annotated[float, Param(1, 10**6, "s")] = 2400.0
    """How long excitement lasts, on average."""
    most: Annotated[float, Param(1, 1000)] = 8.0
    """How many times as many orders come as on average, at most."""
    limit: Annotated[int, Param(0, 10**9, "shares")] = 200
    """That a market maker holds or owes before only one side is offered."""
    cash: Annotated[float, Param(0, 10**9, "euro")] = 100_000.0
    """Of each agent at the beginning; it may go below 0 (margin)."""
    shares: Annotated[int, Param(0, 10**9, "shares")] = 100
    """Of each agent at the beginning; they may be sold short."""
    quote_every: Annotated[int, Param(1, 3600, "s")] = 1
    """Sampling interval of quotes."""

    odd: ClassVar[Odd | None] = ODD

    def check(self) -> None:
        """Refuse what does not go together."""
        if self.opening >= self.horizon:
            raise SpecError(f"opening={self.opening}: expected less than horizon={self.horizon}.")
        if sum(self.groups) <= 0:
            raise SpecError(
                "noise=0: nobody trades; expected a share above 0 of noise, fundamental, chartist or maker."
            )

    @property
    def groups(self) -> tuple[float, float, float, float]:
        """Weights of the kinds of agents."""
        return self.noise, self.fundamental, self.chartist, self.maker

    @property
    def tables(self) -> Mapping[str, Emitted]:
        """Agents, orders, trades, quotes, bars of a minute, and who holds what at the end."""
        return TABLES

    @property
    def span(self) -> int:
        """Seconds of a part: whole minutes."""
        return max(1, int(PART_ORDERS / (2 * self.rate) // 60)) * 60

    @property
    def parts(self) -> int:
        """Spans of time."""
        return -(-self.horizon // self.span)

    def run(self, key: Key, first: int = 0) -> Iterator[Emission]:
        """Trade, span after span."""
        exchange = Exchange(self, key)
        for part in range(self.parts):
            yield exchange.emit(min((part + 1) * self.span, self.horizon), part)

    def pictures(self, tables: Mapping[str, pa.Table]) -> Sequence[Picture]:
        """Price and value, the book, returns, memory of volatility."""
        return pictures(tables)
