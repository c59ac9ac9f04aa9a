"""Items: is each bought as often as in real baskets?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._basket_measure import BasketMeasure
from rowsmith.evaluate._bought import Baskets, Bought
from rowsmith.evaluate._measure import Aspect, Figure, Result, grade, level_of, result, worst
from rowsmith.evaluate._stats import Floats, total_variation
from rowsmith.evaluate._words import percent, show


@dataclass(frozen=True, kw_only=True)
class Items(BasketMeasure):
    """Total variation of the items' shares of all purchases; and lines whose item no real basket has."""

    title: ClassVar[str] = "Items"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 2

    good: float = 2.0
    """Per cent above the ceiling up to which it is good."""
    fair: float = 6.0
    """Per cent above the ceiling up to which it is fair."""
    unknown_good: float = 0.001
    """Share of lines with an unknown item up to which it is good."""
    unknown_fair: float = 0.02
    """Share of lines with an unknown item up to which it is fair."""

    def measure(self, bought: Bought) -> Result:
        """Look at every item."""

        def statistic(a: Baskets, b: Baskets) -> Floats:
            return np.array([100 * total_variation(a.counts, b.counts)])

        fields = {
            "name": "error",
            "label": "distance of the items' shares",
            "unit": "%",
            "better": "lower",
            "ideal": 0.0,
        }
        (figure,) = bought.figures(statistic, {**fields, "bad": 30.0})
        unknown = Figure(
            name="unknown",
            label="lines with an item that no real basket has",
            value=bought.unknown,
            unit="share",
            better="lower",
            ideal=0.0,
            bad=0.1,
        )
        level = worst(
            [level_of(figure, self.good, self.fair), grade(bought.unknown, self.unknown_good, self.unknown_fair)]
        )
        said = f"The items' shares are {show(figure.value, '%')} off, {percent(bought.unknown)} of the lines have an unknown item"
        sentence = {
            "good": f"{said}, about as in unseen real baskets.",
            "fair": f"{said}.",
            "poor": f"{said}: do not count what is bought.",
        }[level]
        if bought.unknown == 1:
            sentence = (
                "No item stands in both tables: give items the same names, or name another column (item=…, --item)."
            )
        return result(self, level, sentence, how=f"{bought.known:,} real items", figures=(figure, unknown))
