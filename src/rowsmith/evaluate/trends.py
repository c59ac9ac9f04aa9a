"""Pair trends: do any two columns belong together as they do in the real table?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._between import between, part
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._pairs import Grid, Pair, compare
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import rows, show

ROUGH = 20
"""Columns whose pairs tell how large the noise is."""


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
    every_column: ClassVar[bool] = True

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
        real, synthetic = (
            part(context, t, self.most_rows, "trends", "value", side).pick(chosen)
            for side, t in enumerate((context.real, context.synthetic))
        )
        grid = Grid.fit(features, real)
        pairs = compare(features, grid, real, synthetic)
        if not pairs:
            return unmeasured(self, "no pair of columns varies in the real table.")
        related = {(p.a, p.b) for p in pairs if p.real >= self.related}
        common = {"unit": "%", "better": "lower", "ideal": 0.0, "bad": 5.0}
        asked = [{"name": "error", "label": "mean error of all pairs"} | common]
        if related:
            asked.append({"name": "related", "label": f"mean error of the {len(related)} related pairs"} | common)

        def rough(a: Columns, b: Columns) -> Floats | None:
            few = np.linspace(0, len(chosen) - 1, ROUGH).astype(np.int64).tolist()
            parts = (t.pick([chosen[i] for i in few]) for t in (a, b))
            own = [features[i] for i in few]
            found = [(few[p.a], few[p.b], p.error) for p in compare(own, Grid.fit(own, real.pick(few)), *parts)]
            kinds = [[e for _, _, e in found], [e for a, b, e in found if (a, b) in related]]
            return np.array([100 * np.mean(k) if k else 0.0 for k in kinds[: len(asked)]])

        figures = between(
            context,
            lambda a, b: _means(compare(features, grid, a.pick(chosen), b.pick(chosen)), related),
            "trends",
            *asked,
            most=self.most_rows,
            rough=rough if len(chosen) > ROUGH else None,
        )
        levels = [level_of(f, k * self.good, k * self.fair) for f, k in zip(figures, (1, 2), strict=False)]
        level = worst(levels)
        furthest = max(pairs, key=lambda p: p.error)
        names = f"{features[furthest.a].name!r} with {features[furthest.b].name!r}"
        said = f"Pairs of columns are {show(figures[0].value, '%')} off on average"
        if related:
            said += f", the related ones {show(figures[1].value, '%')}"
        sentence = {
            "good": f"{said}: columns belong together as they do in real rows.",
            "fair": f"{said}: most relations hold; look at {names}, which is the furthest off.",
            "poor": f"{said}; shuffled columns read {show(figures[0].floor, '%')}. Relations between columns are lost: use a learner "
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
            figures=figures,
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


def _means(pairs: list[Pair], related: set[tuple[int, int]]) -> Floats | None:
    """Mean error in per cent of all pairs and, if there are any, of the related ones."""
    kinds = [pairs, [p for p in pairs if (p.a, p.b) in related]] if related else [pairs]
    return np.array([100 * np.mean([p.error for p in kind]) for kind in kinds]) if all(kinds) else None
