"""Rows of both tables in one plane: how many lie in each cell, never a row of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from rowsmith.core.nearest import Points
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._overlay import RARE
from rowsmith.evaluate._stats import Floats, Ints

WIDE, HIGH = 40, 26
MOST = 10_000
END = 0.002
"""Share of the rows at each end of an axis that fall into its outermost cells."""
NAMED = 2


def plane(context: Context) -> dict[str, Any] | None:
    """The first two principal components of the real rows, as points of ranks and levels, cut into cells.

    Source: I. Jolliffe, "Principal component analysis" (2002), section 1.1. Cells of fewer than `RARE` real rows are
    empty in the real picture, as they might point at a person.

    Returns:
        JSON values: title, width and height in cells, `axes` (the columns that each axis hangs on most), and the shares of
        the rows of `real` and `synthetic` row by row from the top; None where real rows do not vary in two directions.
    """
    real, made = (
        context.space.points(context.sample(t, MOST, "plane", side))
        for side, t in enumerate((context.real, context.synthetic))
    )
    centre = real.mean(axis=0)
    if len(real) < 2 or real.shape[1] < 2:
        return None
    spread, directions = np.linalg.eigh(np.cov(real - centre, rowvar=False))
    if spread[-2] <= 1e-9:
        return None
    axes = directions[:, [-1, -2]]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])  # a direction and its reverse are one
    found = [(points - centre) @ axes for points in (real, made)]
    edges = [_edges(found[0][:, k], n) for k, n in enumerate((WIDE, HIGH))]
    counts = [_counts(f, edges) for f in found]
    counts[0][counts[0] < RARE] = 0
    shares = [[round(float(c) / n, 6) for c in count] for count, n in zip(counts, map(len, found), strict=True)]
    return {
        "title": "Both tables in one plane",
        "width": WIDE,
        "height": HIGH,
        "axes": [_named(context, axes[:, k]) for k in (0, 1)],
        "real": shares[0],
        "synthetic": shares[1],
    }


def _edges(values: Points, n: int) -> Floats:
    low, high = np.quantile(values, [END, 1 - END])
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    return np.linspace(low, high, n + 1)


def _counts(points: Points, edges: list[Floats]) -> Ints:
    """Points in each cell, row by row from the top; what lies beyond the edges counts in the outermost cells."""
    across, up = (
        np.clip(np.searchsorted(e, points[:, k], side="right") - 1, 0, len(e) - 2) for k, e in enumerate(edges)
    )
    return np.asarray(np.bincount((HIGH - 1 - up) * WIDE + across, minlength=WIDE * HIGH), dtype=np.int64)


def _named(context: Context, weights: Points) -> list[str]:
    """The columns that an axis hangs on most."""
    widths = [
        len(axis) if not number else 1 for axis, number in zip(context.space.axes, context.space.numeric, strict=True)
    ]
    parts = np.split(weights**2, np.cumsum(widths)[:-1])
    totals = np.array([float(p.sum()) for p in parts])
    return [context.features[i].name for i in np.argsort(-totals, kind="stable")[:NAMED] if totals[i] > 0.02]
