"""Series that are sampled less often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._series import series_of, taken
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key


@dataclass(frozen=True, kw_only=True)
class Thin(RowChange):
    """Every so many rows of each series, as if it were sampled less often. Values are not averaged.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"x": [i / 2 for i in range(10)]}), rs.Thin(every=4)).frame["x"].to_pylist()
    [0.0, 2.0, 4.0]
    """

    every: int
    """One row of so many is kept."""
    entity: tuple[str, ...] = ()
    """Columns that say whose rows they are; all rows are one series if left out."""
    time: str | None = None
    """Column of time; rows are in order if left out."""

    main: ClassVar[str] = "every"

    def __post_init__(self) -> None:
        if self.every < 2:
            raise SpecError(f"every={self.every}: expected a whole number from 2.")

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Keep some rows; they keep their order."""
        kept = [rows[:: self.every] for rows in series_of(subject, self.entity, self.time)]
        return taken(subject, np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *kept])))
