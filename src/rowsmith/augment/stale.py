"""Values that were not updated: those of the row before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._series import series_of
from rowsmith.augment._subject import KEY, Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Stale(RowChange):
    """Values that were not updated: each that is hit is that of the row before, of the same entity if there is one.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"a": ["x", "y", "z"]}), rs.Stale(rate=1.0)).frame["a"].to_pylist()
    ['x', 'x', 'y']
    """

    rate: float
    """Share of the values."""
    columns: tuple[str, ...] = ()
    """Columns; all but keys, time and entity if left out."""
    entity: tuple[str, ...] = ()
    """Columns that say whose rows they are; all rows are one series if left out."""
    time: str | None = None
    """Column of time; rows are in order if left out."""

    main: ClassVar[str] = "rate"
    lawful: ClassVar[bool] = False
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(self, "rate", above=0, most=1)

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Put old values in place."""
        for name in self.columns:
            subject.column(name, "columns")
            if name in subject.fixed:
                raise SpecError(f"columns={name!r}: {KEY}.")
        apart = {self.time, *self.entity, *subject.fixed}
        names = self.columns or tuple(n for n in subject.table.column_names if n not in apart)
        before = np.arange(subject.n)
        for rows in series_of(subject, self.entity, self.time):
            before[rows[1:]] = rows[:-1]
        table = subject.table
        for name in names:
            hit = key.child(name).generator().random(subject.n) < self.rate
            index = np.where(hit, before, np.arange(subject.n))
            at = table.column_names.index(name)
            table = table.set_column(at, table.schema.field(at), subject.values(name).take(pa.array(index)))
        return Outcome.changed(table)
