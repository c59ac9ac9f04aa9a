"""Rows between rows of a rare class: SMOTE for columns of any type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from rowsmith.augment._balance import Wanted, wanted
from rowsmith.augment._between import between
from rowsmith.augment._change import Floats, Ints, Outcome, RowChange
from rowsmith.augment._space import Space
from rowsmith.augment._subject import Subject
from rowsmith.core.apportion import largest_remainder
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key

CLUSTERS = 8
"""Of a class, by k-means."""


@dataclass(frozen=True, kw_only=True)
class Smote(RowChange):
    """Rows between a row of a rare class and one of its nearest neighbours of that class, for columns of any type.

    Numbers and times lie between those of both rows, on the column's own lattice; of all other values, and where one of the
    two is missing, a coin takes one. A class of one row is repeated. Every class comes to exactly what is wanted, real rows
    come first and unchanged, and a made row that would break a rule becomes a copy of the real one.

    Sources: N. Chawla et al., "SMOTE", JAIR 16 (2002), and its SMOTE-NC for mixed types; H. Han et al., "Borderline-SMOTE"
    (2005); H. He et al., "ADASYN" (2008); F. Last et al., "Oversampling for Imbalanced Learning Based on K-Means and SMOTE"
    (2017).

    >>> import rowsmith as rs, pyarrow as pa
    >>> rows = pa.table({"churn": ["no"] * 6 + ["yes"] * 2, "age": [30, 41, 52, 28, 37, 44, 61, 69]})
    >>> rs.augment(rows, rs.Smote("churn"), seed=1).frame["age"][8:].to_pylist()
    [66, 67, 63, 68]
    """

    target: str = field(kw_only=False)
    """The column of classes."""
    to: Any = None
    """How many rows each class shall have: a number, `{class: number}`, or a share of the most frequent class, below 1; as
    many as that one has if left out."""
    kind: Literal["regular", "borderline", "adasyn", "kmeans"] = "regular"
    """Which rows are starting points: all alike; those with many neighbours of other classes (borderline); the more, the
    more such neighbours (adasyn); or those of sparse clusters (kmeans)."""
    neighbours: int = 5
    """Nearest rows of the class, one of which is the other end; fewer where the class has fewer."""

    main: ClassVar[str] = "target"

    def __post_init__(self) -> None:
        if self.neighbours < 1:
            raise SpecError(f"neighbours={self.neighbours}: expected a whole number from 1.")

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Make rows of the classes that have too few."""
        goal = wanted(subject, self.target, self.to)
        columns = [n for n in subject.table.column_names if n != self.target and n not in subject.fixed]
        space = Space.of(subject, columns)
        bases, others = [], []
        for code, more in goal.lacking:
            rows = np.flatnonzero(goal.codes == code)
            stream = key.child("class", str(goal.levels[code]))
            base, other = self._pairs(space, goal, rows, more, stream)
            bases.append(base)
            others.append(other)
        if not bases:
            return Outcome.changed(subject.table)
        base, other = np.concatenate(bases), np.concatenate(others)
        return Outcome.with_more(
            subject.table, between(subject, base, other, key.child("between"), same=(self.target,)), base
        )

    def _pairs(self, space: Space, goal: Wanted, rows: Ints, more: int, key: Key) -> tuple[Ints, Ints]:
        """Starting points among rows of a class, and the other end of each, shape (more,) both."""
        rng = key.generator()
        counts = np.asarray(largest_remainder([int(s * 2**40) for s in self._shares(space, goal, rows, rng)], more))
        starts = np.flatnonzero(counts)
        near = space.nearest(rows[starts], rows, self.neighbours, rng)
        start = rng.permutation(np.repeat(np.arange(len(starts)), counts[starts]))
        base = rows[starts[start]]
        if near.shape[1] == 0:  # the only row of its class
            return base, base
        return base, near[start, rng.integers(0, near.shape[1], more)]

    def _shares(self, space: Space, goal: Wanted, rows: Ints, rng: np.random.Generator) -> Floats:
        """How many rows are made from each row of a class, in proportion, shape (rows,)."""
        # of equal shares, chance decides whose are rounded up
        even = 1 + rng.random(len(rows)) * 1e-6
        if self.kind == "regular":
            return even
        if self.kind == "kmeans":
            return space.sparsity(rows, CLUSTERS, rng) * even
        around = space.nearest(rows, np.flatnonzero(goal.codes >= 0), self.neighbours, rng)
        if around.shape[1] == 0:
            return even
        foreign = np.asarray((goal.codes[around] != goal.codes[rows][:, None]).mean(axis=1))
        if self.kind == "borderline":
            foreign = ((foreign >= 0.5) & (foreign < 1)).astype(float)
        return foreign * even if foreign.any() else even
