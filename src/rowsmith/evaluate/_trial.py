"""An attack that succeeds on a row or does not: tried on learnt and on unseen rows, and on controls that show its power."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._attacked import TOO_FEW, attack_figure, controls, plain, powerless
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Measure, Result, grade, result
from rowsmith.evaluate._rates import Gap
from rowsmith.evaluate._words import percent

FEWEST = 40
CONTROL = 0.3
"""Share of the rows that are attacked under a copy, where success is frequent."""

Attack = Callable[[Columns, Columns], NDArray[np.bool_]]
"""From a synthetic table and target rows to outcomes, shape (rows,) or (rows, ways)."""


@dataclass(frozen=True)
class Trial:
    """The gaps of an attack, one for each of its ways.

    Attributes:
        synthetic: under the table to judge.
        copy: under a copy of the training rows: the positive control, in which the attack must succeed.
        fresh: under real rows that nobody learnt from: the negative control, in which it must not.
    """

    synthetic: tuple[Gap, ...]
    copy: tuple[Gap, ...]
    fresh: tuple[Gap, ...]

    @property
    def power(self) -> bool:
        """Whether a leak could have been seen: the attack succeeds, in some way, under a copy."""
        return any(gap.advantage(len(self.copy)).low > 0 for gap in self.copy)


def attempt(context: Context, attack: Attack, name: str, *, most: int, most_rows: int) -> Trial:
    """Try an attack on as many learnt as unseen rows.

    Args:
        context: the tables; with a holdout.
        attack: what is tried.
        name: of the attack, for its random streams.
        most: rows of each side to attack.
        most_rows: rows of a synthetic table that the attacker looks at.
    """
    assert context.holdout is not None
    learnt = context.sample(context.real, most, name, "learnt")
    holdout = context.sample(context.holdout, context.holdout.n, name, "unseen")
    unseen = holdout.take(np.arange(min(most, holdout.n)))
    half = holdout.n // 2
    fresh, others = holdout.take(np.arange(half)), holdout.take(np.arange(half, min(half + most, holdout.n)))

    def gaps(table: Columns, learnt: Columns, unseen: Columns) -> tuple[Gap, ...]:
        outcomes = [np.atleast_2d(attack(table, side).T) for side in (learnt, unseen)]
        return tuple(Gap.of(a, b) for a, b in zip(*outcomes, strict=True))

    few = [t.take(np.arange(max(1, round(t.n * CONTROL)))) for t in (learnt, unseen)]
    return Trial(
        gaps(context.sample(context.synthetic, most_rows, name, "synthetic"), learnt, unseen),
        gaps(context.sample(context.copy, most_rows, name, "copy"), *few),
        gaps(fresh.take(np.arange(min(half, most_rows))), learnt, others),
    )


def told(gap: Gap, tests: int = 1) -> dict[str, Any]:
    """A gap as JSON values."""
    return {"learnt": gap.learnt, "unseen": gap.unseen, "advantage": plain(gap.advantage(tests))}


@dataclass(frozen=True, kw_only=True)
class Words:
    """How a reader is told of a trial.

    Attributes:
        figure: name of the figure.
        label: of the figure.
        said: a sentence with {learnt} and {unseen} for the shares of successes.
        good: what follows if it is good.
        fair: what is to be done if it is fair.
        poor: what is to be done if it is poor.
    """

    figure: str
    label: str
    said: str
    good: str
    fair: str
    poor: str


def judged(measure: Measure, trial: Trial, words: Words, *, good: float, fair: float, how: str) -> Result:
    """The result of a trial of one way: a figure with its interval and controls, a level and a sentence.

    Args:
        measure: that was taken.
        trial: with at least one learnt and one unseen row attacked.
        words: for the reader.
        good: advantage up to which the lower end of the interval is good.
        fair: up to which it is fair.
        how: in one line.
    """
    gap, advantage = trial.synthetic[0], trial.synthetic[0].advantage()
    copy, fresh = (gap.advantage() if gap.n and gap.m else None for gap in (trial.copy[0], trial.fresh[0]))
    parts: dict[str, Any] = {
        "how": how + controls(copy, fresh),
        "figures": (attack_figure(words.figure, words.label, advantage, fresh=fresh, copy=copy),),
        "details": {"gap": told(gap)},
    }
    if not trial.power:
        reason = f"the attack fails even on a plain copy of the training rows: {TOO_FEW}."
        return powerless(measure, reason, **parts)
    level = grade(advantage.low, good, fair)
    said = words.said.format(learnt=percent(gap.learnt), unseen=percent(gap.unseen))
    sentence = {"good": f"{said}: {words.good}.", "fair": f"{said}. {words.fair}.", "poor": f"{said}. {words.poor}."}
    return result(measure, level, sentence[level], **parts)
