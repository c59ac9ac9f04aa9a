"""A number line cut into codes: frequent values have a code of their own, the rest is cut by quantiles.

A value that holds at least half a bin's share of the rows is an *atom* (zeros, caps, sentinels, round numbers).
Between atoms lie bins of about equal shares. Of a bin only its bounds, half-way between neighbouring values, and a
few quantiles inside are kept; a value is drawn between them at a random position and snapped to the column's lattice.
So the grid keeps the law of the column but, atoms apart, none of its values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.line import Line
from rowsmith.core.protocols import CodeArray
from rowsmith.core.shield import Units, too_few
from rowsmith.core.state import State

BINS = 128
"""Bins of a column, by default."""
KNOTS = 8
"""Pieces of equal share that the law inside a bin is kept in, by default."""
ROWS_A_BIN = 5
"""Rows that a bin holds at least, on average: a small table gets fewer bins."""
ROWS_A_KNOT = 4
"""Rows behind each piece of a bin, at least, on average."""
ROWS_A_LEVEL = 4
"""A column of few values keeps them all, if those that are no atoms anyway are seen this often on average."""
MOST_POINTS = 2**40
"""Values of a code that are told apart at most, so that sums of them are whole numbers of 64 bits."""
SPARSE = 4
"""Whole numbers of a range for each one that is there, from which numbers are rather names than measures."""
STEP_EVIDENCE = 12
"""Distinct values that must agree on a step before it is believed: the chance that they do by accident is 2 ** -11."""


@dataclass(frozen=True)
class Grid:
    """Codes of a number line: `size` ranges that rise and do not overlap.

    Attributes:
        low: first value of each code, shape (size,), int64 or float64.
        high: last value of each code; equal to `low` for an atom.
        step: distance of the lattice's points inside bins; 0 where there is no lattice (float64).
        knots: quantiles inside each code, shape (size, pieces + 1): in steps from `low` on a lattice, else values.
    """

    low: Line
    high: Line
    step: int
    knots: NDArray[np.float64]

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.low)

    @property
    def exact(self) -> bool:
        """Whether every code is a single value."""
        return bool((self.low == self.high).all())

    def encode(self, values: Line) -> CodeArray:
        """Codes of values, shape (rows,); between two ranges, the nearer one's."""
        at = np.searchsorted(self.high, values)
        last = self.size - 1
        above = np.minimum(at, last)
        below = np.maximum(at - 1, 0)
        gap = np.flatnonzero((at > 0) & (values < self.low[above]))
        if len(gap):
            # In floats, since differences of far whole numbers do not fit into 64 bits.
            x = values[gap].astype(np.float64)
            nearer = x - self.high[below[gap]] <= self.low[above[gap]] - x
            above[gap] = np.where(nearer, below[gap], above[gap])
        return above.astype(np.uint16)

    def decode(self, codes: CodeArray, rng: np.random.Generator, dtype: Any = np.float64) -> Line:
        """A value in the range of each code.

        Args:
            codes: shape (rows,).
            rng: where positions inside bins come from.
            dtype: type of float that the values must be of, where there is no lattice.
        """
        low = self.low[codes]
        if self.exact:
            return low
        pieces = self.knots.shape[1] - 1
        place = rng.random(len(codes)) * pieces
        piece = place.astype(np.int64)
        place -= piece
        piece += codes.astype(np.int64) * (pieces + 1)
        flat = self.knots.ravel()
        start, end = flat[piece], flat[piece + 1]
        if not self.step:
            found = (start * (1 - place) + end * place).astype(dtype)
            # A knot is a float64: once rounded to a shorter float it could leave its bin.
            return np.asarray(np.clip(found.astype(np.float64), low, self.high[codes]))
        place *= end - start
        place += start
        np.rint(place, out=place)
        np.maximum(place, 0, out=place)
        steps = np.minimum(place.astype(np.uint64), self._widths[codes])
        return np.asarray(low.view(np.uint64) + steps * np.uint64(self.step)).view(np.int64)

    def counts(self) -> NDArray[np.int64] | None:
        """Points of the lattice in each code's range, and those between it and the next one's where such are near.

        A line that is nearly covered (days of a year, numbers of orders) is one on which the missing points may stand too;
        one with far marks, or of numbers that are names, is not.

        Returns:
            Shape (size,), or None where there is no lattice.
        """
        if not self.step:
            return np.ones(self.size, dtype=np.int64) if self.exact else None
        own = np.minimum(self._widths, MOST_POINTS - 1).astype(np.int64) + 1
        apart = self.low[1:].view(np.uint64) - self.high[:-1].view(np.uint64)
        between = np.minimum(apart // np.uint64(self._pitch) - np.uint64(1), MOST_POINTS).astype(np.int64)
        between[(apart % np.uint64(self._pitch) != 0) | (between > own.sum())] = 0
        if between.sum() <= own.sum():
            own[:-1] += between
        return own

    def point(self, codes: CodeArray, places: NDArray[np.int64]) -> Line:
        """The points at places, from 0, of codes."""
        return np.asarray(self.low[codes] + places * self._pitch) if self.step else self.low[codes]

    @property
    def _pitch(self) -> int:
        """Distance of neighbouring points: the step inside bins or, without bins, the largest that all values keep."""
        if not self.exact or self.size == 1:
            return self.step
        return max(1, min(int(np.gcd.reduce(np.diff(self.low.view(np.uint64)))), 2**62))

    @property
    def _widths(self) -> NDArray[np.uint64]:
        return np.asarray((self.high.view(np.uint64) - self.low.view(np.uint64)) // np.uint64(self.step))

    def state(self) -> State:
        """Arrays of the grid."""
        return {"low": self.low, "high": self.high, "step": self.step, "knots": self.knots}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        low, high, knots = state["low"], state["high"], state["knots"]
        if not (low.shape == high.shape == knots.shape[:1] and knots.ndim == 2 and len(low)):
            raise ValueError("arrays of a grid of different lengths")
        step = int(state["step"])
        dtype = np.int64 if step else np.float64
        return cls(low.astype(dtype), high.astype(dtype), step, knots.astype(np.float64))


def check_grid(bins: int, knots: int) -> None:
    """Check the settings of a grid.

    Raises:
        SpecError: out of range.
    """
    if not 1 <= bins <= 20_000:
        raise SpecError(f"bins={bins}: expected a number from 1 to 20000.")
    if not 1 <= knots <= 64:
        raise SpecError(f"knots={knots}: expected a number from 1 to 64.")


def fit_grid(
    values: Line,
    *,
    bins: int,
    knots: int,
    natural: tuple[int, ...] = (),
    sentinels: NDArray[np.int64] | None = None,
    dtype: Any = np.float64,
    names: Line | None = None,
) -> Grid:
    """Cut a number line into codes.

    Args:
        values: at least one finite number; int64 if on a lattice.
        bins: about how many bins, atoms not counted.
        knots: at most how many pieces a bin's law is kept in.
        natural: steps to believe even on little evidence, coarse to fine.
        sentinels: values that are always atoms.
        dtype: type of float, where the values are floats.
        names: values that are no atoms, however frequent: they would name someone.
    """
    distinct, counts = np.unique(values, return_counts=True)
    atom = _atoms(distinct, counts, bins, sentinels)
    if names is not None:
        atom &= ~np.isin(distinct, names)
    rest = distinct[~atom]
    lattice = values.dtype.kind == "i"
    step = _step(rest, natural) if lattice else 0
    bins = max(1, min(bins, len(values) // ROWS_A_BIN))
    group = _groups(counts, atom, len(values) / bins)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    last = np.append(first[1:], len(distinct)) - 1
    single = atom[first]
    low, high = _bounds(distinct, first, last, single, dtype if not lattice else None)
    if step:
        # A bin's ends move inwards to the lattice, on which its own values lie.
        a, b = distinct[first].view(np.uint64), distinct[last].view(np.uint64)
        low = (a - (a - low.view(np.uint64)) // np.uint64(step) * np.uint64(step)).view(np.int64)
        high = (b + (high.view(np.uint64) - b) // np.uint64(step) * np.uint64(step)).view(np.int64)
    pieces = np.repeat(low.astype(np.float64)[:, None] * (not lattice), knots + 1, axis=1)
    for code in np.flatnonzero(~single):
        inside = slice(first[code], last[code] + 1)
        pieces[code] = _knots(distinct[inside], counts[inside], low[code], high[code], step, knots)
    return Grid(low, high, step, pieces)


def without_names(
    grid: Grid, fit: Callable[..., Grid], line: Line, own: NDArray[np.bool_], rare: int, units: Units
) -> Grid:
    """A grid in which no number that too few entities share has a code of its own: it lies in a range with others.

    One that has only shared ones beside it becomes the nearest of these. Numbers that fill their range may stay.

    Args:
        grid: of the numbers.
        fit: `fit_grid` with its settings; takes the numbers and `names`.
        line: the numbers, shape (n,).
        own: which of them are someone's, no sentinels, shape (n,).
        rare: rows that must share a value, as a setting says.
        units: entities of the rows in `own`.
    """
    if grid.exact and is_full(np.unique(line[own])):
        return grid
    while True:
        distinct, codes = np.unique(line[own], return_inverse=True)
        names = distinct[too_few(codes, len(distinct), rare, units)]
        if not len(names):
            return grid
        grid = fit(line, names=names)
        alone = np.isin(distinct, grid.low[grid.low == grid.high]) & np.isin(distinct, names)
        if not alone.any() or alone.all():
            return grid
        line = np.where(own, nearest_of(line, distinct[~alone]), line)


def is_full(distinct: Line) -> bool:
    """Whether whole numbers that rise fill their range, as measures do; those that do not are rather names."""
    return distinct.dtype.kind == "i" and int(distinct[-1]) - int(distinct[0]) < SPARSE * len(distinct)


def nearest_of(line: Line, kept: Line) -> Line:
    """Of some numbers that rise, the nearest to each of others, shape (n,)."""
    if len(kept) == 1:
        return np.full_like(line, kept[0])
    above = np.clip(np.searchsorted(kept, line), 1, len(kept) - 1)
    low, high = kept[above - 1], kept[above]
    x = line.astype(np.float64)  # differences of far whole numbers do not fit into 64 bits
    return np.where(x - low.astype(np.float64) <= high.astype(np.float64) - x, low, high)


def _atoms(
    distinct: Line, counts: NDArray[np.int64], bins: int, sentinels: NDArray[np.int64] | None
) -> NDArray[np.bool_]:
    rows = int(counts.sum())
    share = rows / max(1, min(bins, rows // ROWS_A_BIN))
    atom = counts >= max(0.5 * share, 2)
    few = len(distinct) <= bins and counts[~atom].sum() >= ROWS_A_LEVEL * (~atom).sum()
    if few or len(distinct) == 1:
        return np.ones(len(distinct), dtype=bool)
    if sentinels is not None and distinct.dtype.kind == "i":
        atom |= np.isin(distinct, sentinels)
    # A repeated extreme farther from the others than these are from one another (-999, 99999) is a mark, not a measure.
    x = distinct.astype(np.float64) / 4  # so that no difference overflows
    if len(x) > 3:
        atom[0] |= counts[0] > 1 and x[1] - x[0] > x[-1] - x[1]
        atom[-1] |= counts[-1] > 1 and x[-1] - x[-2] > x[-2] - x[0]
    return atom


def _step(rest: Line, natural: tuple[int, ...]) -> int:
    """The largest step that all values of bins keep."""
    if len(rest) >= STEP_EVIDENCE:
        steps = (rest[1:].view(np.uint64) - rest[0].view(np.uint64)).astype(np.uint64)
        return min(int(np.gcd.reduce(steps)), 2**62)
    for step in natural:
        if len(rest) and (rest % step == 0).all():
            return step
    return 1


def _groups(counts: NDArray[np.int64], atom: NDArray[np.bool_], share: float) -> NDArray[np.int64]:
    """Code of each distinct value: runs between atoms, split into bins of about a share."""
    run = np.cumsum(np.diff(atom.astype(np.int64), prepend=0) != 0)
    starts = np.flatnonzero(np.diff(run, prepend=-1))
    rows = np.add.reduceat(counts, starts)
    of = np.searchsorted(starts, np.arange(len(counts)), side="right") - 1
    before = np.cumsum(counts) - counts
    middle = before - before[starts][of] + counts / 2
    bins = np.maximum(1, np.rint(rows / share))
    part = np.minimum((middle * (bins / rows)[of]).astype(np.int64), bins[of].astype(np.int64) - 1)
    new = np.ones(len(counts), dtype=bool)
    new[1:] = atom[1:] | atom[:-1] | (of[1:] != of[:-1]) | (part[1:] != part[:-1])
    return np.cumsum(new) - 1


def _bounds(
    distinct: Line, first: NDArray[np.int64], last: NDArray[np.int64], single: NDArray[np.bool_], dtype: Any
) -> tuple[Line, Line]:
    """Ends of each group: half-way to the neighbouring bin's value, or the own value beside an atom.

    Beside an atom there is no half-way: the next value may lie a thousand years from a sentinel.
    """
    low, high = distinct[first].copy(), distinct[last].copy()
    inner = np.flatnonzero(~single[:-1] & ~single[1:])
    a, b = high[inner], low[inner + 1]
    if dtype is None:
        middle = (a >> 1) + (b >> 1) + (a & b & 1)
        high[inner], low[inner + 1] = middle, middle + 1
        return low, high
    middle = (a / 2 + b / 2).astype(dtype).astype(np.float64)
    before = np.nextafter(b.astype(dtype), dtype(-np.inf)).astype(np.float64)
    middle = np.maximum(np.minimum(middle, before), a)
    high[inner], low[inner + 1] = middle, np.nextafter(middle.astype(dtype), dtype(np.inf)).astype(np.float64)
    return low, high


def _knots(values: Line, counts: NDArray[np.int64], low: Any, high: Any, step: int, pieces: int) -> NDArray[np.float64]:
    """Quantiles of a bin's law, each value spread evenly over what is nearer to it than to its neighbours."""
    if step:
        x = ((values.view(np.uint64) - low.view(np.uint64)) // np.uint64(step)).astype(np.float64)
        ends = (-0.5, (int(high) - int(low)) // step + 0.5)
    else:
        x, ends = values, (float(low), float(high))
    edges = np.concatenate([[ends[0]], x[:-1] / 2 + x[1:] / 2, [ends[1]]])
    shares = np.concatenate([[0.0], np.cumsum(counts) / counts.sum()])
    own = int(np.clip(counts.sum() // ROWS_A_KNOT, 1, pieces))
    places = np.linspace(0, 1, own + 1)
    inside = np.interp(places, shares, edges)
    return np.asarray(np.interp(np.linspace(0, 1, pieces + 1), places, inside))
