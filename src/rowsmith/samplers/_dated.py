"""What dates and timestamps share: a weight for every day, and bounds of each row by other columns."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.spans import span
from rowsmith.samplers import _calendar
from rowsmith.samplers._timeline import Timeline

Numbers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Dated(ColumnSampler):
    """Moments drawn by the inverse of the cumulative weight of a line of time, within the bounds of each row.

    A moment is counted in `unit`s; bounds are found in ticks, which are finer or the same.
    """

    between: tuple[dt.date | str, ...] | None = None
    """First and last day (both may come), as [2020-01-01, 2024-12-31]; not needed with `after` and `within`."""
    trend: float | str = 0.0
    """Growth of the number of rows in time, such as +20%/year, -1%/month, or 0.2 (20% a year)."""
    weekday: Mapping[str, float] | None = None
    """Weights of mon, tue … sun, from 0; 1 for those left out, so {sat: 0, sun: 0} gives working days."""
    yearly: Mapping[str, float] | None = None
    """Weights of a day in jan, feb … dec, from 0; 1 for those left out, so {dec: 2} doubles December."""
    holidays: tuple[dt.date | str, ...] = ()
    """Special days, such as 2024-03-29, or 12-25 for one of every year."""
    holiday_weight: float = 0.0
    """What the weight of a special day is multiplied by, from 0 (it does not come)."""
    after: str | tuple[str, ...] = ()
    """Columns of dates or timestamps (or one) that no value lies before, such as customers.signup; null where one is null."""
    before: str | tuple[str, ...] = ()
    """Columns of dates or timestamps (or one) that no value lies after; no bound where one is null."""
    gap: str | None = None
    """Least time after the columns in `after`, such as 1 day."""
    within: str | None = None
    """Most time after the columns in `after`, such as 90 days; without it, up to the end of `between`."""
    if_empty: Literal["error", "null"] = "error"
    """What to do with a row whose bounds leave nothing: stop, or make it null."""

    def __post_init__(self) -> None:
        if not 0 <= self.holiday_weight < np.inf:
            raise SpecError(f"holiday_weight={self.holiday_weight}: expected a number from 0.")
        for name in ("gap", "within"):
            if getattr(self, name) is not None:
                span(getattr(self, name), name)
                if not self._after:
                    raise SpecError(
                        f"{name}={getattr(self, name)!r}: expected `after` as well, a column it starts from."
                    )
        if self.gap is not None and self.within is not None and span(self.gap, "gap") > span(self.within, "within"):
            raise SpecError(f"gap={self.gap!r}, within={self.within!r}: expected the gap to be the shorter one.")
        if self.between is None and self.within is None:
            raise SpecError("between: expected the first and last day, or `after` with `within`.")
        _ = self._weights
        if self.between is not None and not len(self._whole_line.start):
            raise SpecError(f"between={self._shown}: all days between have weight 0; expected one that has more.")

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that bound a row."""
        return tuple(dict.fromkeys([*self._after, *self._before]))

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Draw between the row's bounds."""
        u = key.generator().random(rows.n)
        low, high, missing = self._bounds(given)
        if self.between is not None:
            line = self._whole_line
        else:
            seen = ~missing & (low <= high)
            line = self._line(int(low[seen].min()), int(high[seen].max())) if seen.any() else Timeline.of(*_NOTHING)
        values, empty = line.draw(u, low, high)
        empty = empty & ~missing
        if empty.any() and self.if_empty == "error":
            self._refuse(empty, given)
        return self._array(values, missing | empty)

    @property
    @abstractmethod
    def _unit(self) -> int:
        """Ticks in a unit."""

    @abstractmethod
    def _ends(self) -> tuple[int, int]:
        """First and last tick of `between`."""

    @abstractmethod
    def _ticks(self, column: pa.Array, *, last: bool, up: bool) -> Numbers:
        """The first tick of each of a column's values, or the last, rounded up or down; where there is none, any.

        Raises:
            SpecError: the column holds no such values.
        """

    @abstractmethod
    def _length(self, microseconds: int, *, least: bool) -> int:
        """Ticks of a length of time, rounded up where it is the least one."""

    @abstractmethod
    def _line(self, low: int, high: int) -> Timeline:
        """The line of time from one unit to another, both included."""

    @abstractmethod
    def _array(self, values: Numbers, missing: NDArray[np.bool_]) -> pa.Array:
        """The column."""

    @property
    def _after(self) -> tuple[str, ...]:
        return (self.after,) if isinstance(self.after, str) else self.after

    @property
    def _before(self) -> tuple[str, ...]:
        return (self.before,) if isinstance(self.before, str) else self.before

    @property
    def _shown(self) -> str:
        return f"[{', '.join(map(str, self.between or ()))}]"

    @cached_property
    def _whole_line(self) -> Timeline:
        low, high = self._ends()
        if low > high:
            raise SpecError(f"between={self._shown}: expected the earlier end first.")
        return self._line(-(-low // self._unit), high // self._unit)

    @cached_property
    def _weights(self) -> dict[str, object]:
        return {
            "log_growth": _calendar.growth(self.trend),
            "weekday": _calendar.named_weights(self.weekday or {}, _calendar.DAYS, "weekday"),
            "yearly": _calendar.named_weights(self.yearly or {}, _calendar.MONTHS, "yearly"),
            "holidays": [_calendar.holiday(day) for day in self.holidays],
            "holiday_weight": self.holiday_weight,
        }

    def _day_weights(self, days: Numbers) -> NDArray[np.float64]:
        return _calendar.day_weights(days, **self._weights)  # type: ignore[arg-type]  # made for it above

    def _bounds(self, given: Mapping[str, pa.Array]) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
        """Least and greatest unit of each row, shape (n,) or (1,), and which rows can have none."""
        lows, highs = [], []
        missing = np.zeros(1, dtype=bool)
        if self.between is not None:
            low, high = self._ends()
            lows.append(np.array([low]))
            highs.append(np.array([high]))
        for name in self._after:
            missing = missing | given[name].is_null().to_numpy(zero_copy_only=False)
        if self._after:
            gap = self._length(span(self.gap, "gap"), least=True) if self.gap else 0
            lows.append(self._latest(given, up=True) + gap)
        if self.within is not None:
            highs.append(self._latest(given, up=False) + self._length(span(self.within, "within"), least=False))
        for name in self._before:
            none = given[name].is_null().to_numpy(zero_copy_only=False)
            highs.append(np.where(none, np.iinfo(np.int64).max, self._read(given, name, "before", last=True, up=False)))
        low, high = np.maximum.reduce(np.broadcast_arrays(*lows)), np.minimum.reduce(np.broadcast_arrays(*highs))
        return -(-low // self._unit), high // self._unit, missing

    def _latest(self, given: Mapping[str, pa.Array], *, up: bool) -> Numbers:
        """The latest of the columns in `after`."""
        starts = [self._read(given, name, "after", last=False, up=up) for name in self._after]
        return np.asarray(np.maximum.reduce(starts))

    def _read(self, given: Mapping[str, pa.Array], name: str, setting: str, *, last: bool, up: bool) -> Numbers:
        column = given[name]
        column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        if pa.types.is_null(column.type):
            return np.zeros(len(column), dtype=np.int64)
        if not pa.types.is_date(column.type) and not pa.types.is_timestamp(column.type):
            raise SpecError(f"{setting}={name!r}: the column is {column.type}; expected dates or timestamps.")
        return self._ticks(column, last=last, up=up)

    def _refuse(self, empty: NDArray[np.bool_], given: Mapping[str, pa.Array]) -> None:
        row = int(np.argmax(empty))
        bounds = [f"{name} is {given[name][row]}" for name in self.reads]
        bounds += [f"between is {self._shown}"] * (self.between is not None)
        bounds += [f"{name} is {getattr(self, name)}" for name in ("gap", "within") if getattr(self, name) is not None]
        settings = ", ".join(f"{s}={getattr(self, s)!r}" for s in ("after", "before") if getattr(self, s))
        raise SpecError(
            f"{settings}: leaves no possible value in {int(empty.sum()):,} of {len(empty):,} rows (in one, "
            f"{', '.join(bounds)}); make room, or set if_empty: 'null'."
        )


_NOTHING = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def microseconds(column: pa.Array, *, up: bool) -> Numbers:
    """Microseconds since 1970 of timestamps, those of nanoseconds rounded; any number where there is none."""
    counts = np.asarray(column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False))
    factor = {"s": 1_000_000, "ms": 1000, "us": 1}.get(column.type.unit)
    if factor is not None:
        return counts * factor
    return -(-counts // 1000) if up else counts // 1000


def days(column: pa.Array) -> Numbers:
    """Days since 1970 of dates; any number where there is none."""
    counts = column.cast(pa.date32()).cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)
    return np.asarray(counts, dtype=np.int64)


def parse_moment(value: dt.date | str, name: str = "between") -> dt.date:
    """A date, or a date with a time, as YAML or a person gives it.

    Raises:
        SpecError: it is neither.
    """
    if isinstance(value, dt.date):
        return value
    try:
        text = value.strip()
        return dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text)
    except ValueError:
        raise SpecError(
            f"{name}: {value!r} is not a date; expected one such as 2024-01-31 (or with a time: 2024-01-31 18:00)."
        ) from None
