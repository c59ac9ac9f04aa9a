"""Rows of mixed types as points, and the distance to the nearest one, in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.nearest import Points, distances, products
from rowsmith.evaluate._align import Columns, Feature

LEVELS = 60
"""Levels of a category that have an axis of their own; a rarer one is as far from all others as from these."""
AXES = 600
"""Axes of all categories together; with many of them, each gets fewer."""
UNLIKE = np.float32(0.5**0.5)
"""Length on a level's axis, so that two different levels are 1 apart."""


@dataclass(frozen=True)
class Space:
    """A space whose axes are the ranks of numbers (0 to 1, null at -1) and the levels of categories.

    Attributes:
        axes: of each feature, the sorted values of a number, or the places of a category's levels (null is -1).
        numeric: whether a feature is a number.
    """

    axes: tuple[NDArray[Any], ...]
    numeric: tuple[bool, ...]

    @classmethod
    def fit(cls, features: Sequence[Feature], tables: Sequence[Columns]) -> Space:
        """The space in which the tables' values are evenly spread.

        Args:
            features: of the columns.
            tables: whose values set the ranks and the frequent levels.
        """
        categories = sum(f.kind == "category" for f in features)
        most = min(LEVELS, max(4, AXES // max(categories, 1)))
        axes = []
        for i, feature in enumerate(features):
            values = np.concatenate([t.arrays[i] for t in tables])
            if feature.kind == "category":
                counts = np.bincount(values + 1)
                order = np.argsort(-counts, kind="stable")[:most]
                axes.append(order[counts[order] > 0] - 1)
            else:
                axes.append(np.sort(values[~np.isnan(values)]))
        return cls(tuple(axes), tuple(f.kind != "category" for f in features))

    def points(self, table: Columns) -> Points:
        """The rows as points, shape (rows, axes)."""
        blocks = [
            self.ranks(i, values).astype(np.float32)[:, None] if self.numeric[i] else self.levels(i, values)
            for i, values in enumerate(table.arrays)
        ]
        return np.hstack(blocks) if blocks else np.zeros((table.n, 0), dtype=np.float32)

    def levels(self, i: int, values: NDArray[Any]) -> Points:
        """Which level a category has, one axis a level, shape (rows, levels)."""
        return np.asarray((values[:, None] == self.axes[i][None, :]) * UNLIKE)

    def ranks(self, i: int, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where values of a number stand among those of all tables, 0 to 1, ties in the middle; null at -1."""
        axis = self.axes[i]
        below, upto = (np.searchsorted(axis, values, side=side) for side in ("left", "right"))
        return np.where(np.isnan(values), -1.0, (below + upto + (upto > below)) / (2 * max(len(axis), 1)))

    def places(self, features: Sequence[int]) -> NDArray[np.int64]:
        """Which axes belong to some features."""
        widths = [1 if numeric else len(axis) for axis, numeric in zip(self.axes, self.numeric, strict=True)]
        return np.flatnonzero(np.repeat(np.isin(np.arange(len(widths)), features), widths))


def nearest(cloud: Points, queries: Points) -> NDArray[np.float64]:
    """Euclidean distance of each query to its nearest point of the cloud, shape (queries,).

    The nearest is found by one matrix product a block; its distance is then taken exactly, so that equal rows are at 0.
    """
    out = np.empty(len(queries))
    for part, scores in products(cloud, queries):
        out[part] = distances(queries[part], cloud[np.argmin(scores, axis=1)])
    return out


def nearest_two(cloud: Points, queries: Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances of each query to its nearest and to its second nearest point of the cloud, which has two at least."""
    out = np.empty(len(queries)), np.empty(len(queries))
    for part, scores in products(cloud, queries):
        for length in out:
            at = np.argmin(scores, axis=1)
            length[part] = distances(queries[part], cloud[at])
            scores[np.arange(len(at)), at] = np.inf
    return out[0], np.maximum(*out)
