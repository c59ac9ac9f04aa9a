"""Rows of a table as series: in the order of entities and times, as numbers that measures of time can take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._once import once
from rowsmith.evaluate._series_plan import Plan
from rowsmith.evaluate._stats import Floats, Ints

FEW_SERIES = 4
"""Series from which on two parts of a table are different series; of fewer, each is cut in the middle."""
Pieces = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Series:
    """The rows of one table, series by series.

    Attributes:
        columns: values of the features, one array each, shape (rows,).
        x: what is judged in order, shape (rows, columns of the plan): numbers, logarithms where they span orders, 1 or 0 for each
            frequent level; nan for null.
        times: seconds, or plain numbers, shape (rows,).
        begins: first row of each series, and the number of rows, shape (series + 1,).
        phases: of each part of the season the place of each row in it.
        rows: number of each row in the table that was given.
        left: rows that do not count, shape (rows,); they are nan in x.
    """

    columns: Columns
    x: Floats
    times: Floats
    begins: Ints
    phases: Mapping[str, Ints]
    rows: Ints
    left: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.times)

    @property
    def bounds(self) -> list[tuple[int, int]]:
        """First row of each series and the row behind its last one."""
        return list(zip(self.begins[:-1].tolist(), self.begins[1:].tolist(), strict=True))

    @property
    def lengths(self) -> Ints:
        """Rows of each series."""
        return np.diff(self.begins)

    @once
    def series(self) -> Ints:
        """Number of each row's series."""
        return np.repeat(np.arange(len(self.begins) - 1), self.lengths)

    @once
    def steps(self) -> Floats:
        """What changes from row to row, shape (rows, columns); nan in the first row of a series."""
        out = np.full(self.x.shape, np.nan)
        out[1:] = self.x[1:] - self.x[:-1]
        out[self.begins[:-1]] = np.nan
        return out

    @once
    def gaps(self) -> Floats:
        """Time between neighbouring rows of a series."""
        inner = np.ones(self.n, dtype=bool)
        inner[self.begins[:-1]] = False
        return np.asarray(np.diff(self.times, prepend=np.nan)[inner])

    def without(self, left: NDArray[np.bool_]) -> Series:
        """The same, where some rows do not count."""
        return replace(self, x=np.where(left[:, None], np.nan, self.x), left=left)

    def shuffled(self, plan: Plan, rng: np.random.Generator) -> Series:
        """Every column shuffled on its own over all rows: right margins, no order."""
        orders = [rng.permutation(self.n) for _ in self.columns.arrays]
        arrays = tuple(a[order] for a, order in zip(self.columns.arrays, orders, strict=True))
        x = np.empty_like(self.x)
        for i, f in enumerate(plan.owners):
            x[:, i] = self.x[orders[f], i]
        return replace(self, columns=Columns(arrays, self.n), x=x)

    def pieces(self, bounds: Pieces) -> Series:
        """Stretches of rows, each as a series of its own; at least one is not empty."""
        bounds = [(a, b) for a, b in bounds if a < b]
        at = np.concatenate([np.arange(a, b) for a, b in bounds]).astype(np.int64)
        return Series(
            self.columns.take(at),
            self.x[at],
            self.times[at],
            np.cumsum([0, *(b - a for a, b in bounds)]),
            {name: phase[at] for name, phase in self.phases.items()},
            self.rows[at],
        )

    def halves(self, rng: np.random.Generator) -> tuple[Series, Series]:
        """Two parts: different series at random, or the earlier and the later rows of each where they are few."""
        bounds = self.bounds
        if len(bounds) < FEW_SERIES:
            early = [(a, (a + b) // 2) for a, b in bounds]
            late = [((a + b) // 2, b) for a, b in bounds]
        else:
            order, cut = rng.permutation(len(bounds)), (len(bounds) + 1) // 2
            early, late = ([bounds[i] for i in np.sort(some)] for some in (order[:cut], order[cut:]))
        return self.pieces(early), self.pieces(late)

    def copied(self, block: int, rng: np.random.Generator) -> Series:
        """Blocks of its own rows in random order, as long as it is: the leak that copying a series is."""
        starts: list[int] = []
        for a, b in self.bounds:
            places = np.arange(a, max(b - block, a) + 1)
            starts += rng.choice(places, -(-(b - a) // block)).tolist()
        at = np.concatenate([np.arange(s, min(s + block, self.n)) for s in starts])[: self.n]
        n = len(at)
        bounds = np.minimum(self.begins, n)
        return replace(
            self,
            columns=self.columns.take(at),
            x=self.x[at],
            times=self.times[:n],
            begins=bounds,
            rows=self.rows[at],
            phases={name: p[:n] for name, p in self.phases.items()},
        )

    def parts(self, n: int) -> Ints:
        """A part of each row, from 0 to below n: whole series, or of a few series stretches of each."""
        if len(self.begins) - 1 >= n:
            return np.asarray(self.series % n)
        place = np.arange(self.n) - self.begins[self.series]
        return np.asarray(place * n // np.maximum(self.lengths[self.series], 1))


def series_of(
    plan: Plan,
    features: Sequence[Feature],
    columns: Columns,
    group: Ints,
    times: Floats,
    local: Floats,
    most: int,
    rng: np.random.Generator,
) -> Series:
    """The rows of a table as series.

    Args:
        plan: what is judged in order.
        features: of the columns.
        columns: their values, in the order of the table.
        group: number of the series of each row.
        times: of each row.
        local: the same as clocks show it.
        most: rows that are looked at: of many series some at random, of a long one the first.
        rng: chooses the series.
    """
    order = np.lexsort((np.arange(len(times)), times, group))
    sizes = np.bincount(group)
    if len(group) > most:
        chosen = rng.permutation(len(sizes))
        taken = np.minimum(sizes[chosen], most)
        within = np.empty(len(sizes), dtype=np.int64)
        within[chosen] = np.clip(most - (np.cumsum(taken) - taken), 0, taken)
        place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        order = order[place < np.repeat(within, sizes)]
    grouped = group[order]
    begins = np.append(np.flatnonzero(np.diff(grouped, prepend=-1)), len(order))
    values = columns.take(order)
    place = np.arange(len(order)) - np.repeat(begins[:-1], np.diff(begins))
    phases = plan.phases_of(local[order], place)
    return Series(values, plan.matrix(features, values), times[order], begins, phases, order)


def known(values: NDArray[Any], feature: Feature) -> NDArray[np.bool_]:
    """Which values of a column are not null."""
    return np.asarray(values >= 0 if feature.kind == "category" else np.isfinite(values))
