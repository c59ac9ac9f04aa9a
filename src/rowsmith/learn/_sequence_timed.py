"""Compiled: the time of an event inside of the range that its gap was drawn in, by how busy the hours of the week are.

A range of gaps of days holds every hour of several; what falls into a night or a Sunday when nothing ever happens would make
shops that sell while they are closed. Of several times in the range one is taken, each as likely as its hour is busy.
"""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit

from rowsmith.learn._boost import _hash
from rowsmith.learn._sequence_cell import _value, base_of, longest_gap
from rowsmith.learn._sequence_layout import DRIFT, HIGH, LOW, PACES, PER_SECOND, STEP, TERM_AT, TIGHT
from rowsmith.learn._sequence_moment import local

TRIES = 32
"""Times of which one is taken: of office hours, a fourth of the week, one in ten thousand ranges then has none."""
OWN = 1 << 16
"""Where random numbers of the choice stand among those of a column in a row: beyond those of its nodes."""


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def timed(columns, numbers, terms, weights, pace, zone, knots, bounds, w, values, lines, row, pos, code, seed):
    """Draw the gap before a row once more, of the code that it has, so that busy hours come more often.

    The weights of the hours are the last numbers of `pace`; a weighted choice of one, as they come, after M. T. Chao, "A general purpose
    unequal probability sampling plan" (1982).
    """
    base = base_of(
        terms,
        weights,
        columns[0, TERM_AT],
        columns[1, TERM_AT],
        columns[0, TIGHT],
        numbers[0, DRIFT],
        w,
        values,
        row,
        pos,
    )
    counter, total, drawn = (pos * values.shape[1]) << 17, 0.0, values[row, 0]
    hour, most = 3600.0 * pace[PER_SECOND] / pace[STEP], longest_gap(columns, knots, w, row)
    for turn in range(
        4
    ):  # where nothing ever happens in the range: a day around it, three days or what matters little, a week
        around = (0.0, 12.0, max(36.0, min(84.0, drawn / hour / 2.0)), 84.0)[turn] * hour
        for k in range(TRIES):
            at = counter + OWN + (2 * turn + 1) * TRIES + k
            if turn:
                gap = np.rint(drawn + (2.0 * _uniform(~seed, at) - 1.0) * around)
            else:
                gap = _value(
                    columns,
                    numbers,
                    knots,
                    bounds,
                    values,
                    w,
                    row,
                    0,
                    code,
                    base,
                    seed,
                    at,
                    numbers[0, LOW],
                    numbers[0, HIGH],
                )
            weight = _busy(pace, zone, lines[row - 1], gap) if 0.0 < gap <= most else 0.0
            total += weight
            if _uniform(seed, at) * total < weight:
                values[row, 0] = gap
        if total > 0.0:
            return


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _uniform(seed, counter):
    return (_hash(seed, np.uint64(counter)) >> np.uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _busy(pace, zone, line, gap):
    """How busy the hour is that comes so many ticks after a time."""
    seconds = local(pace, zone, line + np.int64(np.rint(gap * pace[STEP])))
    return pace[PACES + (seconds // 3600 + 72) % 168]  # 1970 began on a Thursday
