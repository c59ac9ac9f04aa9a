"""Basket sizes: do baskets hold as many different items as real ones?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._basket_measure import BasketMeasure
from rowsmith.evaluate._bought import Baskets, Bought
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, worst
from rowsmith.evaluate._stats import Floats, kolmogorov_smirnov
from rowsmith.evaluate._words import percent, show


@dataclass(frozen=True, kw_only=True)
class Sizes(BasketMeasure):
    """Kolmogorov-Smirnov distance of the numbers of different items of baskets; and lines that repeat an item of their basket."""

    title: ClassVar[str] = "Basket sizes"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 1

    good: float = 2.0
    """Per cent above the ceiling up to which it is good."""
    fair: float = 6.0
    """Per cent above the ceiling up to which it is fair."""

    def measure(self, bought: Bought) -> Result:
        """Look at every basket."""

        def statistic(a: Baskets, b: Baskets) -> Floats:
            sizes = kolmogorov_smirnov(a.sizes.astype(np.float64), b.sizes.astype(np.float64))
            return 100 * np.array([sizes, abs(a.repeated - b.repeated)])

        common = {"unit": "%", "better": "lower", "ideal": 0.0, "bad": 20.0}
        figures = bought.figures(
            statistic,
            {"name": "error", "label": "distance of the sizes of baskets", **common},
            {
                "name": "repeated",
                "label": "lines that repeat an item of their basket, difference of the shares",
                **common,
            },
        )
        level = worst([level_of(f, self.good, self.fair) for f in figures])
        real, made = (f"{b.sizes.mean():.2f}" for b in (bought.real, bought.synthetic))
        said = f"Baskets hold {made} different items on average, real ones {real}; the sizes are {show(figures[0].value, '%')} off"
        again = bought.synthetic.repeated, bought.real.repeated
        more = f", and {percent(again[0])} of the lines repeat an item ({percent(again[1])} of the real ones)"
        said += more if abs(again[0] - again[1]) > 0.0005 else ""
        sentence = {
            "good": f"{said}, about as in unseen real baskets.",
            "fair": f"{said}.",
            "poor": f"{said}: do not count baskets by size.",
        }[level]
        return result(
            self, level, sentence, how=f"{bought.real.n:,} baskets against {bought.synthetic.n:,}", figures=figures
        )
