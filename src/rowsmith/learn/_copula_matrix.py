"""The nearest matrix of correlations that a normal law can have, the axes of one column uncorrelated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST = 1e-3
"""Least eigenvalue."""
ROUNDS = 30
"""Of projections, at most."""
CLOSE = 1e-4


def repaired(r: Floats, blocks: Sequence[slice]) -> Floats:
    """The nearest positive definite matrix with the identity in each block on the diagonal.

    Alternating projections with Dykstra's correction (N. Higham, "Computing the nearest correlation matrix", IMA Journal of
    Numerical Analysis 22, 2002), the ones on the diagonal being blocks here. What is left at the end is mended by making each
    block the identity by its own square root, which keeps the matrix positive definite.

    Args:
        r: symmetric, shape (axes, axes).
        blocks: places of each column's axes.

    >>> r = repaired(np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]), [slice(i, i + 1) for i in range(3)])
    >>> r.round(2)[0].tolist()
    [1.0, 0.5, -0.5]
    """
    out, spill = _with_blocks(r, blocks), np.zeros_like(r)
    for _ in range(ROUNDS):
        before = out
        lifted = out - spill
        size, vectors = np.linalg.eigh(lifted)
        if size.min(initial=np.inf) >= LEAST:
            return lifted if np.array_equal(lifted, out) else normalised(lifted, blocks)
        cone = (vectors * np.maximum(size, 2 * LEAST)) @ vectors.T
        spill = cone - lifted
        out = _with_blocks(cone, blocks)
        if np.abs(out - before).max() < CLOSE:
            break
    size, vectors = np.linalg.eigh(out)
    return normalised((vectors * np.maximum(size, 2 * LEAST)) @ vectors.T, blocks)


def normalised(r: Floats, blocks: Sequence[slice]) -> Floats:
    """A positive definite matrix, each block of which is made the identity."""
    root = np.zeros_like(r)
    for block in blocks:
        size, vectors = np.linalg.eigh(r[block, block])
        root[block, block] = (vectors / np.sqrt(size)) @ vectors.T
    out = root @ r @ root
    return _with_blocks((out + out.T) / 2, blocks)


def _with_blocks(r: Floats, blocks: Sequence[slice]) -> Floats:
    out = r.copy()
    for block in blocks:
        out[block, block] = np.eye(block.stop - block.start)
    return out
