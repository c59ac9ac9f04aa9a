"""Moments in time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.spans import DAY, MICROSECONDS
from rowsmith.samplers._calendar import Profile, hour_weights
from rowsmith.samplers._dated import Dated, Numbers, days, microseconds, parse_moment
from rowsmith.samplers._timeline import Timeline
from rowsmith.samplers._zone import check_zone, offsets_of

_HOUR = MICROSECONDS["hours"]
_MOST_CELLS = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Timestamp(Dated):
    """Moments: a day by its weights, and the time of day by a profile; each row may be bounded by other columns.

    Weights of days and hours are those of the clock on the wall in `zone`: an hour that clocks skip never comes, one that
    they repeat comes in both its places. Bounds are exact: no value is before `after` or after `before`. A date in
    `between` or in another column stands for all of its day.
    """

    hour: Profile | tuple[float, ...] = "flat"
    """Weights of the hours: flat, day (awake people), office (8 to 18), evening (16 to 24), or 24 numbers from midnight."""
    zone: str | None = None
    """Time zone, such as Europe/Berlin; without it, timestamps have none."""
    resolution: Literal["minute", "second", "millisecond", "microsecond"] = "second"
    """What values are whole numbers of."""

    def __post_init__(self) -> None:
        _ = self._hours
        if self.zone is not None:
            check_zone(self.zone)
        super().__post_init__()

    @property
    def type(self) -> pa.DataType:
        """Microseconds, in the zone."""
        return pa.timestamp("us", tz=self.zone)

    @property
    def _unit(self) -> int:
        return MICROSECONDS[f"{self.resolution}s"]

    @cached_property
    def _hours(self) -> NDArray[np.float64]:
        return hour_weights(self.hour)

    def _ends(self) -> tuple[int, int]:
        if self.between is None or len(self.between) != 2:
            raise SpecError(f"between={self._shown}: expected the first and the last day or moment.")
        first, last = (parse_moment(value) for value in self.between)
        return self._moment(first, last=False), self._moment(last, last=True)

    def _moment(self, value: dt.date, *, last: bool) -> int:
        if not isinstance(value, dt.datetime):
            day = pa.array([value], pa.date32())
            return int(self._ticks(day, last=last, up=False)[0])
        if value.tzinfo is None:
            local = np.array([(value - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)])
            return int(self._utc(local, late=last)[0])
        if self.zone is None:
            raise SpecError(f"between: {value} has a time zone; expected none, or `zone` as well.")
        return (value - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)

    def _utc(self, local: Numbers, *, late: bool = False) -> Numbers:
        if self.zone is None or not len(local):
            return local
        return offsets_of(self.zone, int(local.min()), int(local.max())).utc(local, late=late)

    def _ticks(self, column: pa.Array, *, last: bool, up: bool) -> Numbers:
        if pa.types.is_date(column.type):
            # the day's last microsecond is the one before the next midnight
            return self._utc((days(column) + last) * DAY) - last
        found = microseconds(column, up=up)
        if column.type.tz is None:
            return self._utc(found, late=last)
        if self.zone is None and len(found):
            return offsets_of(column.type.tz, int(found.min()), int(found.max())).local(found)
        return found

    def _length(self, microseconds: int, *, least: bool) -> int:
        return microseconds

    def _line(self, low: int, high: int) -> Timeline:
        """Cells are hours of the clock on the wall, or days where all hours weigh the same."""
        first, last = low * self._unit, (high + 1) * self._unit
        offsets = offsets_of(self.zone, first, last)
        step = DAY if np.ptp(self._hours) == 0 else _HOUR
        if (last - first) // step > _MOST_CELLS:
            raise SpecError(f"between={self._shown}: spans too many hours; expected less than 2000 years.")
        edges = []
        changes = [c for c in offsets.starts[1:].tolist() if first < c < last]
        for start, end in zip([first, *changes], [*changes, last], strict=True):
            shift = int(offsets.local(np.array([start]))[0]) - start
            whole = np.arange(-(-(start + shift) // step) * step - shift, end, step)
            edges.append(np.concatenate(([start], whole[whole > start])))
        starts = np.concatenate(edges)
        ends = np.append(starts[1:], last)
        day, rest = np.divmod(offsets.local(starts), DAY)
        weight = self._day_weights(np.arange(day[0], day.max() + 1))[day - day[0]] * self._hours[rest // _HOUR]
        weight *= (ends - starts) / step
        return Timeline.of(-(-starts // self._unit), -(-ends // self._unit), weight)

    def _array(self, values: Numbers, missing: NDArray[np.bool_]) -> pa.Array:
        mask = np.broadcast_to(missing, values.shape)
        return pa.array(values * self._unit, pa.int64(), mask=mask).cast(self.type)
