"""What a change is: settings that are fitted to a table, and then change its cells chunk by chunk, or its rows as a whole.

A change is a frozen keyword-only dataclass in a public module of `augment/`, of one of two sorts. A `CellChange` gives cells
other values: it is fitted to the whole table once, and what it does to a row then depends on the row and the random stream of
its chunk alone. A `RowChange` sees all rows at a time: it adds rows, drops them, or changes them by one another.

Rules, keys, types, logs and text that stands for numbers are no change's business; the engine sees to them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.augment._subject import Subject
from rowsmith.core.registry import Registry
from rowsmith.core.rng import Key

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Augmentation:
    """Settings of one change of a table."""

    main: ClassVar[str] = ""
    """The setting that may be written alone, as in `--dropout 0.01`."""
    lawful: ClassVar[bool] = True
    """Whether rows keep the rules that they kept; not if the change spoils or hides values on purpose."""
    named_by: ClassVar[str] = "columns"
    """The setting that names the columns that are changed."""
    same_rows: ClassVar[bool] = True
    """Whether all rows stay, and no others come, so that only cells are changed."""

    @property
    def named(self) -> tuple[str, ...]:
        """Columns that are changed, as the settings name them; none where the change looks for them itself."""
        found = getattr(self, type(self).named_by, ())
        return (found,) if isinstance(found, str) else tuple(found)


@dataclass(frozen=True)
class CellWork(ABC):
    """A change that is fitted to a table.

    Attributes:
        columns: that it changes.
    """

    columns: tuple[str, ...]

    @abstractmethod
    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Other values of these columns.

        Args:
            rows: some rows of the table, n of them.
            key: their random stream; a column's numbers come from a child of it with the column's name.

        Returns:
            By column, n values of its type.
        """


class CellChange(Augmentation):
    """Settings of a change of cells."""

    @abstractmethod
    def fit(self, subject: Subject) -> CellWork:
        """Learn of the table what the change needs.

        Raises:
            SpecError: a setting is wrong, or no column is such that it could be changed so; the message names what is feasible.
        """


@dataclass(frozen=True)
class Outcome:
    """Rows after a change of rows.

    Attributes:
        table: the rows, in the columns and types that they had.
        source: number of the row that each was made from, or is, shape (rows,); -1 for none.
        made: whether a row was not there before, shape (rows,).
        how: by column, in a word or two how each value came about, null for most; "" for made rows. For the log.
    """

    table: pa.Table
    source: Ints
    made: Mask
    how: Mapping[str, pa.Array] = field(default_factory=dict)

    @classmethod
    def changed(cls, table: pa.Table) -> Outcome:
        """The same rows with other values."""
        return cls(table, np.arange(table.num_rows), np.zeros(table.num_rows, dtype=bool))

    def then(self, after: Outcome) -> Outcome:
        """What comes of this and then another change."""
        take = pa.array(after.source, mask=after.source < 0)
        how = {name: texts.take(take) for name, texts in self.how.items()}
        for name, texts in after.how.items():
            how[name] = pc.coalesce(texts, how[name]) if name in how else texts
        source = np.where(after.source >= 0, np.append(self.source, -1)[after.source], -1)
        return Outcome(after.table, source, after.made | np.append(self.made, False)[after.source], how)

    @classmethod
    def with_more(cls, table: pa.Table, made: pa.Table, source: Ints) -> Outcome:
        """The rows, and made ones behind them.

        Args:
            table: the rows as they were.
            made: m rows.
            source: number of the row that each was made from, -1 for none, shape (m,).
        """
        both = pa.concat_tables([table, made]).combine_chunks()
        at = np.arange(both.num_rows)
        return cls(both, np.concatenate([at[: table.num_rows], source]), at >= table.num_rows)

    @classmethod
    def picked(cls, table: pa.Table, rows: Ints) -> Outcome:
        """Rows of a table, some perhaps several times: from the second time on, they are made.

        Args:
            table: all rows.
            rows: numbers of those that are picked.
        """
        again = np.ones(len(rows), dtype=bool)
        again[np.unique(rows, return_index=True)[1]] = False
        return cls(table.take(pa.array(rows)), rows, again)


class RowChange(Augmentation):
    """Settings of a change of whole rows."""

    same_rows: ClassVar[bool] = False

    @abstractmethod
    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Change the table. Rows that stay come first, in their order, unless the change is about order.

        Raises:
            SpecError: a setting is wrong for this table; the message names what is feasible.
            DataError: the table cannot be changed so.
        """


CHANGES = Registry[Augmentation]("rowsmith.augment", Augmentation, "change")
