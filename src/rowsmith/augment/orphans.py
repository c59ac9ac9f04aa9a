"""Keys that point nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._subject import Subject
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Orphans(RowChange):
    """Keys that point nowhere: values that the column does not have, in the shape of those that it has.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"shop": [101, 102, 103, 101] * 5}), rs.Orphans("shop", rate=0.2), seed=1).steps[0].cells
    {'shop': 4}
    """

    column: str = field(kw_only=False)
    """The column of keys."""
    rate: float = 0.02
    """Share of the rows: exactly so many, rounded, of those that have a key."""

    main: ClassVar[str] = "column"
    lawful: ClassVar[bool] = False
    named_by: ClassVar[str] = "column"
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(self, "rate", above=0, most=1)

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Put keys of nothing in place."""
        values = subject.values(subject.column(self.column, "column"))
        there = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
        hit = np.sort(key.generator().permutation(there)[: round(self.rate * len(there))])
        if not len(hit):
            return Outcome.changed(subject.table)
        new = subject.lent.keys(subject, self.column, len(hit), key.child("keys")).cast(values.type)
        mask = np.zeros(subject.n, dtype=bool)
        mask[hit] = True
        at = subject.table.column_names.index(self.column)
        field_ = subject.table.schema.field(at)
        return Outcome.changed(subject.table.set_column(at, field_, pc.replace_with_mask(values, pa.array(mask), new)))
