"""The nearest matrix of correlations that a law can have, some of its entries settled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST = 1e-3
"""Least eigenvalue."""
ROUNDS = 40
"""Of projections, at most."""
CLOSE = 1e-4


def repaired(r: Floats, zero: NDArray[np.bool_]) -> Floats:
    """The nearest positive definite matrix with ones on the diagonal, and zeros where there have to be some.

    Alternating projections with Dykstra's correction (N. Higham, "Computing the nearest correlation matrix", IMA Journal of
    Numerical Analysis 22, 2002). What they leave to be done at the end, the identity does, which is mixed in.

    Args:
        r: symmetric, shape (axes, axes).
        zero: pairs of axes that are not correlated, shape (axes, axes).

    >>> r = repaired(np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]), np.zeros((3, 3), dtype=bool))
    >>> r.round(2)[0].tolist()
    [1.0, 0.5, -0.5]
    """
    out, spill = _settled(r, zero), np.zeros_like(r)
    for number in range(ROUNDS):
        before, lifted = out, out - spill
        size, vectors = np.linalg.eigh(lifted)
        if number == 0 and size.min(initial=np.inf) >= LEAST:
            return out
        cone = (vectors * np.maximum(size, 2 * LEAST)) @ vectors.T
        spill = cone - lifted
        out = _settled((cone + cone.T) / 2, zero)
        if np.abs(out - before).max() < CLOSE:
            break
    least = float(np.linalg.eigvalsh(out)[0])
    if least < LEAST:
        share = (LEAST - least) / (1 - least)
        out = (1 - share) * out + share * np.eye(len(out))
    return out


def _settled(r: Floats, zero: NDArray[np.bool_]) -> Floats:
    out = np.where(zero, 0.0, r)
    np.fill_diagonal(out, 1.0)
    return out
