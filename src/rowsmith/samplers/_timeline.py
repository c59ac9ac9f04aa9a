"""Weighted draws from a line of time, each within bounds of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.samplers._guide import GuideTable

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]
_MOST_HOPS = 8
_BELOW_ONE = np.nextafter(1.0, 0.0)


@dataclass(frozen=True)
class Finder:
    """`searchsorted` from the right, several times as fast where edges lie about evenly.

    A guide table says for equal buckets how many edges lie before each; what is left are a few comparisons (H.-C. Chen,
    Y. Asau, "On Generating Random Variates from an Empirical Distribution", AIIE Transactions 6, 1974).
    """

    edges: NDArray[Any]
    low: float
    scale: float
    guide: Numbers
    hops: int

    @classmethod
    def of(cls, edges: NDArray[Any]) -> Self:
        """A finder among edges, rising."""
        span = float(edges[-1]) - float(edges[0]) if len(edges) else 0.0
        buckets = 4 * len(edges)
        finder = cls(edges, float(edges[0]) if span else 0.0, buckets / span if span else 0.0, np.zeros(1, np.int64), 0)
        if not span:
            return replace(finder, hops=_MOST_HOPS + 1)
        held = np.bincount(finder._bucket(edges, buckets), minlength=buckets)
        return replace(finder, guide=np.cumsum(held) - held, hops=int(held.max()))

    def find(self, values: NDArray[Any]) -> Numbers:
        """How many edges are at or below each value."""
        if self.hops > _MOST_HOPS:
            return np.searchsorted(self.edges, values, side="right")
        found = self.guide[self._bucket(values, len(self.guide))]
        top = len(self.edges) - 1
        for _ in range(self.hops):
            found += (self.edges[np.minimum(found, top)] <= values) & (found <= top)
        return found

    def _bucket(self, values: NDArray[Any], buckets: int) -> Numbers:
        """Rises with the value, so that an edge in an earlier bucket is less."""
        return np.clip((values - self.low) * self.scale, 0, buckets - 1).astype(np.int64)


@dataclass(frozen=True)
class Timeline:
    """A law of whole numbers (days, seconds, …) that is even within cells. All cells have weight and length.

    Attributes:
        start: first number of each cell, rising, shape (k,).
        end: one past its last.
        weight: of each cell, greater than 0.
        below: weight of all cells before each, shape (k,).
    """

    start: Numbers
    end: Numbers
    weight: Floats
    below: Floats

    @classmethod
    def of(cls, start: Numbers, end: Numbers, weight: Floats) -> Self:
        """A line of cells, their weights from 0; what has none is left out."""
        kept = (weight > 0) & (end > start)
        weight = weight[kept]
        return cls(start[kept], end[kept], weight, np.cumsum(weight) - weight)

    def draw(self, u: Floats, low: Numbers, high: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
        """Numbers by the inverse of the cumulative weight, restricted to each row's bounds.

        Args:
            u: from 0 to below 1, shape (n,).
            low: least number, shape (n,) or (1,).
            high: greatest.

        Returns:
            Numbers, and which rows have no number of any weight between their bounds (theirs are 0).
        """
        if not len(self.start):
            return np.zeros(len(u), np.int64), np.ones(len(u), bool)
        top = len(self.start) - 1
        starts, ends = self._finders
        first = ends.find(low)  # the first cell that ends after `low`
        last = starts.find(high) - 1
        empty = first > last
        first, last = np.minimum(first, top), np.maximum(last, 0)
        # Bounds pulled to cells: then rounding cannot lead to where there is no weight.
        low, high = np.maximum(low, self.start[first]), np.minimum(high, self.end[last] - 1)
        empty |= low > high
        below = self._below(low, first)
        share = below + u * (self._below(high + 1, last) - below)
        cell = self._cells.draw(np.clip(share / self._total, 0, _BELOW_ONE))
        inside = (share - self.below[cell]) * self._speed[cell]
        values = self.start[cell] + np.clip(inside, 0, self._longest[cell]).astype(np.int64)
        values = np.clip(values, low, np.maximum(low, high))
        return np.where(empty, 0, values) if empty.any() else values, np.broadcast_to(empty, values.shape)

    @cached_property
    def _finders(self) -> tuple[Finder, Finder]:
        return Finder.of(self.start), Finder.of(self.end)

    @cached_property
    def _cells(self) -> GuideTable:
        return GuideTable.of([(np.arange(len(self.weight)), self.weight)])

    @cached_property
    def _total(self) -> float:
        return float(self.below[-1] + self.weight[-1])

    @cached_property
    def _speed(self) -> Floats:
        """Numbers for a unit of weight, in each cell."""
        return (self.end - self.start) / self.weight

    @cached_property
    def _longest(self) -> Floats:
        """From each cell's first number to its last."""
        return (self.end - self.start - 1).astype(float)

    def _below(self, number: Numbers, cell: Numbers) -> Floats:
        """Weight before a number that lies in a cell, or at its end."""
        part = (number - self.start[cell]) / (self.end[cell] - self.start[cell])
        below: Floats = self.below[cell] + part * self.weight[cell]
        return below
