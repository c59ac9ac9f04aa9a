"""Polychoric correlations: the likeliest correlation of two latent normal numbers, of which a table of counts is seen.

Two steps: thresholds from the margins, then the correlation by Fisher scoring (U. Olsson, "Maximum likelihood estimation of the
polychoric correlation coefficient", Psychometrika 44, 1979), for many tables at once. Two binary columns give the tetrachoric
correlation, finely cut numbers nearly the ordinary one of their normal scores.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

POINTS = 16
"""Of the Gauss-Legendre rule for the normal law in two dimensions."""
STEPS = 8
"""Of Fisher scoring, at most."""
PRIOR = 1.0
"""Weight of the prior (1 - r²) ** PRIOR, which keeps a table with an empty cell from a correlation of 1."""
MOST = 0.995
FAR = 8.0
"""Normal score of a cut beyond which there is nothing."""
FEWEST = 5
"""Rows of a table, below which nothing is said."""
BLOCK = 1 << 21
"""Numbers at a time."""


def polychoric(tables: Floats, start: Floats | None = None, *, weight: float = 1.0) -> Floats:
    """The correlation behind each table.

    Args:
        tables: counts, shape (tables, rows, columns), at least 2 of either.
        start: where the search begins, shape (tables,).
        weight: what a count weighs against the prior.

    Returns:
        Shape (tables,), 0 for an empty table.

    >>> polychoric(np.array([[[4000.0, 1000.0], [1000.0, 4000.0]]])).round(2).tolist()
    [0.81]
    """
    n, rows, columns = tables.shape
    out = np.zeros(n) if start is None else start.copy()
    step = max(1, BLOCK // ((rows - 1) * (columns - 1) * POINTS))
    for first in range(0, n, step):
        part = slice(first, first + step)
        out[part] = _fit(tables[part], out[part], weight)
    return out


def _fit(tables: Floats, start: Floats, weight: float) -> Floats:
    from scipy import special

    total = tables.sum(axis=(1, 2))
    h, k = (np.clip(special.ndtri(shares), -FAR, FAR) for shares in margins_of(tables))
    shares = tables / np.maximum(total, 1.0)[:, None, None]
    total = total * weight
    z = np.arctanh(np.clip(start, -MOST, MOST))
    for _ in range(STEPS):
        r = np.tanh(z)
        p, slope = rectangles(h, k, r)
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = np.where(p > 0, slope / p, 0.0)
        rise = 1 - r**2  # d r / d z
        score = total * (shares * gain).sum(axis=(1, 2)) * rise - 2 * PRIOR * r
        information = total * (gain * slope).sum(axis=(1, 2)) * rise**2 + 2 * PRIOR * rise
        move = np.clip(score / np.maximum(information, 1e-12), -1.0, 1.0)
        z = np.clip(z + move, -np.arctanh(MOST), np.arctanh(MOST))
        if np.abs(move).max(initial=0.0) < 1e-4:
            break
    return np.where(total >= FEWEST * weight, np.tanh(z), 0.0)


def margins_of(tables: Floats) -> tuple[Floats, Floats]:
    """Shares below each cut of the rows and of the columns of tables, each of shape (tables, cells - 1)."""
    out = []
    for margin in (tables.sum(axis=2), tables.sum(axis=1)):
        ends = np.cumsum(margin, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            out.append(np.nan_to_num(ends[:, :-1] / ends[:, -1:]))
    return out[0], out[1]


def rectangles(h: Floats, k: Floats, r: Floats) -> tuple[Floats, Floats]:
    """Probability of each cell of two cut normal numbers, and how it rises with the correlation.

    Args:
        h: cuts of the one, shape (tables, rows - 1).
        k: cuts of the other, shape (tables, columns - 1).
        r: correlations, shape (tables,).

    Returns:
        Two arrays of shape (tables, rows, columns).
    """
    from scipy import special

    inner, slope = normal_below(h[:, :, None], k[:, None, :], r[:, None, None])
    none = np.zeros(1)
    return cells_of(inner, special.ndtr(h), special.ndtr(k)), cells_of(slope, none * h, none * k, 0.0, least=-np.inf)


def cells_of(inner: Floats, rows: Floats, columns: Floats, whole: float = 1.0, *, least: float = 0.0) -> Floats:
    """What lies in each cell, from what lies below and left of each crossing of cuts.

    Args:
        inner: of each crossing, shape (tables, rows - 1, columns - 1).
        rows: below each cut of the rows, shape (tables, rows - 1).
        columns: the same of the columns, shape (tables, columns - 1).
        whole: everywhere.
        least: what a cell has at least; rounding may leave it with less.
    """
    n, i, j = inner.shape
    below = np.zeros((n, i + 2, j + 2))
    below[:, 1:-1, 1:-1], below[:, 1:-1, -1], below[:, -1, 1:-1], below[:, -1, -1] = inner, rows, columns, whole
    return np.maximum(np.diff(np.diff(below, axis=1), axis=2), least)


def normal_below(h: Floats, k: Floats, r: Floats) -> tuple[Floats, Floats]:
    """Probability that two normal numbers are below h and k, and its derivative by their correlation, the density there.

    Source: the integral of the density over the correlation, by its arc sine (A. Genz, "Numerical computation of rectangular
    bivariate and trivariate normal and t probabilities", Statistics and Computing 14, 2004, equation 3).

    Args:
        h: any shape.
        k: a shape that fits it.
        r: likewise, between -1 and 1.
    """
    from scipy import special

    points, weights = np.polynomial.legendre.leggauss(POINTS)
    squares, product = h * h + k * k, h * k
    arc = np.arcsin(r)
    total = np.zeros(np.broadcast_shapes(h.shape, k.shape, r.shape))
    for point, weight in zip(points.tolist(), weights.tolist(), strict=True):
        sine = np.sin(arc * (1 + point) / 2)
        total += weight * np.exp((product * sine - squares / 2) / (1 - sine * sine))
    below = special.ndtr(h) * special.ndtr(k) + total * arc / (4 * np.pi)
    rest = 1 - r * r
    density = np.exp((product * r - squares / 2) / rest) / (2 * np.pi * np.sqrt(rest))
    return below, density
