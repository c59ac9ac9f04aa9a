"""Trends between the parents of a row: do those that come together in real rows do so in the twin?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._cross import pairs_of
from rowsmith.evaluate._family import Family, distinct
from rowsmith.evaluate._link_measure import LinkMeasure, along
from rowsmith.evaluate._links import Linked
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured
from rowsmith.evaluate._pairs import Pair
from rowsmith.evaluate._words import show


@dataclass(frozen=True, kw_only=True)
class Parents(LinkMeasure):
    """How far the association of columns of two parents of one row is off that in real rows, where these hang together; mean over links.

    Who borrows children's books is a child: neither stands in the loan, so that no trend along one link tells it. Columns hang together
    that do so more than where a row's other parent is any. Source: the two-hop column trends of W. Pang et al., "ClavaDDPM" (2024),
    section 5.1, from parent over child to parent.
    """

    title: ClassVar[str] = "Trends between parents"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 22

    good: float = 0.05
    """Association (of two numbers |r|, else Cramér's V) above the ceiling up to which it is good."""
    fair: float = 0.15
    """Association above the ceiling up to which it is fair."""
    tied: float = 0.1
    """Association above that with any parent, from which on two columns hang together."""
    most_rows: int = 5_000
    """Rows of each database that are looked at."""
    levels: int = 20
    """Levels of a category that are told apart."""

    def measure(self, linked: Linked) -> Result:
        """Look at every two links of a table."""
        chosen = {i: found for i in range(len(linked.links)) if (found := self._tied(linked, i))}
        if not chosen:
            return unmeasured(self, "no columns of two parents of one row hang together.", decisive=False)

        def statistic(i: int, a: Family, b: Family) -> tuple[float | None, ...]:
            errors: list[float] = []
            for j, ties in chosen.get(i, {}).items():
                pairs = self._pairs(linked, i, j, a, b)
                off = [abs(pair.real - pair.other) for pair in pairs if (pair.a, pair.b) in ties]
                errors += off or [1.0] * len(ties)  # no row has both parents
            return (float(np.mean(errors)) if errors else None,)

        judged = along(
            linked,
            statistic,
            "parents",
            {
                "name": "error",
                "label": "association of parents' columns that hang together, error",
                "unit": "",
                "better": "lower",
                "ideal": 0.0,
                "bad": 0.5,
            },
        )
        if judged is None:
            return unmeasured(self, "no columns of two parents of one row hang together.", decisive=False)
        (figure,) = judged.figures
        level = level_of(figure, self.good, self.fair)
        said = f"Associations of columns of two parents of one row are {show(figure.value, figure.unit)} off on average"
        sentence = {
            "good": f"{said}: parents come together as real ones do.",
            "fair": f"{said}; look at {judged.worst[0]} first.",
            "poor": f"{said}, most at {judged.worst[0]}. Do not draw conclusions from tables that are joined over two links.",
        }[level]
        details = judged.details("Trends between parents, link by link")
        return result(self, level, sentence, how=f"{len(judged.each)} links", figures=judged.figures, details=details)

    def _tied(self, linked: Linked, i: int) -> dict[int, set[tuple[int, int]]]:
        """Columns that hang together, by number, for each later link of the same table."""
        out = {}
        for j in linked.beside(i):
            if j < i:
                continue
            real = linked.families["real"][i]
            strangers = real.shuffled(linked.key.child("parents", "strangers", i, j).generator())
            pairs = self._pairs(linked, i, j, real, strangers)
            ties = {(pair.a, pair.b) for pair in pairs if pair.real - pair.other >= self.tied}
            if ties:
                out[j] = ties
        return out

    def _pairs(self, linked: Linked, i: int, j: int, a: Family, b: Family) -> list[Pair]:
        """Columns of the parents by two links, in one database and another one."""
        first, rest = (linked.features[linked.links[k].parent] for k in (i, j))
        sides = [f.beside_one_another(j, self.most_rows, linked.key.child("parents", i, j).generator()) for f in (a, b)]
        if not (first and rest and sides[0].n and sides[1].n):
            return []
        return pairs_of(distinct((*first, *rest)), len(first), sides[0], sides[1], self.levels)
