"""Rows of mixed types as points, so that some are near to others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from rowsmith.augment._change import Floats, Ints
from rowsmith.augment._numbers import floats
from rowsmith.augment._subject import Subject
from rowsmith.core.nearest import Points, nearest_places
from rowsmith.core.types import is_number, is_time

LEVELS = 60
"""Levels of a category that have an axis of their own; texts of more say nothing of nearness."""
UNLIKE = np.float32(0.5**0.5)
"""Length on a level's axis: two levels are as far apart as numbers by a standard deviation (SMOTE-NC)."""
MOST = 10_000
"""Rows among which neighbours are looked for: of more, a random part."""


class Space:
    """Rows as points: numbers and times in standard deviations, a missing one at the mean; an axis for each level.

    Attributes:
        points: shape (rows, axes).
    """

    def __init__(self, points: Points) -> None:
        self.points = points

    @classmethod
    def of(cls, subject: Subject, columns: Sequence[str]) -> Space:
        """The space of some columns of a table."""
        blocks = [np.zeros((subject.n, 1), dtype=np.float32)]
        for name in columns:
            values = subject.values(name)
            if is_number(values.type) or is_time(values.type):
                x = floats(values).copy()
                x[~np.isfinite(x)] = np.nan
                known = x[np.isfinite(x)]
                spread = known.std() if len(known) else 0.0
                if spread > 0:
                    blocks.append(np.nan_to_num((x - known.mean()) / spread).astype(np.float32)[:, None])
            elif subject.is_a(name, "class"):
                codes, levels = subject.labels(name)
                axes = np.arange(min(len(levels), LEVELS))
                blocks.append((codes[:, None] == axes) * UNLIKE)
        return cls(np.hstack(blocks))

    def nearest(self, queries: Ints, cloud: Ints, k: int, rng: np.random.Generator) -> Ints:
        """Rows of the cloud nearest to each query but itself, the nearest first, shape (queries, at most k).

        Args:
            queries: numbers of rows.
            cloud: numbers of rows; of very many, a random part counts.
            k: how many.
            rng: which part.
        """
        if len(cloud) > MOST:
            cloud = np.sort(rng.choice(cloud, MOST, replace=False))
        k = min(k, len(cloud) - int(np.isin(queries, cloud).any()))
        if k < 1 or not len(queries):
            return np.empty((len(queries), 0), dtype=np.int64)
        near = cloud[nearest_places(self.points[cloud], self.points[queries], min(k + 1, len(cloud)))]
        others = near != queries[:, None]
        # of equal rows it need not be the first; and one that is not of the cloud has its last taken out
        others[others.all(axis=1), -1] = near.shape[1] == k
        return np.asarray(near[others].reshape(len(queries), -1)[:, :k])

    def sparsity(self, rows: Ints, clusters: int, rng: np.random.Generator) -> Floats:
        """How sparse the cluster of each row is, in proportion, shape (rows,): the mean distance of its rows."""
        from sklearn.cluster import KMeans

        clusters = max(1, min(clusters, len(rows) // 4))
        points = self.points[rows].astype(np.float64)
        found = KMeans(clusters, n_init=1, random_state=int(rng.integers(2**31))).fit(points)
        apart = np.linalg.norm(points - found.cluster_centers_[found.labels_], axis=1)
        sizes = np.bincount(found.labels_, minlength=clusters)
        sparse = np.bincount(found.labels_, weights=apart, minlength=clusters) / sizes + 1e-9
        return np.asarray((sparse / sizes)[found.labels_])


def is_line(subject: Subject, name: str) -> bool:
    """Whether values of a column lie on a line, so that there are others between two of them; classes do not."""
    kind = subject.table.schema.field(name).type
    return (is_number(kind) or is_time(kind)) and pc.count_distinct(subject.values(name)).as_py() > 2
