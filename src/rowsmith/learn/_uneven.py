"""Whether counts by weekday, or by hour, are uneven."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]

WEEK, HOURS = 7, 24
EFFECT = 0.1
"""Cohen's w from which on counts are uneven: a small effect (Cohen 1988, Statistical Power Analysis for the Behavioral Sciences,
section 7.2)."""
CHANCE = 6.0
"""Standard deviations of chi-square above its mean up to which counts are uneven by chance."""
THURSDAY = 3
"""The weekday of 1970-01-01, Monday being 0."""


def weekdays(days: Index) -> Index:
    """0 for Monday to 6, of days since 1970."""
    return np.asarray((days + THURSDAY) % WEEK)


def uneven(places: Index, n: int) -> float:
    """How uneven counts of n places are, less what chance makes of it: Cohen's w; 0 where it may be all chance."""
    if not len(places):
        return 0.0
    counts = np.bincount(places, minlength=n)
    chi2 = float(((counts - counts.mean()) ** 2).sum() / counts.mean())
    excess = chi2 - (n - 1)
    return math.sqrt(excess / len(places)) if excess > CHANCE * math.sqrt(2 * (n - 1)) else 0.0
