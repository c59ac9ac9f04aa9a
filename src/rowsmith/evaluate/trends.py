"""Pair trends: do any two columns belong together as they do in the real table?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, grade, result, unmeasured, worst
from rowsmith.evaluate._pairs import Grid, Pair, compare
from rowsmith.evaluate._words import rows, show


@dataclass(frozen=True, kw_only=True)
class Trends(Measure):
    """Mean error of all pairs of columns, in per cent.

    For two numbers it is half the difference of Pearson's correlations; for any other pair the total variation of the
    two contingency tables, numbers being cut into ten bins of equal width over the real range. Independent pairs are
    easy to get right and make the mean look good, so the pairs that are really associated are also shown apart.
    Source: the complement of SDMetrics' "Column Pair Trends" score.
    """

    title: ClassVar[str] = "Pair trends"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 20

    good: float = 2.0
    """Per cent above the ceiling up to which the trends are good (of related pairs, twice that)."""
    fair: float = 6.0
    """Per cent above the ceiling up to which they are fair (of related pairs, twice that)."""
    most_rows: int = 100_000
    """Rows of each table that are looked at."""
    most_columns: int = 100
    """Columns that are paired; of a wider table, a random choice."""
    related: float = 0.1
    """Association (|r| or Cramér's V) in the real table from which a pair counts as related."""

    def measure(self, context: Context) -> Result:
        """Judge every pair of columns."""
        if len(context.features) < 2:
            return unmeasured(self, "a pair takes two columns that can be compared.")
        chosen = np.sort(context.rng("trends").permutation(len(context.features))[: self.most_columns]).tolist()
        features = [context.features[i] for i in chosen]
        real, synthetic, floor = (
            context.sample(t.pick(chosen), self.most_rows, "trends", i)
            for i, t in enumerate((context.real, context.synthetic, context.floor))
        )
        unseen = context.holdout if context.holdout is not None else context.halves[1]
        base = real if context.holdout is not None else context.halves[0].pick(chosen)
        unseen = context.sample(unseen.pick(chosen), self.most_rows, "trends", "unseen")
        grid = Grid.fit(features, real)
        pairs = compare(features, grid, real, synthetic)
        if not pairs:
            return unmeasured(self, "no pair of columns varies in the real table.")
        bottom, top = compare(features, grid, real, floor), _both(features, grid, base, unseen)
        related = {(p.a, p.b) for p in pairs if p.real >= self.related}
        figures = (
            self._figure("error", "mean error of all pairs", pairs, bottom, top),
            self._figure("related", f"mean error of the {len(related)} related pairs", pairs, bottom, top, related),
        )
        value, low, high = figures[0].value, figures[0].floor, figures[0].ceiling
        assert value is not None and low is not None
        ceiling = 0.0 if high is None else high
        level = grade(value - ceiling, self.good, self.fair, low - ceiling)
        close = figures[1]
        if close.value is not None and close.floor is not None:
            top_close = 0.0 if close.ceiling is None else close.ceiling
            span = close.floor - top_close
            level = worst([level, grade(close.value - top_close, 2 * self.good, 2 * self.fair, span)])
        furthest = max(pairs, key=lambda p: p.error)
        names = f"{features[furthest.a].name!r} with {features[furthest.b].name!r}"
        said = f"Pairs of columns are {show(value, '%')} off on average"
        if related:
            said += f", the related ones {show(close.value, '%')}"
        sentence = {
            "good": f"{said}: columns belong together as they do in real rows.",
            "fair": f"{said}: most relations hold; look at {names}, which is the furthest off.",
            "poor": f"{said}; shuffled columns read {show(low, '%')}. Relations between columns are lost: use a learner "
            f"of whole rows, and look at {names} first.",
        }[level]
        left = len(context.features) - len(features)
        notes = (
            (f"Pair trends: {left} columns beyond the first {self.most_columns} drawn were not paired.",)
            if left
            else ()
        )
        return result(
            self,
            level,
            sentence,
            how=f"{len(pairs):,} pairs; {rows(real.n)} against {rows(synthetic.n)}",
            figures=figures if related else figures[:1],
            details={
                "pairs": [
                    {
                        "a": features[p.a].name,
                        "b": features[p.b].name,
                        "error": p.error,
                        "real": p.real,
                        "synthetic": p.other,
                    }
                    for p in pairs
                ]
            },
            notes=notes,
        )

    def _figure(
        self,
        name: str,
        label: str,
        pairs: list[Pair],
        floor: list[Pair],
        ceiling: list[Pair],
        only: set[tuple[int, int]] | None = None,
    ) -> Figure:
        values = [
            [100 * p.error for p in some if only is None or (p.a, p.b) in only] for some in (pairs, floor, ceiling)
        ]
        means = [float(np.mean(v)) if v else None for v in values]
        return Figure(
            name=name,
            label=label,
            value=means[0],
            unit="%",
            better="lower",
            ideal=0.0,
            bad=5.0,
            floor=means[1],
            ceiling=means[2],
            reason="" if values[0] else "no pair of columns is related in the real table",
        )


def _both(features: Sequence[Feature], grid: Grid, real: Columns, unseen: Columns) -> list[Pair]:
    return compare(features, grid, real, unseen) if real.n and unseen.n else []
