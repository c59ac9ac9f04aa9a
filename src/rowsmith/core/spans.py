"""Lengths of time as a person writes them: `90 days`, `1.5 hours`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal

from rowsmith.core.errors import SpecError

Unit = Literal["microseconds", "milliseconds", "seconds", "minutes", "hours", "days", "weeks", "months", "years"]

MICROSECONDS: dict[str, int] = {
    "microseconds": 1,
    "milliseconds": 1000,
    "seconds": 1_000_000,
    "minutes": 60_000_000,
    "hours": 3_600_000_000,
    "days": 86_400_000_000,
    "weeks": 604_800_000_000,
    "months": 2_629_746_000_000,
    "years": 31_556_952_000_000,
}
"""Of each unit. A year is the mean one of the calendar, 365.2425 days, and a month its twelfth."""

SHORT = {
    "us": "microseconds",
    "ms": "milliseconds",
    "s": "seconds",
    "min": "minutes",
    "h": "hours",
    "d": "days",
    "w": "weeks",
}
DAY = MICROSECONDS["days"]
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")
_MOST = 10_000 * MICROSECONDS["years"]


def span(text: str, name: str) -> int:
    """Microseconds of a length of time.

    Args:
        text: a number and a unit, or several: `1 day 12 hours`.
        name: of the setting, for messages.

    Raises:
        SpecError: it is not of that form.

    >>> span("1 day 12 hours", "within") == 36 * 3600 * 10**6
    True
    >>> span("5s", "time")
    5000000
    """
    total = Fraction(0)
    words = text.strip().lower()
    if not re.fullmatch(rf"{_SPAN.pattern}(?:\s+{_SPAN.pattern})*", words):
        raise SpecError(f"{name}={text!r}: expected a length of time such as '90 days', '1.5 hours' or '5s'.")
    for number, word in _SPAN.findall(words):
        unit = SHORT.get(word, f"{word.removesuffix('s')}s")
        if unit not in MICROSECONDS:
            known = ", ".join(MICROSECONDS)
            raise SpecError(f"{name}={text!r}: {word!r} is not a unit of time; expected one of {known}.")
        total += Fraction(number) * MICROSECONDS[unit]
    if total > _MOST:
        raise SpecError(f"{name}={text!r}: expected at most 10000 years.")
    return int(total)
