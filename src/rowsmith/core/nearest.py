"""Which points are nearest, by matrix products in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]

BLOCK = 1 << 24
"""Distances held at a time (64 MiB)."""


def nearest_places(cloud: Points, queries: Points, k: int) -> NDArray[np.int64]:
    """Places of the k nearest points of the cloud, the nearest first, shape (queries, k).

    Args:
        cloud: points, at least k.
        queries: points.
        k: how many, at least 1.

    >>> nearest_places(np.float32([[0], [1], [5]]), np.float32([[0.9]]), 2).tolist()
    [[1, 0]]
    """
    out = np.empty((len(queries), k), dtype=np.int64)
    for part, scores in products(cloud, queries):
        few = (
            np.argpartition(scores, k - 1, axis=1)[:, :k] if k < len(cloud) else np.tile(np.arange(k), (len(scores), 1))
        )
        order = np.argsort(np.take_along_axis(scores, few, axis=1), axis=1, kind="stable")
        out[part] = np.take_along_axis(few, order, axis=1)
    return out


def products(cloud: Points, queries: Points) -> Iterator[tuple[slice, Points]]:
    """Blocks of queries, and their squared distances to all points, less the length of each query.

    One product gives -2 qc + cc, as the cloud's lengths are a last axis of it.
    """
    assert len(cloud) > 0, "no point to be near to"
    lengths = np.einsum("ij,ij->i", cloud, cloud)
    flipped = np.vstack([cloud.T * np.float32(-2), lengths])
    step = max(1, BLOCK // len(cloud))
    for start in range(0, len(queries), step):
        part = slice(start, min(start + step, len(queries)))
        one = np.ones((part.stop - start, 1), dtype=np.float32)
        yield part, np.hstack([queries[part], one]) @ flipped


def distances(queries: Points, found: Points) -> NDArray[np.float64]:
    """Euclidean distance of each row to the row of the same number."""
    gap = queries.astype(np.float64) - found
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", gap, gap)))
