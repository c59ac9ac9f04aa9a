"""The greatest and least values of a column, cut off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from rowsmith.augment._change import CellChange, CellWork
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class TopCode(CellChange):
    """The greatest and least values of columns, cut off: they become the value at which they are cut, or the mean of all beyond.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"pay": [10.5, 20.0, 30.5, 900.0]}), rs.TopCode(("pay",), top=0.75)).frame["pay"].to_pylist()
    [10.5, 20.0, 30.5, 30.5]
    """

    columns: tuple[str, ...] = field(kw_only=False)
    """Columns of numbers."""
    top: float | None = 0.99
    """Share of the values up to which they stay; None to cut nothing off."""
    bottom: float | None = None
    """Share of the values from which on they stay; nothing is cut off if left out."""
    value: Literal["end", "mean"] = "end"
    """What takes their place: the greatest value that stays, or the mean of those beyond, by which sums stay."""

    main: ClassVar[str] = "columns"
    lawful: ClassVar[bool] = False

    def __post_init__(self) -> None:
        require(self, "top", above=0, below=1)
        require(self, "bottom", above=0, below=1)
        if self.top is None and self.bottom is None:
            raise SpecError("top, bottom: expected at least one of them.")
        if self.top is not None and self.bottom is not None and self.bottom >= self.top:
            raise SpecError(f"bottom={self.bottom:g}: expected a share below top={self.top:g}.")

    def fit(self, subject: Subject) -> TopCodeWork:
        """Where the columns are cut."""
        names, cuts = subject.pick(self.columns, ("number",)), []
        for name in names:
            x = floats(subject.values(name))
            x = x[np.isfinite(x)]
            ends = [-np.inf, np.inf]
            if self.bottom is not None and len(x):
                ends[0] = float(np.quantile(x, self.bottom, method="higher"))
            if self.top is not None and len(x):
                ends[1] = float(np.quantile(x, self.top, method="lower"))
            beyond = (x[x < ends[0]], x[x > ends[1]])
            means = [
                float(part.mean()) if self.value == "mean" and len(part) else float(end)
                for part, end in zip(beyond, ends, strict=True)
            ]
            cuts.append((Ruler.of(name, subject.values(name)), ends[0], ends[1], means[0], means[1]))
        return TopCodeWork(names, tuple(cuts))


@dataclass(frozen=True)
class TopCodeWork(CellWork):
    """Cuts of a table.

    Attributes:
        cuts: of each column its ruler, the ends, and what takes the place of values beyond them.
    """

    cuts: tuple[tuple[Ruler, float, float, float, float], ...]

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Cut values off."""
        out = {}
        for ruler, low, high, below, above in self.cuts:
            values = rows.column(ruler.name)
            x = floats(values)
            out[ruler.name] = ruler.at(np.where(x < low, below, np.where(x > high, above, x)), values)
        return out
