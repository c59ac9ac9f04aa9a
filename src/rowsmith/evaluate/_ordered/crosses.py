"""Cross-correlations: do columns move together, at once and after one another, as in the real series?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._correlogram import CROSSED, cross_correlation, difference
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series import Series
from rowsmith.evaluate._series_measure import SeriesMeasure
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import show


@dataclass(frozen=True, kw_only=True)
class Crosses(SeriesMeasure):
    """Mean difference of the correlation of every two columns, at the same row and 1, 2, 5 and 10 rows apart: of values and of steps.

    Source: G. Box, G. Jenkins, "Time series analysis" (1970), chapter 11.
    """

    title: ClassVar[str] = "Cross-correlations"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 6

    good: float = 0.03
    """Difference above the ceiling up to which it is good."""
    fair: float = 0.1
    """Difference above the ceiling up to which it is fair."""

    def measure(self, ordered: Ordered) -> Result:
        """Look at every two columns."""
        n = len(ordered.plan.names)
        if n < 2:
            return unmeasured(self, "there is one column whose values vary; it takes two.", decisive=False)

        def statistic(a: Series, b: Series) -> Floats:
            pairs = ((a.x, b.x), (a.steps, b.steps))
            return np.array(
                [difference(*(cross_correlation(x, s.begins) for x, s in zip(p, (a, b), strict=True))) for p in pairs]
            )

        common = {"unit": "correlation", "better": "lower", "ideal": 0.0, "bad": 0.5}
        figures = ordered.figures(
            statistic,
            {"name": "values", "label": "difference of the correlation of two columns", **common},
            {"name": "steps", "label": "of their steps from row to row", **common},
        )
        level = worst([level_of(f, self.good, self.fair) for f in figures if f.value is not None])
        said = (
            f"Correlations of two columns are {show(figures[0].value, 'correlation')} off on average, of their steps "
        )
        said += show(figures[1].value, "correlation")
        sentence = {
            "good": f"{said}: columns move together as in real series.",
            "fair": f"{said}: some columns follow each other less, or more, than they should.",
            "poor": f"{said}: do not ask these series which column leads which.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"{n * (n - 1) // 2} pairs of columns, up to {max(CROSSED)} rows apart",
            figures=figures,
        )
