"""Boundaries: are there values that real rows cannot have?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._between import between
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import percent, readable, rows


@dataclass(frozen=True, kw_only=True)
class Boundaries(Measure):
    """Share of synthetic values outside the real range of a number, or of a level that no real row has.

    Some lie outside by right, as unseen real rows do: these set the ceiling. Source: "boundary adherence" and "category
    adherence" of SDMetrics, as an error.
    """

    title: ClassVar[str] = "Boundaries"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 16
    every_column: ClassVar[bool] = True

    good: float = 0.005
    """Share above the ceiling up to which it is good."""
    fair: float = 0.02
    """Share above the ceiling up to which it is fair."""
    most_rows: int = 200_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Look for values out of bounds."""
        if not context.features:
            return unmeasured(self, "there is no column that can be compared.")

        def statistic(a: Columns, b: Columns) -> Floats:
            return np.array([np.mean(_outside(context.features, a, b))])

        fields = {
            "name": "outside",
            "label": "values out of bounds",
            "unit": "share",
            "better": "lower",
            "ideal": 0.0,
            "bad": 0.05,
        }
        (figure,) = between(context, statistic, "boundaries", fields, most=self.most_rows)
        assert figure.value is not None
        each = _outside(context.features, context.real, context.synthetic)
        worst = context.features[int(np.argmax(each))].name
        level = level_of(figure, self.good, self.fair)
        said = f"{percent(figure.value)} of the values are out of bounds"
        sentence = {
            "good": f"{said}: no more than among unseen real rows." if figure.value else "No value is out of bounds.",
            "fair": f"{said}, most of {readable(worst)!r}: set its bounds or levels in the schema.",
            "poor": f"{said}, most of {readable(worst)!r}: such rows cannot be real. Set bounds and levels in the schema.",
        }[level]
        return result(self, level, sentence, how=f"at most {rows(self.most_rows)} of each table", figures=(figure,))


def _outside(features: Sequence[Feature], real: Columns, other: Columns) -> list[float]:
    """Share of each column's values that are out of bounds; nulls are not."""
    out = []
    for feature, a, b in zip(features, real.arrays, other.arrays, strict=True):
        if feature.kind == "category":
            known = np.zeros(len(feature.levels) + 1, dtype=bool)
            known[a] = known[-1] = True  # the last one serves the code -1, which is null
            out.append(float((~known[b]).mean()))
        elif np.isnan(a).all():
            out.append(float((~np.isnan(b)).mean()))
        else:
            out.append(float(((b < np.nanmin(a)) | (b > np.nanmax(a))).mean()))
    return out
