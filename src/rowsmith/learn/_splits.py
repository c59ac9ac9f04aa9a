"""Settings of the boosted core, and how codes become the leaves of a tree and features of later columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the classifiers of a column are grown."""

    rounds: int = 100
    """Trees a classifier has at most."""
    rate: float = 0.25
    """Shrinkage of every tree's leaf values."""
    depth: int = 4
    """Levels of splits in a tree."""
    min_leaf: int = 20
    """Fewest training rows in a leaf."""
    l2: float = 1.0
    """Ridge penalty on a leaf's value, in units of the second derivative (a row weighs at most 0.25)."""
    rows: int = 50000
    """Most rows a classifier is trained on; more are sampled down."""
    subsample: float = 0.7
    """Share of a node's rows that a tree sees; below 1 the others measure it, and trees that stop to help are cut off."""
    floor: int = 25
    """Trees that are kept whatever the others say."""
    patience: int = 10
    """Trees without gain after which growing stops."""
    columns: float = 1.0
    """Share of features that a tree looks at."""
    min_node: int = 80
    """A node with fewer rows keeps its share and no classifier."""
    min_side: int = 10
    """So does a node with fewer rows on one side."""
    smooth: float = 10.0
    """Rows of the node's own share that are mixed into a nominal level's share before levels are ordered by it."""


def split_codes(counts: NDArray[np.int64]) -> NDArray[np.int32]:
    """Binary tree over codes, cut where the two sides' rows are most nearly equal.

    Args:
        counts: rows of each code, [size].

    Returns:
        Inner nodes in preorder, [size - 1, 5]: first code, first code of the right side, end code, left child, right child; a
        child is the number of an inner node, or ~code.
    """
    size = len(counts)
    total = np.concatenate([[0], np.cumsum(np.asarray(counts, np.float64) + 1e-3)])
    nodes: list[list[int]] = []
    todo = [(0, size, -1, 0)]
    while todo:
        lo, hi, parent, side = todo.pop()
        if hi - lo == 1:
            child = ~lo
        else:
            child = len(nodes)
            mid = int(np.searchsorted(total, (total[lo] + total[hi]) / 2))
            if mid - 1 > lo and total[mid] + total[mid - 1] > total[lo] + total[hi]:
                mid -= 1
            mid = min(max(mid, lo + 1), hi - 1)
            nodes.append([lo, mid, hi, 0, 0])
            todo += [(mid, hi, child, 4), (lo, mid, child, 3)]
        if parent >= 0:
            nodes[parent][side] = child
    return np.array(nodes, np.int32).reshape(-1, 5)


def feature_map(counts: NDArray[np.int64], ordered: bool) -> NDArray[np.uint8]:
    """Code to feature code (at most 256), [size]: the same where they fit, else pooled by mass (ordered) or by rarity."""
    size = len(counts)
    if size <= 256:
        return np.arange(size, dtype=np.uint8)
    if not ordered:
        return np.minimum(np.arange(size), 255).astype(np.uint8)
    middle = np.cumsum(counts) - counts / 2
    return np.minimum(middle * 256 / max(counts.sum(), 1), 255).astype(np.uint8)
