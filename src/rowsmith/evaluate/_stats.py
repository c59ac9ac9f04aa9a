"""Small statistics of arrays, in plain NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def average_ranks(values: Floats) -> Floats:
    """Ranks from 1, ties sharing their mean.

    >>> average_ranks(np.array([10.0, 30.0, 10.0])).tolist()
    [1.5, 3.0, 1.5]
    """
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[place], dtype=np.float64)


def auc(truth: NDArray[Any], score: Floats) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counting half.

    Args:
        truth: shape (rows,), true for positives; both must occur.
        score: shape (rows,).

    >>> auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    positive = truth.astype(bool)
    n, m = int(positive.sum()), int((~positive).sum())
    assert n > 0 and m > 0, "an AUC needs both classes"
    return float((average_ranks(score)[positive].sum() - n * (n + 1) / 2) / (n * m))


def roc(truth: NDArray[Any], score: Floats) -> tuple[Floats, Floats]:
    """False and true positive rates at every threshold, from (0, 0) to (1, 1), rows of equal score together."""
    order = np.argsort(-score, kind="stable")
    hits, ranked = truth.astype(bool)[order], score[order]
    last = np.append(np.flatnonzero(np.diff(ranked) != 0), len(ranked) - 1)
    true = np.cumsum(hits)[last] / hits.sum()
    false = np.cumsum(~hits)[last] / (~hits).sum()
    return np.append(0.0, false), np.append(0.0, true)


def spearman(a: Floats, b: Floats) -> float | None:
    """Rank correlation; None where one side has no order.

    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 2.0]))
    0.5
    """
    x, y = (average_ranks(v) - (len(v) + 1) / 2 for v in (a, b))
    spread = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / spread if spread > 0 else None


def kolmogorov_smirnov(a: Floats, b: Floats) -> float:
    """Largest distance between two empirical distribution functions; 1 if only one of them has values.

    >>> kolmogorov_smirnov(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    0.5
    """
    if len(a) == 0 or len(b) == 0:
        return float(len(a) != len(b))
    a, b = np.sort(a), np.sort(b)
    points = np.concatenate([a, b])
    distance = np.searchsorted(a, points, side="right") / len(a) - np.searchsorted(b, points, side="right") / len(b)
    return float(np.abs(distance).max())


def total_variation(p: NDArray[Any], q: NDArray[Any]) -> float:
    """Half the summed difference of two tables of counts of the same cells.

    >>> total_variation(np.array([5, 5]), np.array([10, 0]))
    0.5
    """
    return float(np.abs(p / p.sum() - q / q.sum()).sum() / 2)


def stratified_folds(classes: NDArray[Any], folds: int, rng: np.random.Generator) -> Ints:
    """The fold of each row, every class dealt out evenly, shape (rows,)."""
    fold = np.empty(len(classes), dtype=np.int64)
    for one in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == one))
        fold[rows] = np.arange(len(rows)) % folds
    return fold
