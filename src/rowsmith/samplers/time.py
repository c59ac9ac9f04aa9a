"""Times of day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.spans import DAY, MICROSECONDS
from rowsmith.samplers._calendar import Profile, hour_weights
from rowsmith.samplers._timeline import Timeline

_HOUR = MICROSECONDS["hours"]


@dataclass(frozen=True, kw_only=True)
class Time(ColumnSampler):
    """Times of day, without a date."""

    between: tuple[str, ...] = ("00:00", "23:59:59.999999")
    """First and last time (both may come), as [08:00, 17:30]; [22:00, 06:00] goes over midnight."""
    hour: Profile | tuple[float, ...] = "flat"
    """Weights of the hours: flat, day (awake people), office (8 to 18), evening (16 to 24), or 24 numbers from midnight."""
    resolution: Literal["minute", "second", "millisecond", "microsecond"] = "second"
    """What values are whole numbers of."""

    def __post_init__(self) -> None:
        if not len(self._line.start):
            raise SpecError(
                f"between={list(self.between)}: all hours between have weight 0; expected one that has more."
            )

    @property
    def type(self) -> pa.DataType:
        """Seconds, or as fine as the resolution."""
        fine = {"millisecond": pa.time32("ms"), "microsecond": pa.time64("us")}
        return fine.get(self.resolution, pa.time32("s"))

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Draw an hour by its weight, and a time in it."""
        low, high = (np.array([end]) for end in self._ends)
        values, _ = self._line.draw(key.generator().random(rows.n), low, high)
        unit = MICROSECONDS[f"{self.resolution}s"]
        counts = values % (DAY // unit) * (60 if self.resolution == "minute" else 1)
        if self.resolution == "microsecond":
            return pa.array(counts).cast(self.type)
        return pa.array(counts.astype(np.int32)).cast(self.type)

    @cached_property
    def _ends(self) -> tuple[int, int]:
        """First and last unit; the last is after midnight where the span goes over it."""
        if len(self.between) != 2:
            raise SpecError(f"between={list(self.between)}: expected the first and the last time of day.")
        low, high = map(_microseconds, self.between)
        unit = MICROSECONDS[f"{self.resolution}s"]
        return -(-low // unit), (high + DAY * (high < low)) // unit

    @cached_property
    def _line(self) -> Timeline:
        low, high = self._ends
        unit = MICROSECONDS[f"{self.resolution}s"]
        edges = np.arange(49) * (_HOUR // unit)
        start, end = np.maximum(edges[:-1], low), np.minimum(edges[1:], high + 1)
        weight = np.tile(hour_weights(self.hour), 2) * np.maximum(end - start, 0)
        return Timeline.of(start, end, weight)


def _microseconds(text: str) -> int:
    try:
        clock = dt.time.fromisoformat(text.strip().rjust(5, "0"))
    except ValueError:
        clock = dt.time(tzinfo=dt.UTC)
    if clock.tzinfo is not None:
        raise SpecError(f"between: {text!r} is not a time of day; expected one such as 08:00 or 17:30:15.")
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond
