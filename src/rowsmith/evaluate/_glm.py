"""Generalised linear models by Newton's method, with the covariance of their coefficients: logistic and Poisson.

Source: P. McCullagh, J. Nelder, "Generalized linear models" (1989), section 2.5 (iteratively reweighted least squares).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rowsmith.evaluate._stats import Floats

STEPS = 15
CLOSE = 1e-5
FAR = 30.0
"""Log-odds, or logarithms of a rate, beyond which nothing changes any more."""


def logistic(x: Floats, y: Floats, ridge: float = 1e-6) -> tuple[Floats, Floats]:
    """Coefficients of the log-odds, and their covariance.

    Args:
        x: shape (rows, k), a column of ones among them if there is an intercept.
        y: 0 or 1, shape (rows,).
        ridge: penalty of the squared coefficients, times the rows, so that separable rows have a solution too.

    Returns:
        Shapes (k,) and (k, k).
    """
    return _newton(x, y, np.zeros(x.shape[1], dtype=np.float64), chances, lambda p: p * (1 - p), ridge)


def poisson(x: Floats, y: Floats, ridge: float = 1e-6) -> tuple[Floats, Floats]:
    """Coefficients of the logarithm of a rate, and their covariance, wider by as much as counts spread more than Poisson's.

    Source: as above, section 6.2.3 (the dispersion from Pearson's statistic).

    Args:
        x: shape (rows, k), the first column ones.
        y: counts, shape (rows,).
        ridge: as in `logistic`.

    Returns:
        Shapes (k,) and (k, k).
    """
    start = np.zeros(x.shape[1], dtype=np.float64)
    start[0] = np.log(max(float(y.mean()), 1e-9))
    beta, covariance = _newton(x, y, start, rates, lambda rate: rate, ridge)
    rate = rates(x, beta)
    dispersion = float(((y - rate) ** 2 / np.maximum(rate, 1e-9)).sum()) / max(len(y) - x.shape[1], 1)
    return beta, covariance * dispersion


def chances(x: Floats, beta: Floats) -> Floats:
    """The chance of a 1 in each row, shape (rows,)."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x @ beta, -FAR, FAR))), dtype=np.float64)


def rates(x: Floats, beta: Floats) -> Floats:
    """The mean count of each row, shape (rows,)."""
    return np.asarray(np.exp(np.clip(x @ beta, -FAR, FAR)), dtype=np.float64)


def _newton(
    x: Floats,
    y: Floats,
    beta: Floats,
    mean: Callable[[Floats, Floats], Floats],
    variance: Callable[[Floats], Floats],
    ridge: float,
) -> tuple[Floats, Floats]:
    """Maximum of the penalised likelihood of a model with its canonical link."""
    penalty = max(ridge, 1e-12) * len(y) * np.eye(x.shape[1])
    curve = penalty
    for _ in range(STEPS):
        expected = mean(x, beta)
        weight = np.maximum(variance(expected), 1e-9)
        curve = (x * weight[:, None]).T @ x + penalty
        step = np.linalg.solve(curve, x.T @ (y - expected) - penalty @ beta)
        size = float(np.abs(step).max(initial=0.0))
        beta = beta + step * min(1.0, 5.0 / max(size, 1e-12))
        if size < CLOSE:
            break
    return beta, np.asarray(np.linalg.inv(curve), dtype=np.float64)
