"""Where the level of a regression in time becomes another, and by how much, also where its noise has a memory.

The rows are freed of the memory first (D. Cochrane, G. Orcutt, JASA 44, 1949). Then each place has a likelihood, in which the
coefficients, the size of the change and the noise are integrated out by even priors (A. Zellner, "An Introduction to Bayesian
Inference in Econometrics", 1971, chapter 3), and the posterior of the place is used as in `_threshold`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.truth._threshold import Threshold, in_steps, posterior

Floats = NDArray[np.float64]
EDGE = 50
"""One row in so many is too near an end for a change, at least two on either side."""
ROUNDS, CLOSE = 10, 1e-4
"""Of the search for memory and place by turns."""
MOST = 0.98
"""Memory, beyond which a change of level is no more to be told from noise."""


@dataclass(frozen=True)
class Shift:
    """One change of level.

    Attributes:
        place: where.
        jump: how much more the rows have from there on, the mean over all places.
        error: its standard error, by the error at a place and by how much it hangs on the place.
        rho: memory of the noise that was found with it.
    """

    place: Threshold
    jump: float
    error: float
    rho: float


def shift(x: Floats, y: Floats, days: Floats, memory: bool) -> Shift | None:
    """The change that explains most; None where rows are too few for one.

    Args:
        x: the regression beside the change, with a column of ones, shape (n, k), of rank k.
        y: shape (n,).
        days: where the rows are, ascending, shape (n,).
        memory: whether the noise may hang on that of the row before.
    """
    edge = max(2, len(y) // EDGE)
    firsts = np.flatnonzero(np.diff(days, prepend=-np.inf) > 0)  # rows of one time belong together
    firsts = firsts[(firsts >= edge) & (firsts <= len(y) - edge)]
    if len(firsts) < 2 or len(y) < x.shape[1] + 4:
        return None
    found = _at(x, y, days, firsts, 0.0)
    for _ in range(ROUNDS if memory else 0):
        if found is None:
            return None
        before = found.rho
        rho = _memory(np.column_stack([x, days >= found.place.estimate]), y, before)
        found = _at(x, y, days, firsts, rho)
        if abs(rho - before) < CLOSE:
            break
    return found


def _at(x: Floats, y: Floats, days: Floats, firsts: NDArray[np.int64], rho: float) -> Shift | None:
    """The change, given the memory.

    Args:
        x: as in `shift`.
        y: as in `shift`.
        days: as in `shift`.
        firsts: rows from which on it may be.
        rho: the memory.
    """
    free = y[1:] - rho * y[:-1]
    q, _ = np.linalg.qr(x[1:] - rho * x[:-1])
    n, k = q.shape
    rest = free - q @ (q.T @ free)
    # the change at a row, freed of the memory, is 1 there and 1 - rho in all rows after it
    places = firsts - 1
    behind = np.cumsum(np.column_stack([rest, q])[::-1], axis=0)[::-1]
    shape = (1 - rho) * behind[places] + rho * np.column_stack([rest, q])[places]
    left = (1 - rho) ** 2 * (n - places - 1) + 1 - (shape[:, 1:] ** 2).sum(axis=1)
    good = left > 1e-9
    if not good.any() or not rest.any():
        return None
    left = np.where(good, left, 1.0)
    lost = np.maximum(rest @ rest - shape[:, 0] ** 2 / left, 1e-300)
    likelihood = np.where(good, -np.log(left) / 2 - (n - k - 1) / 2 * np.log(lost), -np.inf)
    edges = np.concatenate([days[[firsts[0] - 1]], days[firsts]])
    place, mass = posterior(edges, likelihood, in_steps(edges, len(y)))
    jumps = shape[:, 0] / left
    jump = float(mass @ jumps)
    error = float(np.sqrt(mass @ (lost / (n - k - 1) / left + (jumps - jump) ** 2)))
    return Shift(place, jump, error, rho)


def _memory(x: Floats, y: Floats, rho: float) -> float:
    """The memory of what a regression leaves that was fitted with an earlier guess of it."""
    b = np.linalg.lstsq(x[1:] - rho * x[:-1], y[1:] - rho * y[:-1], rcond=None)[0]
    rest = y - x @ b
    return float(np.clip(rest[1:] @ rest[:-1] / max(float(rest[:-1] @ rest[:-1]), 1e-300), -MOST, MOST))
