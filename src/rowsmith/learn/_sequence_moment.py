"""Compiled: parts of the time of a sequence's row."""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit

from rowsmith.learn._sequence_layout import (
    CELL,
    CELLS,
    CLOSE,
    CONTEXT,
    EXPECTED,
    GAP,
    GROUP,
    GROUPS,
    HOME,
    HOUR,
    MONTH_DAY,
    MONTHS,
    ON_LINE,
    PER_SECOND,
    PHASE,
    POSITION,
    REMAINING,
    ROOM,
    SEASON,
    STEP,
    TREND,
    WEEKDAY,
    YEAR_DAY,
)

_DAY = 86_400


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def local(pace, zone, line):
    """Local seconds since 1970."""
    seconds = np.int64(np.floor(line / pace[PER_SECOND]))
    lo, hi = 0, zone.shape[1]
    while hi - lo > 1:
        m = (lo + hi) >> 1
        if zone[0, m] <= seconds:
            lo = m
        else:
            hi = m
    return seconds + zone[1, lo]


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def room(pace, before, remaining):
    """What there is until the close for each of the gaps that are left, and for one more after the last row, as gaps are counted."""
    if np.isinf(pace[CLOSE]):
        return np.nan
    return np.log1p(max(pace[CLOSE] - before, 0.0) / pace[STEP] / (remaining + 2.0))


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def moment(pace, zone, columns, numbers, expected, w, row, pos, length, gap, line):
    """Parts of the time of a row, and what they let expect."""
    w[row, POSITION], w[row, REMAINING], w[row, GAP] = pos, length - 1 - pos, gap
    w[row, ROOM] = room(pace, line - gap * pace[STEP], length - 1 - pos)
    w[row, HOUR] = w[row, WEEKDAY] = w[row, MONTH_DAY] = w[row, YEAR_DAY] = 0.0
    season = pace[SEASON]
    tick = np.floor(line / pace[STEP] + 0.5)
    w[row, PHASE] = tick - season * np.floor(tick / season) if season > 1 else 0.0
    if pace[MONTHS]:  # months since 1970
        w[row, YEAR_DAY] = (line % 12) * 30.5
    elif pace[PER_SECOND]:
        seconds = local(pace, zone, line)
        days = seconds // _DAY
        w[row, HOUR] = (seconds - days * _DAY) / 3600.0
        w[row, WEEKDAY] = (days + 3) % 7
        # civil date of days: after H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days
        z = days + 719468
        era = z // 146097
        doe = z - era * 146097
        yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
        doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
        mp = (5 * doy + 2) // 153
        w[row, MONTH_DAY] = doy - (153 * mp + 2) // 5 + 1
        w[row, YEAR_DAY] = (doy + 59) % 366  # days of a year that begins in March, turned to January
    cells = pace[CELLS]
    w[row, CELL] = w[row, YEAR_DAY] * cells + np.floor(w[row, HOUR] * cells / 24.0) if cells else w[row, PHASE]
    if pace[GROUP] >= 0.0:
        level = w[row, CONTEXT + int(pace[GROUP])]
        size = expected.shape[1] // int(pace[GROUPS])
        w[row, CELL] = min(w[row, CELL], size - 1) + size * (0.0 if np.isnan(level) else min(level, pace[GROUPS] - 1.0))
    cell = min(int(w[row, CELL]), expected.shape[1] - 1)
    for c in range(expected.shape[0]):
        if columns[c, ON_LINE]:
            w[row, columns[c, HOME] + EXPECTED] = expected[c, cell] + tick * numbers[c, TREND]
