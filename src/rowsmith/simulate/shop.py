"""Shops and their customers: needs, budgets, loyalty and word of mouth; stock, reorders, promotions; queues at the tills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.simulate._picture import Picture
from rowsmith.simulate._shop_floor import Town
from rowsmith.simulate._shop_pictures import pictures
from rowsmith.simulate._shop_tables import ODD, TABLES
from rowsmith.simulate._world import Emission, Emitted, Odd, Param, Pictured, World

PART_VISITS = 40_000
"""Visits of a part, about. The output depends on it."""


@dataclass(frozen=True, kw_only=True)
class Shop(World, Pictured):
    """Stores of one chain in a town, their customers, stock and tills.

    >>> world = Shop(customers=100, days=3, warm_up=0)
    >>> len(next(world.run(Key(1)))["customers"]["budget"])
    100
    """

    customers: Annotated[int, Param(1, 10**7, "customers")] = 2000
    """Households of the town."""
    stores: Annotated[int, Param(1, 1000, "stores")] = 3
    """Stores of the chain."""
    products: Annotated[int, Param(1, 10**5, "products")] = 120
    """What each store sells."""
    sorts: Annotated[int, Param(1, 100, "sorts")] = 12
    """Sorts of products: one can stand for another of its sort."""
    days: Annotated[int, Param(1, 36_500, "days")] = 60
    """How long is recorded."""
    warm_up: Annotated[int, Param(0, 3650, "days")] = 30
    """Days before, of which nothing is recorded."""
    need: Annotated[float, Param(0, 100, "pieces a day", open=True)] = 1.2
    """What a customer uses up, on average."""
    uneven: Annotated[float, Param(0, 4, "", "top fifth of customers: 80 % of sales (Schmittlein et al. 1993)")] = 1.7
    """Standard deviation of the logarithm of what customers need: 1.7 makes 80/20."""
    cupboard: Annotated[float, Param(1, 365, "days")] = 14.0
    """For how many days a customer has things at home after a visit."""
    urge: Annotated[float, Param(0, 1, "a day", open=True)] = 0.35
    """Chance to go to a store on a day on which something runs out."""
    budget: Annotated[float, Param(1, 10**6, "euro")] = 60.0
    """Median of what a customer spends on a visit at most, for average needs."""
    loyal: Annotated[float, Param(0, 1, "share")] = 0.5
    """How often a customer looks for the favourite product first."""
    learning: Annotated[float, Param(0, 1, "a visit")] = 0.2
    """How much a visit changes what a customer thinks of a store."""
    gossip: Annotated[float, Param(0, 1, "a day")] = 0.05
    """Chance that a customer hears of a friend's opinion, and moves half-way to it."""
    distance: Annotated[float, Param(0, 10)] = 1.0
    """How much the way to a store counts."""
    promotions: Annotated[float, Param(0, 1, "share")] = 0.08
    """Products that are on promotion in a week."""
    discount: Annotated[float, Param(0, 0.9, "share")] = 0.25
    """Off the price, in a promotion."""
    elasticity: Annotated[float, Param(0, 20, "", "Bijmolt et al. 2005: 2.6")] = 2.6
    """By which power of the price demand falls, within a sort."""
    impulse: Annotated[float, Param(0, 1, "a visit")] = 0.3
    """Chance to take something that is not needed."""
    cover: Annotated[float, Param(0.1, 365, "days")] = 12.0
    """Days of sales up to which is ordered."""
    reorder: Annotated[float, Param(0, 365, "days")] = 5.0
    """Days of sales left, on order too, at which is ordered."""
    lead_time: Annotated[float, Param(0, 100, "days")] = 3.0
    """From order to delivery, on average (1 + Poisson of the rest; at least a day)."""
    opens: Annotated[float, Param(0, 24, "hour")] = 8.0
    """When stores open."""
    closes: Annotated[float, Param(0, 24, "hour")] = 20.0
    """When they close; customers inside are served."""
    rush: Annotated[float, Param(0, 1, "share")] = 0.5
    """Visits that get to the tills in the two hours before the store closes, beyond an even spread."""
    tills: Annotated[int, Param(1, 100, "tills a store")] = 2
    """Open at all hours; one queue for all."""
    browsing: Annotated[float, Param(0, 600, "minutes")] = 15.0
    """Mean time from the door to the till (exponential; from the opening at most)."""
    till: Literal["items", "exponential"] = "items"
    """Time at the till: by the number of items, or exponential, as in the theory of queues."""
    till_time: Annotated[float, Param(0, 60, "minutes", open=True)] = 2.0
    """Mean time at the till of an exponential law; of a basket, a third of it and a twentieth for each item."""

    odd: ClassVar[Odd | None] = ODD

    def check(self) -> None:
        """Refuse what does not go together."""
        if self.sorts > self.products:
            raise SpecError(f"sorts={self.sorts}: expected at most products={self.products}.")
        if self.opens >= self.closes:
            raise SpecError(f"opens={self.opens:g}: expected an hour before closes={self.closes:g}.")
        if self.reorder > self.cover:
            raise SpecError(f"reorder={self.reorder:g}: expected at most cover={self.cover:g} days.")

    @property
    def tables(self) -> Mapping[str, Emitted]:
        """Stores, products, customers, visits with their lines, stock, orders, promotions."""
        return TABLES

    @property
    def span(self) -> int:
        """Days of a part."""
        return max(1, int(PART_VISITS / max(self.customers * self.urge, 1)))

    @property
    def parts(self) -> int:
        """Spans of days."""
        return -(-self.days // self.span)

    def run(self, key: Key, first: int = 0) -> Iterator[Emission]:
        """Trade, span after span."""
        town = Town(self, key)
        for _ in range(self.warm_up):
            town.day()
        town.forget()
        for part in range(self.parts):
            yield town.emit(min(self.span, self.days - part * self.span), part)

    def pictures(self, tables: Mapping[str, pa.Table]) -> Sequence[Picture]:
        """Sales, baskets, customers, queues, stock."""
        return pictures(tables)
