"""Attribute inference: does the synthetic table tell a secret of learnt people better than one of strangers?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.nearest import Points
from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._attacked import TOO_FEW, attack_figure, controls, powerless
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, grade, result
from rowsmith.evaluate._neighbours import nearest_rows
from rowsmith.evaluate._trial import FEWEST, attempt, told
from rowsmith.evaluate._words import percent, readable, rows

FULL = 10
"""Times as many secrets in a full judgement."""


@dataclass(frozen=True, kw_only=True)
class AttributeInference(Measure):
    """How much better a secret column is guessed for training rows than for unseen ones, from the synthetic table.

    The attacker knows all other columns of a person, takes the synthetic row that is nearest in these, and guesses that the
    person has its value. That this succeeds often is no leak: it is what the table teaches about everybody. It is
    one as far as it succeeds more often for people who were learnt than for the holdout. Every column is the secret in turn,
    the target among them.
    Source: Article 29 Working Party, "Opinion 05/2014 on anonymisation techniques" (WP216), section 2.2 (inference); the
    nearest synthetic row and the control after M. Giomi, F. Boenisch, C. Wehmeyer, B. Tasnádi, "A unified framework for
    quantifying privacy risk in synthetic data" (2023), sections 4 and 5.4.
    """

    title: ClassVar[str] = "Attribute inference"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 56

    good: float = 0.02
    """Share of right guesses beyond that on unseen rows up to which it is good, the interval's lower end counting."""
    fair: float = 0.1
    """Share of right guesses beyond that on unseen rows up to which it is fair."""
    most_queries: int = 800
    """People of each side that are attacked."""
    most_rows: int = 40_000
    """Synthetic rows that the attacker looks at."""
    most_secrets: int = 4
    """Columns that are the secret, the target and a random choice; in a full judgement ten times as many."""
    tolerance: float = 0.025
    """A number is guessed right if so small a share of the rows lies between guess and truth."""

    def measure(self, context: Context) -> Result:
        """Guess every secret."""
        reason = context.why_no_distances(FEWEST)
        if not reason and len(context.features) < 2:
            reason = "a guess takes a column that is known and one that is secret."
        if reason:
            return powerless(self, reason)
        secrets = self._secrets(context)

        def attack(table: Columns, people: Columns) -> NDArray[np.bool_]:
            points = context.values.points(table), context.values.points(people)
            return np.stack([self._guess(context, table, people, points, s) for s in secrets], axis=1)

        trial = attempt(context, attack, "attribute_inference", most=self.most_queries, most_rows=self.most_rows)
        found = [(context.features[s].name, gap) for s, gap in zip(secrets, trial.synthetic, strict=True)]
        tests = len(found)
        found.sort(key=lambda pair: pair[1].advantage(tests).low, reverse=True)
        name, gap = found[0]
        advantage = gap.advantage(tests)
        place = [context.features[s].name for s in secrets].index(name)
        copy, fresh = trial.copy[place].advantage(), trial.fresh[place].advantage()
        parts: dict[str, Any] = {
            "how": f"{rows(gap.n)} learnt and {rows(gap.m)} unseen; {tests} of {len(context.features)} columns the secret "
            "in turn" + controls(copy, fresh),
            "figures": (
                attack_figure(
                    "worst",
                    f"right guesses of {readable(name, 40)} beyond unseen rows",
                    advantage,
                    fresh=fresh,
                    copy=copy,
                ),
            ),
            "details": {"secrets": [{"column": n, **told(g, tests)} for n, g in found]},
        }
        if not trial.power:
            reason = (
                f"even from a plain copy no secret of training rows is guessed better than of unseen ones: {TOO_FEW}."
            )
            return powerless(self, reason, **parts)
        level = grade(advantage.low, self.good, self.fair)
        said = (
            f"{readable(name, 40)!r} is guessed right for {percent(gap.learnt)} of the training rows and for "
            f"{percent(gap.unseen)} of unseen ones; worst of {tests} secrets"
        )
        sentence = {
            "good": f"{said}: nothing is told of learnt people that is not told of all.",
            "fair": f"{said}. Values of learnt people are remembered: learn with less detail, or make this column coarser.",
            "poor": f"{said}. The table tells secrets of learnt people: do not release it; leave this column out.",
        }[level]
        return result(self, level, sentence, **parts)

    def _secrets(self, context: Context) -> list[int]:
        """The target first, then columns in random order."""
        order: list[int] = context.rng("attribute_inference", "secrets").permutation(len(context.features)).tolist()
        order.sort(key=lambda i: context.features[i].name != context.target)
        return order[: FULL * self.most_secrets if context.full else self.most_secrets]

    def _guess(
        self, context: Context, table: Columns, people: Columns, points: tuple[Points, Points], secret: int
    ) -> NDArray[np.bool_]:
        space = context.space
        known = space.places([i for i in range(len(context.features)) if i != secret])
        at, _ = nearest_rows(points[0][:, known], points[1][:, known])
        guess, truth = table.arrays[secret][at], people.arrays[secret]
        if context.features[secret].kind == "category":
            return np.asarray(guess == truth)
        return np.asarray(np.abs(space.ranks(secret, guess) - space.ranks(secret, truth)) <= self.tolerance)
