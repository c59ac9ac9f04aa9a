"""Stylised facts: are large steps as frequent, and do they cluster, as in the real series?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._correlogram import autocorrelation, difference
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series import Series
from rowsmith.evaluate._series_measure import SeriesMeasure
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import show


@dataclass(frozen=True, kw_only=True)
class Movement(SeriesMeasure):
    """Kurtosis and skewness of steps, and how large steps cluster (the autocorrelation of their size); means over columns of numbers.

    The kurtosis is off by |log₂ of the ratio|: 1 is wrong by a factor of two. Steps of positive numbers that span orders are those of
    logarithms. Source: R. Cont, "Empirical properties of asset returns: stylized facts and statistical issues" (2001), section 2.
    """

    title: ClassVar[str] = "Movement"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 5

    good: float = 0.5
    """|log₂| of the ratio of kurtoses above the ceiling up to which it is good."""
    fair: float = 1.5
    """The same up to which it is fair."""
    clusters_good: float = 0.04
    """Difference of the autocorrelation of the size of steps, above the ceiling, up to which it is good."""
    clusters_fair: float = 0.12
    """The same up to which it is fair."""

    def measure(self, ordered: Ordered) -> Result:
        """Look at the steps of every column of numbers."""
        plan = ordered.plan
        if not plan.numeric:
            return unmeasured(self, "there is no column of numbers that vary.")

        def each(series: Series) -> tuple[Floats, Floats, Floats]:
            steps = series.steps[:, : plan.numeric]
            kurtosis, skewness = _moments(steps)
            return np.log2(kurtosis), autocorrelation(np.abs(steps), series.begins, plan.lags), skewness

        def statistic(a: Series, b: Series) -> Floats:
            return np.array([difference(*pair) for pair in zip(each(a), each(b), strict=True)])

        common = {"better": "lower", "ideal": 0.0}
        figures = ordered.figures(
            statistic,
            {
                "name": "kurtosis",
                "label": "|log₂| of the ratio of the kurtosis of steps",
                "unit": "doublings",
                "bad": 3.0,
                **common,
            },
            {
                "name": "clusters",
                "label": "difference of the autocorrelation of the size of steps",
                "unit": "correlation",
                "bad": 0.4,
                **common,
            },
            {
                "name": "skewness",
                "label": "difference of the skewness of steps",
                "unit": "skewness",
                "bad": 3.0,
                **common,
            },
        )
        limits = ((self.good, self.fair), (self.clusters_good, self.clusters_fair))
        level = worst([level_of(f, *limit) for f, limit in zip(figures, limits, strict=False) if f.value is not None])
        if figures[0].value is None:
            return unmeasured(self, "no column of numbers moves.")
        kurtosis, clusters = (show(f.value, f.unit) for f in figures[:2])
        said = f"The kurtosis of steps is {kurtosis} doublings off, the clustering of large ones {clusters}"
        sentence = {
            "good": f"{said}: large steps are as frequent, and come together, as in real series.",
            "fair": f"{said}: calm and wild times are not quite those of real series.",
            "poor": f"{said}: do not study risk or outbreaks on these series.",
        }[level]
        return result(self, level, sentence, how=f"{plan.numeric} columns of numbers", figures=figures)


def _moments(steps: Floats) -> tuple[Floats, Floats]:
    """Kurtosis and skewness of each column; nan where it never moves."""
    known = np.isfinite(steps)
    n = np.maximum(known.sum(axis=0), 1)
    steps = np.where(known, steps, 0.0)
    away = np.where(known, steps - steps.sum(axis=0) / n, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        second, third, fourth = ((away**k).sum(axis=0) / n for k in (2, 3, 4))
        return fourth / second**2, third / second**1.5
