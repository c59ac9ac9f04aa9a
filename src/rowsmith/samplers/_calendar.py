"""How likely days and hours are: growth, days of the week, months, holidays, hours of the day."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError, suggest

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
YEAR = 365.2425  # days, on average
_PERIODS = {"year": YEAR, "month": YEAR / 12, "week": 7.0, "day": 1.0}
_TREND = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*%\s*(?:/|per|a)\s*(year|month|week|day)")

Profile = Literal["flat", "day", "office", "evening"]
PROFILES: dict[str, tuple[float, ...]] = {
    "flat": (1.0,) * 24,
    # awake people: little at night, most in the afternoon and early evening
    "day": (2, 1, 0.5, 0.5, 0.5, 1, 3, 5, 7, 8, 9, 9, 9, 9, 9, 9, 9, 10, 10, 10, 9, 8, 6, 4),
    # from 8 to 18, fewer at noon
    "office": (0,) * 8 + (5, 9, 10, 9, 6, 8, 9, 9, 8, 4) + (0,) * 6,
    # from 16 to midnight, most at 20
    "evening": (0,) * 16 + (1, 3, 6, 9, 10, 8, 5, 2),
}


def hour_weights(profile: str | Sequence[float], name: str = "hour") -> Floats:
    """Weights of the 24 hours.

    Raises:
        SpecError: not a known name, and not 24 weights.
    """
    if isinstance(profile, str):
        if profile not in PROFILES:
            raise SpecError(f"{name}={profile!r}: is not a known profile{suggest(profile, PROFILES)}")
        return np.array(PROFILES[profile], dtype=float)
    weights = np.array(profile, dtype=float)
    if weights.shape != (24,) or not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() <= 0:
        raise SpecError(f"{name}: expected 24 weights from 0, one for each hour from midnight, not all of them 0.")
    return weights


def growth(trend: float | str, name: str = "trend") -> float:
    """Logarithm of the growth in a day.

    Raises:
        SpecError: it is not a rate above -100 %.

    >>> round(math.exp(growth("+20%/year") * YEAR), 10)
    1.2
    """
    if isinstance(trend, str):
        found = _TREND.fullmatch(trend.strip().lower())
        if not found:
            raise SpecError(f"{name}={trend!r}: expected growth such as '+20%/year', or a number a year such as 0.2.")
        rate, days = float(found[1]) / 100, _PERIODS[found[2]]
    else:
        rate, days = float(trend), YEAR
    if not -1 < rate <= 1000:
        raise SpecError(f"{name}={trend!r}: expected growth greater than -100% (and at most 1000-fold).")
    return math.log1p(rate) / days


def named_weights(weights: Mapping[str, float], names: tuple[str, ...], name: str) -> Floats:
    """Weights of days of the week or months, 1 where none is given.

    Args:
        weights: short or whole English names to weights.
        names: the short names, in order.
        name: of the setting, for messages.

    Raises:
        SpecError: an unknown name, or a weight that is none.
    """
    out = np.ones(len(names))
    for word, weight in weights.items():
        short = str(word).strip().lower()[:3]
        if short not in names:
            raise SpecError(f"{name}: {word!r} is not known; expected {', '.join(names)}.")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
            raise SpecError(f"{name}.{word}={weight!r}: expected a weight, a number from 0.")
        out[names.index(short)] = weight
    if not out.any():
        raise SpecError(f"{name}: all weights are 0; expected one that is greater.")
    return out


def holiday(text: str | dt.date, name: str = "holidays") -> int | tuple[int, int]:
    """A day since 1970, or the month and day of one that comes every year (`12-25`).

    Raises:
        SpecError: it is neither.
    """
    if isinstance(text, dt.date):
        return text.toordinal() - dt.date(1970, 1, 1).toordinal()
    try:
        if re.fullmatch(r"\d\d-\d\d", text):
            leap = dt.date.fromisoformat(f"2000-{text}")
            return leap.month, leap.day
        return dt.date.fromisoformat(text).toordinal() - dt.date(1970, 1, 1).toordinal()
    except ValueError:
        raise SpecError(
            f"{name}: {text!r} is not a day; expected one such as 2024-12-25, or 12-25 of any year."
        ) from None


def day_weights(
    days: Numbers,
    *,
    log_growth: float = 0.0,
    weekday: Floats,
    yearly: Floats,
    holidays: Sequence[int | tuple[int, int]] = (),
    holiday_weight: float = 0.0,
) -> Floats:
    """Weights of days, the product of all that is said about them.

    Args:
        days: since 1970-01-01, shape (n,).
        log_growth: see `growth`.
        weekday: weights of Monday to Sunday.
        yearly: weights of a day in January to December.
        holidays: see `holiday`.
        holiday_weight: what a holiday's weight is multiplied by.

    Returns:
        Shape (n,), in any unit.
    """
    out = np.ones(len(days))
    if log_growth:
        steps = log_growth * (days - days[0])
        out *= np.exp(steps - steps.max())  # at most 1, whatever the span
    out *= weekday[(days + 3) % 7]  # 1970-01-01 was a Thursday
    dates = days.astype("M8[D]")
    months = dates.astype("M8[M]")
    month = months.astype(np.int64) % 12
    out *= yearly[month]
    if holidays:
        place = month * 31 + (dates - months.astype("M8[D]")).astype(np.int64)
        yearly_ones = [(h[0] - 1) * 31 + h[1] - 1 for h in holidays if isinstance(h, tuple)]
        single = [h for h in holidays if isinstance(h, int)]
        out[np.isin(place, yearly_ones) | np.isin(days, single)] *= holiday_weight
    return out
