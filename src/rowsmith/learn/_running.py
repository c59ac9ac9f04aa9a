"""Columns of a table of a database that follow from the row before of the same parent: a stock, a balance, a register.

They are no part of what is learnt but in the first rows of families: siblings are drawn in turn, each given the last one's, and what
follows is computed from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import plain_values
from rowsmith.core.computed import typed
from rowsmith.core.schema import Column, Table, arrow_type
from rowsmith.core.state import State
from rowsmith.learn._numbers import floats_of
from rowsmith.learn._previous import Follow
from rowsmith.learn._relations import numbers_of
from rowsmith.learn._ties import Part as LentPart

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Arrays = dict[str, pa.Array]

ALONE = 64
"""So many first siblings are drawn one after the other, where what follows is to be seen by the next."""


@dataclass
class Last:
    """The last row of each family so far.

    Attributes:
        values: of the columns that are read, NaN for none, shape (families,).
        seen: families that have a row, shape (families,).
    """

    values: dict[str, Floats]
    seen: NDArray[np.bool_]


@dataclass(frozen=True)
class Running:
    """What follows from the row before.

    Attributes:
        follows: the formulas, each after those of its row that it reads.
        seen: columns of the row before that the next one is drawn given.
        time: column in whose order siblings are; None where no column says it.
        along: columns that are moved with it when siblings are brought into its order.
        ends: least and greatest value, infinite for none, of columns that have such.
        free: columns that may be changed to keep these, by column.
    """

    follows: tuple[Follow, ...]
    seen: tuple[str, ...] = ()
    time: str | None = None
    along: tuple[str, ...] = ()
    ends: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    free: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that follow."""
        return tuple(follow.column for follow in self.follows)

    @property
    def said(self) -> dict[str, str]:
        """The formulas over the row before, as a schema has them: those of a row alone are rules."""
        return {f.column: f.expression for f in self.follows if any(term.ago for term in f.terms)}

    @property
    def read(self) -> tuple[str, ...]:
        """All columns of the formulas."""
        return tuple(dict.fromkeys(n for f in self.follows for n in (f.column, *(t.column for t in f.terms))))

    def first_only(self, name: str, values: pa.Array, place: Index) -> LentPart:
        """A column that follows as it is learnt: the first values of families, which later rows have of others; nothing if none is learnt.

        Args:
            name: of the column.
            values: of all rows.
            place: of the rows in their families, negative for those of none, shape (rows,).
        """
        (follow,) = (f for f in self.follows if f.column == name)
        if follow.begins is not None or not any(term.ago for term in follow.terms):
            return LentPart.of(pa.nulls(len(values), values.type))
        if not follow.here:
            return LentPart.of(values)
        return LentPart.of(values).lent(place > 0, name)

    def order(self, rows: pa.Table, schema: Table) -> Index | None:
        """What siblings are in the order of, shape (rows,); None where it is that of the rows."""
        if self.time is None:
            return None
        found = ranks(self.time, rows[self.time].combine_chunks(), schema.columns[self.time])
        return np.unique(found, return_inverse=True)[1].ravel()

    def start(self, families: int) -> Last:
        """No row yet, of so many families."""
        return Last({name: np.full(families, np.nan) for name in self.read}, np.zeros(families, dtype=bool))

    def advanced(self, rows: Arrays, kinds: Mapping[str, Column], family: Index, last: Last) -> Arrays:
        """Rows with what follows, and what was changed so that it keeps its ends.

        Args:
            rows: columns of n rows, in the order of places in each family.
            kinds: of the columns.
            family: of each row, shape (n,).
            last: the last rows before these; changed.
        """
        numbers = {name: _numbers(name, rows[name], kinds[name]) for name in self.read}
        drawn = {name: x.copy() for name, x in numbers.items()}
        order = np.argsort(family, kind="stable")
        size = np.bincount(family, minlength=len(last.seen))
        place = np.empty(len(family), dtype=np.int64)
        place[order] = np.arange(len(family)) - np.repeat(np.cumsum(size) - size, size)
        turns = np.argsort(place, kind="stable")
        cuts = np.searchsorted(place[turns], np.arange(int(size.max(initial=0)) + 1))
        held = {name: _held_by(arrow_type(kinds[name].type)) for name in self.columns}
        for low, high in pairwise(cuts.tolist()):
            self._step(numbers, turns[low:high], family[turns[low:high]], last, held)
        out = dict(rows)
        for name, x in numbers.items():
            if name in self.columns or not np.array_equal(x, drawn[name], equal_nan=True):
                kind = arrow_type(kinds[name].type)
                out[name] = typed(pa.array(x, mask=np.isnan(x)), kind)
        return out

    def _step(
        self, numbers: dict[str, Floats], at: Index, family: Index, last: Last, held: Mapping[str, tuple[float, float]]
    ) -> None:
        """One row of each of some families."""
        before = {name: last.values[name][family] for name in self.read}
        seen = last.seen[family]
        for follow in self.follows:
            now = {name: numbers[name][at] for name in self.read}
            total = self._total(follow, now, before, seen)
            low, high = held[follow.column]
            if follow.column in self.ends:
                low, high = max(low, self.ends[follow.column][0]), min(high, self.ends[follow.column][1])
                short = np.nan_to_num(np.clip(total, low, high) - total)
                for name in self.free.get(follow.column, ()) if short.any() else ():
                    numbers[name][at] += self._changed(follow, name, now[name], short)
                    now[name] = numbers[name][at]
                for each in self.follows:  # those of the row that hang on what was changed
                    if each is follow:
                        break
                    numbers[each.column][at] = now[each.column] = self._total(each, now, before, seen)
                total = self._total(follow, now, before, seen)
            numbers[follow.column][at] = np.clip(total, *held[follow.column])
        for name in self.read:
            last.values[name][family] = numbers[name][at]
        last.seen[family] = True

    def _total(
        self, follow: Follow, now: Mapping[str, Floats], before: Mapping[str, Floats], seen: NDArray[np.bool_]
    ) -> Floats:
        """A sum in one row of some families; in the first one, where it begins as it may, what was drawn."""
        over = any(term.ago for term in follow.terms)
        if over and follow.begins is not None:
            before = {name: np.where(seen, x, follow.begins) for name, x in before.items()}
        found = follow.total(now, before)
        found = found if follow.places is None else np.round(found, follow.places)
        return np.where(seen, found, now[follow.column]) if over and follow.begins is None else found

    def _changed(self, follow: Follow, name: str, now: Floats, short: Floats) -> Floats:
        """By how much a term is changed for a sum that is short of its end, as far as it does not change its sign."""
        sign = next(
            self._sign(term.sign, term.column, name)
            for term in follow.terms
            if self._sign(term.sign, term.column, name)
        )
        wanted = sign * short
        less = np.where(now * wanted < 0, np.sign(wanted) * np.minimum(np.abs(wanted), np.abs(now)), 0.0)
        return np.asarray(less if follow.places is None else np.round(less, follow.places))

    def _sign(self, sign: int, column: str, name: str) -> int:
        """The sign with which a column adds to a sum of which another one is a term; 0 if it does not."""
        if column == name:
            return sign
        inner = next((f for f in self.follows if f.column == column), None)
        return (
            0
            if inner is None
            else next((s for t in inner.terms if not t.ago and (s := self._sign(sign * t.sign, t.column, name))), 0)
        )

    def whole(self, rows: Arrays, kinds: Mapping[str, Column], up: Index) -> Arrays:
        """Rows of all families, and without one, with what follows: a row without a parent has none before it.

        Args:
            rows: columns of n rows; those of one time in order.
            kinds: of the columns.
            up: the parent's row of each, negative for none, shape (n,).
        """
        family = np.unique(np.where(up < 0, 0, up + 1), return_inverse=True)[1].ravel()
        families, alone = int(family.max(initial=-1)) + 1, np.flatnonzero(up < 0)
        family[alone] = families + np.arange(len(alone))
        order = (
            np.arange(len(up))
            if self.time is None
            else np.argsort(ranks(self.time, rows[self.time], kinds[self.time]), kind="stable")
        )
        back, some = pa.array(np.argsort(order)), {n: rows[n].take(pa.array(order)) for n in self.read}
        found = self.advanced(some, kinds, family[order], self.start(families + len(alone)))
        return rows | {name: values.take(back) for name, values in found.items()}

    def in_order(self, rows: Arrays, kinds: Mapping[str, Column], family: Index) -> Arrays:
        """Rows of families, of which each has the times of the family in their order.

        Args:
            rows: columns of n rows, family by family.
            kinds: of the columns.
            family: of each row, rising, shape (n,).
        """
        return rows if self.time is None else in_order(rows, kinds, family, self.time, self.along)

    def state(self) -> State:
        """Plain values."""
        return {
            "follows": [[f.column, f.expression] for f in self.follows],
            "seen": list(self.seen),
            "time": self.time,
            "along": list(self.along),
            "ends": [[n, *(None if np.isinf(x) else x for x in ends)] for n, ends in self.ends.items()],
            "free": [[n, list(some)] for n, some in self.free.items()],
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(
            tuple(Follow.of(str(column), str(said), "follows") for column, said in state["follows"]),
            tuple(map(str, state["seen"])),
            state["time"],
            tuple(map(str, state["along"])),
            {
                str(n): (-np.inf if a is None else float(a), np.inf if b is None else float(b))
                for n, a, b in state["ends"]
            },
            {str(n): tuple(map(str, some)) for n, some in state["free"]},
        )


def in_order(
    rows: Arrays, kinds: Mapping[str, Column], family: Index, time: str, along: Collection[str] = ()
) -> Arrays:
    """Rows of families, of which each has the times of the family in their order.

    Args:
        rows: columns of n rows, family by family.
        kinds: of the columns.
        family: of each row, rising, shape (n,).
        time: column that shall rise.
        along: columns that are moved with it, itself among them.
    """
    order = pa.array(np.lexsort((ranks(time, rows[time], kinds[time]), family)))
    return {name: values.take(order) if name in along else values for name, values in rows.items()}


def _held_by(kind: pa.DataType) -> tuple[float, float]:
    """Least and greatest number that a type can hold."""
    if pa.types.is_decimal(kind):
        most = 10.0 ** (kind.precision - kind.scale) - 10.0**-kind.scale
        return -most, most
    if pa.types.is_integer(kind) and kind.bit_width < 64:
        held = np.iinfo(kind.to_pandas_dtype())
        return float(held.min), float(held.max)
    return -np.inf, np.inf


def ranks(name: str, values: pa.Array, column: Column) -> Floats:
    """A column that says the order of rows, as numbers: of text, its place in the order of text; null comes last."""
    plain = plain_values(name, values, arrow_type(column.type), column.form)
    numbers = numbers_of(plain)
    if numbers is not None:
        return numbers
    codes = plain.dictionary_encode() if not pa.types.is_dictionary(plain.type) else plain
    words = codes.dictionary.to_pylist()
    order = np.empty(len(words) + 1)
    order[np.array(sorted(range(len(words)), key=lambda i: words[i]), dtype=np.int64)] = np.arange(len(words))
    order[-1] = np.inf
    return np.asarray(order[codes.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)])


def _numbers(name: str, values: pa.Array, column: Column) -> Floats:
    plain = plain_values(name, values, arrow_type(column.type), column.form)
    return np.array(floats_of(plain))
