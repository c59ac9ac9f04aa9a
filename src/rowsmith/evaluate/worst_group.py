"""Subgroups: whom does the membership attack hit worst?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._attacked import attack_figure, controls, powerless
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, grade, result, unmeasured
from rowsmith.evaluate._rates import Gap
from rowsmith.evaluate._scores import Scores
from rowsmith.evaluate._words import percent, readable, rows

FEWEST = 40
FALSE = 0.1
SHOWN = 8
MOST_LEVELS = 50
"""Levels of a column that are looked at, the most frequent ones."""


@dataclass(frozen=True)
class _Group:
    """The rows with one level of one column."""

    column: str
    level: str
    gap: Gap

    @property
    def name(self) -> str:
        return f"{readable(self.column, 40)} = {readable(self.level, 40)}"


@dataclass(frozen=True, kw_only=True)
class WorstGroup(Measure):
    """The attack rate in the worst-hit subgroup: rows with one level of one column.

    The membership attack with one threshold for all, that of 10 % false alarms, looked at in every subgroup with enough
    learnt and unseen rows: hits among its learnt rows, beyond false alarms among its unseen ones. A minority that is
    remembered hides in the rate of all rows. The interval allows for having searched all subgroups (Bonferroni).
    Source: B. van Breugel, H. Sun, Z. Qian, M. van der Schaar, "Membership inference attacks against synthetic data
    through overfitting detection" (2023), section 5.2 (underrepresented groups); the correction after O. Dunn, "Multiple
    comparisons among means" (1961).
    """

    title: ClassVar[str] = "Worst-hit subgroup"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 54

    good: float = 0.03
    """Hit rate beyond the subgroup's false alarms up to which it is good, the interval's lower end counting."""
    fair: float = 0.1
    """Hit rate beyond the subgroup's false alarms up to which it is fair."""
    fewest: int = 40
    """Rows of each side that a subgroup must have."""

    def measure(self, context: Context) -> Result:
        """Look at every subgroup."""
        reason = context.why_no_distances(FEWEST)
        if reason:
            return unmeasured(self, reason)
        trials = context.trials
        groups = list(self._groups(context, trials.synthetic))
        if not groups:
            return powerless(self, f"no level of a column has {rows(self.fewest)} of each side to attack.")
        tests = len(groups)
        groups.sort(key=lambda g: g.gap.advantage(tests).low, reverse=True)
        first = groups[0]
        advantage = first.gap.advantage(tests)
        level = grade(advantage.low, self.good, self.fair)
        said = (
            f"Of the rows with {first.name}, {percent(first.gap.learnt)} are recognised at {percent(first.gap.unseen)} "
            f"false alarms among them; worst of {tests:,} subgroups"
        )
        sentence = {
            "good": f"{said}: no subgroup is hit beyond the noise.",
            "fair": f"{said}. It is remembered more than others: learn with less detail, or merge its level with another.",
            "poor": f"{said}. It is given away: do not release the table; merge the level, or take its rows out.",
        }[level]
        same = (dict(self._named(context, s)).get((first.column, first.level)) for s in (trials.copy, trials.fresh))
        copy, fresh = (None if gap is None else gap.advantage() for gap in same)
        return result(
            self,
            level,
            sentence,
            how=f"{tests:,} subgroups of at least {rows(self.fewest)} of each side" + controls(copy, fresh),
            figures=(
                attack_figure(
                    "worst",
                    "hits beyond false alarms in the worst-hit subgroup",
                    advantage,
                    fresh=fresh,
                    copy=copy,
                ),
            ),
            details={
                "groups": [
                    {
                        "column": g.column,
                        "level": g.level,
                        "learnt": g.gap.learnt,
                        "unseen": g.gap.unseen,
                        "low": g.gap.advantage(tests).low,
                        "high": g.gap.advantage(tests).high,
                    }
                    for g in groups[:SHOWN]
                ]
            },
        )

    def _groups(self, context: Context, scores: Scores) -> Iterator[_Group]:
        for (column, level), gap in self._named(context, scores):
            if min(gap.n, gap.m) >= self.fewest:
                yield _Group(column, level, gap)

    def _named(self, context: Context, scores: Scores) -> Iterator[tuple[tuple[str, str], Gap]]:
        limit = float(np.quantile(scores.unseen.of(apart=False), 1 - FALSE))
        sides = scores.learnt, scores.unseen
        hits = [side.of(apart=False) > limit for side in sides]
        for i, feature in enumerate(context.features):
            if feature.kind != "category":
                continue
            codes: list[NDArray[np.int32]] = [side.table.arrays[i][side.random] for side in sides]
            for k, level in enumerate(feature.levels[:MOST_LEVELS]):
                chosen = [h[c == k] for h, c in zip(hits, codes, strict=True)]
                if all(map(len, chosen)):
                    yield (feature.name, level), Gap.of(*chosen)
