"""Stretches of a series in which values are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._series import measures, series_of, stretches
from rowsmith.augment._subject import Subject
from rowsmith.core.codecs import blank
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Gaps(RowChange):
    """Stretches of each series in which values are missing, as when a sensor is off; all columns together.

    >>> import rowsmith as rs, pyarrow as pa
    >>> gone = rs.augment(pa.table({"x": [i / 2 for i in range(1000)]}), rs.Gaps(share=0.2, length=10), seed=1).frame["x"].null_count
    >>> 100 < gone < 300
    True
    """

    share: float
    """Share of the rows in gaps, about."""
    length: float = 10
    """Rows of a gap, on average."""
    columns: tuple[str, ...] = ()
    """Columns of numbers; all but keys, classes, time and entity if left out."""
    entity: tuple[str, ...] = ()
    """Columns that say whose rows they are; all rows are one series if left out."""
    time: str | None = None
    """Column of time; rows are in order if left out."""

    main: ClassVar[str] = "share"
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(self, "share", above=0, below=1)
        require(self, "length", least=1)

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Make gaps."""
        names = measures(subject, self.columns, self.time, self.entity)
        gone = np.zeros(subject.n, dtype=bool)
        for number, rows in enumerate(series_of(subject, self.entity, self.time)):
            for part in stretches(len(rows), self.share, self.length, key.child(number).generator()):
                gone[rows[part]] = True
        table = subject.table
        for name in names:
            at = table.column_names.index(name)
            table = table.set_column(at, table.schema.field(at), blank(subject.values(name), gone))
        return Outcome.changed(table)
