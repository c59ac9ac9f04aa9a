"""Rows in groups of k that are alike in what others may know of them: k-anonymity, l-diversity, t-closeness."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.augment._change import Floats, Ints, Outcome, RowChange
from rowsmith.augment._groups import closeness, codes_of, diversity
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.types import is_number, is_time
from rowsmith.core.values import require

NOBODY = "*"


@dataclass(frozen=True, kw_only=True)
class Anonymise(RowChange):
    """Quasi-identifiers made so coarse that each row is like at least k - 1 others in them (k-anonymity).

    Groups are cut in two at a median as long as both halves are large enough and hide a sensitive column well enough. All
    rows of a group then have the same values: the middle of the group's numbers in the type of the column, or its range as text.
    Names and keys are not quasi-identifiers: take `pseudonym` for them, or drop them.

    Sources: K. LeFevre et al., "Mondrian Multidimensional K-Anonymity" (2006); A. Machanavajjhala et al., "l-Diversity"
    (2006); N. Li et al., "t-Closeness" (2007).

    >>> import rowsmith as rs, pyarrow as pa
    >>> rows = pa.table({"age": [21, 23, 48, 52], "zip": [10, 10, 30, 30]})
    >>> rs.augment(rows, rs.Anonymise(("age", "zip"), k=2)).frame["age"].to_pylist()
    [22, 22, 50, 50]
    """

    quasi: tuple[str, ...] = field(kw_only=False)
    """Columns that others may know: age, sex, place."""
    k: int = 5
    """Rows that are alike in them, at least."""
    sensitive: str | None = None
    """A column that nobody shall learn from them."""
    l: int | None = None  # noqa: E741 - the name of the measure
    """Different values of the sensitive column in each group, at least."""
    t: float | None = None
    """How far the law of the sensitive column in a group may be from that of all rows, 0 to 1."""
    show: Literal["middle", "range"] = "middle"
    """Whether rows get the middle of their group in the column's type, or its range as text, such as 21-23."""

    main: ClassVar[str] = "quasi"
    lawful: ClassVar[bool] = False
    named_by: ClassVar[str] = "quasi"
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(self, "t", above=0, most=1)
        if self.k < 2:
            raise SpecError(f"k={self.k}: expected a whole number from 2.")
        if (self.l is not None or self.t is not None) != (self.sensitive is not None):
            raise SpecError("sensitive, l, t: expected the column together with l, t or both.")
        if self.l is not None and self.l < 2:
            raise SpecError(f"l={self.l}: expected a whole number from 2.")
        if self.sensitive in self.quasi:
            raise SpecError(f"quasi: {self.sensitive} is the sensitive column; it is kept as it is.")
        if not self.quasi:
            raise SpecError("quasi=[]: expected the columns that others may know.")

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Cut the rows into groups, and make each alike."""
        for name in self.quasi:
            subject.column(name, "quasi")
            if name in subject.fixed:
                raise SpecError(f"quasi={name!r}: names rows (it is a key); take pseudonym for it, or drop the column.")
        hidden = None if self.sensitive is None else subject.values(subject.column(self.sensitive, "sensitive"))
        if not subject.n:
            return Outcome.changed(self._shown(subject, np.zeros(0, dtype=np.int64)))
        if self.k > subject.n:
            raise SpecError(f"k={self.k}: the table has {subject.n} rows; expected 2 to {subject.n}.")
        everyone = np.zeros(subject.n, dtype=np.int64)
        if (
            hidden is not None
            and self.l is not None
            and (most := int(diversity(everyone, codes_of(hidden))[0])) < self.l
        ):
            raise SpecError(f"l={self.l}: {self.sensitive} has {most} different values in all; expected 2 to {most}.")
        axes = [_axis(subject.values(name)) for name in self.quasi]
        groups = self._groups(axes, hidden)
        return Outcome.changed(self._shown(subject, groups))

    def _groups(self, axes: list[Floats], hidden: pa.Array | None) -> Ints:
        """The group of each row."""
        spans = [max(float(np.ptp(axis)), 1e-300) for axis in axes]
        out, waiting, number = np.zeros(len(axes[0]), dtype=np.int64), [np.arange(len(axes[0]))], 0
        while waiting:
            rows = waiting.pop()
            for i in sorted(range(len(axes)), key=lambda i: -float(np.ptp(axes[i][rows])) / spans[i]):
                halves = _halves(rows, axes[i])
                if halves is not None and all(self._may_be(half, hidden) for half in halves):
                    waiting += halves
                    break
            else:
                out[rows], number = number, number + 1
        return out

    def _may_be(self, rows: Ints, hidden: pa.Array | None) -> bool:
        """Whether rows may be a group."""
        if len(rows) < self.k:
            return False
        if hidden is None:
            return True
        if self.l is not None and len(pc.unique(hidden.take(pa.array(rows)))) < self.l:
            return False
        if self.t is None:
            return True
        one = np.ones(len(hidden), dtype=np.int64)
        one[rows] = 0  # the law of all rows is that of these and the others
        return _distance(one, hidden) <= self.t

    def _shown(self, subject: Subject, groups: Ints) -> pa.Table:
        """The table with the values of groups."""
        table = subject.table
        for name in self.quasi:
            values, at = subject.values(name), table.column_names.index(name)
            on_line = is_number(values.type) or is_time(values.type)
            if self.show == "range":
                new = _ranges(values, groups)
            elif on_line:
                new = _middles(name, values, groups)
            else:
                new = _modes(values, groups)
            table = table.set_column(at, table.schema.field(at).with_type(new.type), new)
        return table


def _axis(values: pa.Array) -> Floats:
    """A column as numbers that can be cut at; missing ones first. Classes in the order of their names."""
    if is_number(values.type) or is_time(values.type):
        x = floats(values)
        known = x[np.isfinite(x)]
        least = float(known.min(initial=0.0)) - max(float(np.ptp(known)) if len(known) else 0.0, 1.0) / 10
        return np.where(np.isfinite(x), x, least)
    ranks = pc.rank(values.cast(pa.string()), tiebreaker="dense").to_numpy(zero_copy_only=False)
    return np.where(values.is_null().to_numpy(zero_copy_only=False), 0.0, ranks)


def _halves(rows: Ints, axis: Floats) -> list[Ints] | None:
    """Rows cut at their median, equal values together; None where all are equal."""
    x = axis[rows]
    middle = np.median(x)
    low = x <= middle
    if low.all():
        low = x < middle
    return [rows[low], rows[~low]] if low.any() and not low.all() else None


def _distance(one: NDArray[np.int64], hidden: pa.Array) -> float:
    return float(closeness(one, hidden)[0])


def _middles(name: str, values: pa.Array, groups: Ints) -> pa.Array:
    x = floats(values)
    there = np.isfinite(x)
    ruler = Ruler.of(name, values)
    counts = np.bincount(groups, weights=there, minlength=1)
    sums = np.bincount(groups, weights=np.where(there, x - ruler.mean, 0.0), minlength=1)
    # a group with both values and nulls would tell them apart: its nulls get its middle too
    middle = np.where(counts > 0, ruler.mean + sums / np.maximum(counts, 1), np.nan)[groups]
    filled = pc.if_else(pa.array(there), values, values.drop_null()[0]) if there.any() else values
    out = ruler.at(middle, filled)
    return pc.if_else(pa.array(np.isfinite(middle)), out, pa.scalar(None, values.type))


def _modes(values: pa.Array, groups: Ints) -> pa.Array:
    """The most frequent value of each group."""
    codes = codes_of(values)
    pair, counts = np.unique(groups * (int(codes.max(initial=0)) + 1) + codes, return_counts=True)
    group, code = np.divmod(pair, int(codes.max(initial=0)) + 1)
    order = np.lexsort((code, -counts, group))
    best = order[np.unique(group[order], return_index=True)[1]] if len(order) else order
    row = np.unique(codes, return_index=True)[1]
    return values.take(pa.array(row[code[best]][groups] if len(groups) else groups))


def _ranges(values: pa.Array, groups: Ints) -> pa.Array:
    """The values of each group as one text: the least and the greatest, or all classes."""
    on_line, out = is_number(values.type) or is_time(values.type), {}
    order = np.argsort(groups, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1) if len(order) else []:
        found = pc.unique(values.take(pa.array(rows)))
        known = found.drop_null()
        texts = sorted(known.cast(pa.string()).to_pylist())
        if on_line and len(known) > 1:
            ends = pc.min_max(known)
            texts = [f"{_printed(ends['min'])}-{_printed(ends['max'])}"]
        out[int(groups[rows[0]])] = ", ".join([*texts, *([NOBODY] if found.null_count else [])])
    return pa.array([out[int(g)] for g in groups], pa.string())


def _printed(value: pa.Scalar) -> str:
    return str(value.cast(pa.string()).as_py())
