"""Distance to the closest record: are synthetic rows nearer to training rows than to unseen ones?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, grade, result, unmeasured
from rowsmith.evaluate._space import Points, nearest
from rowsmith.evaluate._words import percent, rows

FEWEST = 20
TIE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Distance(Measure):
    """Share of synthetic rows that are nearer to a training row than to an unseen real row; half is ideal.

    As many training as unseen rows are drawn, and a tie counts half, so that rows which owe nothing to single training
    rows read 0.5. Rows are compared by the ranks of their numbers and by their levels. It is a smoke test: a high value
    proves memory, a value of 0.5 does not prove its absence. Source: the distance to closest record, in the form of M.
    Platzer, T. Reutterer, "Holdout-based empirical assessment of mixed-type synthetic data" (2021), section 3.2.
    """

    title: ClassVar[str] = "Distance to closest record"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 60

    good: float = 0.03
    """Share above one half up to which it is good, sampling error apart."""
    fair: float = 0.07
    """Share above one half up to which it is fair, sampling error apart."""
    most_queries: int = 4_000
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
        value, queries = self._share(context, context.synthetic, train, unseen, "synthetic")
        half = n // 2  # one half of the unseen rows plays the synthetic table against the other half
        ceiling = _nearer(unseen[:half][: self.most_queries], train[: n - half], unseen[half:])
        noise = 2 * 0.5 / queries**0.5
        level = grade(value - 0.5, self.good + noise, self.fair + noise)
        said = (
            f"{percent(value)} of the synthetic rows are nearer to a training row than to an unseen one (half is ideal)"
        )
        sentence = {
            "good": f"{said}: they keep no more distance from strangers than from the rows that were learnt.",
            "fair": f"{said}: a little memory. Read it with the membership attack before you release the table.",
            "poor": f"{said}: training rows are remembered. Learn with less detail (--set detail=0.2), or from more rows.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"{rows(queries)} against {rows(n)} of each side",
            figures=(
                Figure(
                    name="nearer",
                    label="rows nearer to a training row",
                    value=value,
                    unit="share",
                    better="lower",
                    ideal=0.5,
                    bad=0.6,
                    floor=self._share(context, context.floor, train, unseen, "floor")[0],
                    ceiling=ceiling,
                    control=self._share(context, context.copy, train, unseen, "copy")[0],
                ),
            ),
        )

    def _points(self, context: Context, table: Columns, most: int, use: str) -> Points:
        return context.space.points(context.sample(table, most, "distance", use))

    def _share(self, context: Context, table: Columns, train: Points, unseen: Points, use: str) -> tuple[float, int]:
        queries = self._points(context, table, self.most_queries, use)
        return _nearer(queries, train, unseen), len(queries)


def _nearer(queries: Points, train: Points, unseen: Points) -> float:
    a, b = nearest(train, queries), nearest(unseen, queries)
    tie = np.abs(a - b) <= TIE
    return float(((a < b) & ~tie).mean() + 0.5 * tie.mean())
