"""A short series as a smooth trend, seasons that change slowly, and what remains.

All parts are found at once, as those that make the sum of squares least of what remains, of the trend's bends, and of the
seasons' departures from adding up to nothing: a seasonal-trend decomposition by regression (A. Dokumentov, R. Hyndman, "STR:
Seasonal-Trend Decomposition Using Regression", 2022, section 2; the bends after E. Whittaker, 1923; the seasons after A. Harvey,
"Forecasting, Structural Time Series Models and the Kalman Filter", 1989, section 2.3). So missing values need no special care,
and several seasons no turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.state import State

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TREND_SEASONS = 1.5
"""Seasons of which the trend keeps half of a wave that is so long, and less of a shorter one."""
SEASON_CYCLES = 8.0
"""Seasons over which one changes."""
STRONG = 0.1
"""Part of the variance about the trend that a season must explain, beyond what as many numbers explain by chance."""


@dataclass(frozen=True)
class Smooth:
    """What a series is around, at every tick.

    Attributes:
        trend: shape (n,).
        seasons: of each period, shape (periods, n).
        periods: ticks of each season.
        slope: what the trend grows by in a tick, before its first tick and after its last one, shape (2,).
    """

    trend: Floats
    seasons: Floats
    periods: tuple[int, ...]
    slope: Floats

    def at(self, ticks: Ints) -> Floats:
        """Its values at some ticks, of which those outside continue it; shape (ticks,)."""
        n = len(self.trend)
        inside = np.clip(ticks, 0, n - 1)
        out = self.trend[inside] + np.where(ticks < 0, self.slope[0], self.slope[1]) * (ticks - inside)
        for season, period in zip(self.seasons, self.periods, strict=True):
            after = n - period + (ticks - n) % period
            out = out + season[np.where(ticks < 0, ticks % period, np.where(ticks < n, inside, after))]
        return np.asarray(out)

    def state(self) -> State:
        """The arrays."""
        return {**vars(self), "periods": list(self.periods)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ValueError: the arrays do not fit together.
        """
        found = cls(state["trend"], state["seasons"], tuple(map(int, state["periods"])), state["slope"])
        n = len(found.trend)
        if found.trend.ndim != 1 or not all(
            np.isfinite(part).all() for part in (found.trend, found.seasons, found.slope)
        ):
            raise ValueError("a trend that is none")
        if found.seasons.shape != (len(found.periods), n) or found.slope.shape != (2,) or n == 0:
            raise ValueError("parts of a series of other lengths")
        if any(not 1 < period <= n for period in found.periods):
            raise ValueError("a season longer than the series")
        return found


def fit_smooth(values: Floats, periods: Sequence[int]) -> Smooth:
    """What a series is around: with seasons a trend that it follows, without any a straight line.

    Args:
        values: at every tick, nan where it is not known, shape (n,), at least two known.
        periods: ticks of its seasons, each at most half of n; those that tell nothing are left out.
    """
    chosen = tuple(sorted(periods))
    while chosen:
        trend, seasons = _parts(values, chosen)
        rest = values - trend - seasons.sum(axis=0)
        weak = [k for k, period in enumerate(chosen) if _strength(rest, seasons[k]) < STRONG + period / len(values)]
        if not weak:
            return Smooth(trend, seasons, chosen, _slopes(trend, chosen[-1]))
        chosen = tuple(period for k, period in enumerate(chosen) if k not in weak)
    known = np.flatnonzero(np.isfinite(values))
    slope, start = np.polyfit(known, values[known], 1)
    line = start + slope * np.arange(len(values))
    return Smooth(line, np.zeros((0, len(values))), (), np.full(2, slope))


def _strength(rest: Floats, season: Floats) -> float:
    """Share of the variance about the trend that a season explains (X. Wang, K. Smith, R. Hyndman, 2006, section 3.1)."""
    both = float(np.nanvar(rest + season))
    return 1 - float(np.nanvar(rest)) / both if both > 0 else 0.0


def _slopes(trend: Floats, period: int) -> Floats:
    """How the trend goes on: as over its first and its last season, for its very ends are the least sure."""
    return np.array([trend[period] - trend[0], trend[-1] - trend[-1 - period]]) / period


def _parts(values: Floats, periods: Sequence[int]) -> tuple[Floats, Floats]:
    """Trend, shape (n,), and seasons, shape (periods, n)."""
    from scipy import sparse
    from scipy.sparse.linalg import spsolve

    n, known = len(values), np.isfinite(values)
    bends = sparse.diags_array([1.0, -2.0, 1.0], offsets=[0, 1, 2], shape=(n - 2, n))
    # half of a wave is kept by the trend where the penalty of its bends is 1
    stiff = (2 * np.sin(np.pi / (TREND_SEASONS * periods[-1]))) ** -4
    parts = [stiff * (bends.T @ bends)]
    for period in periods:
        sums = sparse.diags_array([1.0] * period, offsets=list(range(period)), shape=(n - period + 1, n))
        # a first harmonic that changes by one in a season adds up to period / 2 pi; half of its variance is one
        parts.append(2 * (np.pi * SEASON_CYCLES / period) ** 2 * (sums.T @ sums))
    seen = sparse.diags_array(known.astype(np.float64))
    whole = sparse.block_diag(parts) + sparse.kron(np.ones((len(parts), len(parts))), seen)
    right = np.tile(np.where(known, values, 0.0), len(parts))
    found = spsolve((whole + 1e-9 * sparse.eye_array(n * len(parts))).tocsc(), right).reshape(len(parts), n)
    return found[0], found[1:]
