"""The three protocols that everything is made of: Sampler, Learner, Codec; and what they hand to each other.

A `ColumnKind` (unfitted, settings) becomes a `Codec` (fitted) that turns a column's values into codes, small whole numbers, and
back. A `Learner` (unfitted, settings) sees only codes and becomes a `FittedLearner` that draws codes. So any kind works with any.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.choices import Choices
from rowsmith.core.definition import TableDefinition
from rowsmith.core.errors import InternalError
from rowsmith.core.permutation import Numbers
from rowsmith.core.registry import Registry
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.core.text import Form

CodeArray = NDArray[np.uint16]
MAX_CODES = 60_000  # codes of one column; they are uint16
Progress = Callable[[str, int, int], None]
"""Called with (what, steps done, steps in all)."""


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Codes:
    """A column as a learner sees it.

    Attributes:
        values: shape (rows,), each below `size`.
        size: how many codes there are. 1 means that there is nothing to learn.
        ordered: whether neighbouring codes are neighbouring values (numbers, dates), null apart, which comes first.
        nullable: whether code 0 is null.
    """

    values: CodeArray
    size: int
    ordered: bool
    nullable: bool = False


@dataclass(frozen=True)
class Known:
    """What is known of a column in rows that are to be drawn: in each, its code is one of a group of codes.

    Attributes:
        values: group of each row, shape (rows,); at least one code is of it.
        groups: group of each code, shape (size,); the code itself, where the column is given.
    """

    values: CodeArray
    groups: CodeArray

    def part(self, rows: slice | NDArray[np.int64]) -> Known:
        """The same for some of the rows."""
        return Known(self.values[rows], self.groups)


@dataclass(frozen=True)
class Rows:
    """Which rows of a table are wanted: `n` of them from the row number `first` (from 0)."""

    first: int
    n: int

    @property
    def numbers(self) -> Numbers:
        """Their numbers, shape (n,)."""
        return np.arange(self.first, self.first + self.n, dtype=np.int64)


@runtime_checkable
class Sampler(Protocol):
    """A function from (rows wanted, random key, columns already there) to a batch of columns."""

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.RecordBatch:
        """Draw the rows; the same arguments give the same bytes."""
        ...


class ColumnSampler(ABC):
    """Settings of one way to make a column. Subclasses are frozen keyword-only dataclasses, one a module of `samplers/`.

    A setting of the type `core.values.Number` may differ from row to row. What every column can have besides (nulls, a cast,
    settings by group, correlation) is for `spec/` and `engine/`.
    """

    @property
    @abstractmethod
    def type(self) -> pa.DataType:
        """Arrow type of what `sample` returns."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be in `given`: of the same row (`name`), or of the parent's (`customers.signup`)."""
        return ()

    @property
    def by_row(self) -> bool:
        """Whether a value is a function of its row's number alone, as unique keys are. Then `at` makes it."""
        return False

    def at(self, numbers: Numbers, key: Key) -> pa.Array:
        """Values of any rows, where `by_row`.

        Args:
            numbers: of the rows, from 0, shape (n,).
            key: random stream of the column, the same for all rows.

        Raises:
            SpecError: the values run out; the message names how many there are.
        """
        raise InternalError(f"{type(self).__name__} does not make values by row number.")

    def choices(self) -> Choices | None:
        """The values that rows choose from, where these are a few and the same in every row."""
        return None

    @abstractmethod
    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Make the column for some rows.

        Args:
            rows: how many, and the number of the first.
            key: random stream of this column in these rows; where `by_row`, of the column.
            given: at least the columns in `reads`, `rows.n` values each.

        Returns:
            `rows.n` values of the type `type`.

        Raises:
            SpecError: the settings do not allow it (the message names them; the caller puts the path in front).
        """


@dataclass(frozen=True)
class Profile:
    """What a column kind looks at to decide whether a column is its own.

    Attributes:
        name: the column.
        values: all its values.
        form: how they were printed, if they come from a text file or are text of one form (see `core.text`).
        is_key: whether the schema names the column as (the only) primary key.
        table: name of the table, if known.
    """

    name: str
    values: pa.Array
    form: Form | None
    is_key: bool
    table: str = ""


@dataclass(frozen=True)
class Claim:
    """A column kind's wish to take a column.

    Attributes:
        strength: the strongest claim wins; equal ones go by the kind's name.
        settings: settings of the kind for this column, as plain values.
        why: one clause for the reader of the schema.
        form: how the values are printed, where the kind found that out.
    """

    strength: float
    settings: Mapping[str, Any]
    why: str
    form: Form | None = None


class Codec(ABC):
    """A fitted column: values to codes and back.

    `decode(encode(x))` has the type and nulls of x and, in each row, a value of the same code. Nulls are code 0 where
    the column has any; a kind's own codec never sees them, since `core.codecs` stands around it.

    Attributes:
        size: how many codes there are.
        ordered: as in `Codes`.
        exact: whether every code stands for one value, so that a function of codes is one of values.
        by_row: whether a value is a function of its code and its row's number, as unique keys are. Then `at` makes it.
        anew: whether nothing but the look of values is learnt, so that they can stand for none that is missing.
    """

    size: int
    ordered: bool
    exact: bool = False
    by_row: ClassVar[bool] = False
    anew: ClassVar[bool] = False

    @abstractmethod
    def encode(self, values: pa.Array) -> CodeArray:
        """Codes of values, shape (rows,). A value never seen gets the code of its nearest."""

    @abstractmethod
    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """Values of codes; `rows` and `key` are for kinds that make values anew (keys, personal text)."""

    def at(self, codes: CodeArray, numbers: Numbers) -> pa.Array:
        """Values of any rows, where `by_row`.

        Args:
            codes: shape (rows,).
            numbers: of the rows, from 0, shape (rows,).

        Raises:
            SpecError: the values run out; the message names how many there are.
        """
        raise InternalError(f"{type(self).__name__} does not make values by row number.")

    def counts(self) -> NDArray[np.int64] | None:
        """How many values each code can stand for, shape (size,); None where they cannot be counted."""
        return None

    def point(self, codes: CodeArray, places: NDArray[np.int64]) -> pa.Array:
        """Of each code the value at a place, from 0 to below its count, where they can be counted; shape (rows,) all."""
        raise InternalError(f"values of {type(self).__name__} are not counted.")

    @abstractmethod
    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same codec."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""


class ColumnKind(ABC):
    """Settings of one kind of column. Subclasses are frozen keyword-only dataclasses, one a module of `columns/`."""

    codec: ClassVar[type[Codec]]
    anew: ClassVar[bool] = False  # whether values are made anew, so that no real one is kept

    @classmethod
    @abstractmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Whether (and how strongly) a column looks like this kind."""

    @abstractmethod
    def fit(self, values: pa.Array, form: Form | None, key: Key) -> Codec:
        """The codec of a column.

        Args:
            values: the column's values, at least one: no nulls, dictionaries resolved, text of one form parsed (see
                `core.codecs`, which also hands them to the codec that way).
            form: how values are printed, for text columns.
            key: random stream of the column.

        Raises:
            DataError: the values cannot be of this kind.
        """


class FittedLearner(ABC):
    """What a learner knows after fitting."""

    @abstractmethod
    def draw(self, n: int, key: Key, given: Mapping[int, Known] | None = None) -> list[CodeArray]:
        """Codes of n new rows: one array, shape (n,), a column, in the order of the fit.

        Args:
            n: how many.
            key: random stream of these rows.
            given: position of a column to what is known of it, n rows each. These columns come back as known, and the
                others follow their law given them. A row does not hang on what is known of the other rows.

        Raises:
            SpecError: rows with what is given cannot be drawn.
        """

    @abstractmethod
    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""


class Learner(ABC):
    """Settings of a learner. Subclasses are frozen keyword-only dataclasses, one a module of `learn/`."""

    fitted: ClassVar[type[FittedLearner]]

    @abstractmethod
    def fit(
        self, columns: Sequence[Codes], *, key: Key, given: int = 0, workers: int = 1, progress: Progress = silent
    ) -> FittedLearner:
        """Learn the joint law of the columns, of which the first, as many as are `given`, are known whenever rows are drawn.

        The result depends on the columns and the key alone, never on `workers`.
        """


# mypy wants a concrete class where type[T] is passed; a registry is the one place that is about the abstract ones.
COLUMN_KINDS = Registry[ColumnKind]("rowsmith.columns", ColumnKind, "column kind")  # type: ignore[type-abstract]
LEARNERS = Registry[Learner]("rowsmith.learn", Learner, "learner", skip=("basket", "database", "sequence", "table"))  # type: ignore[type-abstract]
SAMPLERS = Registry[ColumnSampler]("rowsmith.samplers", ColumnSampler, "kind of column")  # type: ignore[type-abstract]


class Sink(ABC):
    """Where batches are written. What is written appears under its name at `commit`, whole, or not at all."""

    @abstractmethod
    def open(self, schema: pa.Schema) -> None:
        """Begin; the schema's metadata may carry the printed forms and the dialect of the input."""

    @abstractmethod
    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows, in order."""

    @abstractmethod
    def commit(self) -> None:
        """Put what was written under its name."""

    @abstractmethod
    def abort(self) -> None:
        """Leave no trace. Safe to call at any time, more than once."""


class TablesSink(ABC):
    """Where several tables are written that belong together: all appear at `commit`, or none does.

    Attributes:
        places: name of each table to where it can be read from, as it may be shown to people.
    """

    places: Mapping[str, str]

    @abstractmethod
    def open(self, tables: Mapping[str, TableDefinition]) -> None:
        """Begin, with tables by name in the order in which their first rows come.

        Raises:
            OutputError: nothing can be written there.
        """

    @abstractmethod
    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Add rows to a table, in order. Rows of one table may come between those of another."""

    @abstractmethod
    def commit(self) -> None:
        """Put everything in its place."""

    @abstractmethod
    def abort(self) -> None:
        """Leave no trace. Safe to call at any time, more than once."""


class Format(ABC):
    """A file format or kind of database. Subclasses are frozen keyword-only dataclasses, one a module of `io/`."""

    endings: ClassVar[tuple[str, ...]]
    """File endings, lower case, with the dot; or, for databases, URL schemes with `://`."""
    typed: ClassVar[bool] = False
    """Whether columns keep their Arrow types."""

    @abstractmethod
    def read(self, source: str) -> pa.Table:
        """The table in a file.

        Raises:
            DataError: it is not of this format, or cannot be read; the sentence names the file and what was expected.
        """

    @abstractmethod
    def sink(self, target: str) -> Sink:
        """A sink that writes under a name. Raises `OutputError` where nothing can be written."""

    def read_tables(self, source: str) -> dict[str, pa.Table] | None:
        """All tables under a name, keys noted in their metadata; None for a format that holds one. Raises what `read` does."""
        return None

    def tables_sink(self, target: str) -> TablesSink | None:
        """A sink that writes several tables under a name; None for a format that holds one.

        Raises:
            OutputError: nothing can be written there.
            SpecError: the name is that of one table.
        """
        return None


FORMATS = Registry[Format]("rowsmith.io", Format, "format")  # type: ignore[type-abstract]
