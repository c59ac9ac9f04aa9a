"""The time column of sequences as whole ticks, so that a regular grid is one in which every gap is a single tick.

A clock is the finest in which the real gaps are whole: months, local days (which a change of the clock makes 23 or 25
hours long), or the largest step that all gaps keep. What is learnt are gaps in ticks; the times that come of them are of
the grid, whatever is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.core.line import PER_SECOND, decimals, from_line, scaled, to_line
from rowsmith.core.schema import arrow_type
from rowsmith.core.state import State

Ticks = NDArray[np.int64]

DAY = 86_400
SLACK = 1e-3
"""Part of a step by which the times of a grid of fractions (a twelfth of a year) may be rounded."""


@dataclass(frozen=True)
class Clock:
    """How times are counted.

    Attributes:
        type: of the times.
        count: "line": units of the type; "wall": the same of the local time; "month": months; "part": steps that are no
            whole number of units.
        step: units, or months, of a tick; of a "part", a fraction.
        digits: decimals of times that are floats.
        within: "month": what comes on top of the first of the month, in units; -1 for its last day.
    """

    type: pa.DataType
    count: Literal["line", "wall", "month", "part"]
    step: float
    digits: int | None = None
    within: int = 0

    @property
    def per_second(self) -> float:
        """Units of the line in a second; 0 where times are plain numbers."""
        if pa.types.is_date(self.type):
            return 1.0 / DAY
        return float(PER_SECOND[self.type.unit]) if pa.types.is_timestamp(self.type) else 0.0

    def line(self, values: pa.Array) -> Ticks:
        """Times in units, or months: what ticks are counted in, shape (n,)."""
        if self.count == "month":
            return _months(_days(values))
        if self.count == "wall":
            return to_line(pc.local_timestamp(values))
        return np.asarray(scaled(to_line(values), self.digits))

    def times(self, line: Ticks) -> pa.Array:
        """The inverse of `line`."""
        if self.count == "month":
            return self._of_months(line)
        if self.count == "wall":
            local = from_line(line, pa.timestamp(self.type.unit))
            return pc.assume_timezone(local, self.type.tz, ambiguous="earliest", nonexistent="latest")
        return from_line(line if self.digits is None else line / 10.0**self.digits, self.type)

    def _of_months(self, months: Ticks) -> pa.Array:
        first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        if self.within < 0:
            days, more = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1, 0
        else:
            unit = round(DAY * self.per_second)
            days, more = first + self.within // unit, self.within % unit
        if pa.types.is_date(self.type):
            return from_line(days, self.type)
        local = from_line(days * round(DAY * self.per_second) + more, pa.timestamp(self.type.unit))
        if self.type.tz is None:
            return local
        return pc.assume_timezone(local, self.type.tz, ambiguous="earliest", nonexistent="latest")

    def seconds(self, line: Ticks) -> Ticks:
        """Local seconds since 1970 of times in units, for the calendar, shape (n,)."""
        if self.count == "month":
            return line.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) * DAY
        return np.floor_divide(line, self.per_second).astype(np.int64) if self.per_second else line

    def offsets(self, low: int, high: int) -> tuple[Ticks, Ticks]:
        """Seconds of UTC from which on the local time is ahead by how many, between two times in seconds.

        Returns:
            Two arrays of the same shape, at least one entry.
        """
        if self.count != "line" or getattr(self.type, "tz", None) is None:
            return np.zeros(1, np.int64), np.zeros(1, np.int64)
        every = np.arange(low - 40 * DAY, high + 40 * DAY, 3600, dtype=np.int64)
        local = to_line(pc.local_timestamp(pa.array(every).cast(pa.timestamp("s", self.type.tz))))
        ahead = local - every
        new = np.flatnonzero(np.diff(ahead, prepend=ahead[0] - 1))
        return every[new], ahead[new]

    def state(self) -> State:
        """Plain values."""
        return vars(self) | {"type": str(self.type)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(**{**state, "type": arrow_type(state["type"])})


def fit_clock(times: pa.Array, same: NDArray[np.bool_]) -> Clock:
    """The coarsest clock that gaps between events of an entity keep.

    Args:
        times: of the rows, in order of entities and times, without nulls.
        same: whether a row is of the same entity as the one above it, shape (n,).

    Raises:
        DataError: the values are no times, or not whole enough to be counted.
    """
    kind = times.type
    if pa.types.is_duration(kind) or pa.types.is_time(kind) or pa.types.is_string(kind) or pa.types.is_boolean(kind):
        raise DataError(f"values of type {kind} are no points in time; expected dates, timestamps or numbers.")
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _dated(times, same)
    line = to_line(times)
    if line.dtype.kind == "i":
        return Clock(kind, "line", _step(line, same))
    if not np.isfinite(line).all():
        raise DataError("not every value is a finite number.")
    digits = decimals(np.unique(line), np.float64)
    if digits is None:
        digits = max(0, 9 - round(np.log10(np.abs(line).max() + 1e-9)))
    whole = np.asarray(scaled(line, digits))
    part = _part(whole, same)
    return Clock(kind, "part", part, digits) if part else Clock(kind, "line", _step(whole, same), digits)


def _dated(times: pa.Array, same: NDArray[np.bool_]) -> Clock:
    kind = times.type
    line, days = to_line(times), _days(times)
    unit = 1 if pa.types.is_date(kind) else DAY * PER_SECOND[kind.unit]
    zone = getattr(kind, "tz", None)
    local = to_line(pc.local_timestamp(times)) if zone else line
    within = local - _months(days).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) * unit
    months = _months(days)
    if same.any() and (np.diff(months)[same[1:]] > 0).all():
        if (within == within[0]).all():
            return Clock(kind, "month", _step(months, same), None, int(within[0]))
        last = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1
        if (days == last).all() and (local % unit == 0).all():
            return Clock(kind, "month", _step(months, same), None, -1)
    if zone and _step(local, same) % unit == 0 and _step(line, same) % unit:
        return Clock(kind, "wall", _step(local, same))
    return Clock(kind, "line", _step(line, same))


def _days(times: pa.Array) -> Ticks:
    """Local days since 1970."""
    local = pc.local_timestamp(times) if getattr(times.type, "tz", None) else times
    return np.asarray(local.cast(pa.date32(), safe=False).view(pa.int32()).to_numpy().astype(np.int64))


def _months(days: Ticks) -> Ticks:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _step(line: Ticks, same: NDArray[np.bool_]) -> int:
    gaps = np.diff(line)[same[1:]]
    gaps = gaps[gaps != 0]
    return int(np.gcd.reduce(np.abs(gaps))) if len(gaps) else 1


def _part(line: Ticks, same: NDArray[np.bool_]) -> float:
    """The step of a grid whose times were rounded; 0 if it is none, or one of whole steps."""
    start = np.flatnonzero(~same)
    place = np.arange(len(line)) - np.repeat(start, np.diff(np.append(start, len(line))))
    since = line - np.repeat(line[start], np.diff(np.append(start, len(line))))
    if not place.any():
        return 0.0
    step = float((place * since).sum() / (place**2).sum())
    rounded = step > 0 and 1 / step < SLACK and bool((np.abs(since - place * step) <= 1).all())
    return step if rounded and step != round(step) else 0.0
