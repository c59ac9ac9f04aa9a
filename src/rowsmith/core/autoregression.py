"""The linear law of a stationary series: an autoregression, its order by AIC."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fit_autoregression(rest: Floats, most: int) -> tuple[Floats, float]:
    """Weights of the last values, the nearest first, and the variance of the shocks, by Yule and Walker.

    A "sieve": the order grows with the series (P. Bühlmann, "Sieve Bootstrap for Time Series", 1997, section 2). What is found is
    stationary, whatever the series is.

    Args:
        rest: a series around 0, shape (n,), none missing.
        most: the highest order that is tried.

    >>> fit_autoregression(np.zeros(9), 3)
    (array([], dtype=float64), 0.0)
    """
    from scipy.linalg import solve_toeplitz

    n = len(rest)
    most = min(most, n - 1)
    cov = np.array([rest[: n - lag] @ rest[lag:] / n for lag in range(most + 1)])
    weights, noise = np.zeros(0), float(cov[0])
    if noise <= 0:
        return weights, noise
    best = n * np.log(noise)
    for order in range(1, most + 1):
        found = solve_toeplitz(cov[:order], cov[1 : order + 1])
        left = max(float(cov[0] - found @ cov[1 : order + 1]), 1e-300)
        if n * np.log(left) + 2 * order < best:
            best, weights, noise = n * np.log(left) + 2 * order, found, left
    return weights, noise


def filtered(shocks: Floats, weights: Floats, before: Floats) -> Floats:
    """The series that shocks make, shape (n,).

    Args:
        shocks: shape (n,).
        weights: of the last values, the nearest first, shape (order,).
        before: the values before, of which the last ones count; fewer than `order` stand for others of 0, shape (m,).
    """
    from scipy.signal import lfilter, lfiltic

    if not len(weights):
        return shocks
    law = np.concatenate([[1.0], -weights])
    past = np.concatenate([np.zeros(len(weights)), before])[-len(weights) :]
    return np.asarray(lfilter([1.0], law, shocks, zi=lfiltic([1.0], law, past[::-1]))[0])
