"""Distance to the closest record: are synthetic rows nearer to training rows than to unseen ones?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.core.nearest import Points
from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._attacked import attack_figure, controls
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, grade, result, unmeasured
from rowsmith.evaluate._noise import of_share
from rowsmith.evaluate._rates import Estimate
from rowsmith.evaluate._space import nearest, nearest_two
from rowsmith.evaluate._words import percent, rows

FEWEST = 20
TIE = 1e-6
LOWEST = 0.05
CONTROL = 1_000


@dataclass(frozen=True, kw_only=True)
class Distance(Measure):
    """Share of synthetic rows that are nearer to a training row than to an unseen real row; half is ideal.

    As many training as unseen rows are drawn, and a tie counts half, so that rows which owe nothing to single training
    rows read 0.5. Rows are compared by the ranks of their numbers and by their levels. Beside it stands the ratio of the
    distances to the nearest and the second nearest training row: small where synthetic rows hug single ones.

    Both are smoke tests, shown since many know them: a high share proves memory, a value of 0.5 does not prove its
    absence, as a few copied rows move neither. The verdict does not hang on them.
    Source: the distance to closest record in the form of M. Platzer, T. Reutterer, "Holdout-based empirical assessment of
    mixed-type synthetic data" (2021), section 3.2; the ratio after A. Yale et al., "Generation and evaluation of privacy
    preserving synthetic health data" (2020), section 3; why they are no proof: G. Ganev, E. De Cristofaro, "On the
    inadequacy of similarity-based privacy metrics" (2023), section 4.
    """

    title: ClassVar[str] = "Smoke test: distances"
    decisive: ClassVar[bool] = False
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 80

    good: float = 0.03
    """Share above one half up to which it is good, the interval's lower end counting."""
    fair: float = 0.07
    """Share above one half up to which it is fair."""
    most_queries: int = 3_000
    """Synthetic rows that are looked at."""
    most_rows: int = 20_000
    """Training and unseen rows that they may be near to, each."""

    def measure(self, context: Context) -> Result:
        """Judge how near synthetic rows come to training rows."""
        reason = context.why_no_distances(FEWEST)
        if reason or context.holdout is None:
            return unmeasured(self, reason)
        n = min(context.real.n, context.holdout.n, self.most_rows)
        train = self._points(context, context.real, n, "train")
        unseen = self._points(context, context.holdout, n, "unseen")
        synthetic = self._points(context, context.synthetic, self.most_queries, "synthetic")
        half = n // 2  # one half of the unseen rows plays the synthetic table against the other half
        found, floor, copy = (
            _nearer(queries, train, unseen)
            for queries in (
                synthetic,
                self._points(context, context.floor, CONTROL, "floor"),
                self._points(context, context.copy, CONTROL, "copy"),
            )
        )
        fresh = _nearer(unseen[:half][: self.most_queries], train[: n - half], unseen[half:])
        level = grade(found.low - 0.5, self.good, self.fair)
        said = f"{percent(found.value)} of the synthetic rows are nearer to a training row than to an unseen one (half is ideal)"
        sentence = {
            "good": f"{said}: they keep no more distance from strangers than from the rows that were learnt.",
            "fair": f"{said}: a little memory. Read it with the membership attack before you release the table.",
            "poor": f"{said}: training rows are remembered. Learn with less detail (--set detail=0.2), or from more rows.",
        }[level]
        return result(
            self,
            level,
            f"A smoke test, no proof. {sentence}",
            how=f"{rows(len(synthetic))} against {rows(n)} of each side" + controls(copy, fresh),
            figures=(
                attack_figure(
                    "nearer",
                    "rows nearer to a training row",
                    found,
                    fresh=fresh,
                    copy=copy,
                    floor=floor,
                    chance=0.5,
                ),
                Figure(
                    name="ratio",
                    label=f"nearest / second nearest training row, {percent(LOWEST)} quantile",
                    value=_ratio(train, synthetic),
                    unit="ratio",
                    better="higher",
                    ideal=1.0,
                    bad=0.0,
                    ceiling=_ratio(unseen, synthetic),
                    words="ceiling: the same for unseen rows, to which the synthetic ones owe nothing",
                ),
            ),
        )

    def _points(self, context: Context, table: Columns, most: int, use: str) -> Points:
        return context.space.points(context.sample(table, most, "distance", use))


def _nearer(queries: Points, train: Points, unseen: Points) -> Estimate:
    """Share of the rows that are nearer to a learnt than to an unseen row, ties counting half."""
    a, b = nearest(train, queries), nearest(unseen, queries)
    tie = np.abs(a - b) <= TIE
    value, noise = float(((a < b) & ~tie).mean() + 0.5 * tie.mean()), of_share(0.5, len(queries))
    return Estimate(value, max(0.0, value - noise), min(1.0, value + noise))


def _ratio(cloud: Points, queries: Points) -> float:
    """How near the nearest row comes, in parts of the distance to the second nearest; equal distances read 1."""
    near, next_ = nearest_two(cloud, queries)
    return float(np.quantile((near + TIE) / (next_ + TIE), LOWEST))
