"""Time zones for arrays: from the clock on the wall to UTC and back, the hours that clocks skip or repeat included."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError

Numbers = NDArray[np.int64]
SECOND = 1_000_000
_DAY = 86_400
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIRST, _LAST = -62_135_510_400, 253_402_214_400  # inside the years 1 to 9999 in any zone
_FIXED = re.compile(r"([+-])(\d\d):?(\d\d)")


@dataclass(frozen=True)
class Offsets:
    """The offsets of a zone from UTC in a span of time. Moments are microseconds since 1970.

    Attributes:
        starts: moments (UTC) from which each offset holds, rising, shape (k,); the first holds before as well.
        offsets: microseconds east of Greenwich, shape (k,).
    """

    starts: Numbers
    offsets: Numbers

    def local(self, utc: Numbers) -> Numbers:
        """What the clock on the wall shows."""
        return utc + self.offsets[np.maximum(np.searchsorted(self.starts, utc, side="right") - 1, 0)]

    def utc(self, local: Numbers, *, late: bool = False) -> Numbers:
        """When the clock on the wall shows a time.

        Args:
            local: a time that is skipped is taken for as long after the skip as it is after the skip's start.
            late: whether a time that comes twice is taken for its second coming.
        """
        # Early, the old offset holds until its own clock ends; late, the new one from when its own begins.
        edges = self.starts[1:] + (self.offsets[1:] if late else self.offsets[:-1])
        place = np.searchsorted(edges, local, side="right")
        found = local - self.offsets[place]
        early = (place > 0) & (found < self.starts[place])
        return np.where(early, local - self.offsets[np.maximum(place - 1, 0)], found)


def offsets_of(zone: str | None, first: int, last: int) -> Offsets:
    """The offsets of a zone from one moment (UTC, in microseconds) to another; none for no zone.

    Args:
        zone: IANA name, or a fixed offset such as `+02:00`.
        first: start of the span.
        last: its end.

    Raises:
        SpecError: there is no such zone.
    """
    if zone is None:
        return Offsets(np.zeros(1, np.int64), np.zeros(1, np.int64))
    # Whole years with one to spare, so that tables are shared.
    years = [
        np.datetime64(int(np.clip(moment // SECOND, _FIRST, _LAST)), "s").astype("M8[Y]") for moment in (first, last)
    ]
    return _table(zone, int(years[0].astype(int)) - 1, int(years[1].astype(int)) + 2)


def check_zone(zone: str, name: str = "zone") -> None:
    """Refuse what is no time zone.

    Raises:
        SpecError: with the name of the setting.
    """
    try:
        _clock(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SpecError(f"{name}={zone!r}: expected a time zone such as 'Europe/Berlin', 'UTC' or '+02:00'.") from None


def _clock(zone: str) -> dt.tzinfo:
    fixed = _FIXED.fullmatch(zone)
    if fixed is None:
        return ZoneInfo(zone)
    size = dt.timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
    return dt.timezone(-size if fixed[1] == "-" else size)


@cache
def _table(zone: str, first_year: int, last_year: int) -> Offsets:
    clock = _clock(zone)
    first, last = (
        int(np.clip(np.array(year, "M8[Y]").astype("M8[s]").astype(np.int64), _FIRST, _LAST))
        for year in (first_year, last_year)
    )
    starts, offsets = [first], [_offset(clock, first)]
    for day in range(first, last, _DAY):
        end = min(day + _DAY, last)
        if _offset(clock, end) == offsets[-1]:
            continue
        low, high = day, end  # the change is after `low`, at `high` at the latest
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(clock, middle) == offsets[-1] else (low, middle)
        starts.append(high)
        offsets.append(_offset(clock, end))
    return Offsets(np.array(starts, np.int64) * SECOND, np.array(offsets, np.int64) * SECOND)


def _offset(clock: dt.tzinfo, moment: int) -> int:
    """Seconds east of Greenwich at a moment."""
    local = (_EPOCH + dt.timedelta(seconds=moment)).astimezone(clock)
    shift = local.utcoffset()
    assert shift is not None
    return round(shift.total_seconds())
