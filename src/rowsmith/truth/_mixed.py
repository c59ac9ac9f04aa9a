"""A linear mixed model: coefficients that hold for all, and groups that differ from them by chance.

Fitted by restricted maximum likelihood from each group's sums of products, so that what takes time is the number of groups,
not of rows. Sources: N. M. Laird, J. H. Ware, "Random-Effects Models for Longitudinal Data", Biometrics 38 (1982); D. Bates
et al., "Fitting Linear Mixed-Effects Models Using lme4", Journal of Statistical Software 67 (2015), section 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Sums:
    """Sums of products in each of g groups.

    Attributes:
        rows: of all groups.
        xx: of the p columns that hold for all, shape (g, p, p).
        xy: of these and the target, shape (g, p).
        yy: of the target over all groups.
    """

    rows: int
    xx: Numbers
    xy: Numbers
    yy: float

    @classmethod
    def of(cls, y: Numbers, x: Numbers, group: NDArray[np.int64]) -> Sums:
        """From rows.

        Args:
            y: the target, shape (n,).
            x: columns, shape (n, p).
            group: from 0 on, shape (n,).
        """
        size, p = int(group.max()) + 1, x.shape[1]
        xx, xy = np.empty((size, p, p)), np.empty((size, p))
        for i in range(p):
            xy[:, i] = np.bincount(group, x[:, i] * y, minlength=size)
            for j in range(i + 1):
                xx[:, i, j] = xx[:, j, i] = np.bincount(group, x[:, i] * x[:, j], minlength=size)
        return cls(len(y), xx, xy, float(y @ y))


@dataclass(frozen=True)
class Mixed:
    """A fitted model.

    Attributes:
        coefficients: shape (p,).
        covariance: of their errors, shape (p, p).
        sds: standard deviations between groups of the coefficients that differ, shape (q,).
        sd_errors: standard errors of their logarithms; nan where there is none.
        seen: whether the likelihood says that groups differ in it, at 5 %.
        within: standard deviation within groups.
        within_error: standard error of its logarithm.
    """

    coefficients: Numbers
    covariance: Numbers
    sds: Numbers
    sd_errors: Numbers
    seen: list[bool]
    within: float
    within_error: float


def fit(sums: Sums, differ: Sequence[int]) -> Mixed:
    """Fit the model.

    Args:
        sums: of a target and columns that are of the size of 1.
        differ: which of the columns groups differ in, at least one.
    """
    from scipy import stats

    factor, best = _optimum(sums, differ)
    deviance, coefficients, precision, left = _deviance(sums, differ, factor)
    assert abs(deviance - best) < 1e-6 * max(1.0, abs(best))
    variance = left / (sums.rows - len(coefficients))
    root = factor * math.sqrt(variance)
    sds = np.sqrt((root**2).sum(axis=1))
    seen = []
    for i in range(len(differ)):
        others = [c for k, c in enumerate(differ) if k != i]
        without = _optimum(sums, others)[1] if others else _deviance(sums, [], np.empty((0, 0)))[0]
        # at the edge of what can be, the law of this difference has less weight: the test errs on the side of "not seen"
        seen.append(bool(without - best > stats.chi2.ppf(0.95, len(differ))))
    errors = _errors(sums, differ, root, math.sqrt(variance))
    covariance: Numbers = np.asarray(np.linalg.inv(precision) * variance, dtype=np.float64)
    return Mixed(coefficients, covariance, sds, errors[:-1], seen, math.sqrt(variance), float(errors[-1]))


def _deviance(sums: Sums, differ: Sequence[int], factor: Numbers) -> tuple[float, Numbers, Numbers, float]:
    """Minus twice the restricted log-likelihood but for a constant, at the best variance within groups.

    Args:
        sums: of products.
        differ: columns that groups differ in, q of them.
        factor: lower triangle L: groups' deviations have the covariance L L' times the variance within, shape (q, q).

    Returns:
        The deviance; coefficients; their precision times the variance; squares left.
    """
    logs, precision, product, left = _solved(sums, differ, factor)
    coefficients: Numbers = np.asarray(np.linalg.solve(precision, product), dtype=np.float64)
    left = max(left - float(product @ coefficients), 1e-300)
    free = sums.rows - len(coefficients)
    deviance = logs + float(np.linalg.slogdet(precision)[1]) + free * (1 + math.log(left / free))
    return deviance, coefficients, precision, left


def _solved(sums: Sums, differ: Sequence[int], factor: Numbers) -> tuple[float, Numbers, Numbers, float]:
    """log|V|, X'V⁻¹X, X'V⁻¹y and y'V⁻¹y of V = I + Z L L' Z', which is never made."""
    q = len(differ)
    if q == 0:
        return 0.0, sums.xx.sum(axis=0), sums.xy.sum(axis=0), sums.yy
    lzx = factor.T @ sums.xx[:, list(differ), :]
    lzy = sums.xy[:, list(differ)] @ factor
    inner = np.eye(q) + lzx[:, :, list(differ)] @ factor
    both = np.linalg.solve(inner, np.concatenate([lzx, lzy[:, :, None]], axis=2))
    taken = np.einsum("gqp,gqr->pr", lzx, both)
    return (
        float(np.linalg.slogdet(inner)[1].sum()),
        sums.xx.sum(axis=0) - taken[:, :-1],
        sums.xy.sum(axis=0) - taken[:, -1],
        sums.yy - float((lzy * both[:, :, -1]).sum()),
    )


def _optimum(sums: Sums, differ: Sequence[int]) -> tuple[Numbers, float]:
    """The factor of least deviance, and that deviance."""
    from scipy import optimize

    q = len(differ)
    lower = np.tril_indices(q)

    def factor_of(entries: Numbers) -> Numbers:
        factor = np.zeros((q, q))
        factor[lower] = entries
        return factor

    start = (np.eye(q) * 0.5)[lower]
    options = {"xatol": 1e-5, "fatol": 1e-7, "maxiter": 4000, "maxfev": 4000}
    # the deviance has no slope that can be trusted next to 0, where groups do not differ; so it is only compared
    best = optimize.minimize(
        lambda e: _deviance(sums, differ, factor_of(e))[0], start, method="Nelder-Mead", options=options
    )
    return factor_of(best.x), float(best.fun)


def _errors(sums: Sums, differ: Sequence[int], root: Numbers, within: float) -> Numbers:
    """Errors of the logarithms of the standard deviations between groups and within, from the bend of the likelihood.

    Args:
        sums: of products.
        differ: columns that groups differ in.
        root: factor of the covariance between groups, shape (q, q).
        within: standard deviation within groups.

    Returns:
        Shape (q + 1,); nan where the likelihood does not bend, as where groups do not differ.
    """
    from statsmodels.tools.numdiff import approx_hess3

    q = len(differ)
    sds = np.sqrt((root**2).sum(axis=1))
    out = np.full(q + 1, np.nan)
    ways = root / np.where(sds > 0, sds, 1.0)[:, None]  # rows of length 1: their products are the correlations
    below = np.tril_indices(q, -1)

    def deviance(free: Numbers, kept: NDArray[np.bool_]) -> float:
        logs = np.log(np.where(sds > 0, sds, 1.0))
        logs[kept] = free[: kept.sum()]
        rows = ways.copy()
        if len(free) > kept.sum() + 1:
            rows[below] = ways[below] + free[kept.sum() : -1]
        rows /= np.maximum(np.sqrt((rows**2).sum(axis=1)), 1e-300)[:, None]
        sd = math.exp(free[-1])
        scaled = rows * (np.exp(logs) * (sds > 0))[:, None] / sd
        bend, precision, product, left = _solved(sums, differ, scaled)
        left -= float(product @ np.linalg.solve(precision, product))
        free_rows = sums.rows - len(product)
        return float(bend + np.linalg.slogdet(precision)[1] + 2 * free_rows * free[-1] + left / sd**2)

    kept = sds > 1e-4 * within
    turns = [len(below[0]), 0] if kept.all() and len(below[0]) else [0]
    for extra in turns:  # without the correlations, where one lies at its edge
        at = np.concatenate([np.log(sds[kept]), np.zeros(extra), [math.log(within)]])
        # one step for all: what it is to resolve is the logarithm, not its share
        hessian = approx_hess3(at, deviance, epsilon=np.full(len(at), 1e-3), args=(kept,))
        bends, ways_of = np.linalg.eigh((hessian + hessian.T) / 2)
        # what bends by next to nothing is the error of the differences
        if bends[0] > 1e-7 * bends[-1]:
            errors = np.sqrt((ways_of**2 * (2 / bends)).sum(axis=1))
            out[:-1][kept] = errors[: kept.sum()]
            out[-1] = errors[-1]
            return out
    return out
