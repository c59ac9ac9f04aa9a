"""Aggregates: does what a parent is like go with what its children come to?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._cross import cross
from rowsmith.evaluate._family import Family, aggregate_features
from rowsmith.evaluate._link_measure import LinkMeasure, along
from rowsmith.evaluate._links import Linked
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured
from rowsmith.evaluate._words import show


@dataclass(frozen=True, kw_only=True)
class Aggregates(LinkMeasure):
    """Mean error of the pairs of a parent's column and an aggregate of its children, in per cent; mean over links.

    Aggregates are the count, of a number the mean, of a time the first and the last, of a category the number of levels and the
    share of the most frequent real one. The error is that of "Pair trends".
    Source: V. Hudovernik, M. Jurkovič, E. Štrumbelj, "Benchmarking the fidelity and utility of synthetic relational data"
    (2024), section 3 (aggregation over links).
    """

    title: ClassVar[str] = "Trends with aggregates"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 22

    good: float = 3.0
    """Per cent above the ceiling up to which it is good."""
    fair: float = 8.0
    """Per cent above the ceiling up to which it is fair."""
    fewest: int = 20
    """Parents of a link that is looked at."""
    levels: int = 20
    """Levels of a category that are told apart."""

    def measure(self, linked: Linked) -> Result:
        """Look at every link."""

        def statistic(i: int, a: Family, b: Family) -> tuple[float | None, ...]:
            link = linked.links[i]
            parents, children = linked.features[link.parent], linked.features[link.child]
            if not parents or linked.real.tables[link.parent].n < self.fewest:
                return (None,)
            features = (*parents, *aggregate_features(link.child, children))
            sides = [Columns((*f.parents.arrays, *f.aggregates(children).arrays), f.parents.n) for f in (a, b)]
            return (cross(features, len(parents), sides[0], sides[1], self.levels),)

        found = along(
            linked,
            statistic,
            "aggregates",
            {
                "name": "error",
                "label": "mean error of parents with aggregates",
                "unit": "%",
                "better": "lower",
                "ideal": 0.0,
                "bad": 30.0,
            },
        )
        if found is None:
            return unmeasured(self, f"no link has {self.fewest} parents with a column that can be compared.")
        (figure,) = found.figures
        level = level_of(figure, self.good, self.fair)
        said = f"Parents and what their children come to are {show(figure.value, '%')} off on average"
        sentence = {
            "good": f"{said}: totals per parent go with the parent as in real tables.",
            "fair": f"{said}; look at {found.worst[0]} first.",
            "poor": f"{said}, most at {found.worst[0]}. Do not rely on totals or means per parent.",
        }[level]
        details = found.details("Parents with aggregates of their children, link by link")
        return result(self, level, sentence, how=f"{len(found.each)} links", figures=found.figures, details=details)
