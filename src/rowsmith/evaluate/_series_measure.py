"""What a measure of series is, and the registry of them."""

from __future__ import annotations

from abc import abstractmethod

from rowsmith.core.registry import Registry
from rowsmith.evaluate._measure import Judge, Result
from rowsmith.evaluate._order import Ordered

FEWEST = 20
"""Rows of each table from which on series are judged."""


class SeriesMeasure(Judge):
    """Settings of one measure of series. Subclasses are frozen keyword-only dataclasses, one a module of `_ordered/`."""

    @property
    def name(self) -> str:
        """Of the module that it stands in."""
        return SERIES_MEASURES.name_of(type(self))

    @abstractmethod
    def measure(self, ordered: Ordered) -> Result:
        """Judge the synthetic series. What cannot be measured is a result with a reason, never an error."""


SERIES_MEASURES = Registry[SeriesMeasure]("rowsmith.evaluate._ordered", SeriesMeasure, "measure of series")  # type: ignore[type-abstract]
