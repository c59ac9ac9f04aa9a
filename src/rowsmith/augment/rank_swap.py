"""Values exchanged between rows that are near by their rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._numbers import floats
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class RankSwap(RowChange):
    """Values of each column exchanged between pairs of rows whose ranks are near: every column keeps exactly its values.

    Source: R. Moore, "Controlled Data-Swapping Techniques for Masking Public Use Microdata Sets" (1996).

    >>> import rowsmith as rs, pyarrow as pa
    >>> done = rs.augment(pa.table({"pay": [10.5, 20.0, 31.5, 44.0]}), rs.RankSwap(within=0.5), seed=1)
    >>> sorted(done.frame["pay"].to_pylist())
    [10.5, 20.0, 31.5, 44.0]
    """

    columns: tuple[str, ...] = ()
    """Columns of numbers or times; all but keys if left out."""
    within: float = 0.05
    """How far apart ranks may be, as a share of the rows."""

    main: ClassVar[str] = "columns"
    lawful: ClassVar[bool] = False
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(self, "within", above=0, most=1)

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Exchange values; nulls stay."""
        names, table = subject.pick(self.columns, ("number", "time")), subject.table
        if not names:
            raise SpecError("columns: there is no column of numbers or times beside keys.")
        for name in names:
            x, rng = floats(subject.values(name)), key.child(name).generator()
            there = np.flatnonzero(np.isfinite(x))
            order = there[np.lexsort((rng.random(len(there)), x[there]))]
            most = max(1, int(self.within * len(order)))
            partner, free = np.arange(len(order)), np.ones(len(order), dtype=bool)
            steps = rng.integers(1, most + 1, len(order))
            for i, step in enumerate(steps.tolist()):
                j = min(i + step, len(order) - 1)
                if free[i] and free[j] and i != j:
                    partner[i], partner[j], free[i], free[j] = j, i, False, False
            index = np.arange(subject.n)
            index[order] = order[partner]
            at = table.column_names.index(name)
            table = table.set_column(at, table.schema.field(at), subject.values(name).take(pa.array(index)))
        return Outcome.changed(table)
