"""Mined rules: does an analyst find the same rules in synthetic baskets as in real ones?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rowsmith.evaluate._basket_measure import BasketMeasure
from rowsmith.evaluate._bought import Baskets, Bought
from rowsmith.evaluate._lifts import supports
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import percent

Rule = tuple[tuple[int, ...], int]
"""Items of the one side, and the item of the other."""
SHOWN = 25
"""Rules that are listed."""
DRAWN = 300
"""Rules that are drawn."""
FEWEST = 5
"""Real baskets that a rule is in, at least."""


@dataclass(frozen=True, kw_only=True)
class MinedRules(BasketMeasure):
    """F1 of the rules mined from synthetic baskets against those mined from real ones in the same way.

    A rule says that baskets with one or two items hold another one: with at least a support (share of all baskets) and a confidence (share
    of those with the former). Source: R. Agrawal, R. Srikant, "Fast algorithms for mining association rules" (1994).
    """

    title: ClassVar[str] = "Mined rules"
    aspect: ClassVar[Aspect] = "utility"
    order: ClassVar[int] = 41

    good: float = 0.05
    """F1 below the ceiling up to which it is good."""
    fair: float = 0.2
    """F1 below the ceiling up to which it is fair."""
    support: float = 0.006
    """Least share of the baskets that hold all items of a rule."""
    confidence: float = 0.25
    """Least share of the baskets with the one side that hold the other."""

    def measure(self, bought: Bought) -> Result:
        """Mine both."""
        real, made = self._rules(bought.real), self._rules(bought.synthetic)
        if not real:
            reason = f"real baskets have no rule of {percent(self.support)} support and {percent(self.confidence)} confidence."
            return unmeasured(self, reason, decisive=False)

        def statistic(a: Baskets, b: Baskets) -> Floats:
            x, y = (set(self._rules(side)) for side in (a, b))
            return np.array([2 * len(x & y) / max(1, len(x) + len(y))])

        fields = {
            "name": "f1",
            "label": "F1 of the rules that are found",
            "unit": "F1",
            "better": "higher",
            "ideal": 1.0,
            "bad": 0.0,
        }
        (figure,) = bought.figures(statistic, fields)
        assert figure.value is not None, "there are real rules"
        level = level_of(figure, self.good, self.fair)
        same = len(set(real) & set(made))
        said = f"Of the {len(real):,} rules of the real baskets {same:,} are found in the synthetic ones, and {len(made) - same:,} others"
        sentence = {
            "good": f"{said}: an analyst comes to the same conclusions as on unseen real baskets.",
            "fair": f"{said}: look at both numbers of a rule before it is used.",
            "poor": f"{said}: do not mine these baskets.",
        }[level]
        how = (
            f"support {percent(self.support)}, confidence {percent(self.confidence)}, one or two items and another one"
        )
        return result(self, level, sentence, how=how, figures=(figure,), details=_shown(bought, set(real), set(made)))

    def _rules(self, baskets: Baskets) -> list[Rule]:
        levels = baskets.sets(max(1, int(np.ceil(self.support * baskets.n))))
        out: list[Rule] = []
        for size in range(2, levels.deepest + 1):
            sets, counts = levels.sets[size], levels.counts[size]
            for place in range(size):
                when = np.delete(sets, place, axis=1)
                for k in np.flatnonzero(counts >= self.confidence * levels.of(when)):
                    out.append((tuple(when[k].tolist()), int(sets[k, place])))
        return out


def _shown(bought: Bought, real: set[Rule], made: set[Rule]) -> dict[str, Any]:
    """Rules of either side by their lift and confidence in both, and a list of the strongest."""
    sides = {"real": bought.real, "synthetic": bought.synthetic}
    numbers = {rule: {role: _numbers(rule, side) for role, side in sides.items()} for rule in sorted(real | made)}
    kept = {r: n for r, n in numbers.items() if n["real"]["count"] >= FEWEST}
    order = sorted(kept, key=lambda r: (-kept[r]["real"]["lift"], r))
    dots = {
        what: [
            {
                "label": _named(rule, bought),
                "x": round(kept[rule]["real"][what], 4),
                "y": round(kept[rule]["synthetic"][what], 4),
            }
            for rule in order[:DRAWN]
        ]
        for what in ("lift", "confidence", "support")
    }
    plots = [
        {"title": what.capitalize(), "x": f"{what}, real", "y": f"{what}, synthetic", "equal": True, "dots": each}
        for what, each in dots.items()
    ]
    head = [
        "rule",
        "support, real",
        "synthetic",
        "confidence, real",
        "synthetic",
        "lift, real",
        "synthetic",
        "found in",
    ]
    rows = []
    for rule in order[:SHOWN]:
        pair = [kept[rule][role] for role in sides]
        found = "both" if rule in real and rule in made else "real" if rule in real else "synthetic"
        cells = [percent(n[what]) for what in ("support", "confidence") for n in pair] + [
            f"{n['lift']:.2f}" for n in pair
        ]
        rows.append([_named(rule, bought), *cells, found])
    table = {"title": f"The {len(rows)} rules of greatest lift", "head": head, "rows": rows}
    if not order:
        return {}
    return {"plots": [{"title": "Rules that were mined from either side", "plots": plots}], "table": table}


def _numbers(rule: Rule, baskets: Baskets) -> Mapping[str, float]:
    when, then = rule
    every = np.array([[*when, then]])
    support = float(supports(baskets, every)[0])
    one, other = float(supports(baskets, every[:, :-1])[0]), float(supports(baskets, every[:, -1:])[0])
    confidence = support / one if one else 0.0
    return {
        "support": support,
        "confidence": confidence,
        "lift": confidence / other if other else 0.0,
        "count": support * baskets.n,
    }


def _named(rule: Rule, bought: Bought) -> str:
    return f"{', '.join(bought.items[i] for i in rule[0])} → {bought.items[rule[1]]}"
