"""Series with another remainder around the same trend and seasons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from rowsmith.augment._change import Floats, Outcome, RowChange
from rowsmith.augment._series import curved, measures, series_of
from rowsmith.augment._subject import Subject
from rowsmith.core.autoregression import filtered, fit_autoregression
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key

MOST_LAGS = 12
CYCLES = 2
"""Whole seasons that a series must have."""
TURNS = 2
"""Times that each of several seasons is looked for."""
WINDOW, WIDER = 7, 4
"""Seasons over which one is smoothed, and how many more for each that is longer (Bandara et al., section 3)."""
PER_SPAN = 10
"""Points at which a smooth line is computed for each span that it is smoothed over; it is straight between them."""


@dataclass(frozen=True, kw_only=True)
class Remainder(RowChange):
    """Series with the trend and seasons they have and another remainder, by STL; of several periods, by MSTL.

    With `sieve`, the remainder is drawn from an autoregressive model of it, whose shocks are Gaussian: no value is copied. With
    `blocks`, blocks of the real remainder are drawn, which copies it word for word: take it where nothing is secret. The trend
    and seasons are those of the real series either way, so this is no protection by itself. A period of which a series has
    not two whole seasons counts for nothing in it, and a series that has two of none stays as it is. Sources: R. Cleveland et
    al., "STL" (1990); K. Bandara et al., "MSTL" (2021), section 3; C. Bergmeir et al., "Bagging Exponential Smoothing Methods"
    (2016); P. Bühlmann, "Sieve Bootstrap for Time Series" (1997). It needs statsmodels (the extra `truth`).

    >>> import rowsmith as rs, pyarrow as pa
    >>> rows = pa.table({"x": [float(i % 12) + (i * 7919 % 13) / 10 for i in range(120)]})
    >>> rs.augment(rows, rs.Remainder(period=12), seed=1).steps[0].cells["x"] > 60
    True
    """

    period: int | tuple[int, ...]
    """Rows of a season; several where there are several, such as 24 and 168 of hours for the day and the week."""
    method: Literal["sieve", "blocks"] = "sieve"
    """How the remainder is made."""
    columns: tuple[str, ...] = ()
    """Columns of numbers; all but keys, classes, time and entity if left out."""
    entity: tuple[str, ...] = ()
    """Columns that say whose rows they are; all rows are one series if left out."""
    time: str | None = None
    """Column of time; rows are in order if left out."""

    main: ClassVar[str] = "period"
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not self.periods or min(self.periods) < 2 or len(set(self.periods)) < len(self.periods):
            raise SpecError(f"period={self.period}: expected whole numbers of rows from 2, each once.")

    @property
    def periods(self) -> tuple[int, ...]:
        """Rows of each season, the shortest first."""
        return (self.period,) if isinstance(self.period, int) else tuple(sorted(self.period))

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Draw remainders."""
        names = measures(subject, self.columns, self.time, self.entity)
        series = series_of(subject, self.entity, self.time)
        longest = max(map(len, series), default=0)
        if series and longest < CYCLES * self.periods[-1]:
            raise SpecError(
                f"period={self.periods[-1]}: the longest series has {longest} rows; expected 2 to {max(2, longest // CYCLES)}."
            )
        return curved(subject, names, series, key, self._curve)

    def _curve(self, x: Floats, rng: np.random.Generator) -> Floats:
        periods = [period for period in self.periods if len(x) >= CYCLES * period]
        if not periods or np.ptp(x) == 0:
            return x
        smooth = _smooth(x, periods)
        rest = x - smooth
        if self.method == "sieve":
            return smooth + _sieve(rest, rng)
        size = min(len(x), 2 * periods[-1])
        starts = rng.integers(0, len(x) - size + 1, -(-len(x) // size) + 1)
        drawn = np.concatenate([rest[s : s + size] for s in starts])
        skip = int(rng.integers(0, size))
        return np.asarray(smooth + drawn[skip : skip + len(x)])


def _smooth(x: Floats, periods: list[int]) -> Floats:
    """Trend and seasons, shape (n,): each season by STL of what the others leave, the shortest first, in turns.

    Args:
        x: a series, shape (n,).
        periods: rows of each season, the shortest first.
    """
    try:
        from statsmodels.tsa.seasonal import STL
    except ImportError:
        raise SpecError("remainder needs statsmodels: pip install 'rowsmith[truth]'.") from None
    seasons = np.zeros((len(periods), len(x)))
    for _ in range(TURNS if len(periods) > 1 else 1):
        for number, period in enumerate(periods):
            others, width = seasons.sum(axis=0) - seasons[number], WINDOW + WIDER * number
            trend = 1.5 * period / (1 - 1.5 / width)  # rows that the trend is smoothed over, as STL has it
            jumps = {"low_pass_jump": math.ceil(period / PER_SPAN), "trend_jump": math.ceil(trend / PER_SPAN)}
            found = STL(x - others, period=period, seasonal=width, robust=True, **jumps).fit()
            seasons[number] = found.seasonal
    # the trend is that of the longest period, which is the last
    return np.asarray(found.trend + seasons.sum(axis=0), dtype=np.float64)


def _sieve(rest: Floats, rng: np.random.Generator) -> Floats:
    """A series with the autocorrelation of another one: an autoregression of it, with Gaussian shocks."""
    n, middle = len(rest), rest.mean()
    most = min(MOST_LAGS, max(1, n // 10))
    weights, noise = fit_autoregression(rest - middle, most)
    if noise <= 0:
        return rest
    burn = 10 * most
    shocks = rng.normal(0, np.sqrt(noise), n + burn)
    return np.asarray(filtered(shocks, weights, np.zeros(0))[burn:] + middle)
