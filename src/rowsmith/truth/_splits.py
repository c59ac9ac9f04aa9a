"""Rules of a label found with a tree, and the places of its thresholds.

The tree grows leaf by leaf, and stops where another leaf is not worth it by the criterion of N. R. Zhang and D. O. Siegmund,
Biometrics 63 (2007), which counts a place that was searched for as more than a parameter. The first and largest split on a
column is refined: given the labels' shares in the cells of all thresholds, by the posterior of its place (`_threshold`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.truth._plant import Finding, portion
from rowsmith.truth._terms import named, numbers, texts
from rowsmith.truth._threshold import Threshold, threshold

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
MOST_LEAVES = 16
MOST_LABELS = 20
WORSE = 3
"""After so many leaves that are not worth it, no more are tried: two thresholds may show only together."""
ROUNDS = 3
TO_GROW = 50_000
"""Rows of a longer table that the tree is grown from; thresholds are refined by all."""


def rules(target: str, among: Sequence[str] | None, table: pa.Table) -> list[Finding]:
    """The columns that decide, a threshold of each, and the share of rows that break the rules.

    Args:
        target: the column of labels.
        among: columns that may decide; None for all that hold numbers.
        table: the rows.

    Raises:
        DataError: there are too few labels or too many, or no columns of numbers.
    """
    coded = texts(named(table, target)).dictionary_encode()
    y = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    if not 2 <= len(coded.dictionary) <= MOST_LABELS:
        raise DataError(f"{target}: has {len(coded.dictionary)} labels; expected 2 to {MOST_LABELS}.")
    names, x = _numeric(target, among, table)
    kept = (y >= 0) & np.isfinite(x).all(axis=1)
    x, y = x[kept], y[kept]
    if len(y) < 50:
        raise DataError(f"{target}: {len(y)} rows have a label and all of {', '.join(names)}; expected 50 or more.")
    cuts = _refined(x, y, _grown(x, y), len(coded.dictionary))
    found = [Finding(name="columns", estimate=tuple(names[j] for j in cuts), note="a tree, its size by a criterion")]
    found += [place.finding(f"threshold of {names[j]}", "posterior of the place") for j, place in cuts.items()]
    cells = _cells(x, {j: place.estimate for j, place in cuts.items()})
    counts = np.zeros((cells.max() + 1, len(coded.dictionary)))
    np.add.at(counts, (cells, y), 1)
    return [*found, portion("noise", float(len(y) - counts.max(axis=1).sum()), len(y))]


def _numeric(target: str, among: Sequence[str] | None, table: pa.Table) -> tuple[list[str], Floats]:
    names, columns = [], []
    for name in [n for n in table.column_names if n != target] if among is None else among:
        try:
            column = numbers(named(table, name), name)
        except DataError:
            if among is not None:
                raise
            continue
        if among is not None or np.isfinite(column).mean() > 0.5:
            names.append(name)
            columns.append(column)
    if not names:
        raise DataError(f"{target}: there are no columns of numbers beside it that could decide.")
    return names, np.column_stack(columns)


def _grown(x: Floats, y: Codes) -> dict[int, float]:
    """Columns of the tree to the threshold of the split that gains most, in order of columns."""
    from sklearn.tree import DecisionTreeClassifier

    if len(y) > TO_GROW:
        some = np.linspace(0, len(y) - 1, TO_GROW).astype(np.int64)
        x, y = x[some], y[some]
    n, labels = len(y), y.max() + 1
    best, lowest, worse = None, _cost(np.bincount(y)[None], n), 0
    for leaves in range(2, MOST_LEAVES + 1):
        tree = DecisionTreeClassifier(
            criterion="entropy", max_leaf_nodes=leaves, min_samples_leaf=max(5, n // 200), random_state=0
        ).fit(x, y)
        member = tree.apply(x)
        counts = np.zeros((member.max() + 1, labels))
        np.add.at(counts, (member, y), 1)
        cost = _cost(counts[counts.sum(axis=1) > 0], n)
        if cost < lowest:
            best, lowest, worse = tree, cost, 0
        else:
            worse += 1
        if worse == WORSE:
            break
    return {} if best is None else _largest(best.tree_)


def _cost(counts: Any, n: int) -> float:
    """Twice the negative log-likelihood of the labels in the leaves, and what leaves and thresholds cost."""
    leaves, labels = counts.shape
    share = counts / counts.sum(axis=1, keepdims=True)
    likelihood = float((counts * np.log(np.where(counts > 0, share, 1.0))).sum())
    return float(-2 * likelihood + (leaves * (labels - 1) + 3 * (leaves - 1)) * np.log(n))


def _largest(tree: Any) -> dict[int, float]:
    weight = tree.n_node_samples * tree.impurity
    gained: dict[int, tuple[float, float]] = {}
    for node in np.flatnonzero(tree.children_left >= 0):
        left, right, column = tree.children_left[node], tree.children_right[node], int(tree.feature[node])
        gain = float(weight[node] - weight[left] - weight[right])
        gained[column] = max(gained.get(column, (0.0, 0.0)), (gain, float(tree.threshold[node])))
    return {column: gained[column][1] for column in sorted(gained)}


def _refined(x: Floats, y: Codes, cuts: dict[int, float], labels: int) -> dict[int, Threshold]:
    places: dict[int, Threshold] = {}
    for _ in range(ROUNDS):
        for column in cuts:
            place = threshold(x[:, column], _gain(x, y, cuts, column, labels))
            places[column] = place
            cuts = {**cuts, column: place.estimate}
    return places


def _gain(x: Floats, y: Codes, cuts: dict[int, float], column: int, labels: int) -> Floats:
    """Log of how much likelier each row's label is above the column's threshold than below it, the others as they are."""
    above = x[:, column] >= cuts[column]
    rest = _cells(x, {j: cut for j, cut in cuts.items() if j != column})
    counts = np.full((2, rest.max() + 1, labels), 0.5)
    np.add.at(counts, (above.astype(np.int64), rest, y), 1)
    log = np.log(counts / counts.sum(axis=2, keepdims=True))
    return np.asarray(log[1, rest, y] - log[0, rest, y])


def _cells(x: Floats, cuts: dict[int, float]) -> Codes:
    """Number of each row's cell: on which side of each threshold it is; shape (n,)."""
    out = np.zeros(len(x), dtype=np.int64)
    for i, (column, cut) in enumerate(cuts.items()):
        out += (x[:, column] >= cut).astype(np.int64) << i
    return out
