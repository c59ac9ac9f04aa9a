"""Which row is nearest, not only how far it is."""

from __future__ import annotations

import numpy as np

from rowsmith.core.nearest import Points, distances, products
from rowsmith.evaluate._stats import Floats, Ints


def nearest_rows(cloud: Points, queries: Points, *, apart: bool = False) -> tuple[Ints, Floats]:
    """Place of the nearest point of the cloud, and its Euclidean distance, shape (queries,) each.

    Args:
        cloud: points, at least one (two if `apart`).
        queries: points.
        apart: whether the queries are the cloud itself, so that a point is not its own neighbour.
    """
    place, distance = np.empty(len(queries), dtype=np.int64), np.empty(len(queries))
    for part, scores in products(cloud, queries):
        if apart:
            own = np.arange(part.start, part.stop)
            scores[own - part.start, own] = np.inf
        place[part] = np.argmin(scores, axis=1)
        distance[part] = distances(queries[part], cloud[place[part]])
    return place, distance
