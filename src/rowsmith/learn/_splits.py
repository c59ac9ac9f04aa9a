"""Settings of the boosted core, and how codes become the leaves of a tree and features of later columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the classifiers of a column are grown. Chosen on four tables; see `benchmarks/README.md`."""

    rounds: int = 100
    """Trees a classifier has at most."""
    rate: float = 0.4
    """Shrinkage of every tree's leaf values. Small ones cost trees and gain nothing that the judge can see."""
    depth: int = 6
    """Levels of splits in a tree."""
    min_leaf: int = 12
    """Fewest training rows in a leaf."""
    l2: float = 1.0
    """Ridge penalty on a leaf's value, in units of the second derivative (a row weighs at most 0.25)."""
    rows: int = 50_000
    """Most rows a classifier is trained on; more are sampled down."""
    subsample: float = 0.85
    """Share of a node's rows that a tree sees. The others measure it."""
    explore: int = 8
    """Trees that every node grows before it may stop."""
    patience: int = 6
    """Further trees without gain on rows outside of them after which it stops."""
    prior: float = 2000.0
    """Rows' worth of the gain of nodes of like size that a node adds to its own, which is noisy where rows are few."""
    floor: int = 20
    """Trees kept whatever the rows outside say: without them the twin is smoother than real rows."""
    floor_rows: int = 4000
    """Rows from which a node keeps all of these; one with fewer keeps its share, or it would learn its rows by heart."""
    min_node: int = 80
    """A node with fewer rows keeps its share and no classifier; in small tables with fewer, see `least`."""
    min_side: int = 10
    """So does a node with fewer rows on one side."""
    smooth: float = 10.0
    """Rows of the node's own share that are mixed into a nominal level's share before levels are ordered by it."""


def least(settings: Settings, rows: int) -> tuple[int, int]:
    """Rows of a node, and of one side of it, from which on it gets a classifier.

    A tenth of the table, at least 20: else a table of a hundred rows would be cut in two, and be random below that.

    >>> least(Settings(), 100), least(Settings(), 500), least(Settings(), 10_000)
    ((20, 5), (50, 10), (80, 10))
    """
    few, side = max(20, rows // 10), max(5, rows // 40)
    return min(settings.min_node, few), min(settings.min_side, side)


def split_codes(counts: NDArray[np.int64], borders: tuple[int, ...] = ()) -> NDArray[np.int32]:
    """Binary tree over codes, cut where the two sides' rows are most nearly equal.

    Args:
        counts: rows of each code, [size].
        borders: codes at which the tree is cut before all others, rising: what stands on either side is of another sort.

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
            mid = next((border for border in borders if lo < border < hi), 0)
            if not mid:
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
    return np.minimum(middle * 256 / max(counts.sum(), 1), 255).astype(np.uint8)  # type: ignore[no-any-return]


def fault(forest: dict[str, NDArray[Any]], n_features: int, size: int) -> str:
    """What is wrong with a forest that came from a file, or "" if nothing; compiled code checks no bounds.

    Args:
        forest: arrays as `_boost.fit_column` returns them.
        n_features: columns before this one in the chain.
        size: codes of the column.
    """
    left, right, trees_of, rank_of = (forest[k].astype(np.int64) for k in ("left", "right", "trees_of", "rank_of"))
    feature, threshold, value, ranks = (forest[k] for k in ("feature", "threshold", "value", "ranks"))
    offset, nodes = forest["offset"].astype(np.int64), len(left)
    own = np.arange(nodes)
    children = [((c > own) & (c < nodes)) | ((c < 0) & (~c < size)) for c in (left, right)]
    sound = (
        nodes == size - 1 == len(right) == len(rank_of) == len(forest["base"]) == len(trees_of) - 1
        and all(bool(c.all()) for c in children)
        and bool((np.diff(trees_of) >= 0).all() and trees_of[0] == 0 and trees_of[-1] == len(feature))
        and feature.ndim == threshold.ndim == value.ndim == ranks.ndim == 2
        and feature.shape == threshold.shape == (len(value), value.shape[1] - 1)
        and bool((feature < max(n_features, 1)).all() and (feature >= 0).all())
        and len(offset) == n_features + 1
        and bool((np.diff(offset) >= 0).all() and offset[0] == 0 and offset[-1] == ranks.shape[1])
        and bool(((rank_of >= 0) & (rank_of < max(len(ranks), 1))).all())
        and (len(ranks) > 0 or not len(feature) or offset[-1] == 0)
    )
    return "" if sound else ": its arrays do not fit together"
