"""Near copies: do synthetic rows come closer to single training rows than chance lets them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rowsmith.core.nearest import Points
from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._attacked import TOO_FEW, attack_figure, controls, powerless, telling
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, grade, result, unmeasured
from rowsmith.evaluate._rates import Gap
from rowsmith.evaluate._space import nearest
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import percent, rows

FEWEST = 40
TIMES = (2, 4, 8, 16, 32)
"""How many times nearer than any other real row a synthetic row must be, tried in turn: how much noise a copier adds is
not known."""
USUAL = 0.01
"""Where more unseen rows have one so near, that is no sign of a copy."""
FULL = 5
"""Times as many rows are looked at in a full judgement."""
CONTROL = 600
"""Rows of each side under the copy."""
TINY = 1e-6
"""Added to distances, so that equal rows have a ratio too."""


@dataclass(frozen=True, kw_only=True)
class NearCopies(Measure):
    """Share of training rows that have a synthetic row far nearer than any other training row, beyond that of unseen rows.

    A few rows that were copied and slightly changed move no mean, and are not equal to any row. But unseen rows hardly ever
    have a synthetic row that is, say, eight times nearer than the nearest training row; so even few learnt ones, each
    held against the other training rows, stand out. Of five such factors, those that few unseen rows reach are tried,
    the clearest is shown, and its interval allows for the choice. Rows are compared by their levels and by the values of
    their numbers on a logarithmic scale, not by ranks, in which a little noise on a frequent value looks large.
    Source: own; the calibration by other real rows is that of B. van Breugel, H. Sun, Z. Qian, M. van der Schaar,
    "Membership inference attacks against synthetic data through overfitting detection" (2023), section 4.
    """

    title: ClassVar[str] = "Near copies"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 72

    good: float = 0.001
    """Share of training rows beyond that of unseen ones up to which it is good, the interval's lower end counting."""
    fair: float = 0.004
    """Share up to which it is fair."""
    most_queries: int = 4_000
    """Rows of each side that are looked at; in a full judgement five times as many."""
    most_real: int = 24_000
    """Real rows of each side that are read; in a full judgement five times as many."""
    most_rows: int = 40_000
    """Synthetic rows that may be near to them."""

    def measure(self, context: Context) -> Result:
        """Count the near copies."""
        reason = context.why_no_distances(FEWEST)
        if reason or context.holdout is None:
            return unmeasured(self, reason)
        space = context.values
        scale = FULL if context.full else 1
        most = scale * self.most_queries
        known, unseen = (
            space.points(context.sample(table, scale * self.most_real, "near_copies", use))
            for table, use in ((context.real, "learnt"), (context.holdout, "unseen"))
        )
        cut, half = min(most, len(known) // 2), len(unseen) // 2
        learnt, reference = known[:cut], known[cut:]
        sides = _sides(learnt, unseen[:most], reference)
        if len(reference) <= most:  # each half of so few training rows is attacked, with the other one as the reference
            one, other = np.array_split(unseen[:most], 2)
            halves = _sides(learnt, one, reference), _sides(reference, other, learnt)
            sides = halves[0][0].and_(halves[1][0]), halves[0][1].and_(halves[1][1])

        def cloud(table: Columns, use: str) -> Points:
            return space.points(context.sample(table, self.most_rows, "near_copies", use))

        made, leak = cloud(context.synthetic, "synthetic"), cloud(context.copy, "copy")
        found, times = _clearest(_times(sides, made))
        copy = _gap(_times((sides[0].first(CONTROL), sides[1].first(CONTROL)), leak), times).advantage()
        third = _sides(learnt, unseen[half:][:most], reference)
        fresh = _gap(_times(third, unseen[:half]), times).advantage()
        advantage = found.advantage(len(TIMES))
        label = f"training rows with a synthetic row {times} times nearer, beyond unseen rows"
        parts: dict[str, Any] = {
            "how": f"{rows(found.n)} learnt and {rows(found.m)} unseen, the half that stands further apart; "
            f"{rows(len(reference))} as the reference" + controls(copy, fresh),
            "figures": (attack_figure("near", label, advantage, fresh=fresh, copy=copy),),
        }
        if copy.low <= 0:
            return powerless(self, f"even in a plain copy of the training rows none is found: {TOO_FEW}.", **parts)
        level = telling(grade(advantage.low, self.good, self.fair), found)
        said = (
            f"{percent(found.learnt)} of the training rows, and {percent(found.unseen)} of unseen ones, have a synthetic row "
            f"{times} times nearer than any other training row"
        )
        sentence = {
            "good": f"{said}: no sign of near copies.",
            "fair": f"{said}. Some rows were copied with small changes: find and remove them, or learn with less detail.",
            "poor": f"{said}. Rows were copied, with small changes or none: do not release the table.",
        }[level]
        return result(self, level, sentence, **parts)


@dataclass(frozen=True)
class _Side:
    """Learnt or unseen rows, and the distance of each to the nearest other training row."""

    points: Points
    usual: Floats

    def and_(self, other: _Side) -> _Side:
        """The rows of both."""
        return _Side(np.vstack([self.points, other.points]), np.concatenate([self.usual, other.usual]))

    def first(self, n: int) -> _Side:
        return _Side(self.points[:n], self.usual[:n])


_Pair = tuple[Floats, Floats]
"""Of learnt and of unseen rows."""


def _sides(learnt: Points, unseen: Points, reference: Points) -> tuple[_Side, _Side]:
    """Only rows that are not near to others: near a crowd, a near copy is nobody's."""
    one, other = nearest(reference, learnt), nearest(reference, unseen)
    limit = np.median(other)
    return _Side(learnt[one >= limit], one[one >= limit]), _Side(unseen[other >= limit], other[other >= limit])


def _times(sides: tuple[_Side, _Side], cloud: Points) -> _Pair:
    """How many times nearer a cloud comes than other training rows."""
    one, other = ((side.usual + TINY) / (nearest(cloud, side.points) + TINY) for side in sides)
    return one, other


def _gap(nearer: _Pair, times: float) -> Gap:
    return Gap.of(nearer[0] > times, nearer[1] > times)


def _clearest(nearer: _Pair) -> tuple[Gap, int]:
    """The factor at which learnt rows exceed unseen ones most surely."""
    gaps = [(_gap(nearer, times), times) for times in TIMES]
    rare = [pair for pair in gaps if pair[0].unseen <= USUAL] or gaps[-1:]
    return max(rare, key=lambda pair: pair[0].advantage(len(TIMES)).low)
