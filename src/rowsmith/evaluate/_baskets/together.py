"""Items together: are pairs and triples bought as often as in real baskets?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._basket_measure import BasketMeasure
from rowsmith.evaluate._bought import Baskets, Bought
from rowsmith.evaluate._lifts import frequent_pairs, frequent_triples, supports
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import show


@dataclass(frozen=True, kw_only=True)
class Together(BasketMeasure):
    """Mean difference of the supports of the 100 most frequent real pairs of items, and triples, in percentage points."""

    title: ClassVar[str] = "Items together"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 3

    good: float = 0.1
    """Percentage points above the ceiling up to which it is good."""
    fair: float = 0.3
    """The same up to which it is fair."""

    def measure(self, bought: Bought) -> Result:
        """Count pairs and triples."""
        pairs = np.stack(frequent_pairs(bought.real), axis=1)
        if not len(pairs):
            return unmeasured(self, "no real basket holds two items.")
        triples = frequent_triples(bought.real)

        def statistic(a: Baskets, b: Baskets) -> Floats:
            sets = [pairs, triples] if a is bought.real else [np.stack(frequent_pairs(a), axis=1), triples]
            return np.array([100 * np.abs(supports(a, s) - supports(b, s)).mean() if len(s) else np.nan for s in sets])

        common = {"unit": "points", "better": "lower", "ideal": 0.0, "bad": 1.0}
        figures = bought.figures(
            statistic,
            {
                "name": "pairs",
                "label": f"difference of the supports of the {len(pairs)} most frequent pairs, points",
                **common,
            },
            {
                "name": "triples",
                "label": f"of the {len(triples)} most frequent triples",
                "reason": "" if len(triples) else "no three items stand together in two real baskets",
                **common,
            },
        )
        level = worst([level_of(f, self.good, self.fair) for f in figures if f.value is not None])
        off = int(np.argmax(np.abs(supports(bought.real, pairs) - supports(bought.synthetic, pairs))))
        names = " and ".join(repr(bought.items[k]) for k in pairs[off])
        said = f"Pairs of items are bought {show(figures[0].value, 'points')} percentage points too often or too rarely on average"
        sentence = {
            "good": f"{said}, about as in unseen real baskets.",
            "fair": f"{said}, most so {names}.",
            "poor": f"{said}, most so {names}: do not ask these baskets what goes together.",
        }[level]
        return result(
            self, level, sentence, how=f"{bought.real.n:,} baskets against {bought.synthetic.n:,}", figures=figures
        )
