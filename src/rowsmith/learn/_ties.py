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
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.errors import RowsmithError
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.core.state import State

Columns = Mapping[str, pa.Array]


@dataclass(frozen=True)
class Part:
    """What is learnt in place of a column.

    Attributes:
        values: n values; where they say nothing, those of other rows: as nulls they would be learnt to be missing.
        owners: the row that each is of, shape (n,): what a model keeps of them is counted in rows with one of their own.
    """

    values: pa.Array
    owners: NDArray[np.int64]

    @classmethod
    def of(cls, values: pa.Array) -> Self:
        """Values of which each row has its own."""
        return cls(values, np.arange(len(values)))

    def lent(self, idle: NDArray[np.bool_], name: str) -> Part:
        """The same with values of random other rows where they say nothing.

        Args:
            idle: rows in which they say nothing, shape (n,).
            name: of what is learnt.
        """
        lend = np.flatnonzero(~idle)
        if not len(lend) or len(lend) == len(idle):
            return self
        index, gone = np.arange(len(idle)), np.flatnonzero(idle)
        index[gone] = lend[Key(0).child("borrowed", name).generator().integers(0, len(lend), len(gone))]
        return self.take(index)

    def take(self, index: NDArray[np.int64]) -> Part:
        """The same, each row with the value of another, shape (n,)."""
        return Part(self.values.take(pa.array(index)), self.owners[index])


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
    def split(self, rows: Columns) -> dict[str, Part]:
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


def inner_state(inner: Tie | None) -> State:
    """A tie inside of another as a plain value."""
    return {"inner": None if inner is None else {"form": inner.form, **inner.state()}}


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


def quoted(name: str) -> str:
    """A name as SQL reads it, in quotes where it needs some."""
    with contextlib.suppress(RowsmithError):  # a word of the language
        if name.isidentifier() and name.islower() and sql.references(name, name) == (name,):
            return name
    return '"' + name.replace('"', '""') + '"'


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
        return {name: part.values for name, part in self.parts(rows).items()}

    def parts(self, rows: Columns) -> dict[str, Part]:
        """As `split`, with the rows that the values are of."""
        found: dict[str, Part] = {}
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
