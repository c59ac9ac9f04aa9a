"""What the calendar lets expect: parts of the time that tell something, the season, and the usual value at each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.shield import FEW
from rowsmith.learn._sequence_clock import DAY, Clock
from rowsmith.learn._sequence_layout import HOUR, MONTH_DAY, PHASE, WEEKDAY, YEAR_DAY
from rowsmith.learn._uneven import EFFECT, HOURS, WEEK, uneven

Floats = NDArray[np.float64]

DAYS_A_WEEKLY, DAYS_A_MONTHLY, DAYS_A_YEARLY = 14, 56, 700
"""Days that the rows span before a weekday, or a day of the year, means anything."""
WAVES_A_DAY, WAVES_A_YEAR = 4, 3
"""Harmonics of the usual day and year."""
SEASONS = (1.0, 7.0, 365.25)
"""Days of the calendar's seasons."""
MOST_LAG = 400
PEAK = 0.3
"""Autocorrelation of steps from which on plain numbers have a season."""
SAMPLE = 20_000
BUSY = 500.0
"""Events that what hours and weekdays alone let expect counts for, against those of single hours of the week."""


@dataclass(frozen=True)
class Season:
    """What of the time matters.

    Attributes:
        places: of the matrix, whose features are used.
        rows: of a season; 1 for none.
        cells: times of day that are told apart, where usual values go by day of the year and time of day; else 0, and they
            go by the place in the season.
        yearly: whether they differ over the year.
        groups: levels of a constant by which usual values go, too: shops and homes have days of their own.
    """

    places: tuple[int, ...]
    rows: int
    cells: int
    yearly: bool
    groups: int = 1

    @property
    def size(self) -> int:
        """How many usual values a column has."""
        return (366 * self.cells if self.cells else max(self.rows, 1)) * self.groups

    @property
    def expects(self) -> bool:
        """Whether they differ."""
        return self.rows > 1 or self.cells > 0

    def usual(self, values: Floats, cells: NDArray[np.int64], ticks: Floats | None = None) -> tuple[Floats, float]:
        """The usual value of every cell, shape (size,), and by how much it grows in a tick.

        Args:
            values: of the rows, nan for not known.
            cells: of the rows.
            ticks: times of the rows, where there may be a trend.
        """
        if self.groups > 1:
            one = replace(self, groups=1)
            which = cells // one.size
            parts = [one.usual(values[which == g], cells[which == g] % one.size)[0] for g in range(self.groups)]
            return np.concatenate(parts), 0.0
        known = np.flatnonzero(np.isfinite(values))
        if not len(known):
            return np.zeros(self.size), 0.0
        known = known[:: max(1, len(known) // SAMPLE)]
        waves = self._waves()
        x, middle, spread = waves[cells[known]], 0.0, 1.0
        if ticks is not None:
            middle, spread = float(ticks[known].mean()), float(ticks[known].std()) or 1.0
            x = np.column_stack([x, (ticks[known] - middle) / spread])
        found = np.linalg.lstsq(x, values[known], rcond=1e-9)[0]
        trend = float(found[-1]) / spread if ticks is not None else 0.0
        return np.asarray(waves @ found[: waves.shape[1]] - trend * middle), trend

    def _waves(self) -> Floats:
        """Functions of a cell of which usual values are sums, shape (size, functions)."""
        cell = np.arange(self.size)
        if not self.cells:
            waves = min(self.rows // 2, 8)
            return _harmonics(cell / max(self.rows, 1), waves)
        day = _harmonics((cell % self.cells) / self.cells, min(WAVES_A_DAY, (self.cells - 1) // 2))
        year = _harmonics((cell // self.cells) / 365.25, WAVES_A_YEAR if self.yearly else 0)
        return np.asarray((day[:, :, None] * year[:, None, :]).reshape(len(cell), -1))


def _harmonics(turn: Floats, waves: int) -> Floats:
    angles = 2 * np.pi * turn[:, None] * np.arange(1, waves + 1)
    return np.concatenate([np.ones((len(turn), 1)), np.cos(angles), np.sin(angles)], axis=1)


def fit_season(
    clock: Clock, lines: NDArray[np.int64], begins: NDArray[np.int64], regular: bool, numbers: Sequence[Floats]
) -> Season:
    """What of the time matters in real rows.

    Args:
        clock: of their times.
        lines: the times, shape (rows,).
        begins: first row of each entity, and the number of rows.
        regular: whether every gap is one tick.
        numbers: columns on a line, in which a season of plain numbers is looked for.
    """
    longest = int(np.diff(begins).max())
    if not clock.per_second:
        rows = _found(numbers, begins) if regular else 1
        return Season((PHASE,) if rows > 1 else (), rows, 0, False)
    seconds = clock.seconds(lines)
    span = (int(seconds.max()) - int(seconds.min())) / DAY
    gaps = np.diff(seconds)[np.diff(np.repeat(np.arange(len(begins) - 1), np.diff(begins))) == 0]
    gaps = gaps[gaps > 0]  # several events at one time say nothing of the pace
    step = float(np.median(gaps)) / DAY if len(gaps) else 1.0
    yearly = span > DAYS_A_YEARLY and step < 60
    if step > 20:
        rows = max(1, round(365.25 / step))
        season = rows if regular and 1 < rows <= longest // 2 else 1
        return Season((PHASE,) if season > 1 else (), season, 0, False)
    hourly = step < 0.75 or len(np.unique(seconds % DAY)) > 1
    places = [HOUR] if hourly else []
    places += [WEEKDAY] if span > DAYS_A_WEEKLY and step < 5 else []
    places += [MONTH_DAY] if span > DAYS_A_MONTHLY and step < 5 else []
    places += [YEAR_DAY] if yearly else []
    rows = round(1 / step) if step <= 0.5 else 7 if step == 1 else round(365.25 / step) if step > 5 else 1
    rows = rows if regular and 1 < rows <= min(longest // 2, MOST_LAG) else 1
    cells = min(24, max(1, round(1 / max(step, 1 / 24)))) if hourly and span > 4 else 1
    return Season(tuple(places), rows, cells if cells > 1 or yearly else 0, yearly)


def busy_hours(matrix: Floats, clock: Clock, lines: NDArray[np.int64]) -> Floats:
    """How busy each hour of the week is, from Monday at midnight, shape (168,); nothing where weekdays and hours are alike.

    Hours and weekdays of fewer than `FEW` events are taken for none. Counts of single hours of the week, which are small, are drawn
    towards what hours and weekdays alone let expect.

    Args:
        matrix: of the events that have one before them.
        clock: of their times.
        lines: all times.
    """
    hours, days = matrix[:, HOUR].astype(np.int64), matrix[:, WEEKDAY].astype(np.int64)
    span = (int(lines.max()) - int(lines.min())) / max(clock.per_second * DAY, 1e-9)
    if not clock.per_second or clock.count == "month" or span < DAYS_A_WEEKLY:
        return np.zeros(0)
    if max(uneven(hours, HOURS), uneven(days, WEEK)) < EFFECT:
        return np.zeros(0)
    table = np.zeros((WEEK, HOURS))
    np.add.at(table, (days, hours), 1.0)
    by_day, by_hour = (np.where(counts < FEW, 0.0, counts) for counts in (table.sum(axis=1), table.sum(axis=0)))
    usual = np.outer(by_day, by_hour) / max(by_day.sum() * by_hour.sum(), 1.0)
    return np.asarray((np.where(table < FEW, 0.0, table) + BUSY * usual).ravel() / (len(matrix) + BUSY))


def seasons(
    clock: Clock, lines: NDArray[np.int64], begins: NDArray[np.int64], numbers: Sequence[Floats]
) -> tuple[int, ...]:
    """Ticks of every season that a regular series may have: those of the calendar, or of plain numbers the one that is found.

    Args:
        clock: of its times.
        lines: the times, shape (rows,).
        begins: first row of each entity, and the number of rows.
        numbers: columns, in which a season of plain numbers is looked for.
    """
    if not clock.per_second:
        rows = _found(numbers, begins)
        return (rows,) if rows > 1 else ()
    step = float(np.median(np.diff(clock.seconds(lines)))) / DAY if len(lines) > 1 else 1.0
    return tuple(sorted({rows for days in SEASONS if (rows := round(days / step)) > 1 and rows <= len(lines) // 2}))


def _found(numbers: Sequence[Floats], begins: NDArray[np.int64]) -> int:
    """The season of plain numbers: the lag of the highest peak of the autocorrelation of steps."""
    longest = int(np.argmax(np.diff(begins)))
    low, high = int(begins[longest]), int(begins[longest + 1])
    most = min((high - low) // 3, MOST_LAG)
    if most < 3:
        return 1
    total = np.zeros(most + 1)
    for values in numbers:
        step = np.nan_to_num(np.diff(values[low:high]))
        step = step - step.mean()
        power = float(step @ step)
        if power > 0:
            size = 1 << int(np.ceil(np.log2(2 * len(step))))
            total += np.fft.irfft(np.abs(np.fft.rfft(step, size)) ** 2, size)[: most + 1] / power
    total /= max(len(numbers), 1)
    peaks = [k for k in range(2, most + 1) if total[k] > PEAK and total[k] == total[max(0, k - 2) : k + 3].max()]
    return max(peaks, key=lambda k: (round(float(total[k]), 2), -k)) if peaks else 1
