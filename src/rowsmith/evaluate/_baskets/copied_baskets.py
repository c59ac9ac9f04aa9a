"""Copied baskets: do more synthetic baskets equal a real one than chance makes equal?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from rowsmith.core.rng import Key
from rowsmith.evaluate._basket_measure import BasketMeasure
from rowsmith.evaluate._bought import Baskets, Bought
from rowsmith.evaluate._measure import Aspect, Figure, Result, grade, result, unmeasured
from rowsmith.evaluate._noise import interval, of_share
from rowsmith.evaluate._stats import Floats, Ints
from rowsmith.evaluate._words import percent

LARGE = 3
"""Items of a basket from which on a copy is one: smaller ones are equal by chance."""
SIZES = (1, 2, 3, 4, 5, 6, 8, 11)
"""Lower ends of the classes of sizes."""


@dataclass(frozen=True, kw_only=True)
class CopiedBaskets(BasketMeasure):
    """Share of synthetic baskets of three and more items that equal a real one, beyond the share of fresh real baskets of the same sizes.

    What is usual is told by real baskets looked up among the other real ones. Below 0 the usual baskets are missing, above
    0 baskets were learnt by heart. The ceiling is that of a part of the real baskets looked up in another, or of the holdout.
    """

    title: ClassVar[str] = "Copied baskets"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 70

    good: float = 0.01
    """Share beyond what is usual up to which it is good; the lower end of the interval counts."""
    fair: float = 0.05
    """The same up to which it is fair."""

    def measure(self, bought: Bought) -> Result:
        """Look every basket up."""
        weights = Key(0).child("items").generator().integers(1, 2**63, bought.real.n_items, dtype=np.uint64)

        def beyond(real: Baskets, other: Baskets) -> float | None:
            found = _copied(real, other, weights)
            return None if found is None else float(found[0] - found[1])

        found = _copied(bought.real, bought.synthetic, weights)
        if found is None:
            return unmeasured(self, f"no synthetic basket holds {LARGE} items or more.", decisive=False)
        share, usual = found
        n = int((bought.synthetic.sizes >= LARGE).sum())
        half = of_share(share, n)
        figure = Figure(
            name="excess",
            label=f"baskets of {LARGE} or more items that equal a real one, beyond what is usual",
            value=share - usual,
            unit="share",
            better="lower",
            ideal=0.0,
            bad=0.2,
            floor=beyond(bought.real, bought.floor),
            ceiling=beyond(*bought.unseen),
            control=beyond(bought.real, bought.copy),
            noise=half,
            **interval(share - usual, half),
        )
        level = grade(share - usual - half, self.good, self.fair)
        said = f"{percent(share)} of the baskets of {LARGE} and more items equal a real one; of fresh real baskets {percent(usual)} would"
        sentence = {
            "good": f"{said}: no sign that baskets were learnt by heart.",
            "fair": f"{said}: a few baskets may be those of real customers.",
            "poor": f"{said}: real baskets come back. Do not release these.",
        }[level]
        details = {"table": _by_size(bought, weights)}
        return result(self, level, sentence, how=f"{n:,} baskets", figures=(figure,), details=details)


def _classes(baskets: Baskets) -> Ints:
    return np.searchsorted(SIZES, baskets.sizes, side="right")


def _shares(real: Baskets, other: Baskets, weights: np.ndarray) -> tuple[Ints, Floats, Floats]:
    """Of each class of sizes the number of baskets, the share that equals a real one, and the share of real ones that has an equal."""
    keys, looked = real.keys(weights), other.keys(weights)
    known, counts = np.unique(keys, return_counts=True)
    again = counts[np.searchsorted(known, keys)] > 1
    size = len(SIZES) + 1
    own, those = _classes(other), _classes(real)
    n, m = np.bincount(own, minlength=size), np.bincount(those, minlength=size)
    copied = np.bincount(own, np.isin(looked, known), minlength=size) / np.maximum(n, 1)
    return n, copied, np.bincount(those, again, minlength=size) / np.maximum(m, 1)


def _copied(real: Baskets, other: Baskets, weights: np.ndarray) -> tuple[float, float] | None:
    """Share of large baskets that equal a real one, and the share that is usual of their sizes."""
    n, copied, usual = (each[LARGE:] for each in _shares(real, other, weights))
    if not n.sum():
        return None
    return float(np.average(copied, weights=n)), float(np.average(usual, weights=n))


def _by_size(bought: Bought, weights: np.ndarray) -> dict[str, object]:
    n, copied, usual = _shares(bought.real, bought.synthetic, weights)
    ends = [
        *(str(a) if b == a + 1 else f"{a} to {b - 1}" for a, b in pairwise(SIZES)),
        f"{SIZES[-1]} and more",
    ]
    rows = [
        [end, f"{n[k]:,}", percent(float(copied[k])), percent(float(usual[k]))] for k, end in enumerate(ends, 1) if n[k]
    ]
    head = ["items", "synthetic baskets", "equal a real one", "of fresh real ones"]
    return {"title": "Baskets that equal a real one, by size", "head": head, "rows": rows}
