"""Wrong labels found again: rows of which a model is sure that never saw them, and what they say instead.

Source: confident learning (C. Northcutt, L. Jiang, I. Chuang, JAIR 70, 2021): a row is sure to be of a class if the model, fitted to
other rows, gives the class at least the probability that it gives it on average where the label says so. Of these the surer
half is taken, where the model errs least: there, labels other than the class are wrong ones, by the anchor points' argument
(T. Liu, D. Tao, IEEE TPAMI 38, 2016).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.confident import sure_classes
from rowsmith.core.errors import DataError
from rowsmith.core.rng import Key
from rowsmith.truth._axis import axis, is_time
from rowsmith.truth._dirt import share, sure
from rowsmith.truth._plant import Finding
from rowsmith.truth._terms import Given, named, numbers, texts

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
FOLDS, ROUNDS = 5, 40
MOST_ROWS, MOST_LEVELS = 30_000, 60
FEWEST = 10
"""Rows that a model must be sure of, for anything to be said of a class."""
RARELY = 0.2
"""Of the most frequent mistake: rarer ones may be the model's own."""
STEP = 1e-4
"""Of differences that stand for slopes."""
SETTINGS = {
    "learning_rate": 0.15,
    "num_leaves": 8,
    "min_data_in_leaf": 30,
    "lambda_l2": 50.0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 7,
    "verbose": -1,
}


@dataclass(frozen=True)
class Confident:
    """What labels say where a model is sure.

    Attributes:
        counts: rows that are sure to be of class j and say i, shape (classes, classes).
        shares: of the rows that say each class, shape (classes,).
        n: rows looked at.
    """

    counts: Array
    shares: Array
    n: int


def features(given: Given, names: Sequence[str]) -> Array:
    """Columns as numbers for a model, shape (n, columns): levels as ones and zeros, dates as days.

    Raises:
        DataError: a column has more than `MOST_LEVELS` levels.
    """
    out = []
    for name in names:
        column = named(given, name)
        try:
            out.append(numbers(column, name))
            continue
        except DataError:
            coded = texts(column).dictionary_encode()
        if len(coded.dictionary) <= MOST_LEVELS:
            codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            order = np.argsort(np.array(coded.dictionary.to_pylist(), dtype=object))
            out += [(codes == level).astype(float) for level in order]
        elif is_time(column):
            out.append(axis(column, name))
        else:
            raise DataError(
                f"{name}: has {len(coded.dictionary)} values; expected numbers, dates, or at most {MOST_LEVELS}."
            )
    return np.column_stack(out)


def confident(x: Array, labels: Codes, classes: int) -> Confident:
    """What labels say where a model of them is sure.

    Args:
        x: features, shape (n, columns).
        labels: from 0 to below `classes`, shape (n,).
        classes: how many there are.
    """
    step = max(1, len(labels) // MOST_ROWS)
    x, labels = x[::step], labels[::step]
    fold = Key(0).child("folds").generator().permutation(len(labels)) % FOLDS
    chances = _chances(x, labels, classes, fold)
    # Fold by fold: the model of a fold whose labels happen to be worse was fitted to better ones, and is surer. One bar for
    # all would pass more rows of such a fold, and find too many wrong labels.
    counts = sum(
        (_sure(chances[fold == k], labels[fold == k], classes) for k in range(FOLDS)), np.zeros((classes,) * 2)
    )
    return Confident(counts, np.bincount(labels, minlength=classes) / max(len(labels), 1), len(labels))


def _sure(chances: Array, labels: Codes, classes: int) -> Array:
    """What labels say in the rows of a fold that its model is sure of, shape (classes, classes)."""
    counts = np.zeros((classes, classes))
    best = sure_classes(chances, labels)
    for j in range(classes):
        rows = np.flatnonzero(best == j)
        if len(rows):
            surer = rows[chances[rows, j] >= np.median(chances[rows, j])]
            counts[:, j] = np.bincount(labels[surer], minlength=classes)
    return counts


def find_noise(found: Confident, words: Sequence[str]) -> list[Finding]:
    """Share of wrong labels, and which class is taken for which: those that are not much rarer than the most frequent.

    Args:
        found: what labels say where a model is sure.
        words: names of the classes.
    """
    sizes = found.counts.sum(axis=0)
    if (sizes < FEWEST).any():
        weak = [word for word, size in zip(words, sizes, strict=True) if size < FEWEST]
        return [Finding(name="rate", estimate=None, note=f"no model is sure of {', '.join(weak)}")]
    says = found.counts / sizes  # P(label i | class j)
    pairs = [(j, i) for i, j in np.argwhere(~np.eye(len(words), dtype=bool))]
    least = [share("", float(found.counts[i, j]), float(sizes[j])).low or 0.0 for j, i in pairs]
    most = max(float(says[i, j]) for j, i in pairs)
    flips = tuple(f"{words[j]} → {words[i]}" for (j, i), low in zip(pairs, least, strict=True) if low > RARELY * most)
    return [sure("rate", _wrong(says, found.shares), _error(found, says)), Finding(name="flips", estimate=flips)]


def _wrong(says: Array, shares: Array) -> float:
    """Share of wrong labels, given the chance of each label by class, and how many rows say each."""
    true = np.clip(np.linalg.lstsq(says, shares, rcond=None)[0], 0, 1)
    return float(true @ (1 - np.diag(says)) / max(true.sum(), 1e-300))


def _error(found: Confident, says: Array) -> float:
    """Standard error of `_wrong` by the delta method: what is counted is multinomial, in each class and over all rows."""
    labels = np.eye(len(found.shares))
    # half a row more of each label: what was not seen would be thought to be certain
    laws = [(column / column.sum(), column.sum()) for column in found.counts.T + 0.5]
    moves = [
        [(says + STEP * np.outer(i - p, j), found.shares) for i in labels] for j, p in zip(labels, says.T, strict=True)
    ]
    laws.append((found.shares, found.n))
    moves.append([(says, found.shares + STEP * (i - found.shares)) for i in labels])
    base, variance = _wrong(says, found.shares), 0.0
    for (p, n), ways in zip(laws, moves, strict=True):
        slopes = np.array([_wrong(*way) - base for way in ways]) / STEP
        variance += float(p @ slopes**2 - (p @ slopes) ** 2) / n
    return math.sqrt(max(variance, 0.0))


def _chances(x: Array, labels: Codes, classes: int, fold: Codes) -> Array:
    """Probability of each class in each row by a model fitted to the rows of other folds, shape (n, classes)."""
    import lightgbm

    n = len(labels)
    out = np.full((n, classes), 1 / classes)
    two = classes == 2
    settings = SETTINGS | ({"objective": "binary"} if two else {"objective": "multiclass", "num_class": classes})
    for k in range(FOLDS):
        rest, held = fold != k, fold == k
        if not held.any() or len(np.unique(labels[rest])) < 2:
            continue
        data = lightgbm.Dataset(x[rest], labels[rest], params={"verbose": -1, "num_threads": 1}, free_raw_data=False)
        made = np.asarray(lightgbm.train(settings, data, num_boost_round=ROUNDS).predict(x[held], num_threads=1))
        out[held] = np.column_stack([1 - made, made]) if two else made
    return out
