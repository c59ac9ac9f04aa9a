"""The law of a few items that may be in a basket, as even as it can be while some sets of them have given shares.

A *cell* is one of the 2^k ways in which k items are there or not; its number has bit i where item i is there. The share of a set of
items is that of the cells that hold all of it. Among the laws with given shares of sets, that of greatest entropy is
log-linear: it has one parameter for each set, so that it adds no tie that was not asked for.

Source: I. Csiszár, "I-Divergence Geometry of Probability Distributions and Minimization Problems", Annals of Probability 3
(1975); here by Newton's method on the dual instead of proportional fitting, since the shares of all sets come from one pass
over the lattice of sets (F. Yates, 1937), and so do the slopes of shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.float64]

MOST_ITEMS = 16
_CLOSE = 1e-10
_STEPS = 80
_HALVINGS = 15


def fit(k: int, sets: Sequence[int], shares: Sequence[float]) -> Cells | None:
    """Probabilities of the cells, shape (2^k,); None if no law with such shares has room for every cell that it may hold.

    Args:
        k: items.
        sets: each as a number with the bits of its items; every single item is one of them.
        shares: of the sets, above 0 and below 1. Where that of a set equals that of a set within it, the one never comes
            without the other.
    """
    wanted = dict(zip(sets, map(float, shares), strict=True))
    never = np.zeros(1 << k, dtype=bool)
    cells = np.arange(1 << k)
    kept = []
    for one, share in wanted.items():
        inside = [s for s in wanted if s != one and s & one == s and abs(wanted[s] - share) <= _CLOSE]
        for s in inside:
            never |= holds(cells, s) & ~holds(cells, one)
        if not inside:
            kept.append(one)
    with np.errstate(divide="ignore"):
        base = np.log(np.where(never, 0.0, 1.0))
    return _newton(k, np.array(kept), np.array([wanted[s] for s in kept]), base)


def holds(cells: NDArray[np.int64], items: int) -> NDArray[np.bool_]:
    """Which cells hold all items of a set."""
    return np.asarray(cells & items == items)


def shares_of(cells: Cells) -> NDArray[np.float64]:
    """The share of every set, by its number, shape (2^k,)."""
    out = cells.copy()
    for bit in range(len(out).bit_length() - 1):
        pair = out.reshape(-1, 2, 1 << bit)
        pair[:, 0] += pair[:, 1]
    return out


def support_range(k: int, sets: Sequence[int], shares: Sequence[float], of: int) -> tuple[float, float] | None:
    """The least and the greatest share that a set can have beside given shares of others; None if those cannot be.

    By linear programming over the cells.
    """
    from scipy import optimize

    goal = holds(np.arange(1 << k), of).astype(float)
    rows = _rows(k, sets)
    ends = [optimize.linprog(sign * goal, A_eq=rows, b_eq=[1.0, *shares], method="highs") for sign in (1, -1)]
    return (float(ends[0].fun), float(-ends[1].fun)) if all(end.status == 0 for end in ends) else None


def most_of(
    k: int,
    sets: Sequence[int],
    good: Sequence[float],
    bad: Sequence[float],
    capped: Sequence[int],
    caps: Sequence[float],
) -> float:
    """How far shares can go from ones that can be towards others: from 0 to 1, while some sets keep below their caps."""
    from scipy import optimize, sparse

    way = np.append(0.0, np.subtract(bad, good))
    most = optimize.linprog(
        np.append(np.zeros(1 << k), -1.0),
        A_eq=sparse.hstack([_rows(k, sets), -sparse.csr_matrix(way[:, None])]),
        b_eq=[1.0, *good],
        A_ub=sparse.hstack([_rows(k, capped)[1:], sparse.csr_matrix((len(capped), 1))]) if capped else None,
        b_ub=caps if capped else None,
        bounds=[*((0, None) for _ in range(1 << k)), (0, 1)],
        method="highs",
    )
    return float(most.x[-1]) if most.status == 0 else 0.0


def _rows(k: int, sets: Sequence[int]) -> Any:
    """Which cells count for the whole, and for each of the sets, as a sparse matrix of shape (1 + sets, 2^k)."""
    from scipy import sparse

    cells = np.arange(1 << k)
    return sparse.csr_matrix(np.stack([np.ones(1 << k), *(holds(cells, s).astype(float) for s in sets)]))


def _solve(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Elimination in a positive definite system.

    Without BLAS, whose threads cost a hundred times the work on a busy machine, and whose last digits hang on their number.
    """
    a, x = a.copy(), b.copy()
    for i in range(len(x) - 1):
        factor = a[i + 1 :, i] / a[i, i]
        a[i + 1 :, i + 1 :] -= factor[:, None] * a[i, i + 1 :]
        x[i + 1 :] -= factor * x[i]
    for i in range(len(x) - 1, -1, -1):
        x[i] = (x[i] - (a[i, i + 1 :] * x[i + 1 :]).sum()) / a[i, i]
    return x


def _newton(k: int, sets: NDArray[np.int64], shares: NDArray[np.float64], base: NDArray[np.float64]) -> Cells | None:
    """Climb the dual, parameters times shares less the log of the sum of weights, which is concave and has no top if no law fits."""
    theta = np.zeros(len(sets))
    single = np.bitwise_count(sets) == 1
    theta[single] = np.log(shares[single] / (1 - shares[single]))
    both = sets[:, None] | sets[None, :]
    height, cells = _dual(k, sets, shares, base, theta)
    for _ in range(_STEPS):
        every = shares_of(cells)
        now = every[sets]
        slope = shares - now
        if np.abs(slope / shares).max() < _CLOSE:
            return cells
        bend = every[both] - np.outer(now, now)
        bend[np.diag_indices(len(sets))] *= 1 + 1e-11  # sets that never come apart leave no slope
        step = _solve(bend, slope)
        gain, size = float(slope @ step), 1.0
        for _ in range(_HALVINGS):
            higher, moved = _dual(k, sets, shares, base, theta + size * step)
            if higher >= height + 1e-4 * size * gain - 1e-13:
                break
            size /= 2
        else:
            return None
        theta, height, cells = theta + size * step, higher, moved
        if height > 1e-9:  # beyond the negative entropy of any law, so none has these shares
            return None
    return None


def _dual(
    k: int, sets: NDArray[np.int64], shares: NDArray[np.float64], base: NDArray[np.float64], theta: NDArray[np.float64]
) -> tuple[float, Cells]:
    log = np.zeros(1 << k)
    log[sets] = theta
    for bit in range(k):
        pair = log.reshape(-1, 2, 1 << bit)
        pair[:, 1] += pair[:, 0]
    log = log + base
    top = log.max()
    weight = np.exp(log - top)
    total = weight.sum()
    return float(theta @ shares - top - np.log(total)), weight / total
