"""The t copula: normal numbers of a row, all divided by the same random number, so that extremes come together.

A row's normal numbers are multiplied by s, where 1 / s² = w is a chi-square number of `df` degrees of freedom over `df` (S. Demarta,
A. McNeil, "The t copula and related copulas", International Statistical Review 73, 2005).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rowsmith.learn._copula_axes import Floats, Scale
from rowsmith.learn._copula_pairs import cells_of, margins_of, normal_below

NODES = 200
"""Values of w, of equal probability, that integrals over it are taken at."""
FEW_NODES = 24
"""The same where many integrals are taken."""
DEGREES = (2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 25.0, 50.0)
"""Degrees of freedom that are tried."""
TABLES = 40
"""Tables that they are tried on, at most."""


def mixing(df: float, nodes: int = NODES) -> Floats:
    """Values of w, of equal probability, shape (nodes,)."""
    from scipy import special

    return np.asarray(2 * special.gammaincinv(df / 2, (np.arange(nodes) + 0.5) / nodes) / df)


def recut(scale: Scale, df: float) -> Scale:
    """A column cut on axes of t numbers, so that its shares stay: an axis behind another is reached by some s more than others."""
    from scipy import special

    root = np.sqrt(mixing(df))
    weights = [np.full(NODES, 1 / NODES)] * scale.size
    cuts: list[Floats] = []
    for axis, (normal, leads) in enumerate(zip(scale.cuts, scale.leads, strict=True)):
        wanted = special.ndtr(normal)
        found = special.stdtrit(df, wanted) if axis == 0 else _solved(wanted, weights[axis], root)
        cuts.append(found)
        ends = np.concatenate([[-np.inf], found, [np.inf]])
        for cell in np.flatnonzero(leads >= 0).tolist():
            reached = weights[axis] * (special.ndtr(ends[cell + 1] * root) - special.ndtr(ends[cell] * root))
            weights[leads[cell]] = reached / max(float(reached.sum()), 1e-300)
    return Scale(tuple(cuts), scale.leads, scale.leaf, scale.shares)


def _solved(wanted: Floats, weights: Floats, root: Floats) -> Floats:
    """Cuts below which lie wanted shares of a mixture of normal laws, by halving."""
    from scipy import special

    low, high = np.full(len(wanted), -60.0), np.full(len(wanted), 60.0)
    for _ in range(50):
        middle = (low + high) / 2
        under = special.ndtr(np.outer(middle, root)) @ weights < wanted
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.asarray((low + high) / 2)


def degrees(tables: Sequence[tuple[Floats, Floats]]) -> float:
    """The likeliest degrees of freedom, by the likelihood of pairs of columns (C. Varin, N. Reid, D. Firth, "An overview of
    composite likelihood methods", Statistica Sinica 21, 2011).

    Args:
        tables: counts of pairs of finely cut axes, shape (pairs, rows, columns), with the correlations behind them.
    """  # noqa: D205
    from scipy import special

    best, out = -np.inf, DEGREES[-1]  # ties go to the nearest to the Gaussian
    for df in reversed(DEGREES):
        root = np.sqrt(mixing(df, FEW_NODES))
        total = 0.0
        for counts, r in tables:
            h, k = (special.stdtrit(df, np.clip(m, 1e-9, 1 - 1e-9)) for m in margins_of(counts))
            inner = np.zeros((*h.shape, k.shape[1]))
            for scale in root.tolist():
                inner += normal_below(scale * h[:, :, None], scale * k[:, None, :], r[:, None, None])[0] / FEW_NODES
            p = cells_of(inner, special.stdtr(df, h), special.stdtr(df, k))
            total += float((counts * np.log(np.maximum(p, 1e-12))).sum())
        if total > best:
            best, out = total, df
    return out
