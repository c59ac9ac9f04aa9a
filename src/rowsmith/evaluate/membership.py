"""Membership: can an attacker who holds the synthetic table tell whose row was learnt?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rowsmith.evaluate._attacked import TOO_FEW, attack_figure, between, controls, plain
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, grade, result, unmeasured, worst
from rowsmith.evaluate._rates import Estimate, area, hit_rate
from rowsmith.evaluate._scores import Scores, Trials
from rowsmith.evaluate._stats import roc
from rowsmith.evaluate._words import percent, rows

FEWEST = 40
CURVE = 60
LOG_FROM = 1e-3
FALSE = 0.1
STRICT = 0.01


@dataclass(frozen=True)
class _Way:
    """One figure: what is attacked, and how success is counted.

    Attributes:
        label: what a reader sees.
        chance: what guessing reads.
        apart: whether the rows are those that stand apart.
    """

    label: str
    chance: float
    apart: bool = False

    def read(self, scores: Scores) -> Estimate | None:
        """The figure, or None where there are too few rows of a side."""
        learnt, unseen = scores.learnt.of(self.apart), scores.unseen.of(self.apart)
        if not len(learnt) or not len(unseen):
            return None
        return area(learnt, unseen) if self.chance == 0.5 else hit_rate(learnt, unseen, self.chance)


WAYS: Mapping[str, _Way] = {
    "auc": _Way("AUC of the attack", 0.5),
    "tpr": _Way(f"hits at {percent(FALSE)} false alarms", FALSE),
    "tpr1": _Way(f"hits at {percent(STRICT)} false alarms", STRICT),
    "apart": _Way(f"hits among rows that stand apart, at {percent(FALSE)} false alarms", FALSE, apart=True),
    "apart1": _Way(f"hits among rows that stand apart, at {percent(STRICT)} false alarms", STRICT, apart=True),
}


@dataclass(frozen=True, kw_only=True)
class Membership(Measure):
    """How well a calibrated attack tells training rows from unseen ones: AUC, and hits at few false alarms.

    The attacker has the synthetic table and other real rows of the same kind. A row scores high if it is nearer to the
    synthetic rows than to the reference rows: a ratio of two densities, each taken from the nearest neighbour. The
    reference tells what is merely typical from what was learnt. The two halves of the holdout are in turn the reference and
    the strangers. Hits at few false alarms matter more than the AUC: a leak of a few rows hides in the mean. For the same
    reason the rows that stand apart, the twentieth of those that are furthest from the reference, are attacked on
    their own: it is they whom an attacker would choose, and whom a learner remembers first.

    A value weighs only with its interval: a measure is worse than good only if the interval's lower end is. Two controls show
    whether the attack could have found a leak: under a copy of the training rows it must succeed, under fresh real rows
    it must not. If it fails on the copy, it says nothing and counts as not made.
    Source: B. van Breugel, H. Sun, Z. Qian, M. van der Schaar, "Membership inference attacks against synthetic data
    through overfitting detection" (2023), section 4 (DOMIAS); the rate at a fixed false-positive rate after N. Carlini
    et al., "Membership inference attacks from first principles" (2022), section 3; targets that stand apart after T.
    Stadler, B. Oprisanu, C. Troncoso, "Synthetic data: anonymisation groundhog day" (2022), section 5.
    """

    title: ClassVar[str] = "Membership attack"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 50

    good: float = 0.03
    """AUC and hit rate above chance up to which it is good, the interval's lower end counting."""
    fair: float = 0.1
    """AUC and hit rate above chance up to which it is fair."""
    strict_good: float = 0.01
    """Hit rate above chance at 1 % false alarms up to which it is good."""
    strict_fair: float = 0.04
    """Hit rate above chance at 1 % false alarms up to which it is fair."""

    def measure(self, context: Context) -> Result:
        """Attack the synthetic table."""
        reason = context.why_no_distances(FEWEST)
        if reason:
            return unmeasured(self, reason)
        trials = context.trials
        found, floor, fresh, copy = (
            {name: way.read(scores) for name, way in WAYS.items()}
            for scores in (trials.synthetic, trials.floor, trials.fresh, trials.copy)
        )
        n, m = (len(side.of(apart=False)) for side in (trials.synthetic.learnt, trials.synthetic.unseen))
        parts: dict[str, Any] = {
            "how": f"{rows(n)} learnt and {rows(m)} unseen attacked, and those that stand apart; {rows(trials.reference)} as the reference"
            + controls(copy["tpr1"], fresh["tpr1"]),
            "figures": tuple(
                attack_figure(
                    name,
                    way.label,
                    found[name],
                    fresh=fresh[name],
                    copy=copy[name],
                    floor=floor[name],
                    chance=way.chance,
                    unit="AUC" if name == "auc" else "share",
                    reason="no row stands apart from the others",
                )
                for name, way in WAYS.items()
            ),
            "details": {
                "controls": {
                    "copy": {name: plain(e) for name, e in copy.items()},
                    "fresh": {name: plain(e) for name, e in fresh.items()},
                },
                "curve": _curve(trials),
            },
        }
        if not any(e is not None and e.low > WAYS[name].chance for name, e in copy.items()):
            return unmeasured(
                self,
                f"the attack recognises nobody even in a plain copy of the training rows: {TOO_FEW}. Keep a larger holdout.",
                **parts,
            )
        levels = {}
        for name, e in found.items():
            if e is not None:
                strict = WAYS[name].chance == STRICT
                limits = (self.strict_good, self.strict_fair) if strict else (self.good, self.fair)
                levels[name] = grade(e.low - WAYS[name].chance, *limits)
        level = worst(list(levels.values()))
        said = _said(found, copy)
        decisive = [WAYS[name].label for name, x in levels.items() if x == level]
        sentence = {
            "good": f"{said}: no better than guessing, within the noise.",
            "fair": f"{said}. Some rows are recognisable ({decisive[0]}): learn with less detail (--set detail=0.2), or "
            "leave out what makes rows stand apart, before you publish.",
            "poor": f"{said}: the synthetic table gives its training rows away ({decisive[0]}). Do not release it.",
        }[level]
        return result(self, level, sentence, **parts)


_Found = Mapping[str, Estimate | None]


def _said(found: _Found, copy: _Found) -> str:
    """What an attacker reaches, of all rows and of the worst-hit ones."""
    common, hit, apart = found["tpr"], copy["tpr"], found["apart"]
    assert common is not None and hit is not None
    said = (
        f"At {percent(FALSE)} false alarms an attacker recognises {percent(common.value)} of the training rows "
        f"(chance is {percent(FALSE)}; a plain copy of them gives {percent(hit.value)})"
    )
    if apart is not None:
        said += f", and of those that stand apart {percent(apart.value)} ({between(apart)})"
    return said


def _curve(trials: Trials) -> dict[str, Any]:
    """Hits against false alarms at false-positive rates evenly spaced by powers of ten: few false alarms matter."""
    at = np.geomspace(LOG_FROM, 1, CURVE + 1)
    lines = []
    named = (
        ("synthetic table", trials.synthetic),
        ("copy of the training rows", trials.copy),
        ("unseen real rows", trials.fresh),
    )
    for label, scores in named:
        learnt, unseen = scores.learnt.of(apart=False), scores.unseen.of(apart=False)
        false, true = roc(np.repeat([1, 0], [len(learnt), len(unseen)]), np.concatenate([learnt, unseen]))
        points = [[round(float(x), 5), round(float(np.interp(x, false, true)), 4)] for x in at]
        lines.append({"label": label, "points": points})
    return {
        "title": "Membership attack: hits against false alarms",
        "x": "false alarms",
        "y": "training rows recognised",
        "log": True,
        "lines": lines,
    }
