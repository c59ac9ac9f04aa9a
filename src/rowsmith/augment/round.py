"""Numbers that are rounded, as people do who estimate: heaping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.augment._change import CellChange, CellWork
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Round(CellChange):
    """Numbers rounded to multiples, all of them or the share of people who estimate (heaping).

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"weight": [61, 74, 88, 93]}), rs.Round(to=5)).frame["weight"].to_pylist()
    [61, 75, 90, 93]
    """

    to: float
    """What values become multiples of."""
    columns: tuple[str, ...] = ()
    """Columns of numbers; all but keys and classes if left out."""
    share: float = 1.0
    """Share of the values that are rounded."""

    main: ClassVar[str] = "to"

    def __post_init__(self) -> None:
        require(self, "to", above=0)
        require(self, "share", above=0, most=1)

    def fit(self, subject: Subject) -> RoundWork:
        """How the columns are written. A value whose multiple lies beyond the ends of its column stays."""
        names = subject.pick(self.columns, ("number",))
        names = names if self.columns else tuple(n for n in names if n not in subject.classes)
        if not names:
            raise SpecError("columns: there is no column of numbers beside keys and classes; name one.")
        rulers = [Ruler.of(name, subject.values(name)) for name in names]
        if not self.columns:
            rulers = [ruler for ruler in rulers if self.to * ruler.unit >= ruler.grain]
        for ruler in rulers:
            if self.to * ruler.unit < ruler.grain:
                raise SpecError(
                    f"to={self.to:g}: {ruler.name} is written in steps of {ruler.grain / ruler.unit:g}; expected a coarser step."
                )
        return RoundWork(tuple(ruler.name for ruler in rulers), self, tuple(rulers))


@dataclass(frozen=True)
class RoundWork(CellWork):
    """Rounding that is fitted to a table.

    Attributes:
        settings: of the rounding.
        rulers: one a column.
    """

    settings: Round
    rulers: tuple[Ruler, ...]

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Round values."""
        out = {}
        for ruler in self.rulers:
            values = rows.column(ruler.name)
            x, to = floats(values), self.settings.to * ruler.unit
            whole = np.rint(x / to) * to
            whole = np.where((whole < ruler.low) | (whole > ruler.high), x, whole)
            if self.settings.share < 1:
                hit = key.child(ruler.name).generator().random(len(x)) < self.settings.share
                whole = np.where(hit, whole, x)
            out[ruler.name] = ruler.at(whole, values)
        return out
