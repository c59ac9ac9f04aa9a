"""Autocorrelation: does a value hang on those before it, as in the real series?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._correlogram import autocorrelation, difference, remainder
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series import Series
from rowsmith.evaluate._series_measure import SeriesMeasure
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import show


@dataclass(frozen=True, kw_only=True)
class Autocorrelation(SeriesMeasure):
    """Mean difference of the autocorrelation over lags and columns: of values, of the remainder, and of steps.

    The remainder is what a moving average and the means by hour, weekday and month (or by place in the season) leave. Lags go up to
    two seasons, 30 at least and 400 at most. Source: G. Box, G. Jenkins, "Time series analysis" (1970), chapter 2.
    """

    title: ClassVar[str] = "Autocorrelation"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 3

    good: float = 0.03
    """Difference above the ceiling up to which it is good."""
    fair: float = 0.1
    """Difference above the ceiling up to which it is fair."""

    def measure(self, ordered: Ordered) -> Result:
        """Look at every column."""
        plan = ordered.plan
        if not plan.names:
            return unmeasured(self, "there is no column whose values vary.")

        def each(series: Series) -> tuple[Floats, ...]:
            rest = remainder(series.x, series.begins, plan.trend, list(series.phases.values()))
            return tuple(autocorrelation(x, series.begins, plan.lags) for x in (series.x, rest, series.steps))

        def statistic(a: Series, b: Series) -> Floats:
            return np.array([difference(*pair) for pair in zip(each(a), each(b), strict=True)])

        common = {"unit": "correlation", "better": "lower", "ideal": 0.0, "bad": 0.5}
        figures = ordered.figures(
            statistic,
            {"name": "values", "label": "difference of the autocorrelation of values", **common},
            {"name": "remainder", "label": "of what trend and season leave", **common},
            {"name": "steps", "label": "of steps from row to row", **common},
        )
        level = worst([level_of(f, self.good, self.fair) for f in figures if f.value is not None])
        real, made = (autocorrelation(s.x, s.begins, plan.lags) for s in (ordered.real, ordered.synthetic))
        off = plan.names[int(np.argmax(np.abs(real - made).mean(axis=0)))]
        said = f"Autocorrelations are {show(figures[0].value, 'correlation')} off on average"
        sentence = {
            "good": f"{said}: values hang on earlier ones as in real series.",
            "fair": f"{said}; look at {off!r} first.",
            "poor": f"{said}, most of {off!r}: do not study how values follow each other on these series.",
        }[level]
        season = f"a season of {plan.period} rows" if plan.period > 1 else "no season"
        return result(
            self, level, sentence, how=f"{len(plan.names)} columns, lags 1 to {plan.lags}, {season}", figures=figures
        )
