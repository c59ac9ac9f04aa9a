"""A moment of which weekday and time of day matter: they are learnt beside it, and it is moved to the nearest that has them.

A column of moments is cut into about a hundred ranges, and one of a few years has ranges of a week or more: what is drawn
inside of one is of any weekday and any hour. Office hours, shop hours, the quiet of nights and Sundays live below that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import fit_codec, plain_values, shown_values
from rowsmith.core.computed import flags
from rowsmith.core.grid import BINS
from rowsmith.core.line import from_line, sentinels, to_line
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, arrow_type
from rowsmith.core.shield import FEW, Units, scarce, shared_ends
from rowsmith.core.state import State
from rowsmith.learn._sequence_clock import DAY, Clock
from rowsmith.learn._tie_bounded import Bounded, frequent
from rowsmith.learn._ties import Columns, Part, Tie, column_of, inner_state, state_of
from rowsmith.learn._uneven import EFFECT, HOURS, WEEK, uneven, weekdays

Ticks = NDArray[np.int64]

KINDS = ("date", "timestamp")
"""Kinds of columns that have weekdays."""
SPAN = 2 * WEEK
"""Days that a column spans from which on its ranges hide weekdays and hours."""
MANY = 4
"""Different moments for each code from which on no code is that of a single one."""
SHORT_MONTH = 28
"""Days that every month has."""


@dataclass(frozen=True)
class Moment(Tie):
    """The column is the nearest to a moment that has a weekday and a time of day: local ones, where there is a zone.

    Where it is half a day or less from what it may not precede, it stays as it is: its hour follows from the other's.

    Attributes:
        column: of dates or timestamps.
        kind: how the column itself is learnt.
        type: of its moments, which may stand as text.
        weekday: whether weekdays are learnt.
        time: whether times of day are learnt.
        start: the least moment that enough rows share or precede, in ticks of the type.
        end: the greatest.
        marks: moments that stand for something, as 9999-12-31 does, in ticks: they stay as they are.
        inner: bounds of the column, if it has some.
    """

    form = "moment"
    column: str
    kind: Column
    type: str
    weekday: bool
    time: bool
    start: int
    end: int
    marks: tuple[int, ...] = ()
    inner: Bounded | None = None

    @classmethod
    def of(
        cls, column: str, kind: Column, rows: Columns, inner: Bounded | None = None, units: Units | None = None
    ) -> Self | None:
        """The tie that real rows show; None where weekdays and hours are even, follow from other columns, or are kept anyway.

        Args:
            column: of any kind.
            kind: how it is learnt.
            rows: real rows.
            inner: bounds of the column, if it has some.
            units: entities of the rows, if they belong to some.
        """
        if kind.kind not in KINDS:
            return None
        values = _typed(rows[column], kind, column)
        there = flags(values.is_valid())
        ticks = to_line(values.drop_null())
        marks = np.union1d(np.intersect1d(ticks, sentinels(values.type)), frequent(pa.array(ticks)).to_numpy())
        own = ~np.isin(ticks, marks)
        if not own.any() or _each_coded(column, kind, rows[column], ticks[own], units):
            return None
        start, end = map(int, shared_ends(ticks[own], FEW, None if units is None else units[there][own]))
        draft = cls(column, kind, str(values.type), True, True, start, end, tuple(map(int, marks)), inner)
        says = there.copy()
        says[there] = moves = draft._moves(ticks, *draft._limits(rows, there))
        if end - start < SPAN * draft._day or moves[own].mean() <= 1 / 2 or scarce(says, FEW, units):
            return None
        local = draft._clock.line(from_line(ticks[own], values.type))
        days = local // draft._day
        of_month = _month_days(days)
        by_month = uneven(of_month[of_month < SHORT_MONTH], SHORT_MONTH)
        by_weekday, by_time = uneven(weekdays(days), WEEK), uneven(local % draft._day * HOURS // draft._day, HOURS)
        weekday, time = by_weekday >= max(EFFECT, by_month), draft._day > 1 and by_time >= EFFECT
        return replace(draft, weekday=weekday, time=time) if weekday or time else None

    @property
    def reads(self) -> tuple[str, ...]:
        """What the bounds read."""
        return () if self.inner is None else self.inner.reads

    @property
    def learns(self) -> Mapping[str, Column]:
        """The column itself, or what its bounds learn; its weekday, 0 for Monday, and its time of day."""
        found = {self._when: self.kind} if self.inner is None else dict(self.inner.learns)
        if self.weekday:
            found[self._weekday] = Column(kind="integer", type="int64")
        if self.time:
            found[self._time] = Column(kind="time", type=str(self._time_type))
        return found

    @property
    def says_missing(self) -> None:
        """None: the moment is missing then."""

    def split(self, rows: Columns) -> dict[str, Part]:
        """See `learns`."""
        values = _typed(rows[self.column], self.kind, self.column)
        there = flags(values.is_valid())
        local, says, plain = np.zeros(len(values), dtype=np.int64), there.copy(), values.drop_null()
        local[there] = self._clock.line(plain)
        says[there] = self._moves(to_line(plain), *self._limits(rows, there))
        out = {self._when: Part.of(rows[self.column])} if self.inner is None else self.inner.split(rows)
        if self.weekday:
            out[self._weekday] = Part.of(pa.array(weekdays(local // self._day))).lent(~says, self._weekday)
        if self.time:
            out[self._time] = Part.of(from_line(local % self._day, self._time_type)).lent(~says, self._time)
        return out

    def join(self, rows: Columns) -> pa.Array:
        """The nearest moment within bounds, and within the ends of the column; where there is none, what it should be near to."""
        values = _typed(rows[self._when] if self.inner is None else self.inner.join(rows), self.kind, self.column)
        there = flags(values.is_valid())
        low, high = self._limits(rows, there)
        found = to_line(values.drop_null()).copy()
        free = self._moves(found, low, high)
        local, period = self._clock.line(values.drop_null()), self._day * (WEEK if self.weekday else 1)
        local = local + self._away(local, rows, there)
        for turns in (0, 1, -1):  # the nearest one, and those beside it
            moved = to_line(self._clock.times(local + turns * period))
            fits = free & (moved >= low) & (moved <= high)
            found[fits], free = moved[fits], free & ~fits
        moved = from_line(found, values.type).take(pa.array(np.cumsum(there) - 1, mask=~there))
        return shown_values(moved, arrow_type(self.kind.type), self.kind.form)

    def solved(self, rows: Columns) -> dict[str, pa.Array]:
        """None: nothing follows from a moment."""
        return {}

    def state(self) -> State:
        """Plain values."""
        return state_of(self) | {"marks": list(self.marks), **inner_state(self.inner)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse; the inner tie is there already."""
        return cls(**{**column_of(state), "marks": tuple(state["marks"])})

    @property
    def _when(self) -> str:
        return f"{self.column}#when"

    @property
    def _weekday(self) -> str:
        return f"{self.column}#weekday"

    @property
    def _time(self) -> str:
        return f"{self.column}#time"

    @property
    def _clock(self) -> Clock:
        kind = arrow_type(self.type)
        return Clock(kind, "line" if getattr(kind, "tz", None) is None else "wall", 1)

    @property
    def _day(self) -> int:
        """Ticks of a day."""
        return round(DAY * self._clock.per_second)

    @property
    def _time_type(self) -> pa.DataType:
        unit = arrow_type(self.type).unit
        return pa.time32(unit) if unit in ("s", "ms") else pa.time64(unit)

    def _limits(self, rows: Columns, there: NDArray[np.bool_]) -> tuple[Ticks, Ticks]:
        """The first and the last moment that may be, of the rows with one."""
        if self.inner is not None:
            low, high = self.inner.limits(rows)
            return low[there], high[there]
        n = int(there.sum())
        return np.full(n, self.start), np.full(n, self.end)

    def _moves(self, ticks: Ticks, low: Ticks, high: Ticks) -> NDArray[np.bool_]:
        """Which moments have a weekday and an hour of their own."""
        near = np.zeros(len(ticks), dtype=bool)
        if self.inner is not None:
            near = (high - ticks if self.inner.upper else ticks - low) <= self._day / 2
        return ~near & ~np.isin(ticks, self.marks)

    def _away(self, local: Ticks, rows: Columns, there: NDArray[np.bool_]) -> Ticks:
        """Ticks to the nearest moment of the weekday and time that were drawn."""
        time = np.zeros(len(local), dtype=np.int64)
        if self.time:
            time = to_line(rows[self._time].filter(pa.array(there))) - local % self._day
        if not self.weekday:
            return _nearest(time, self._day)
        days = rows[self._weekday].to_numpy(zero_copy_only=False)[there] - weekdays(local // self._day)
        return _nearest(days * self._day + time, WEEK * self._day)


def _typed(values: pa.Array, kind: Column, name: str) -> pa.Array:
    return plain_values(name, values, arrow_type(kind.type), kind.form)


def _each_coded(column: str, kind: Column, values: pa.Array, ticks: Ticks, units: Units | None) -> bool:
    """Whether every moment has a code of its own: those of more than there are codes have not."""
    if len(np.unique(ticks)) > MANY * int(kind.settings.get("bins", BINS)):
        return False
    return fit_codec(column, kind, values, Key(0), units).exact


def _month_days(days: Ticks) -> Ticks:
    """Days of the month, from 0, of days since 1970."""
    dates = days.astype("datetime64[D]")
    return np.asarray((dates - dates.astype("datetime64[M]")).astype(np.int64))


def _nearest(away: Ticks, period: int) -> Ticks:
    """The same place of a period, at most half of one away."""
    return (away + period // 2) % period - period // 2
