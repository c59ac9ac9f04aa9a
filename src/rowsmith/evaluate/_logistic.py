"""Logistic regression by Newton's method, with the covariance of its coefficients."""

from __future__ import annotations

import numpy as np

from rowsmith.evaluate._stats import Floats

STEPS = 15
CLOSE = 1e-5
FAR = 30.0
"""Log-odds beyond which a chance is 0 or 1."""


def logistic(x: Floats, y: Floats, ridge: float = 1e-6) -> tuple[Floats, Floats]:
    """Coefficients and their covariance.

    Source: P. McCullagh, J. Nelder, "Generalized linear models" (1989), section 2.5 (iteratively reweighted least
    squares).

    Args:
        x: shape (rows, k), a column of ones among them if there is an intercept.
        y: 0 or 1, shape (rows,).
        ridge: penalty of the squared coefficients, times the rows, so that separable rows have a solution too.

    Returns:
        Shapes (k,) and (k, k).
    """
    beta = np.zeros(x.shape[1], dtype=np.float64)
    penalty = max(ridge, 1e-12) * len(y) * np.eye(x.shape[1])
    curve = penalty
    for _ in range(STEPS):
        p = chances(x, beta)
        weight = np.maximum(p * (1 - p), 1e-9)
        curve = (x * weight[:, None]).T @ x + penalty
        step = np.linalg.solve(curve, x.T @ (y - p) - penalty @ beta)
        size = float(np.abs(step).max(initial=0.0))
        beta += step * min(1.0, 5.0 / max(size, 1e-12))
        if size < CLOSE:
            break
    return beta, np.asarray(np.linalg.inv(curve), dtype=np.float64)


def chances(x: Floats, beta: Floats) -> Floats:
    """The chance of a 1 in each row, shape (rows,)."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x @ beta, -FAR, FAR))), dtype=np.float64)
