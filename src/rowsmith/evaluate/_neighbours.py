"""Which row is nearest, not only how far it is."""

from __future__ import annotations

import numpy as np

from rowsmith.evaluate._space import BLOCK, Points
from rowsmith.evaluate._stats import Floats, Ints


def nearest_rows(cloud: Points, queries: Points, *, apart: bool = False) -> tuple[Ints, Floats]:
    """Place of the nearest point of the cloud, and its Euclidean distance, shape (queries,) each.

    Args:
        cloud: points, at least one (two if `apart`).
        queries: points.
        apart: whether the queries are the cloud itself, so that a point is not its own neighbour.
    """
    lengths = np.einsum("ij,ij->i", cloud, cloud)
    step = max(1, BLOCK // len(cloud))
    place, distance = np.empty(len(queries), dtype=np.int64), np.empty(len(queries))
    flipped = np.ascontiguousarray(cloud.T) * np.float32(-2)
    for start in range(0, len(queries), step):
        part = queries[start : start + step]
        scores = part @ flipped
        scores += lengths
        if apart:
            own = np.arange(len(part))
            scores[own, start + own] = np.inf
        place[start : start + step] = best = np.argmin(scores, axis=1)
        gap = part.astype(np.float64) - cloud[best]
        distance[start : start + step] = np.sqrt(np.einsum("ij,ij->i", gap, gap))
    return place, distance
