"""Confident learning: which class a row is surely of, by a model that never saw it, whatever its label says.

Source: C. Northcutt, L. Jiang, I. Chuang, "Confident learning: estimating uncertainty in dataset labels", JAIR 70 (2021),
section 3.1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNSURE = -1
"""Stands for no class."""


def sure_classes(chances: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class of each row that a model is sure of.

    It is sure of a class if it gives it at least the probability that it gives it on average where the label says so; of
    several such classes, the likeliest counts.

    Args:
        chances: of each class by a model fitted to other rows, shape (n, classes).
        labels: from 0 to below `classes`, shape (n,).

    Returns:
        Classes, `UNSURE` where there is none, shape (n,).

    >>> sure_classes(np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.9, 0.1], [0.6, 0.4]]), np.array([0, 0, 1, 1, 0]))
    array([ 0,  0,  1,  0, -1])
    """
    classes = chances.shape[1]
    ends = [chances[labels == j, j].mean() if (labels == j).any() else 2.0 for j in range(classes)]
    over = np.where(chances >= np.array(ends), chances, -1)
    return np.where(over.max(axis=1, initial=-1) >= 0, over.argmax(axis=1), UNSURE)
