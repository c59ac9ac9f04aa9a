"""How much every real row looks like one that was learnt: scores that several attacks share, made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.nearest import Points
from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._space import nearest
from rowsmith.evaluate._stats import Floats, Ints

if TYPE_CHECKING:
    from rowsmith.evaluate._context import Context

RANDOM = 3_000
"""Rows of each side that are attacked whoever they are."""
APART = 1_000
"""Rows of each side that are attacked as they stand apart."""
CONTROL = 600
"""Rows of each side and sort that are attacked under the floor and the copy."""
REAL = 20_000
"""Rows of each side among which those that stand apart are looked for."""
CLOUD = 40_000
"""Rows of a synthetic table that the attacker looks at."""
SHARE = 0.05
"""Unseen rows that count as standing apart: those furthest from any other."""
FEWEST_APART = 50
"""Of fewer unseen rows, more than that share is taken, up to so many, as else there would be no threshold …"""
LARGEST_SHARE = 0.2
"""… and up to this share."""
NEAR = 1e-3
"""Added to distances, so that equal rows have a ratio too."""


@dataclass(frozen=True)
class Side:
    """The rows of one side: learnt ones, or unseen ones.

    Attributes:
        table: the rows.
        score: of each, shape (rows,): the logarithm of how much nearer the synthetic rows come than other real ones.
        random: rows that were drawn at random.
        apart: rows that stand apart from all other real ones.
    """

    table: Columns
    score: Floats
    random: NDArray[np.bool_]
    apart: NDArray[np.bool_]

    def of(self, apart: bool) -> Floats:
        """The scores of the rows drawn at random, or of those that stand apart."""
        return self.score[self.apart if apart else self.random]


@dataclass(frozen=True)
class Scores:
    """Both sides under one synthetic table.

    Attributes:
        learnt: training rows.
        unseen: rows of the holdout.
    """

    learnt: Side
    unseen: Side


@dataclass(frozen=True)
class Trials:
    """The same attack on the table to judge and on tables that are known to be good or bad.

    Attributes:
        synthetic: under the table to judge.
        copy: under a copy of the training rows: the positive control.
        floor: under shuffled columns.
        fresh: under real rows that nobody learnt from: the negative control.
        reference: rows that serve as what is usual.
    """

    synthetic: Scores
    copy: Scores
    floor: Scores
    fresh: Scores
    reference: int


@dataclass(frozen=True)
class _Rows:
    """Rows to attack with one reference.

    Attributes:
        at: their numbers in the table that they were taken from.
        points: of the rows.
        usual: distance of each to the nearest row of the reference.
        random: as in `Side`.
        apart: as in `Side`.
    """

    at: Ints
    points: Points
    usual: Floats
    random: NDArray[np.bool_]
    apart: NDArray[np.bool_]

    def take(self, rows: NDArray[np.bool_]) -> _Rows:
        return _Rows(self.at[rows], self.points[rows], self.usual[rows], self.random[rows], self.apart[rows])


@dataclass(frozen=True)
class _Fold:
    """Learnt and unseen rows that share a reference, by which those that stand apart are told."""

    learnt: _Rows
    unseen: _Rows

    @classmethod
    def of(cls, learnt: _Numbered, unseen: _Numbered, reference: Points, parts: int = 1) -> _Fold:
        usual = [nearest(reference, points) for _, points in (learnt, unseen)]
        n = len(usual[1])
        share = max(SHARE, min(LARGEST_SHARE, FEWEST_APART / parts / n))
        limit = float(np.quantile(usual[1], 1 - share))
        return cls(*(_chosen(side, far, limit, parts) for side, far in zip((learnt, unseen), usual, strict=True)))

    def first(self, n: int) -> _Fold:
        """Only so many rows of each sort."""
        return _Fold(*(r.take(_upto(r.random, n) | _upto(r.apart, n)) for r in (self.learnt, self.unseen)))


_Numbered = tuple[Ints, Points]


def _chosen(side: _Numbered, usual: Floats, limit: float, parts: int) -> _Rows:
    """The first rows (they come in random order), and the first of those that stand apart."""
    far = usual > limit
    random, apart = np.arange(len(usual)) < RANDOM // parts, _upto(far, APART // parts)
    return _Rows(*side, usual, random, apart).take(random | apart)


def _upto(rows: NDArray[np.bool_], n: int) -> NDArray[np.bool_]:
    """The first n of some rows."""
    return rows & (np.cumsum(rows) <= n)


def trials(context: Context) -> Trials:
    """Attack training rows and the holdout under every table.

    The holdout is cut in two. Each half is the reference for the other half and for a half of the training rows, so that
    every unseen row plays the stranger. Which rows stand apart is told by the reference alone: an attacker can tell it
    too, and learnt and unseen rows are chosen alike.
    """
    assert context.holdout is not None
    real, holdout = (context.sample(t, REAL, "scores", i) for i, t in enumerate((context.real, context.holdout)))
    space = context.values
    known, unseen = space.points(real), space.points(holdout)
    halves, thirds = (np.array_split(np.arange(len(unseen)), parts) for parts in (2, 3))
    folds = [
        _Fold.of((rows, known[rows]), (halves[i], unseen[halves[i]]), unseen[halves[1 - i]], parts=2)
        for i, rows in enumerate(np.arange(k, len(known), 2) for k in range(2))
    ]
    few = [fold.first(CONTROL // 2) for fold in folds]
    strangers, reference, fresh = thirds
    third = _Fold.of((np.arange(len(known)), known), (strangers, unseen[strangers]), unseen[reference])

    def under(table: Columns, use: str) -> Points:
        return space.points(context.sample(table, CLOUD, "scores", use))

    def attack(folds: Sequence[_Fold], cloud: Points) -> Scores:
        return Scores(
            _side(real, [fold.learnt for fold in folds], cloud), _side(holdout, [fold.unseen for fold in folds], cloud)
        )

    return Trials(
        synthetic=attack(folds, under(context.synthetic, "synthetic")),
        copy=attack(few, under(context.copy, "copy")),
        floor=attack(few, under(context.floor, "floor")),
        fresh=attack([third], unseen[fresh]),
        reference=len(halves[0]),
    )


def _side(table: Columns, parts: Sequence[_Rows], cloud: Points) -> Side:
    hints = [np.log(p.usual + NEAR) - np.log(nearest(cloud, p.points) + NEAR) for p in parts]
    at, random, apart = (np.concatenate([getattr(p, name) for p in parts]) for name in ("at", "random", "apart"))
    return Side(table.take(at), np.concatenate(hints), random, apart)
