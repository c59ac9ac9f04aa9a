"""Coverage: do rare levels and the ends of numbers occur as often as they should?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._between import between
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import percent, rows

FEWEST = 5
"""Real rows of a level, or at an end of a number, from which it must occur: learners protect what fewer share."""
ENOUGH = 200
"""Distinct values of a number from which it has tails."""


@dataclass(frozen=True, kw_only=True)
class Coverage(Measure):
    """How much of what is rare among real rows occurs among synthetic ones: levels of categories, and tails of numbers.

    A rare level is one of at most 5 % and at least 5 of the real rows that are looked at; a tail is what lies beyond the
    real 1st or 99th percentile, where 5 real rows do. Each counts with its synthetic share over its real one, 1 at most; the
    figures are the means. A learner that keeps to what is frequent ("mode collapse") reads low here and well elsewhere.
    Source: the rare-level form of "category coverage" of SDMetrics; tails after the "boundary" checks of the same.
    """

    title: ClassVar[str] = "Rare levels and tails"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 15
    every_column: ClassVar[bool] = True

    good: float = 0.1
    """Below the ceiling up to which both are good."""
    fair: float = 0.3
    """Below the ceiling up to which both are fair."""
    rare: float = 0.05
    """Share of the real rows up to which a level is rare."""
    tail: float = 0.01
    """Share of the real rows at either end of a number."""
    most_rows: int = 50_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Judge what is rare."""
        kinds = (("levels", "rare levels that occur", self._levels), ("tails", "tails that are filled", self._tails))
        figures: list[Figure] = []
        for name, label, look in kinds:
            if _mean(look(context.features, context.real, context.real)) is None:
                continue

            def statistic(a: Columns, b: Columns, look: Any = look) -> Floats | None:
                return _mean(look(context.features, a, b))

            fields = {"name": name, "label": label, "unit": "share", "better": "higher", "ideal": 1.0, "bad": 0.0}
            figures += between(context, statistic, f"coverage {name}", fields, most=self.most_rows, even=True)
        figures = [f for f in figures if f.value is not None]
        if not figures:
            return unmeasured(self, "the real table has neither rare levels nor numbers with tails.", decisive=False)
        level = worst([level_of(f, self.good, self.fair) for f in figures])
        said = " and ".join(f"{percent(f.value or 0.0)} of the {f.label}" for f in figures)
        said = said.replace("of the rare levels that occur", "of what rare levels should be")
        said = said.replace("of the tails that are filled", "of what the tails should hold")
        sentence = {
            "good": f"What is rare occurs: {said}, as in unseen real rows.",
            "fair": f"Some of what is rare is missing ({said}). Ask for it by condition (sample --where) if you need it.",
            "poor": f"Much of what is rare is missing ({said}): do not study rare groups or extremes on these rows.",
        }[level]
        return result(
            self, level, sentence, how=f"at most {rows(self.most_rows)} of each table", figures=tuple(figures)
        )

    def _levels(self, features: Sequence[Feature], real: Columns, other: Columns) -> list[float]:
        out = []
        for feature, a, b in zip(features, real.arrays, other.arrays, strict=True):
            if feature.kind != "category":
                continue
            p, q = (np.bincount(x[x >= 0], minlength=len(feature.levels)) for x in (a, b))
            asked = (p >= FEWEST) & (p <= self.rare * len(a))
            out += np.minimum(1.0, (q[asked] / len(b)) / (p[asked] / len(a))).tolist()
        return out

    def _tails(self, features: Sequence[Feature], real: Columns, other: Columns) -> list[float]:
        out = []
        for feature, a, b in zip(features, real.arrays, other.arrays, strict=True):
            if feature.kind == "category":
                continue
            a, b = a[~np.isnan(a)], b[~np.isnan(b)]
            if len(np.unique(a)) < ENOUGH or len(b) == 0:
                continue
            low, high = np.quantile(a, [self.tail, 1 - self.tail], method="nearest")
            for p, q in ((a <= low, b <= low), (a >= high, b >= high)):
                if p.sum() >= FEWEST:
                    out.append(min(1.0, _share(q) / _share(p)))
        return out


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean())


def _mean(values: list[float]) -> Floats | None:
    return np.array([np.mean(values)]) if values else None
