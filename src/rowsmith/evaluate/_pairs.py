"""Pairs of columns: contingency tables of binned columns, correlations, and how far two tables differ in them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._stats import Floats, Ints, total_variation

BINS = 10
HUGE = 1e120
"""Beyond this, squares and their sums might overflow."""
DENSE = 1 << 20
"""Cells up to which a contingency table is counted as a whole; beyond, only the cells that occur."""


@dataclass(frozen=True)
class Grid:
    """Where the real table's columns are cut.

    Attributes:
        edges: inner edges of each number's bins; None for a category.
        origins: what is taken from each number before it is cut, so that times keep their digits.
        scales: what each number is divided by, so that nothing overflows.
        sizes: cells of each column, null's included.
    """

    edges: tuple[Floats | None, ...]
    origins: tuple[float, ...]
    scales: tuple[float, ...]
    sizes: tuple[int, ...]

    @classmethod
    def fit(cls, features: Sequence[Feature], real: Columns) -> Grid:
        """Ten bins of equal width over the real range of a number; the levels of a category."""
        edges: list[Floats | None] = []
        origins, scales, sizes = [], [], []
        for feature, values in zip(features, real.arrays, strict=True):
            finite = values[np.isfinite(values)] if feature.kind != "category" else values[:0]
            low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
            scale = max(abs(low), abs(high), 1.0) if max(abs(low), abs(high)) > 1e100 else 1.0
            origins.append(low / scale)
            scales.append(scale)
            if feature.kind == "category":
                edges.append(None)
                sizes.append(len(feature.levels) + 1)
            else:
                cut = np.unique(np.linspace(0.0, high / scale - low / scale, BINS + 1))[1:-1]
                edges.append(cut)
                sizes.append(len(cut) + 2)
        return cls(tuple(edges), tuple(origins), tuple(scales), tuple(sizes))

    def cells(self, table: Columns) -> list[Ints]:
        """The cell of every value, 0 for null."""
        out = []
        for values, edges, origin, scale in zip(table.arrays, self.edges, self.origins, self.scales, strict=True):
            if edges is None:
                out.append(values.astype(np.int64) + 1)
            else:
                cell = np.digitize(values / scale - origin, edges) + 1
                out.append(np.where(np.isnan(values), 0, cell).astype(np.int64))
        return out

    def correlations(self, features: Sequence[Feature], table: Columns) -> Floats:
        """Pearson's r of every pair of columns over the rows where both are finite; NaN where there is none."""
        numeric = [i for i, f in enumerate(features) if f.kind != "category"]
        x = np.empty((table.n, len(numeric)))
        for place, i in enumerate(numeric):
            values = table.arrays[i] / self.scales[i] - self.origins[i]
            x[:, place] = np.where(np.isfinite(values), np.clip(values, -HUGE, HUGE), np.nan)
        out = np.full((len(features), len(features)), np.nan)
        out[np.ix_(numeric, numeric)] = pearson(x)
        return out


def pearson(x: Floats) -> Floats:
    """Pearson's r of the columns of x, shape (rows, k), NaN being missing, each pair over the rows that have both.

    >>> pearson(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, np.nan]])).round(6).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    here = ~np.isnan(x)
    counts = np.maximum(here.sum(axis=0), 1)
    x = np.where(here, x - np.where(here, x, 0.0).sum(axis=0) / counts, 0.0)
    spread = np.sqrt((x * x).sum(axis=0) / counts)
    constant = spread <= 1e-12 * np.abs(x).max(axis=0, initial=0.0)
    x = x / np.where(constant | (spread == 0), 1.0, spread)
    mask = here.astype(np.float64)
    n = mask.T @ mask
    sums, squares, products = x.T @ mask, (x * x).T @ mask, x.T @ x
    safe = np.maximum(n, 1)
    variance = squares / safe - (sums / safe) ** 2
    covariance = products / safe - sums * sums.T / safe**2
    both = variance * variance.T
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.where((variance > 1e-12) & (variance.T > 1e-12), covariance / np.sqrt(np.abs(both)), np.nan)
    return np.asarray(np.clip(r, -1.0, 1.0), dtype=np.float64)


@dataclass(frozen=True)
class Pair:
    """Two columns, by number, their error and the strength of their association in both tables."""

    a: int
    b: int
    error: float
    real: float
    other: float


def compare(
    features: Sequence[Feature],
    grid: Grid,
    real: Columns,
    other: Columns,
    *,
    pairs: Iterable[tuple[int, int]] | None = None,
) -> list[Pair]:
    """Every pair of columns of two tables, or those that are named.

    The error is half the difference of Pearson's r for two numbers, else the total variation of the contingency tables.
    Pairs of numbers of which the real one is constant are left out.
    """
    cells = grid.cells(real), grid.cells(other)
    r = grid.correlations(features, real), grid.correlations(features, other)
    out = []
    for a, b in itertools.combinations(range(len(features)), 2) if pairs is None else pairs:
        if features[a].kind != "category" and features[b].kind != "category":
            x, y = float(r[0][a, b]), float(r[1][a, b])
            if np.isfinite(x):
                known = np.isfinite(y)
                out.append(Pair(a, b, abs(x - y) / 2 if known else 0.5, abs(x), abs(y) if known else 0.0))
            continue
        shape = grid.sizes[a], grid.sizes[b]
        p, q, rows, columns = _counts(cells[0][a], cells[0][b], cells[1][a], cells[1][b], shape)
        error = total_variation(p, q)
        out.append(Pair(a, b, error, *(cramers_v(t, rows, columns, shape) for t in (p, q))))
    return out


def _counts(
    a: Ints, b: Ints, c: Ints, d: Ints, shape: tuple[int, int]
) -> tuple[NDArray[Any], NDArray[Any], Ints, Ints]:
    """Counts of the same cells in two tables, and the row and column of each cell."""
    first, second = a * shape[1] + b, c * shape[1] + d
    size = shape[0] * shape[1]
    if size <= DENSE:
        p, q = np.bincount(first, minlength=size), np.bincount(second, minlength=size)
        used = np.flatnonzero(p + q)
        p, q = p[used], q[used]
    else:
        used, place = np.unique(np.concatenate([first, second]), return_inverse=True)
        p, q = (np.bincount(part, minlength=len(used)) for part in (place[: len(first)], place[len(first) :]))
    return p, q, used // shape[1], used % shape[1]


def cramers_v(counts: NDArray[Any], rows: Ints, columns: Ints, shape: tuple[int, int]) -> float:
    """Cramér's V, corrected for the bias of small samples, from the counts of the cells that occur.

    Source: W. Bergsma, "A bias-correction for Cramér's V and Tschuprow's T" (2013).
    """
    n = float(counts.sum())
    across = np.bincount(rows, weights=counts, minlength=shape[0])
    down = np.bincount(columns, weights=counts, minlength=shape[1])
    r, k = int((across > 0).sum()), int((down > 0).sum())
    if min(r, k) < 2 or n < 2:
        return 0.0
    expected = across[rows] * down[columns]
    seen = counts > 0
    phi = float((counts[seen].astype(float) ** 2 / expected[seen]).sum() - 1)
    phi = max(0.0, phi - (r - 1) * (k - 1) / (n - 1))
    smaller = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
    return min(1.0, (phi / smaller) ** 0.5) if smaller > 0 else 0.0
