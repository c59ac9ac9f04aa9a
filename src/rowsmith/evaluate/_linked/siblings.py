"""Siblings: are children of one parent as alike as real ones?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Feature
from rowsmith.evaluate._family import Family
from rowsmith.evaluate._link_measure import LinkMeasure, along
from rowsmith.evaluate._links import Linked
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured
from rowsmith.evaluate._stats import Ints, average_ranks
from rowsmith.evaluate._words import show

FEWEST = 30
"""Siblings beyond the first of their family, from which on a likeness is known."""


@dataclass(frozen=True, kw_only=True)
class Siblings(LinkMeasure):
    """Error of the likeness of children of one parent, in points of 100; mean over columns, then over links.

    The likeness is the intraclass correlation of a number's ranks, or of a category kappa: how much more often siblings agree
    than strangers. Every child counts the same.
    Source: R. Fisher, "Statistical methods for research workers" (1925), chapter 7; J. Fleiss, "Measuring nominal scale agreement
    among many raters" (1971).
    """

    title: ClassVar[str] = "Siblings"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 23

    good: float = 4.0
    """Points above the ceiling up to which it is good."""
    fair: float = 12.0
    """Points above the ceiling up to which it is fair."""

    def measure(self, linked: Linked) -> Result:
        """Look at every link."""

        def statistic(i: int, a: Family, b: Family) -> tuple[float | None, ...]:
            features = linked.features[linked.links[i].child]
            errors = []
            for k, feature in enumerate(features):
                real, other = (likeness(feature, f.children.arrays[k], f.up) for f in (a, b))
                if real is not None:
                    errors.append(abs(real - (0.0 if other is None else other)))
            return (float(100 * np.mean(errors)) if errors else None,)

        found = along(
            linked,
            statistic,
            "siblings",
            {
                "name": "error",
                "label": "error of the likeness of siblings",
                "unit": "%",
                "better": "lower",
                "ideal": 0.0,
                "bad": 50.0,
            },
        )
        if found is None:
            return unmeasured(self, "no link has families of two or more children with a column that can be compared.")
        (figure,) = found.figures
        level = level_of(figure, self.good, self.fair)
        said = f"The likeness of children of one parent is {show(figure.value, '%')} off on average"
        sentence = {
            "good": f"{said}: siblings are as alike as real ones.",
            "fair": f"{said}; look at {found.worst[0]} first.",
            "poor": f"{said}, most at {found.worst[0]}: children of one parent are strangers, or all the same.",
        }[level]
        details = found.details("Likeness of siblings, link by link")
        return result(self, level, sentence, how=f"{len(found.each)} links", figures=found.figures, details=details)


def likeness(feature: Feature, values: NDArray[Any], up: Ints) -> float | None:
    """How alike children of one parent are: 0 as strangers, 1 all the same; None where there are too few to say.

    >>> flag = Feature("f", "category", levels=("a", "b"))
    >>> likeness(flag, np.repeat([0, 1], 100).astype(np.int32), np.repeat(np.arange(100), 2))
    1.0
    """
    known = np.ones(len(values), dtype=bool) if feature.kind == "category" else np.isfinite(values)
    groups = up[known]
    sizes = np.bincount(groups, minlength=1)
    kept = sizes[groups] >= 2
    values, groups = values[known][kept], groups[kept]
    _, family = np.unique(groups, return_inverse=True)
    n = np.bincount(family, minlength=1)
    rows = len(family)
    if len(n) < 2 or rows - len(n) < FEWEST:
        return None
    if feature.kind != "category":
        ranks = average_ranks(values.astype(np.float64))
        spread = float(ranks.std())
        if spread == 0:
            return None
        x = (ranks - ranks.mean()) / spread
        both = np.bincount(family, x) ** 2 - np.bincount(family, x * x)
        return float((both / (n - 1)).sum() / rows)
    codes = values.astype(np.int64) + 1
    cells, size = np.unique(family * (int(codes.max()) + 1) + codes, return_counts=True)
    same = float((size * (size - 1) / (n[cells // (int(codes.max()) + 1)] - 1)).sum()) / rows
    chance = float(((np.bincount(codes) / rows) ** 2).sum())
    return (same - chance) / (1 - chance) if chance < 1 else None
