"""Series whose pieces change places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.augment._change import Floats, Outcome, RowChange
from rowsmith.augment._series import curved, measures, series_of
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key


@dataclass(frozen=True, kw_only=True)
class Permute(RowChange):
    """Series cut into pieces that change places: what happens in a piece stays, when it happens does not.

    Columns of a series change places independently. Source: T. Um et al., "Data Augmentation of Wearable Sensor Data" (2017).

    >>> import rowsmith as rs, pyarrow as pa
    >>> done = rs.augment(pa.table({"x": [i / 2 for i in range(40)]}), rs.Permute(pieces=4), seed=1)
    >>> sorted(done.frame["x"].to_pylist()) == [i / 2 for i in range(40)]
    True
    """

    pieces: int = 4
    """Pieces of a series, cut at random places."""
    columns: tuple[str, ...] = ()
    """Columns of numbers; all but keys, classes, time and entity if left out."""
    entity: tuple[str, ...] = ()
    """Columns that say whose rows they are; all rows are one series if left out."""
    time: str | None = None
    """Column of time; rows are in order if left out."""

    main: ClassVar[str] = "pieces"
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.pieces < 2:
            raise SpecError(f"pieces={self.pieces}: expected a whole number from 2.")

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Change pieces round."""
        names = measures(subject, self.columns, self.time, self.entity)
        return curved(subject, names, series_of(subject, self.entity, self.time), key, self._curve)

    def _curve(self, x: Floats, rng: np.random.Generator) -> Floats:
        cuts = np.sort(rng.choice(np.arange(1, len(x)), min(self.pieces, len(x)) - 1, replace=False))
        parts = np.split(x, cuts)
        return np.concatenate([parts[i] for i in rng.permutation(len(parts))])
