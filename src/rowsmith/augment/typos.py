"""Slips in texts: keys beside the right one, letters swapped, signs that a scanner takes for others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.augment._change import CellChange, CellWork
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.slips import SLIPS, Slip, slips
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Typos(CellChange):
    """One slip in each text that is hit: two letters swapped, one dropped or doubled, the key beside it, or a look-alike.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"city": ["Berlin", "Hamburg"]}), rs.Typos(rate=1.0), seed=7).frame["city"].to_pylist()
    ['Belrin', 'Hamvurg']
    """

    rate: float
    """Share of the texts that are hit."""
    columns: tuple[str, ...] = ()
    """Columns of text; all but keys if left out."""
    slips: tuple[Slip, ...] = SLIPS
    """Kinds of slips; `ocr` is that of a scanner (0 for O, rn for m)."""

    main: ClassVar[str] = "rate"
    lawful: ClassVar[bool] = False

    def __post_init__(self) -> None:
        require(self, "rate", above=0, most=1)
        if not self.slips:
            raise SpecError(f"slips=[]: expected at least one of {', '.join((*SLIPS, 'ocr'))}.")

    def fit(self, subject: Subject) -> TyposWork:
        """The columns."""
        names = subject.pick(self.columns, ("text",))
        if not names:
            raise SpecError("columns: there is no column of text beside keys.")
        return TyposWork(names, self)


@dataclass(frozen=True)
class TyposWork(CellWork):
    """Slips of a table.

    Attributes:
        settings: of the slips.
    """

    settings: Typos

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Mistype texts; those that are too short stay."""
        out = {}
        for name in self.columns:
            generator, column = key.child(name).generator(), rows.column(name)
            hit = generator.random(rows.num_rows) < self.settings.rate
            at = np.flatnonzero(hit & column.is_valid().to_numpy(zero_copy_only=False))
            clean = column.take(pa.array(at)).cast(pa.string()).to_pylist()
            found = slips(clean, self.settings.slips, generator)
            dirty = [word if slip is None else slip[0] for word, slip in zip(clean, found, strict=True)]
            mask = np.zeros(rows.num_rows, dtype=bool)
            mask[at] = True
            out[name] = pc.replace_with_mask(column, pa.array(mask), pa.array(dirty, pa.string()).cast(column.type))
        return out
