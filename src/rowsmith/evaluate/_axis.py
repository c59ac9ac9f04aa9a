"""What stands under a histogram: round values inside of its range, each at its place, whatever its bins end at."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any

from rowsmith.evaluate._overlay import DAY, nice

AXIS = 32
"""Letters that fit under a histogram."""
TICKS = 4
"""Steps that an axis has, about."""
SECONDS = (60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, DAY, 2 * DAY, 7 * DAY, 14 * DAY)
MONTHS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
"""Between two labels of moments and dates."""
MOST_DATES = 3
EPOCH = datetime.datetime(1970, 1, 1)

Labels = list[tuple[str, float]]
"""Text and place, from 0 to 100."""


def units(drawn: Mapping[str, Any]) -> list[str]:
    """What stands under each bin, where a bin is one whole number and they are few; else nothing."""
    edges = drawn["edges"]
    if not drawn.get("whole") or edges[1] - edges[0] != 1:
        return []
    labels = [point(math.ceil(x)) for x in edges[:-1]]
    return labels if sum(len(x) + 1 for x in labels) <= AXIS else []


def axis(drawn: Mapping[str, Any]) -> Labels:
    """Round values under a histogram; none of them is beyond its bins.

    >>> axis({"edges": [-0.25, 14.75, 29.75], "whole": False})
    [('0', 0.8), ('10', 34.2), ('20', 67.5)]
    """
    low, high = drawn["edges"][0], drawn["edges"][-1]
    found = _moments(low, high) if drawn.get("time") else rounded(low, high, least=1.0 if drawn.get("whole") else 0.0)
    return [(text, round(100 * position(drawn, at), 1)) for text, at in found]


def position(drawn: Mapping[str, Any], value: float) -> float:
    """Where a value stands in a histogram, from 0 to 1; halves, so that a range of nearly all floats does not overflow."""
    low, high = drawn["edges"][0], drawn["edges"][-1]
    return float((value / 2 - low / 2) / (high / 2 - low / 2))


def rounded(low: float, high: float, least: float = 0.0) -> list[tuple[str, float]]:
    """Multiples of a round number between two ends, with what is written there.

    >>> rounded(0.13, 0.92)
    [('0.2', 0.2), ('0.4', 0.4), ('0.6', 0.6000000000000001), ('0.8', 0.8)]
    """
    step = max(nice((high / 2 - low / 2) / TICKS * 2, whole=least > 0), least)
    first, last = math.ceil(low / step), math.floor(high / step)
    ticks = [step * i for i in range(first, last + 1)] if last - first <= 4 * TICKS else [low, high]
    shown = [(point(x + 0.0), x) for x in ticks]
    return shown if sum(len(text) + 1 for text, _ in shown) <= AXIS else shown[:: max(len(shown) - 1, 1)]


def _moments(low: float, high: float) -> list[tuple[str, float]]:
    """Full hours, days, first days of months or years; where none of them are few, the ends."""
    if low % DAY == DAY / 2:  # bins of dates begin and end at noon
        low, high = low + DAY / 2, high - DAY / 2
    try:
        first, last = EPOCH + datetime.timedelta(seconds=low), EPOCH + datetime.timedelta(seconds=high)
    except OverflowError:
        return [(moment(x), x) for x in (low, high)]
    start, stop = 12 * first.year + first.month - 1, 12 * last.year + last.month
    for seconds in SECONDS:
        begin, end = math.ceil(low / seconds), math.floor(high / seconds)
        places = [seconds * i for i in range(begin, min(end, begin + MOST_DATES) + 1)]
        if 2 <= len(places) <= (MOST_DATES if seconds >= DAY else 2):
            return [(moment(x, seconds), x) for x in places]
    for step in MONTHS:
        months = [m for m in range(-(-start // step) * step, stop, step) if m >= 12]
        ticks = [datetime.datetime(m // 12, m % 12 + 1, 1) for m in months]
        ticks = [tick for tick in ticks if first <= tick <= last]
        if len(ticks) <= MOST_DATES:
            break
    if len(ticks) < 2:
        return [(moment(x, (high - low) / 2), x) for x in (low, high)]
    form = "%Y" if step >= 12 else "%Y-%m"
    return [(tick.strftime(form), (tick - EPOCH).total_seconds()) for tick in ticks]


def point(value: float) -> str:
    """A number on an axis."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"


def moment(value: float, step: float = DAY) -> str:
    """A moment on an axis, in seconds since 1970; with its time of day where the next one is less than a day away."""
    try:
        found = EPOCH + datetime.timedelta(seconds=value)
    except OverflowError:
        return f"year {1970 + value / 31_556_952:,.0f}"
    return found.strftime("%Y-%m-%d %H:%M" if step < DAY else "%Y-%m-%d")
