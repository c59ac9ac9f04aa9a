"""Which draws of a rare class to take, so that together they are what a classifier knows of the class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.augment._balance import Wanted
from rowsmith.augment._change import Floats, Ints, Mask
from rowsmith.augment._numbers import floats
from rowsmith.augment._subject import Subject
from rowsmith.core.rng import Key
from rowsmith.core.types import is_number, is_time, whole

Draw = Callable[[pa.Table, Key], pa.Table]
"""A column of m rows to m whole rows."""

OVER = 4
"""Draws for each row that is wanted, of the class and of the others."""
LEAST = 30
"""Rows on either side from which on a classifier can tell a class."""
MOST = 50_000
"""Rows of a side that a classifier learns from; of more, a random part."""
BAGS = 10
"""Classifiers of real rows, whose mean counts: few rows of a class make each of them unsteady."""
FARTHEST = 3.0
"""Logarithm of the greatest weight, and of the least one, of a draw, against the median."""
_ALL = {"objective": "binary", "num_threads": 1, "verbose": -1, "deterministic": True, "force_row_wise": True}
_REAL = {
    "num_leaves": 8,
    "learning_rate": 0.05,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.6,
    "min_data_in_leaf": 20,
}
_DRAWN = {"num_leaves": 15, "learning_rate": 0.1}
_ROUNDS = {"real": 150, "drawn": 100}


def likely(
    subject: Subject, models: Callable[[bool], Draw], target: str, goal: Wanted, code: int, n: int, key: Key
) -> pa.Table:
    """Draws of a class, those that are likely to be of it rather than others; any where few real rows can tell.

    A learner that has seen few rows of a class draws it blurred, g(x | class), while it knows the many other rows well,
    g(x | other). What few rows say best is the odds o(x) of the class, by classifiers. So rows of the class are as
    g(x | other)·o(x), and a draw counts by o(x) / r(x), where r(x) = g(x | class) / g(x | other) comes from a classifier that
    tells draws of both apart (each half by trees that learnt from the other one). Draws are taken by their weights without
    replacement. Sources: D. Rubin, "The Calculation of Posterior Distributions by Data Augmentation: Comment", JASA 82 (1987),
    for importance resampling; S. Azadi et al., "Discriminator Rejection Sampling" (2019), for classifiers as density ratios.

    Args:
        subject: the table, with its real rows.
        models: gives a learner of the table: of a class with many rows, or with few.
        target: the column of classes.
        goal: the classes.
        code: number of the class.
        n: how many are wanted.
        key: random stream.
    """
    rest = goal.counts * (np.arange(len(goal.counts)) != code)
    many = min(int(goal.counts[code]), int(rest.sum())) >= LEAST
    draw = models(many)

    def drawn(what: str, codes: Ints) -> pa.Table:
        return draw(pa.table({target: goal.levels.take(pa.array(codes))}), key.child(what))

    if not many:
        return drawn("class", np.full(n, code))
    draws = drawn("class", np.full(OVER * n, code))
    pick = key.child("pick").generator()
    others = drawn("others", pick.choice(len(rest), min(OVER * n, 2 * MOST), p=rest / rest.sum()))
    view = _View.of(subject, target)
    x, z = view.points(draws), view.points(others)
    weights = _odds_of_real(subject, view, goal.codes == code, x, key.child("real")) - _ratio(
        view, x, z, key.child("drawn")
    )
    weights = np.clip(weights - np.median(weights), -FARTHEST, FARTHEST)
    # the n smallest of exponential waiting times are a weighted choice without replacement (Efraimidis and Spirakis, 2006)
    waits = key.child("choice").generator().exponential(size=len(x)) * np.exp(-weights)
    return draws.take(pa.array(np.sort(np.argpartition(waits, n - 1)[:n])))


def _odds_of_real(subject: Subject, view: _View, is_class: Mask, x: Floats, key: Key) -> Floats:
    """Log odds of the class for draws, up to a constant, shape (draws,)."""
    rng = key.generator()
    sides = [np.flatnonzero(is_class), np.flatnonzero(~is_class)]
    rows = np.sort(np.concatenate([s if len(s) <= MOST else rng.choice(s, MOST, replace=False) for s in sides]))
    points = view.points(subject.table.take(pa.array(rows)))
    out = np.zeros(len(x))
    for number in range(BAGS):
        out += view.trees(points, is_class[rows], "real", _REAL, key.child(number))(x)
    return out / BAGS


def _ratio(view: _View, x: Floats, z: Floats, key: Key) -> Floats:
    """Log of how much more often draws of the class come than those of the others, up to a constant, shape (draws,)."""
    rng, out = key.generator(), np.zeros(len(x))
    halves = [rng.random(len(part)) < 0.5 for part in (x, z)]
    for half in (True, False):
        own, other = halves[0] == half, halves[1] == half
        learnt = np.concatenate([x[~own][:MOST], z[~other][:MOST]])
        labels = np.arange(len(learnt)) < min(MOST, int((~own).sum()))
        out[own] = view.trees(learnt, labels, "drawn", _DRAWN, key.child(int(half)))(x[own])
    return out


@dataclass(frozen=True)
class _View:
    """Rows as a classifier sees them: numbers and times as they are, classes by number; texts of many values say nothing.

    Attributes:
        lines: columns of numbers and times.
        classes: columns of classes, and their values.
    """

    lines: Sequence[str]
    classes: Sequence[tuple[str, pa.Array]]

    @classmethod
    def of(cls, subject: Subject, target: str) -> _View:
        """What is seen of a table."""
        names = [n for n in subject.table.column_names if n != target and n not in subject.fixed]
        kinds = {n: subject.table.schema.field(n).type for n in names}
        lines = [n for n in names if is_number(kinds[n]) or is_time(kinds[n])]
        others = [n for n in names if n not in lines and n in subject.classes]
        return cls(lines, [(n, pc.unique(subject.values(n).drop_null())) for n in others])

    def points(self, table: pa.Table) -> Floats:
        """Shape (rows, columns); nan for what is missing."""
        columns = [floats(whole(table[name])) for name in self.lines]
        for name, levels in self.classes:
            codes = pc.index_in(whole(table[name]), levels).cast(pa.float64())
            columns.append(codes.fill_null(np.nan).to_numpy(zero_copy_only=False))
        return np.column_stack([np.zeros(table.num_rows), *columns])

    def trees(self, points: Floats, labels: Mask, what: str, settings: dict[str, Any], key: Key) -> Any:
        """A function from points to log odds, by boosted trees."""
        import lightgbm as lgb

        first = 1 + len(self.lines)
        named = list(range(first, first + len(self.classes)))
        data = lgb.Dataset(points, labels.astype(np.int8), categorical_feature=named, params={"verbose": -1})
        model = lgb.train({**_ALL, **settings, "seed": key.integer() % 2**31}, data, num_boost_round=_ROUNDS[what])
        return lambda x: np.asarray(model.predict(x, raw_score=True, num_threads=1))
