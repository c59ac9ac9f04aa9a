"""Maximum mean discrepancy: are two clouds of rows alike at every scale?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.core.nearest import Points
from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._between import between
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._plane import plane
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import rows


@dataclass(frozen=True, kw_only=True)
class Mmd(Measure):
    """Maximum mean discrepancy with a Gaussian kernel as wide as the median distance of two real rows.

    Rows are points of ranks and levels. The kernel is that of random features, whose means are compared, so that it
    takes linear time; what equal distributions would read by chance is taken off, so it may be 0.
    Source: A. Gretton et al., "A kernel two-sample test" (2012), section 2; A. Rahimi, B. Recht, "Random features for
    large-scale kernel machines" (2007), section 3.
    """

    title: ClassVar[str] = "Maximum mean discrepancy"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 26
    decisive: ClassVar[bool] = False

    good: float = 0.02
    """Above the ceiling up to which it is good."""
    fair: float = 0.06
    """Above the ceiling up to which it is fair."""
    waves: int = 256
    """Random features, each a sine and a cosine."""
    most_rows: int = 5_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Judge whole rows."""
        if not context.features:
            return unmeasured(self, "there is no column that can be compared.")
        rng = context.rng("mmd", "waves")
        some = context.space.points(context.sample(context.real, 1_000, "mmd", "width"))
        half = len(some) // 2
        width = float(np.median(np.linalg.norm(some[:half] - some[half : 2 * half], axis=1))) if half else 0.0
        if width <= 0:
            return unmeasured(self, "real rows do not differ.")
        directions = (rng.normal(size=(some.shape[1], self.waves)) / width).astype(np.float32)

        def statistic(a: Columns, b: Columns) -> Floats:
            return np.array([_discrepancy(context.space.points(a), context.space.points(b), directions)])

        fields = {"name": "mmd", "label": "discrepancy", "unit": "", "better": "lower", "ideal": 0.0, "bad": 0.15}
        (figure,) = between(context, statistic, "mmd", fields, most=self.most_rows, even=True, noisy=2_000)
        assert figure.value is not None
        level = level_of(figure, self.good, self.fair)
        sentence = {
            "good": f"As clouds of points the rows are as near as unseen real rows (discrepancy {figure.value:.3f}).",
            "fair": f"As clouds of points the rows differ a little (discrepancy {figure.value:.3f}); see the plane of both.",
            "poor": f"As clouds of points the rows differ (discrepancy {figure.value:.3f}); see the plane of both.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"at most {rows(self.most_rows)} of each table, {self.waves} waves",
            figures=(figure,),
            details={} if (drawn := plane(context)) is None else {"clouds": drawn},
        )


def _discrepancy(a: Points, b: Points, directions: Points) -> float:
    """The root of the unbiased square, 0 where that is negative."""
    means, chance = [], 0.0
    for points in (a, b):
        angles = points @ directions
        waves = np.hstack([np.cos(angles), np.sin(angles)]) / np.float32(directions.shape[1] ** 0.5)
        means.append(waves.mean(axis=0, dtype=np.float64))
        # A kernel of 1 at distance 0: every feature vector has length 1.
        chance += (1 - float((means[-1] ** 2).sum())) / max(len(points) - 1, 1)
    return float(max(((means[0] - means[1]) ** 2).sum() - chance, 0.0) ** 0.5)
