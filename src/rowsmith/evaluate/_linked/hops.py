"""Trends across a link: do children fit their parents as real ones do?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rowsmith.evaluate._cross import cross
from rowsmith.evaluate._family import Family
from rowsmith.evaluate._link_measure import LinkMeasure, along
from rowsmith.evaluate._links import Linked
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured
from rowsmith.evaluate._words import show


@dataclass(frozen=True, kw_only=True)
class Hops(LinkMeasure):
    """Mean error of the pairs of a child's and its parent's columns, in per cent; mean over links.

    As in "Pair trends", over the joined rows; levels beyond the most frequent ones count as one. A table of links alone, without
    columns of its own, lends those of its other parents, so that the pair runs over two links.
    Source: W. Pang et al., "ClavaDDPM" (2024), section 5.1 (k-hop column trends).
    """

    title: ClassVar[str] = "Trends along links"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 21

    good: float = 3.0
    """Per cent above the ceiling up to which it is good."""
    fair: float = 8.0
    """Per cent above the ceiling up to which it is fair."""
    most_rows: int = 5_000
    """Joined rows of each database that are looked at."""
    levels: int = 20
    """Levels of a category that are told apart."""

    def measure(self, linked: Linked) -> Result:
        """Look at every link."""

        def statistic(i: int, a: Family, b: Family) -> tuple[float | None, ...]:
            parents = linked.features[linked.links[i].parent]
            features = (*parents, *linked.told_by(i))
            if not parents or len(parents) == len(features):
                return (None,)
            sides = [f.joined(self.most_rows, linked.key.child("hops", i).generator()) for f in (a, b)]
            return (cross(features, len(parents), sides[0], sides[1], self.levels),)

        found = along(
            linked,
            statistic,
            "hops",
            {
                "name": "error",
                "label": "mean error of pairs along links",
                "unit": "%",
                "better": "lower",
                "ideal": 0.0,
                "bad": 30.0,
            },
        )
        if found is None:
            return unmeasured(self, "no link joins columns that can be compared.")
        (figure,) = found.figures
        level = level_of(figure, self.good, self.fair)
        said = f"Columns of children and of their parents are {show(figure.value, '%')} off on average"
        sentence = {
            "good": f"{said}: children fit their parents as real ones do.",
            "fair": f"{said}; look at {found.worst[0]} first.",
            "poor": f"{said}, most at {found.worst[0]}. Do not draw conclusions from joined tables.",
        }[level]
        details = found.details("Trends along links, link by link")
        return result(self, level, sentence, how=f"{len(found.each)} links", figures=found.figures, details=details)
