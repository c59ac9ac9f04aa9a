"""Lifts: do items attract and avoid each other as in real baskets?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._basket_measure import BasketMeasure
from rowsmith.evaluate._bought import Baskets, Bought
from rowsmith.evaluate._lifts import frequent_pairs, log_lift, strong_pairs, weak_pairs
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import show


@dataclass(frozen=True, kw_only=True)
class Lifts(BasketMeasure):
    """Mean |log₂ of the ratio of lifts|: of the 100 most frequent real pairs, of the 100 of greatest, and of least lift.

    The lift is how many times as often two items are bought together as by chance; 1 is wrong by a factor of two. Pairs of greatest
    lift are in ten baskets and one in a thousand, at least; those of least would be by chance. As they were picked for
    being extreme, fresh real baskets read more than 0 there.
    Source: S. Brin, R. Motwani, J. Ullman, S. Tsur, "Dynamic itemset counting and implication rules" (1997), section 4 (interest).
    """

    title: ClassVar[str] = "Lifts"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 4

    good: float = 0.08
    """|log₂| above the ceiling up to which frequent pairs are good."""
    fair: float = 0.25
    """The same up to which they are fair."""
    ends_good: float = 0.3
    """|log₂| above the ceiling up to which pairs of greatest and least lift are good."""
    ends_fair: float = 1.0
    """The same up to which they are fair."""

    def measure(self, bought: Bought) -> Result:
        """Compare the lifts."""
        if not len(frequent_pairs(bought.real)[0]):
            return unmeasured(self, "no real basket holds two items.")

        def statistic(a: Baskets, b: Baskets) -> Floats:
            found = (chosen(a) for chosen in (frequent_pairs, strong_pairs, weak_pairs))
            return np.array([np.abs(log_lift(a, *p) - log_lift(b, *p)).mean() if len(p[0]) else np.nan for p in found])

        common = {"unit": "doublings", "better": "lower", "ideal": 0.0}
        few = "no pair is in enough baskets"
        figures = bought.figures(
            statistic,
            {"name": "frequent", "label": "|log₂| of the ratio of lifts, most frequent pairs", "bad": 1.0, **common},
            {"name": "high", "label": "of the pairs of greatest lift", "bad": 3.0, "reason": few, **common},
            {"name": "low", "label": "of the pairs of least lift", "bad": 3.0, "reason": few, **common},
        )
        limits = ((self.good, self.fair), *[(self.ends_good, self.ends_fair)] * 2)
        level = worst([level_of(f, *limit) for f, limit in zip(figures, limits, strict=True) if f.value is not None])
        said = f"Lifts of frequent pairs are {show(figures[0].value, 'doublings')} doublings off"
        said += "" if figures[1].value is None else f", the greatest ones {show(figures[1].value, 'doublings')}"
        sentence = {
            "good": f"{said}: items attract and avoid each other as in real baskets.",
            "fair": f"{said}: some affinities are weaker, or stronger, than they should be.",
            "poor": f"{said}: do not recommend by these baskets.",
        }[level]
        return result(
            self, level, sentence, how=f"at most 100 pairs each; {bought.real.width:,} items", figures=figures
        )
