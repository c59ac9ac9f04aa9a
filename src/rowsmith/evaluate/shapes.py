"""Column shapes: is every column, looked at alone, distributed as the real one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._between import between, part
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._stats import kolmogorov_smirnov, total_variation
from rowsmith.evaluate._words import percent, rows, show

STRANGE = 0.2
"""Share of a category's synthetic values that no real row has from which on it was made up rather than learnt badly."""


@dataclass(frozen=True, kw_only=True)
class Shapes(Measure):
    """Mean distance of the columns' distributions, one column at a time, in per cent.

    For numbers and times it is the Kolmogorov-Smirnov distance (the largest gap between the two distribution functions)
    or the difference of the null shares, whichever is larger; for categories it is the total variation (half the summed
    difference of all shares, null being one more level). It sees nothing of how columns belong together: shuffled columns
    read 0, which is why its floor is 0. Source: the complement of SDMetrics' "Column Shapes" score.
    """

    title: ClassVar[str] = "Column shapes"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 10
    every_column: ClassVar[bool] = True

    good: float = 2.0
    """Per cent above the ceiling up to which the shapes are good."""
    fair: float = 6.0
    """Per cent above the ceiling up to which they are fair."""
    most_rows: int = 200_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Judge every column on its own."""
        if not context.features:
            return unmeasured(self, "there is no column that can be compared.")
        shown = [
            part(context, t, self.most_rows, "shapes", "value", side)
            for side, t in enumerate((context.real, context.synthetic))
        ]
        errors = column_errors(context.features, *shown)
        (figure,) = between(
            context,
            lambda a, b: np.array([100 * np.mean(column_errors(context.features, a, b))]),
            "shapes",
            {"name": "error", "label": "mean column error", "unit": "%", "better": "lower", "ideal": 0.0, "bad": 10.0},
            most=self.most_rows,
        )
        level = level_of(figure, self.good, self.fair)
        place = int(np.argmax(errors))
        worst = context.features[place].name
        said = f"the columns taken one by one are {show(figure.value, '%')} off on average"
        advice = {
            "good": f"{said[0].upper()}{said[1:]}, about as close as real rows can be.",
            "fair": f"{said[0].upper()}{said[1:]}; look at {worst!r} first, which is the furthest off.",
            "poor": f"{said[0].upper()}{said[1:]}: too far to trust counts or averages. "
            + _what_to_do(context.features[place], *(t.arrays[place] for t in shown)),
        }[level]
        return result(
            self,
            level,
            advice,
            how=f"{rows(shown[0].n)} against {rows(shown[1].n)}",
            figures=(figure,),
            details={"columns": {f.name: e for f, e in zip(context.features, errors, strict=True)}},
            notes=("Shuffled columns read 0 in column shapes by construction: judge them together with pair trends.",),
        )


def column_errors(features: Sequence[Feature], real: Columns, other: Columns) -> list[float]:
    """The distance of each column from the real one, 0 to 1."""
    pairs = zip(features, real.arrays, other.arrays, strict=True)
    return [_levels(a, b, len(f.levels)) if f.kind == "category" else _line(a, b) for f, a, b in pairs]


def _line(a: NDArray[Any], b: NDArray[Any]) -> float:
    no_a, no_b = np.isnan(a), np.isnan(b)
    return max(kolmogorov_smirnov(a[~no_a], b[~no_b]), abs(float(no_a.mean() - no_b.mean())))


def _what_to_do(feature: Feature, real: NDArray[Any], other: NDArray[Any]) -> str:
    """Advice on the column that is furthest off."""
    strange = 0.0
    if feature.kind == "category" and (other >= 0).any():
        strange = float(1 - np.isin(other[other >= 0], real).mean())
    if strange <= STRANGE:
        return f"Check the type and kind of {feature.name!r}, the furthest off, in the schema."
    return (
        f"{feature.name!r} is the furthest off: {percent(strange)} of its values are of no real row. Where they were made up, as too "
        "few rows share the real ones, `public: true` in the schema keeps those that anybody may know."
    )


def _levels(a: NDArray[Any], b: NDArray[Any], size: int) -> float:
    return total_variation(np.bincount(a + 1, minlength=size + 1), np.bincount(b + 1, minlength=size + 1))
