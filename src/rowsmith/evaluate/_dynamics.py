"""How likely rows are what their labels say: while a classifier learns them, and by classifiers that never saw them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.evaluate._labelled import Labelled
from rowsmith.evaluate._stats import Floats, Ints
from rowsmith.evaluate._trees import Trees, side_by_side

ROUNDS = 100
ALL_TREES = 1_000
"""Trees at most: with many classes there are fewer rounds."""
FEWEST_ROUNDS = 25
LEAVES, FEW_LEAVES = 15, 7
"""Of a tree; the latter with fewer rows than FEW_ROWS, which larger trees would learn by heart, wrong labels and all."""
FEW_ROWS = 2_000
MOST_LEARNT = 100_000
"""Rows that a classifier learns; all are looked at."""
BLOCK = 50_000


@dataclass(frozen=True)
class Dynamics:
    """The chance p of each row's label at the end of each boosting round, over the rounds.

    Source: S. Swayamdipta et al., "Dataset cartography" (EMNLP 2020), section 2; for boosted trees N. Seedat, J. Crabbé,
    I. Bica, M. van der Schaar, "Data-IQ" (NeurIPS 2022), section 3.

    Attributes:
        mean: of p, shape (n,).
        square: mean of p², shape (n,).
    """

    mean: Floats
    square: Floats

    @property
    def aleatoric(self) -> Floats:
        """Mean of p (1 - p): how uncertain the label is whatever is learnt, from 0 to 1/4."""
        return np.maximum(self.mean - self.square, 0.0)

    @property
    def variability(self) -> Floats:
        """Standard deviation of p: how much the classifier changed its mind, from 0 to 1/2."""
        return np.sqrt(np.maximum(self.square - self.mean**2, 0.0))


def dynamics(rows: Labelled, key: Key, workers: int) -> Dynamics:
    """The dynamics of a boosted classifier of all rows, or of a random part of many."""
    learnt = np.sort(key.generator().permutation(len(rows.labels))[:MOST_LEARNT])
    model = _fitted(rows, learnt).model_to_string()
    places = [slice(i, i + BLOCK) for i in range(0, len(rows.labels), BLOCK)]
    parts = side_by_side([partial(_followed, model, rows, place) for place in places], workers)
    mean, square = (np.concatenate([part[i] for part in parts]) for i in range(2))
    return Dynamics(mean, square)


def out_of_fold(rows: Labelled, fold: Ints, workers: int) -> Floats:
    """The chance of each class by a classifier of the other folds' rows, shape (n, classes).

    Args:
        rows: with their labels; every class is in every fold.
        fold: of each row, shape (n,).
        workers: threads.
    """

    def held_out(k: int) -> Floats:
        others = np.flatnonzero(fold != k)
        model = _fitted(rows, others[:: max(1, -(-len(others) // MOST_LEARNT))])
        return _chances(_raw(model, rows.x[fold == k]))

    out = np.empty((len(rows.labels), len(rows.classes)))
    folds = range(int(fold.max()) + 1)
    for k, found in zip(folds, side_by_side([partial(held_out, k) for k in folds], workers), strict=True):
        out[fold == k] = found
    return out


def _fitted(rows: Labelled, learnt: Ints) -> Any:
    classes = len(rows.classes)
    rounds = ROUNDS if classes == 2 else max(FEWEST_ROUNDS, min(ROUNDS, ALL_TREES // classes))
    trees = Trees(rows.features, rounds, leaves=LEAVES if len(rows.labels) >= FEW_ROWS else FEW_LEAVES)
    more: dict[str, Any] = {} if classes == 2 else {"num_class": classes}
    data = trees.dataset(rows.x[learnt], rows.labels[learnt])
    return trees.train(data, "binary" if classes == 2 else "multiclass", **more)


def _followed(text: str, rows: Labelled, place: slice) -> tuple[Floats, Floats]:
    """Mean, and mean square, over the rounds of the chance of each row's label.

    Takes the model as text, for a booster that several threads ask for single rounds gives each those of another.
    """
    import lightgbm

    model = lightgbm.Booster(model_str=text)
    x, labels = rows.x[place], rows.labels[place]
    raw: Floats | float = 0.0
    total, squares = np.zeros(len(labels)), np.zeros(len(labels))
    rounds = model.current_iteration()
    for i in range(rounds):
        raw = raw + _raw(model, x, start_iteration=i, num_iteration=1)
        p = _chances(raw)[np.arange(len(labels)), labels]
        total += p
        squares += p * p
    return total / rounds, squares / rounds


def _raw(model: Any, x: Floats, **part: int) -> Floats:
    return np.asarray(model.predict(x, raw_score=True, num_threads=1, **part), dtype=np.float64)


def _chances(raw: NDArray[np.float64]) -> Floats:
    """Raw scores as chances, shape (n, classes)."""
    both = np.stack([-raw / 2, raw / 2], axis=1) if raw.ndim == 1 else raw
    shares = np.exp(both - both.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)
