"""Laws in pieces, for numbers that no named law suits: a histogram of few values, or as many quantiles as it takes.

What is written holds no row: a piece has the weight of at least `rare` rows, its ends lie between values and are rounded, and a
value stands for itself only where that many rows share it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_numbers import Floats, Numbers, nice_below, significant, tidy

FEW = 25
"""Different values, at most, that have a piece of their own each."""
MANY = 200
"""Different values up to which the share of the first and last one matters."""
KNOTS = 20
"""Quantiles that are written at most, beside the ends …"""
CLOSE = 0.01
"""… and until no share is further off than that."""
JUMP = 1e-4
"""Share between two quantiles where the law jumps from one frequent value to the next."""


def pieces(numbers: Numbers, rows: NDArray[Any] | None = None, *, like: Settings | None = None) -> tuple[str, Settings]:
    """Kind and settings of a piecewise law.

    Args:
        numbers: the column.
        rows: which of them are meant; all if left out.
        like: settings of all rows; those of some have the same edges.
    """
    if numbers.few(FEW) and numbers.gapless:
        return "histogram", _histogram(numbers, numbers.values if rows is None else numbers.values[rows], like)
    counts = numbers.counts if rows is None else numbers.cells(rows)
    return "quantiles", {"values": _quantiles(numbers, counts)}


def _histogram(numbers: Numbers, values: Floats, like: Settings | None) -> Settings:
    edges = _value_edges(numbers) if like is None else like["edges"]
    counts = np.histogram(values, edges)[0]
    counts[counts < numbers.rare] = 0
    if not counts.any():
        counts[np.argmax(np.histogram(values, edges)[0])] = 1
    return {"edges": edges, "weights": [significant(c, 3) for c in (counts / counts.sum()).tolist()]}


def _value_edges(numbers: Numbers) -> list[float]:
    """Half a step of the grid around each value that enough rows have."""
    found, counts = numbers.level_counts()
    kept = found[counts >= numbers.rare]
    kept = kept if len(kept) else found[np.argmax(counts)][None]
    ends = sorted({tidy(v + side * numbers.grid / 2) for v in kept.tolist() for side in (-1, 1)})
    return [0.0, *ends[1:]] if kept[0] == 0 else ends  # below 0 lies the float -0.0


def _quantiles(numbers: Numbers, counts: Floats) -> dict[float, float]:
    """Share to value, added one by one where the law is furthest from the data."""
    shares, values = _points(numbers, counts)
    n, chosen = counts.sum(), [0, len(shares) - 1]
    apart = values + np.arange(len(values)) * (values[-1] - values[0]) * 1e-9  # so that a lump has two ends
    free = np.ones(len(shares), dtype=bool)
    while len(chosen) < KNOTS + 2:
        for place in chosen:
            near = np.abs(shares - shares[place])
            free &= ((near * n >= numbers.rare) | (np.abs(near - JUMP) < JUMP / 10)) & (np.arange(len(shares)) != place)
        gap = np.where(free, np.abs(np.interp(apart, apart[chosen], shares[chosen]) - shares), 0.0)
        if gap.max(initial=0.0) < CLOSE:
            break
        chosen = sorted([*chosen, int(np.argmax(gap))])
    out: dict[float, float] = {}
    for place in chosen:
        share = round(float(shares[place]), 3) if 0 < place < len(shares) - 1 else float(shares[place])
        out[round(share + JUMP, 4) if 0 < share < 1 and share in out else share] = tidy(float(values[place]))
    return out


def _points(numbers: Numbers, counts: Floats) -> tuple[Floats, Floats]:
    """Shares of rows below some values: the ends of the cells, rounded as much as their neighbours allow.

    The ends of a cell that holds one frequent value are that value, give or take half a step of the grid.
    """
    half = numbers.grid / 2
    outer = half if numbers.digits == 0 and numbers.few(MANY) else 0.0
    low = numbers.low - outer if numbers.low != 0 else 0.0
    high = numbers.high + outer
    total = np.cumsum(counts)[:-1] / max(counts.sum(), 1.0)
    atoms = dict(zip(np.searchsorted(numbers.edges, numbers.atoms()).tolist(), numbers.atoms().tolist(), strict=True))
    points = [(0.0, low)]
    for i, share in enumerate(total.tolist()):
        left, right = atoms.get(i), atoms.get(i + 1)
        if left is not None:
            points.append((share, left + half))
        if right is not None and (left is None or right - left > 1.5 * numbers.grid):
            points.append((share + (0.0 if left is None else JUMP), right - half))
        if left is None and right is None:
            points.append((share, _rounded(numbers.edges, i, numbers.grid)))
    shares, values = np.array([*points, (1.0, high)]).T
    return shares, np.clip(np.maximum.accumulate(values), low, high)


def _rounded(edges: Floats, i: int, grid: float) -> float:
    """An end of a cell, rounded to a tenth of the distance of those around it, unless that would be finer than the grid."""
    width = float(edges[min(i + 1, len(edges) - 1)] - edges[max(i - 1, 0)])
    step = nice_below(width / 10) if width > 0 else 0.0
    if step <= grid:
        return float(edges[i])
    return tidy(round(float(edges[i]) / step) * step)
