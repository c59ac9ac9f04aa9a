"""Children per parent: has a customer as many orders, and as many different products, as a real one?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._family import Family
from rowsmith.evaluate._link_measure import LinkMeasure, along
from rowsmith.evaluate._links import Linked
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._stats import kolmogorov_smirnov
from rowsmith.evaluate._words import show


@dataclass(frozen=True, kw_only=True)
class Children(LinkMeasure):
    """Distance of the numbers of children per parent, those without any included, in per cent; mean over links.

    It is the Kolmogorov-Smirnov distance. Beside it, where a child points to two tables, the same for the number of different
    parents by one link that a parent by the other one meets: airlines of a plane, products of a customer.
    Source: the complement of SDMetrics' "Cardinality Shape Similarity"; W. Pang et al., "ClavaDDPM: multi-relational data
    synthesis with cluster-guided diffusion models" (2024), section 5.1.
    """

    title: ClassVar[str] = "Children per parent"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 5

    good: float = 3.0
    """Per cent above the ceiling up to which it is good (of partners, twice that)."""
    fair: float = 10.0
    """Per cent above the ceiling up to which it is fair (of partners, twice that)."""

    def measure(self, linked: Linked) -> Result:
        """Look at every link."""

        def statistic(i: int, a: Family, b: Family) -> tuple[float | None, ...]:
            if a.parents.n == 0 or b.parents.n == 0:
                return None, None
            met = [_distance(a.partners(j), b.partners(j)) for j in linked.beside(i)]
            return _distance(a.counts, b.counts), float(np.mean(met)) if met else None

        common = {"unit": "%", "better": "lower", "ideal": 0.0, "bad": 30.0}
        found = along(
            linked,
            statistic,
            "children",
            {"name": "children", "label": "children per parent"} | common,
            {"name": "partners", "label": "different partners per parent", "reason": "no table has two links"} | common,
        )
        if found is None:
            return unmeasured(self, "no link has parents in every database.")
        graded = zip(found.figures, (1, 2), strict=True)
        levels = [level_of(f, k * self.good, k * self.fair) for f, k in graded if f.value is not None]
        level = worst(levels)
        figures = tuple(f for f in found.figures if f.value is not None)
        decisive = levels.index(level)
        what, things = (("children per parent", "linked rows"), ("different partners per parent", "partners"))[decisive]
        said = f"Numbers of {what} are {show(figures[decisive].value, '%')} off on average"
        sentence = {
            "good": f"{said}, about as close as real ones can be.",
            "fair": f"{said}; look at {found.worst[decisive]} first.",
            "poor": f"{said}, most at {found.worst[decisive]}. Do not rely on counts of {things}.",
        }[level]
        details = found.details("Children per parent, link by link")
        return result(self, level, sentence, how=f"{len(found.each)} links", figures=figures, details=details)


def _distance(a: np.ndarray[tuple[int], np.dtype[np.int64]], b: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    return 100 * kolmogorov_smirnov(a.astype(np.float64), b.astype(np.float64))
