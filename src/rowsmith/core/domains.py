"""What a column's values can be, known without a look at them; and learners that pay for every look at rows.

A learner with a guarantee such as differential privacy is worth nothing if what stands around it, such as lists of levels
and bounds of bins, is read off the rows for free. So a table is coded for it from *domains*: of each column its kind says
what is declared, the learner pays for what is not, and the kind makes a codec of the outcome, never of the rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec
from rowsmith.core.line import Line
from rowsmith.core.protocols import Codec, FittedLearner, Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.text import Form


@dataclass(frozen=True)
class Levels:
    """One of a list of values.

    Attributes:
        values: all of them, in order; None where nobody has said.
        shares: cumulative shares, rising to 1, by which a value that is none of them becomes one; None for even ones.
    """

    values: pa.Array | None
    shares: NDArray[Any] | None = None


@dataclass(frozen=True)
class Span:
    """Numbers on a line, as `core.line.to_line` makes them.

    Attributes:
        type: of the values.
        low: the least that there can be; None where nobody has said.
        high: the greatest.
        digits: decimals of floats.
        lattice: whether the line is one of whole numbers (of the last decimal, where there are digits); None where nobody
            has said how many decimals floats have.
        ends: once the line is cut, the first and the last number of each range; they rise and do not overlap.
    """

    type: pa.DataType
    low: float | None
    high: float | None
    digits: int | None
    lattice: bool | None
    ends: tuple[Line, Line] | None = None


@dataclass(frozen=True)
class Anew:
    """Values that are made anew in a look that is declared: keys, personal text, words.

    Attributes:
        type: of the values.
    """

    type: pa.DataType


Domain = Levels | Span | Anew


class Declaring(ABC):
    """What column kinds are besides, that can be coded without a look at rows."""

    @abstractmethod
    def domain(self, type: pa.DataType, form: Form | None) -> Domain:
        """What the settings say of the values.

        Args:
            type: of the values as the kind takes them.
            form: how they are printed, where they are text.

        Raises:
            SpecError: a setting is not of the type, or one is missing without which no values can be made.
        """

    @abstractmethod
    def coded(self, domain: Domain, form: Form | None, key: Key) -> Codec | None:
        """The codec of a domain of which all is known; None for a column without values.

        Args:
            domain: what `domain` returned, with what was found out.
            form: as in `domain`.
            key: random stream of what is made anew.
        """


@dataclass(frozen=True)
class PaidColumn:
    """A column for a learner that pays.

    Attributes:
        name: of it.
        kind: knows what is declared, and makes the codec.
        type: Arrow type of the column.
        form: how values are printed, where they are text.
        nullable: whether there may be nulls; whether there are some is not known.
        values: all rows, as the kind takes them, which only the learner may look at.
    """

    name: str
    kind: Declaring
    type: pa.DataType
    form: Form | None
    nullable: bool
    values: pa.Array

    def codec(self, domain: Domain, key: Key) -> ColumnCodec:
        """The codec of the whole column, given its domain; without levels, there are no values."""
        empty = isinstance(domain, Levels) and domain.values is not None and not len(domain.values)
        inner = None if empty else self.kind.coded(domain, self.form, key)
        return ColumnCodec(self.name, inner, self.type, self.form, self.nullable)


class PaidFit(FittedLearner):
    """What a learner that pays knows after fitting."""

    @property
    @abstractmethod
    def rows(self) -> int:
        """About how many rows there were, as far as that was paid for; at least 1."""

    @property
    @abstractmethod
    def promise(self) -> Mapping[str, Any]:
        """What is promised to whom, and what was spent on what: plain values, for people."""


@dataclass(frozen=True)
class PaidTable:
    """A table that was paid for.

    Attributes:
        codecs: one a column.
        kinds: of each column, by name: that of the schema, unless it turned out to have no levels that could be kept.
        learnt: positions of the columns that the learner knows.
        fitted: draws their codes.
    """

    codecs: tuple[ColumnCodec, ...]
    kinds: tuple[str, ...]
    learnt: tuple[int, ...]
    fitted: PaidFit


class PaidLearner(Learner):
    """A learner that pays for every look at rows, so that nothing around it may look at them for free."""

    @property
    @abstractmethod
    def person(self) -> str:
        """Column that names persons, of which one can have several rows; empty if every row is a person."""

    @abstractmethod
    def fit_paid(
        self, columns: Sequence[PaidColumn], *, key: Key, workers: int = 1, progress: Progress = silent
    ) -> PaidTable:
        """Learn whole columns: first what their values can be, as far as it is not declared, then how they go together.

        Args:
            columns: of the table, in order, rows each.
            key: random stream of what is made anew; the noise is none of its business.
            workers: how many threads.
            progress: told what has been done.

        Raises:
            SpecError: a setting names a column that is not there, or the budget is none.
        """
