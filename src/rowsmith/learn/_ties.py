"""Ties: columns that a rule ties to others, in a form in which no drawn row can break it.

A tie takes one column out of what is learnt and puts others in its place: nothing where a formula says what it is, the distance
to the greatest of what it may not be below, values that may not be missing. What was drawn in their place and the columns
that the tie reads make the column again. So rules hold by construction, and the learner spends nothing on them.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.errors import RowsmithError
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.core.state import State

Columns = Mapping[str, pa.Array]


class Tie(ABC):
    """A column that follows from others and from what is learnt in its place."""

    form: ClassVar[str]
    """Name of the form, in a model's file."""

    column: str
    """The column."""

    @property
    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """Other columns that it follows from."""

    @property
    @abstractmethod
    def learns(self) -> Mapping[str, Column]:
        """What is learnt in its place: names that no column of the table has, with their kinds and types."""

    @property
    @abstractmethod
    def says_missing(self) -> str | None:
        """Which of these, a truth value, says that the column is missing where it could be there; None for none."""

    @abstractmethod
    def split(self, rows: Columns) -> dict[str, pa.Array]:
        """What `learns` names, of rows with the column and all that it reads."""

    @abstractmethod
    def join(self, rows: Columns) -> pa.Array:
        """The column, of rows with all that `reads` and `learns` name."""

    @abstractmethod
    def solved(self, rows: Columns) -> dict[str, pa.Array]:
        """Columns that the tie reads, with values that follow from the column itself where they are missing; those it can say."""

    @abstractmethod
    def state(self) -> State:
        """Plain values from which `from_state` makes the same tie."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""


def state_of(tie: Any) -> State:
    """The fields of a tie as plain values."""
    kind = vars(tie.kind) | {"settings": dict(tie.kind.settings)}
    return {**{f.name: getattr(tie, f.name) for f in fields(tie)}, "kind": kind}


def column_of(state: State) -> State:
    """The fields of a tie, of plain values."""
    return {**state, "kind": Column(**state["kind"])}


def in_order(ties: Iterable[Tie]) -> list[Tie]:
    """Ties, each after those that make what it reads."""
    left, out = list(ties), list[Tie]()
    while left:
        waiting = {tie.column for tie in left}
        ready = [tie for tie in left if not waiting.intersection(tie.reads)]
        assert ready, "ties that need each other are not taken on"
        out += ready
        left = [tie for tie in left if tie not in ready]
    return out


def value(expression: str, rows: Columns, where: str) -> pa.Array:
    """An expression over the columns that it reads, n values."""
    read = sql.references(expression, where)
    return sql.evaluate(expression, {name: wide(rows[name]) for name in read}, where)


def wide(values: pa.Array) -> pa.Array:
    """Whole numbers with room for sums and products, which SQL would not give those of few bits."""
    small = pa.types.is_integer(values.type) and values.type.bit_width < 64
    return values.cast(pa.int64()) if small else values


def typed(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Computed values in the type of a column: numbers rounded to what it can hold.

    Raises:
        pa.ArrowInvalid: they have no place in it.
    """
    if pa.types.is_dictionary(kind):
        return typed(values, kind.value_type).dictionary_encode().cast(kind)
    if pa.types.is_duration(kind) and pa.types.is_interval(values.type):
        values = _length(values)
    if pa.types.is_integer(kind) and (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        if pa.types.is_floating(values.type):
            values = pc.round(values, round_mode="half_to_even")
            values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
        ends = np.iinfo(kind.to_pandas_dtype())  # what has no place breaks the rule at the end, and is drawn again
        if kind.bit_width < 64:
            low, high = (
                pa.scalar(float(e) if pa.types.is_floating(values.type) else int(e), values.type)
                for e in (ends.min, ends.max)
            )
            values = pc.min_element_wise(pc.max_element_wise(values, low, skip_nulls=False), high, skip_nulls=False)
    elif pa.types.is_decimal(kind) and (pa.types.is_floating(values.type) or pa.types.is_decimal(values.type)):
        values = pc.round(values, ndigits=kind.scale, round_mode="half_towards_infinity")
    return values.cast(kind)


def _length(values: pa.Array) -> pa.Array:
    """What lies between two moments, of SQL's days and nanoseconds, as a length; there are no months in it."""
    parts = np.frombuffer(
        values.buffers()[1],
        dtype=[("months", "<i4"), ("days", "<i4"), ("ns", "<i8")],
        count=len(values) + values.offset,
    )[values.offset :]
    ticks = parts["days"].astype(np.int64) * 86_400_000_000 + parts["ns"] // 1000
    mask = values.is_null().to_numpy(zero_copy_only=False)
    return pa.array(ticks, mask=mask).cast(pa.duration("us"))


def borrowed(values: pa.Array, idle: NDArray[np.bool_], name: str) -> pa.Array:
    """Values with those of random other rows where they say nothing: as a null they would be learnt to be missing.

    Args:
        values: n values.
        idle: rows in which they say nothing, shape (n,).
        name: of what is learnt.
    """
    lend = np.flatnonzero(~idle)
    if not len(lend) or len(lend) == len(idle):
        return values
    index = np.arange(len(values))
    gone = np.flatnonzero(idle)
    index[gone] = lend[Key(0).child("borrowed", name).generator().integers(0, len(lend), len(gone))]
    return values.take(pa.array(index))


def quoted(name: str) -> str:
    """A name as SQL reads it, in quotes where it needs some."""
    with contextlib.suppress(RowsmithError):  # a word of the language
        if name.isidentifier() and name.islower() and sql.references(name, name) == (name,):
            return name
    return '"' + name.replace('"', '""') + '"'


def flags(values: pa.Array) -> NDArray[np.bool_]:
    """Truth values, shape (n,); null counts as false."""
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)


@dataclass(frozen=True)
class Ties:
    """All ties of a table, each after those that make what it reads."""

    each: tuple[Tie, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """Columns that are made by ties."""
        return frozenset(tie.column for tie in self.each)

    @property
    def learns(self) -> dict[str, Column]:
        """All that is learnt in their place, in order."""
        return {name: column for tie in self.each for name, column in tie.learns.items()}

    def split(self, rows: Columns) -> dict[str, pa.Array]:
        """What is learnt in their place, of whole rows; of rows that lack columns, what can be said of it."""
        found: dict[str, pa.Array] = {}
        for tie in self.each:
            if tie.column in rows and set(tie.reads) <= set(rows):
                found |= tie.split(rows)
        return found

    def join(self, rows: Columns, known: Collection[str] = ()) -> dict[str, pa.Array]:
        """The rows with the columns that ties make.

        Args:
            rows: columns that are drawn, and what is learnt in place of others.
            known: columns that are there already and stay as they are.
        """
        out = dict(rows)
        for tie in self.each:
            if tie.column not in known:
                out[tie.column] = tie.join(out)
        return out
