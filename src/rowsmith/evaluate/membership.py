"""Membership: can an attacker who holds the synthetic table tell whose row was learnt?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, grade, result, unmeasured, worst
from rowsmith.evaluate._space import Points, nearest
from rowsmith.evaluate._stats import Floats, auc, roc
from rowsmith.evaluate._words import percent, rows

FEWEST = 40
NEAR = 1e-3
CURVE = 60


@dataclass(frozen=True)
class _Attack:
    auc: float
    tpr: float
    false: Floats
    true: Floats


@dataclass(frozen=True, kw_only=True)
class Membership(Measure):
    """How well a calibrated attack tells training rows from unseen ones: AUC, and hits at one false alarm in ten.

    The attacker has the synthetic table and other real rows of the same kind. A row scores high if it is nearer to the
    synthetic rows than to the reference rows: a ratio of two densities, each taken from the nearest neighbour. The
    reference tells what is merely typical from what was learnt. Half of the holdout is the reference, rows of the other half
    play the strangers. The hits at few false alarms matter more than the AUC: a leak of a few rows hides in the mean.
    Source: B. van Breugel, H. Sun, Z. Qian, M. van der Schaar, "Membership inference attacks against synthetic data
    through overfitting detection" (2023), section 4 (DOMIAS); the rate at a fixed false-positive rate after N. Carlini
    et al., "Membership inference attacks from first principles" (2022), section 3.
    """

    title: ClassVar[str] = "Membership attack"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 50

    good: float = 0.03
    """AUC and hit rate above chance up to which it is good, sampling error apart."""
    fair: float = 0.1
    """AUC and hit rate above chance up to which it is fair, sampling error apart."""
    most_queries: int = 4_000
    """Rows that are attacked, half of them training rows."""
    most_rows: int = 40_000
    """Synthetic rows that the attacker looks at."""
    false_rate: float = 0.1
    """False-positive rate at which the hits are counted."""

    def measure(self, context: Context) -> Result:
        """Attack the synthetic table."""
        reason = context.why_no_distances(FEWEST)
        if reason or context.holdout is None:
            return unmeasured(self, reason)
        n = min(self.most_queries // 2, context.holdout.n // 2, context.real.n)
        unseen = self._points(context, context.holdout, context.holdout.n, "unseen")
        strangers, reference = unseen[:n], unseen[n:][: self.most_rows]
        queries = np.vstack([self._points(context, context.real, n, "members"), strangers])
        usual = nearest(reference, queries)
        found = self._attack(self._points(context, context.synthetic, self.most_rows, "cloud"), queries, usual)
        copy = self._attack(self._points(context, context.copy, self.most_rows, "copy"), queries, usual)
        floor = self._attack(self._points(context, context.floor, self.most_rows, "floor"), queries, usual)
        half = len(reference) // 2  # other unseen rows play the synthetic table: nothing of the members is in them
        clean = self._attack(reference[:half], queries, nearest(reference[half:], queries))
        noise = 2 * 0.29 * (2 / n) ** 0.5, 2 * (self.false_rate * (1 - self.false_rate) / n) ** 0.5
        excess = found.auc - 0.5, found.tpr - self.false_rate
        level = worst([grade(e, self.good + s, self.fair + s) for e, s in zip(excess, noise, strict=True)])
        said = (
            f"At {percent(self.false_rate)} false alarms an attacker recognises {percent(found.tpr)} of the training rows "
            f"(chance is {percent(self.false_rate)}; a plain copy of them gives {percent(copy.tpr)})"
        )
        sentence = {
            "good": f"{said}: no better than guessing, within the noise.",
            "fair": f"{said}: some rows are recognisable. Learn with less detail (--set detail=0.2) before you publish.",
            "poor": f"{said}: the synthetic table gives its training rows away. Do not release it.",
        }[level]
        at = f"hits at {percent(self.false_rate)} false alarms"
        parts = (("auc", "AUC of the attack", "AUC", 0.5), ("tpr", at, "share", self.false_rate))
        figures = tuple(
            Figure(
                name=name,
                label=label,
                value=getattr(found, name),
                unit=unit,
                better="lower",
                ideal=ideal,
                bad=ideal + 0.1,
                floor=getattr(floor, name),
                ceiling=getattr(clean, name),
                control=getattr(copy, name),
            )
            for name, label, unit, ideal in parts
        )
        lines = [("synthetic table", found), ("copy of the training rows", copy), ("unseen real rows", clean)]
        curve = {
            "title": "Membership attack: hits against false alarms",
            "x": "false alarms",
            "y": "training rows recognised",
            "lines": [{"label": label, "points": _thinned(a)} for label, a in lines],
        }
        return result(
            self,
            level,
            sentence,
            how=f"{rows(n)} of each side attacked; {rows(len(reference))} as the reference",
            figures=figures,
            details={"curve": curve},
        )

    def _points(self, context: Context, table: Columns, most: int, use: str) -> Points:
        return context.space.points(context.sample(table, most, "membership", use))

    def _attack(self, cloud: Points, queries: Points, usual: Floats) -> _Attack:
        hint = np.log(usual + NEAR) - np.log(nearest(cloud, queries) + NEAR)
        truth = np.repeat([1, 0], len(queries) // 2)
        false, true = roc(truth, hint)
        return _Attack(auc(truth, hint), float(np.interp(self.false_rate, false, true)), false, true)


def _thinned(attack: _Attack) -> list[list[float]]:
    """The curve at evenly spaced false-positive rates."""
    at = np.linspace(0, 1, CURVE + 1) ** 2  # closer at few false alarms, where it matters
    return [
        [round(float(x), 4), round(float(y), 4)]
        for x, y in zip(at, np.interp(at, attack.false, attack.true), strict=True)
    ]
