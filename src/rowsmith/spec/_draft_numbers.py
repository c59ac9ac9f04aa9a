"""What a draft looks at in a column of numbers: its grid, bounds that are nobody's own value, and counts of cells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CELLS = 100
"""Cells that many different values are cut into, about; the ends and frequent values have more of their own."""
ENDS = (0.001, 0.002, 0.005, 0.01, 0.02)
ATOM = 0.02
"""Share of the rows from which a value is a cell of its own."""
MOST_DIGITS = 6
ON_GRID = 0.98
"""Share of values with so many decimals from which all are taken to have them."""
STEPS = (5, 2, 1)


@dataclass(frozen=True)
class Numbers:
    """Numbers that a law is fitted to.

    Attributes:
        values: within the bounds (what lies beyond is moved there), shape (n,).
        rare: rows that must share what is written into a spec.
        digits: decimals of the values; None if there is no end of them.
        low: rounded downwards, so that it is no single row's value.
        high: rounded upwards, likewise.
        exact: the values as they are, shape (n,).
    """

    values: Floats
    rare: int
    digits: int | None
    low: float
    high: float
    exact: Floats

    @cached_property
    def _distinct(self) -> tuple[Floats, NDArray[np.int64]]:
        found, counts = np.unique(self.values, return_counts=True)
        return found, counts

    @cached_property
    def edges(self) -> Floats:
        """Ends of the cells, each halfway between two values: one less than there are cells."""
        found, counts = self._distinct
        if len(found) <= CELLS:
            return (found[1:] + found[:-1]) / 2
        shares = np.concatenate([np.linspace(0, 1, CELLS + 1)[1:-1], ENDS, 1 - np.array(ENDS)])
        total = np.cumsum(counts)
        cuts = np.searchsorted(total, shares * total[-1])
        atoms = np.flatnonzero(counts >= ATOM * total[-1])
        cuts = np.unique(np.concatenate([cuts, atoms, atoms - 1]))
        cuts = cuts[(cuts >= 0) & (cuts < len(found) - 1)]
        return np.asarray((found[cuts] + found[cuts + 1]) / 2)

    @cached_property
    def counts(self) -> Floats:
        """Values in each cell."""
        return self.cells(np.arange(len(self.values)))

    def cells(self, rows: NDArray[Any]) -> Floats:
        """Values of some rows in each cell, shape (cells,)."""
        place = np.searchsorted(self.edges, self.values[rows])
        return np.asarray(np.bincount(place, minlength=len(self.edges) + 1), dtype=float)

    @cached_property
    def jumps(self) -> tuple[Floats, Floats]:
        """Points at the left of each different value, then at the right, and the share of the rows below each point."""
        found, counts = np.unique(self.exact, return_counts=True)
        total = np.concatenate([[0], np.cumsum(counts)]) / self.n
        left = found - self.grid / 2 if self.grid else np.nextafter(found, -math.inf)
        return np.concatenate([left, found + self.grid / 2]), np.concatenate([total[:-1], total[1:]])

    @property
    def grid(self) -> float:
        """Distance between neighbouring values; 0 if any number is possible."""
        return 0.0 if self.digits is None else 10.0**-self.digits

    @cached_property
    def zeros(self) -> int:
        """How many are 0."""
        return int(np.count_nonzero(self.values == 0))

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.values)

    def atoms(self) -> Floats:
        """Values that so many rows have that they stand for themselves."""
        found, counts = self._distinct
        return found[(counts >= ATOM * self.n) & (counts >= self.rare)]

    def few(self, most: int) -> bool:
        """Whether there are few different values."""
        return len(self._distinct[0]) <= most

    @property
    def gapless(self) -> bool:
        """Whether each value is one step of the grid from the next."""
        found = self._distinct[0]
        return bool(self.grid > 0 and np.ptp(found) < (len(found) - 0.5) * self.grid)

    def level_counts(self) -> tuple[Floats, NDArray[np.int64]]:
        """Different values and how often each comes."""
        return self._distinct


def numbers(values: NDArray[Any], rare: int) -> Numbers:
    """What is known of finite numbers.

    Args:
        values: shape (n,), at least one; of float32, their decimals are those that they print with.
        rare: rows that must share what is written into a spec.
    """
    plain, digits = _decimals(values)
    found, counts = np.unique(plain, return_counts=True)
    step = _step(plain, digits, few=len(plain) < 2 * rare)
    low = 0.0 - _bound(-found[::-1], counts[::-1], rare, step)
    high = _bound(found, counts, rare, step)
    one = 1.0 if digits == 0 else 0.0  # the least of whole numbers above 0
    if found[0] >= 0:
        low = max(low, one if found[0] > 0 else 0.0)
    if found[-1] <= 0:
        high = min(high, -one if found[-1] < 0 else 0.0)
    if low >= high:
        low, high = (low - step, low) if found[-1] <= 0 else (low, low + step)
    return Numbers(np.clip(plain, low, high), rare, digits, low, high, plain)


def _decimals(values: NDArray[Any]) -> tuple[Floats, int | None]:
    """The values without what binary fractions added, and how many decimals nearly all of them have."""
    plain = values.astype(np.float64)
    if values.dtype.kind in "iu":
        return plain, 0
    fuzz = 1e-12 if values.dtype == np.float64 else 1e-6
    for digits in range(MOST_DIGITS + 1):
        scaled = np.rint(plain * 10.0**digits)
        if np.abs(scaled).max() >= 2.0**53:
            break
        rounded = scaled / 10.0**digits + 0.0
        if np.mean(np.abs(rounded - plain) <= fuzz * np.maximum(np.abs(plain), 1e-3)) >= ON_GRID:
            return rounded, digits
    return plain, None


def _step(values: Floats, digits: int | None, *, few: bool) -> float:
    """What bounds are rounded to: a twentieth of the width at most; of a few values, as much as the values' size."""
    grid = 0.0 if digits is None else 10.0**-digits
    width = float(np.subtract(*np.quantile(values, [0.95, 0.05]))) or float(np.ptp(values))
    if few or width == 0:
        size = max(width, float(np.abs(values).max())) or 1.0
        return max(10.0 ** math.floor(math.log10(size)), grid)
    return max(nice_below(width / 20), grid)


def nice_below(x: float) -> float:
    """The greatest of 1, 2, 5, 10, 20, … (and their tenths) that is not above a positive number.

    >>> nice_below(0.37), nice_below(60)
    (0.2, 50.0)
    """
    power = 10.0 ** math.floor(math.log10(x))
    return next((tidy(s * power) for s in STEPS if s * power <= x * (1 + 1e-9)), power)


def _bound(found: Floats, counts: NDArray[np.int64], rare: int, step: float) -> float:
    """A number that most values are below, and that tells of no one: `rare` of them lie there or above it."""
    above = np.cumsum(counts[::-1])[::-1]
    place = max(int(np.searchsorted(-above, -rare, side="right")) - 1, 0) if above[0] >= rare else len(found) - 1
    value = float(found[place])
    if counts[place] >= rare:
        return value
    return tidy(math.ceil(value / step - 1e-9) * step)


def tidy(x: float) -> float:
    """A number without the last digits that arithmetic left behind.

    >>> tidy(0.1 + 0.2)
    0.3
    """
    return float(f"{x:.12g}")


def significant(x: float, digits: int = 3) -> float:
    """A number rounded to some digits.

    >>> significant(12345.6), significant(0.0123456)
    (12300.0, 0.0123)
    """
    return float(f"{x:.{digits}g}")


def share(x: float) -> float:
    """A share as it is written: to a thousandth, or to two digits of its distance from 0 or 1.

    >>> share(0.12345), share(0.00012345), share(0.99987)
    (0.123, 0.00012, 0.99987)
    """
    x = float(x)
    if x > 0.99:
        return tidy(1 - share(1 - x))
    return round(x, 3) if x >= 0.0095 else significant(x, 2)


def rounded_to(x: float, size: float) -> float:
    """A number rounded to about a hundredth of a size.

    >>> rounded_to(38.6123, 13.2)
    38.6
    """
    return x if size <= 0 else round(float(x), 2 - math.floor(math.log10(size))) + 0.0
