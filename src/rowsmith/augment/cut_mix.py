"""Rows put together from two rows: some columns from one, the rest from the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._subject import Subject
from rowsmith.augment.mixup import partners
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class CutMix(RowChange):
    """Rows put together from two rows, behind the real ones: a random part of the columns from one, the rest from the other.

    Every value is a real one of its column. Source: S. Yun et al., "CutMix" (2019), with columns for patches, as in the
    tables of G. Somepalli et al., "SAINT" (2021).

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"a": [1.5, 9.5], "b": ["u", "v"]}), rs.CutMix(share=1.0), seed=2).frame.num_rows
    4
    """

    keep: float = 0.7
    """Share of the columns from the first row, on average."""
    share: float = 0.5
    """Rows to make, as a share of the rows."""
    within: str | None = None
    """A column of classes: only rows of the same class are put together."""

    main: ClassVar[str] = "keep"

    def __post_init__(self) -> None:
        require(self, "keep", least=0, most=1)
        require(self, "share", above=0)

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Make rows."""
        base, other = partners(subject, self.share, self.within, key)
        columns = []
        for name in subject.table.column_names:
            swap = key.child(name).generator().random(len(base)) >= self.keep
            index = base if name in subject.fixed else np.where(swap, other, base)
            columns.append(subject.values(name).take(pa.array(index)))
        made = pa.table(columns, schema=subject.table.schema)
        return Outcome.with_more(subject.table, made, base)
