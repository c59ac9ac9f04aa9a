"""What a measure of baskets is, and the registry of them."""

from __future__ import annotations

from abc import abstractmethod

from rowsmith.core.registry import Registry
from rowsmith.evaluate._bought import Bought
from rowsmith.evaluate._measure import Judge, Result


class BasketMeasure(Judge):
    """Settings of one measure of baskets. Subclasses are frozen keyword-only dataclasses, one a module of `_baskets/`."""

    @property
    def name(self) -> str:
        """Of the module that it stands in."""
        return BASKET_MEASURES.name_of(type(self))

    @abstractmethod
    def measure(self, bought: Bought) -> Result:
        """Judge the synthetic baskets. What cannot be measured is a result with a reason, never an error."""


BASKET_MEASURES = Registry[BasketMeasure]("rowsmith.evaluate._baskets", BasketMeasure, "measure of baskets")  # type: ignore[type-abstract]
