"""Wasserstein distance: how far must the values of a column be moved to become the real ones?"""

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
from rowsmith.evaluate._words import rows


@dataclass(frozen=True, kw_only=True)
class Wasserstein(Measure):
    """Mean first Wasserstein distance of the numbers and times, each in its real standard deviations.

    It sees how far a value is off, where the Kolmogorov-Smirnov distance of column shapes sees only how many are:
    a wrong tail weighs more here. Shuffled columns read 0. Source: L. Kantorovich, G. Rubinstein (1958); for one column
    it is the area between the two distribution functions (S. Vallender, 1974).
    """

    title: ClassVar[str] = "Wasserstein distance"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 11
    every_column: ClassVar[bool] = True
    decisive: ClassVar[bool] = False

    good: float = 0.03
    """Standard deviations above the ceiling up to which it is good."""
    fair: float = 0.1
    """Standard deviations above the ceiling up to which it is fair."""
    most_rows: int = 50_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Judge the numbers, one by one."""
        places = [i for i, f in enumerate(context.features) if f.kind != "category"]
        if not places:
            return unmeasured(self, "there are no numbers to compare.")
        features = [context.features[i] for i in places]
        fields = {
            "name": "distance",
            "label": "mean distance",
            "unit": "SD",
            "better": "lower",
            "ideal": 0.0,
            "bad": 0.2,
        }
        (figure,) = between(
            context,
            lambda a, b: _mean(features, a.pick(places), b.pick(places)),
            "wasserstein",
            fields,
            most=self.most_rows,
            noisy=2_000,
        )
        if figure.value is None:
            return unmeasured(self, "no number varies in the real table.")
        level = level_of(figure, self.good, self.fair)
        said = f"Numbers would have to be moved by {figure.value:.3f} standard deviations on average to become the real ones"
        sentence = {
            "good": f"{said}, about as far as other real rows.",
            "fair": f"{said}: look at the ends of the columns that head the list.",
            "poor": f"{said}: the tails or the level of some columns are wrong; set their bounds in the schema.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"{len(features)} columns; at most {rows(self.most_rows)} of each table",
            figures=(figure,),
        )


def _mean(features: Sequence[Feature], real: Columns, other: Columns) -> Floats | None:
    found = [_distance(a, b) for _, a, b in zip(features, real.arrays, other.arrays, strict=True)]
    known = [x for x in found if x is not None]
    return np.array([np.mean(known)]) if known else None


def _distance(real: Floats, other: Floats) -> float | None:
    """In real standard deviations; None where the real column is constant or one has no finite value."""
    a, b = (np.sort(x[np.isfinite(x)]) for x in (real, other))
    if len(a) == 0 or len(b) == 0:
        return None
    scale = max(abs(a[0]), abs(a[-1]), 1e-300)
    with np.errstate(over="ignore"):  # beyond all bounds is cut with the rest
        a, b = a / scale, np.clip(b / scale, -1e6, 1e6)
    spread = float(a.std())
    if spread <= 1e-12:
        return None
    points = np.sort(np.concatenate([a, b]))
    gap = np.searchsorted(a, points[:-1], side="right") / len(a) - np.searchsorted(b, points[:-1], side="right") / len(
        b
    )
    return float((np.abs(gap) * np.diff(points)).sum() / spread)
