"""Values that go missing by chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from rowsmith.augment._change import CellChange, CellWork
from rowsmith.augment._subject import KEY, Subject
from rowsmith.core.codecs import blank
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Dropout(CellChange):
    """Values that go missing, each by chance (MCAR). For gaps that have a reason (MAR, MNAR) take `corrupt`.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"a": [1.5, 2.5] * 500}), rs.Dropout(share=0.1), seed=7).frame["a"].null_count
    103
    """

    share: float
    """Share of the values that go missing."""
    columns: tuple[str, ...] = ()
    """Columns; all but keys if left out."""

    main: ClassVar[str] = "share"

    def __post_init__(self) -> None:
        require(self, "share", above=0, most=1)

    def fit(self, subject: Subject) -> DropoutWork:
        """The columns."""
        for name in self.columns:
            subject.column(name, "columns")
            if name in subject.fixed:
                raise SpecError(f"columns={name!r}: {KEY}.")
        able = tuple(n for n in subject.table.column_names if n not in subject.fixed)
        if not able:
            raise SpecError("columns: there is no column beside keys.")
        return DropoutWork(self.columns or able, self.share)


@dataclass(frozen=True)
class DropoutWork(CellWork):
    """Dropout of a table.

    Attributes:
        share: of the values.
    """

    share: float

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Take values away."""
        return {
            name: blank(rows.column(name), key.child(name).generator().random(rows.num_rows) < self.share)
            for name in self.columns
        }
