"""Rows in groups of k that are alike, with the mean of their group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.augment._change import Floats, Ints, Outcome, RowChange
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key

BLOCK = 4_000
"""Rows that are grouped at a time: of more, neighbours by their first principal component."""


@dataclass(frozen=True, kw_only=True)
class Microaggregate(RowChange):
    """Rows in groups of at least k that are alike in some columns of numbers, each with the mean of its group there.

    No row is alone with its values in these columns then, and means stay (but for rounding to the column's lattice).
    Source: J. Domingo-Ferrer and J. Mateo-Sanz, "Practical Data-Oriented Microaggregation" (2002), MDAV.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"pay": [10.5, 11.5, 30.5, 31.5]}), rs.Microaggregate(k=2)).frame["pay"].to_pylist()
    [11.0, 11.0, 31.0, 31.0]
    """

    columns: tuple[str, ...] = ()
    """Columns of numbers or times; all but keys and classes if left out."""
    k: int = 3
    """Rows of a group at least."""

    main: ClassVar[str] = "columns"
    lawful: ClassVar[bool] = False
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.k < 2:
            raise SpecError(f"k={self.k}: expected a whole number from 2.")

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Put means in the place of values; nulls stay, and count as the mean of their column for nearness."""
        names = subject.pick(self.columns, ("number", "time"))
        names = names if self.columns else tuple(n for n in names if n not in subject.classes)
        if not names:
            raise SpecError("columns: there is no column of numbers or times beside keys and classes; name one.")
        if subject.n and self.k > subject.n:
            raise SpecError(f"k={self.k}: the table has {subject.n} rows; expected 2 to {subject.n}.")
        each = [floats(subject.values(name)) for name in names]
        groups = groups_of(np.column_stack([_scaled(x) for x in each]), self.k)
        table = subject.table
        for name, x in zip(names, each, strict=True):
            ruler = Ruler.of(name, subject.values(name))
            there = np.isfinite(x)
            counts = np.bincount(groups, weights=there, minlength=1)
            sums = np.bincount(groups, weights=np.where(there, x - ruler.mean, 0.0), minlength=1)
            middle = ruler.mean + sums / np.maximum(counts, 1)
            at = table.column_names.index(name)
            values = ruler.at(middle[groups] if len(groups) else x, subject.values(name))
            table = table.set_column(at, table.schema.field(at), values)
        return Outcome.changed(table)


def _scaled(x: Floats) -> Floats:
    known = x[np.isfinite(x)]
    spread = float(known.std()) if len(known) else 0.0
    return np.nan_to_num((x - known.mean()) / spread) if spread > 0 else np.zeros(len(x))


def groups_of(points: Floats, k: int) -> Ints:
    """The group of each point, by MDAV: k to 2k - 1 points each, those of few far from the middle first.

    Args:
        points: shape (rows, columns), at least k.
        k: points of a group.
    """
    n = len(points)
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    if n <= BLOCK:
        return _mdav(points, k)
    centred = points - points.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    order = np.argsort(centred @ vectors[:, -1], kind="stable")
    out, first = np.empty(n, dtype=np.int64), 0
    for part in np.array_split(order, max(1, n // max(BLOCK, 2 * k))):
        found = _mdav(points[part], k)
        out[part] = found + first
        first += int(found.max()) + 1
    return out


def _mdav(points: Floats, k: int) -> Ints:
    left, out, group = np.arange(len(points)), np.zeros(len(points), dtype=np.int64), 0
    while len(left) >= 2 * k:
        # of fewer than 3k, one group is taken, so that the rest is one too
        far = left[np.argmax(_apart(points[left], points[left].mean(axis=0)))]
        for centre in (far, None) if len(left) >= 3 * k else (far,):
            here = left[np.argmax(_apart(points[left], points[far]))] if centre is None else centre
            near = left[np.argsort(_apart(points[left], points[here]), kind="stable")[:k]]
            out[near], group = group, group + 1
            left = np.setdiff1d(left, near, assume_unique=True)
    out[left] = group
    return out


def _apart(points: Floats, one: Floats) -> Floats:
    gap = points - one
    return np.asarray(np.einsum("ij,ij->i", gap, gap))
