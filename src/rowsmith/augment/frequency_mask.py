"""Series without some of their frequencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.augment._change import Floats, Outcome, RowChange
from rowsmith.augment._series import curved, measures, series_of
from rowsmith.augment._subject import Subject
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class FrequencyMask(RowChange):
    """Series without a band of their frequencies; the mean stays.

    Source: D. Park et al., "SpecAugment" (2019), on the spectrum of the whole series.

    >>> import rowsmith as rs, pyarrow as pa
    >>> done = rs.augment(pa.table({"x": [float(i % 7) + 0.5 * i for i in range(70)]}), rs.FrequencyMask(share=0.5), seed=1)
    >>> done.frame.num_rows
    70
    """

    share: float = 0.1
    """Share of the frequencies in the band."""
    columns: tuple[str, ...] = ()
    """Columns of numbers; all but keys, classes, time and entity if left out."""
    entity: tuple[str, ...] = ()
    """Columns that say whose rows they are; all rows are one series if left out."""
    time: str | None = None
    """Column of time; rows are in order if left out."""

    main: ClassVar[str] = "share"
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(self, "share", above=0, most=1)

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Take a band out of each series."""
        names = measures(subject, self.columns, self.time, self.entity)
        return curved(subject, names, series_of(subject, self.entity, self.time), key, self._curve)

    def _curve(self, x: Floats, rng: np.random.Generator) -> Floats:
        waves = np.fft.rfft(x)
        most = len(waves) - 1
        size = min(most, max(1, round(self.share * most)))
        start = 1 + int(rng.integers(0, most - size + 1))
        waves[start : start + size] = 0
        return np.fft.irfft(waves, len(x))
