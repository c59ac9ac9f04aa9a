"""Seasons: are the usual day, week and year those of the real series?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._correlogram import difference, profile
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series import Series
from rowsmith.evaluate._series_measure import SeriesMeasure
from rowsmith.evaluate._stats import Floats, Ints, total_variation
from rowsmith.evaluate._words import show


@dataclass(frozen=True, kw_only=True)
class Seasons(SeriesMeasure):
    """Mean difference of the usual value by hour, weekday and month, or by place in the season, in per cent of the standard deviation.

    Besides, of moments, how far the rows' shares of hours, weekdays and months are off.
    """

    title: ClassVar[str] = "Seasons"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 7

    good: float = 5.0
    """Per cent of a standard deviation above the ceiling up to which it is good."""
    fair: float = 15.0
    """The same up to which it is fair."""
    moved: float = 3.0
    """Per cent of the rows above the ceiling that may be at another hour, weekday or month and it is good."""
    moved_fair: float = 10.0
    """The same up to which it is fair."""

    def measure(self, ordered: Ordered) -> Result:
        """Look at every column and every part of the season."""
        plan = ordered.plan
        if not plan.phases or not plan.names:
            return unmeasured(self, "the series have no season that could be seen.", decisive=False)

        def usual(series: Series, phase: str) -> Floats:
            at = series.phases[phase]
            with np.errstate(invalid="ignore"):
                x = (series.x - _mean(series.x)) / plan.spread
            return profile(x, at, plan.cells(phase))

        def shares(series: Series, phase: str) -> Ints:
            at = series.phases[phase]
            return np.bincount(at if not len(series.left) else at[~series.left], minlength=plan.cells(phase))

        def statistic(a: Series, b: Series) -> Floats:
            profiles = [difference(usual(a, p), usual(b, p)) for p in plan.phases]
            when = [total_variation(shares(a, p), shares(b, p)) for p in plan.phases]
            return 100 * np.array([np.nanmean(profiles), np.mean(when)])[: 2 if plan.stamped else 1]

        common = {"unit": "%", "better": "lower", "ideal": 0.0}
        fields = [
            {
                "name": "profile",
                "label": "difference of the usual values, in standard deviations",
                "bad": 50.0,
                **common,
            },
            {"name": "when", "label": "rows at another hour, weekday or month", "bad": 50.0, **common},
        ]
        figures = ordered.figures(statistic, *fields[: 2 if plan.stamped else 1])
        if figures[0].value is None:
            return unmeasured(self, "there is nothing at the places of the season.")
        levels = [level_of(figures[0], self.good, self.fair)]
        if plan.stamped:
            levels.append(level_of(figures[1], self.moved, self.moved_fair))
        level = worst(levels)
        said = (
            f"Usual values by {' and '.join(plan.phases)} are {show(figures[0].value, '%')} of a standard deviation off"
        )
        sentence = {
            "good": f"{said}: seasons are those of the real series.",
            "fair": f"{said}: seasons are flatter or sharper than they should be.",
            "poor": f"{said}: do not plan by the seasons of these series.",
        }[level]
        if plan.stamped and level != "good" and levels[1] == level:
            sentence = f"Rows fall into other hours, weekdays or months: {show(figures[1].value, '%')} of them. Do not count by these."
        return result(
            self, level, sentence, how=f"{len(plan.names)} columns by {', '.join(plan.phases)}", figures=figures
        )


def _mean(x: Floats) -> Floats:
    known = np.isfinite(x)
    return np.asarray(np.where(known, x, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))
