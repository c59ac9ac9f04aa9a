"""Null pattern: do values go missing together as they do in the real table?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._between import between
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._stats import Floats, total_variation
from rowsmith.evaluate._words import percent, rows


@dataclass(frozen=True, kw_only=True)
class Nulls(Measure):
    """Total variation of the patterns of null: which columns of a row are missing, all taken together.

    Shuffled columns have the right shares of null and the wrong patterns. Source: D. Rubin, "Inference and missing data"
    (1976), the pattern of missingness as a variable of its own.
    """

    title: ClassVar[str] = "Null pattern"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 17
    every_column: ClassVar[bool] = True
    decisive: ClassVar[bool] = False

    good: float = 0.03
    """Share above the ceiling up to which it is good."""
    fair: float = 0.1
    """Share above the ceiling up to which it is fair."""
    most_rows: int = 50_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Judge the patterns."""
        tables = [context.real, context.synthetic, *([] if context.holdout is None else [context.holdout])]
        places = [i for i, f in enumerate(context.features) if any(_missing(f, t.arrays[i]).any() for t in tables)]
        if not places:
            return unmeasured(self, "no value is missing in any table.")
        features = [context.features[i] for i in places]

        def statistic(a: Columns, b: Columns) -> Floats:
            return np.array([_distance(features, a.pick(places), b.pick(places))])

        fields = {
            "name": "error",
            "label": "rows with another pattern",
            "unit": "share",
            "better": "lower",
            "ideal": 0.0,
            "bad": 0.2,
        }
        (figure,) = between(context, statistic, "nulls", fields, most=self.most_rows, even=True)
        assert figure.value is not None
        level = level_of(figure, self.good, self.fair)
        said = f"{percent(figure.value)} of the rows have another pattern of nulls than they should"
        sentence = {
            "good": f"{said}, about as in unseen real rows.",
            "fair": f"{said}: compare the shares of null of the columns.",
            "poor": f"{said}: do not study what is missing on these rows.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"{len(features)} columns with nulls; at most {rows(self.most_rows)} of each table",
            figures=(figure,),
        )


def _missing(feature: Feature, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(values < 0 if feature.kind == "category" else np.isnan(values))


def _distance(features: Sequence[Feature], real: Columns, other: Columns) -> float:
    patterns = []
    for table in (real, other):
        flags = np.stack([_missing(f, v) for f, v in zip(features, table.arrays, strict=True)], axis=1)
        patterns.append(np.packbits(flags, axis=1))
    joined = np.ascontiguousarray(np.concatenate(patterns))
    names = joined.view(np.dtype((np.void, joined.shape[1]))).ravel()
    _, place = np.unique(names, return_inverse=True)
    size = int(place.max()) + 1
    return total_variation(*(np.bincount(p, minlength=size) for p in (place[: real.n], place[real.n :])))
