"""Inverse Kullback-Leibler divergence: is any part of a column left out?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._between import between
from rowsmith.evaluate._bins import Bins
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._stats import Floats, Ints
from rowsmith.evaluate._words import rows


@dataclass(frozen=True, kw_only=True)
class InverseKl(Measure):
    """Mean over the columns of 1 / (1 + D), D the Kullback-Leibler divergence of the real from the other shares.

    It falls sharply where something that occurs among real rows is missing. Numbers are cut at the real quantiles;
    half a row is added to every cell, so that an empty one does not make it infinite. Shuffled columns read 1.
    Source: S. Kullback, R. Leibler, "On information and sufficiency" (1951); in this form a metric of synthcity.
    """

    title: ClassVar[str] = "Inverse KL divergence"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 12
    every_column: ClassVar[bool] = True
    decisive: ClassVar[bool] = False

    good: float = 0.02
    """Below the ceiling up to which it is good."""
    fair: float = 0.08
    """Below the ceiling up to which it is fair."""
    cells: int = 20
    """Cells of a column."""
    most_rows: int = 50_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Judge every column on its own."""
        if not context.features:
            return unmeasured(self, "there is no column that can be compared.")
        bins = Bins.fit(context.features, context.real, self.cells)

        def statistic(a: Columns, b: Columns) -> Floats:
            columns = zip(bins.cells(a), bins.cells(b), bins.sizes, strict=True)
            return np.array([np.mean([1 / (1 + _divergence(p, q, size)) for p, q, size in columns])])

        fields = {"name": "score", "label": "mean score", "unit": "", "better": "higher", "ideal": 1.0, "bad": 0.8}
        (figure,) = between(context, statistic, "inverse_kl", fields, most=self.most_rows, even=True)
        assert figure.value is not None
        level = level_of(figure, self.good, self.fair)
        sentence = {
            "good": "Every part of the columns occurs as often as it should.",
            "fair": "Some values or ranges are rarer than among real rows: look at the columns that head the list.",
            "poor": "Whole levels or ranges are nearly missing: check the kinds and levels of the worst columns in the schema.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"{len(context.features)} columns in {self.cells} cells; at most {rows(self.most_rows)} of each table",
            figures=(figure,),
        )


def _divergence(real: Ints, other: Ints, size: int) -> float:
    p, q = (np.bincount(x, minlength=size) + 0.5 for x in (real, other))
    p, q = p / p.sum(), q / q.sum()
    return float((p * np.log(p / q)).sum())
