"""Whole baskets: can a classifier tell synthetic baskets from real ones?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._basket_measure import BasketMeasure
from rowsmith.evaluate._bought import Baskets, Bought
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Result, result
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate.c2st import ClassifierTest


@dataclass(frozen=True, kw_only=True)
class WholeBaskets(BasketMeasure):
    """AUC of boosted trees that tell synthetic baskets from real ones by their items, their size and how popular these are.

    As the "Classifier test" of rows. Baskets that repeat real ones push the AUC below 0.5: read it with the copied baskets.
    """

    title: ClassVar[str] = "Classifier test of baskets"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 5

    good: float = 0.05
    """AUC above the ceiling up to which it is good."""
    fair: float = 0.15
    """AUC above the ceiling up to which it is fair."""
    most_baskets: int = 10_000
    """Baskets of each side."""
    items: int = 300
    """Items that are looked at, the most frequent ones."""
    rounds: int = 200
    """Boosting rounds."""

    def measure(self, bought: Bought) -> Result:
        """Judge whole baskets."""
        real, made = bought.real, bought.synthetic
        often = real.counts / real.n + made.counts / made.n
        common = np.argsort(-often, kind="stable")[: self.items]
        popular = real.counts / real.n

        def columns(baskets: Baskets) -> Columns:
            return _columns(baskets, common, popular)

        base, unseen = bought.unseen
        context = Context(
            features=(
                *(Feature(bought.items[i], "number", whole=True) for i in common),
                Feature("number of items", "number", whole=True),
                Feature("popularity of the items", "number"),
            ),
            real=columns(real),
            synthetic=columns(made),
            holdout=None if bought.holdout is None else columns(bought.holdout),
            names=(),
            target=None,
            key=bought.key.child("whole_baskets"),
            workers=bought.workers,
            parts=(columns(base), columns(unseen)),
            loose=columns(bought.floor),
        )
        test = ClassifierTest(good=self.good, fair=self.fair, most_rows=self.most_baskets, rounds=self.rounds)
        found = test.measure(context)
        said = found.sentence.replace("synthetic rows", "synthetic baskets").replace(
            "Do not use the rows as if they were real;", ""
        )
        said = said.partition(" check these columns")[0].rstrip()
        same = replace(result(self, found.level, said), how=found.how, figures=found.figures, details=found.details)
        return replace(same, sentence=found.sentence) if found.level == "not measured" else same


def _columns(baskets: Baskets, common: np.ndarray, popular: Floats) -> Columns:
    """Presence of items, size, and mean popularity of each basket."""
    place = np.full(baskets.n_items, -1)
    place[common] = np.arange(len(common))
    at = place[baskets.item]
    there = np.zeros((len(common), baskets.n))
    there[at[at >= 0], baskets.basket[at >= 0]] = 1
    sizes = baskets.sizes.astype(np.float64)
    known = np.bincount(baskets.basket, popular[baskets.item], minlength=baskets.n) / np.maximum(sizes, 1)
    return Columns((*there, sizes, known), baskets.n)
