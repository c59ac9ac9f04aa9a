"""A window of each series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._series import series_of, taken
from rowsmith.augment._subject import Subject
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class WindowSlice(RowChange):
    """A window of each series at a random place; all other rows are left out.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"x": [i / 2 for i in range(40)]}), rs.WindowSlice(share=0.5), seed=1).frame.num_rows
    20
    """

    share: float = 0.9
    """Length of the window, as a share of the series."""
    entity: tuple[str, ...] = ()
    """Columns that say whose rows they are; all rows are one series if left out."""
    time: str | None = None
    """Column of time; rows are in order if left out."""

    main: ClassVar[str] = "share"

    def __post_init__(self) -> None:
        require(self, "share", above=0, most=1)

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Take the windows; rows keep their order."""
        kept = [np.zeros(0, dtype=np.int64)]
        for number, rows in enumerate(series_of(subject, self.entity, self.time)):
            size = max(1, round(self.share * len(rows)))
            start = int(key.child(number).generator().integers(0, len(rows) - size + 1))
            kept.append(rows[start : start + size])
        return taken(subject, np.sort(np.concatenate(kept)))
