"""Linkability: does the synthetic table tie together what two holders know of the same learnt person?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._attacked import powerless
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result
from rowsmith.evaluate._neighbours import nearest_rows
from rowsmith.evaluate._trial import FEWEST, Words, attempt, judged
from rowsmith.evaluate._words import rows


@dataclass(frozen=True, kw_only=True)
class Linkability(Measure):
    """How much more often two halves of a training row lead to the same synthetic row than two halves of an unseen one.

    Two holders know different columns of the same people. Each takes, for every person, the synthetic row that is nearest in
    the columns he knows; where both arrive at the same row, the table links their records. Among unseen people this
    happens by chance; only what exceeds it is a leak. The columns are dealt out at random.
    Source: Article 29 Working Party, "Opinion 05/2014 on anonymisation techniques" (WP216), section 2.2 (linkability);
    the nearest synthetic row and the control after M. Giomi et al., "A unified framework for quantifying privacy risk in
    synthetic data" (2023), section 5.3.
    """

    title: ClassVar[str] = "Linkability"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 58

    good: float = 0.005
    """Share of linked rows beyond that of unseen ones up to which it is good, the interval's lower end counting."""
    fair: float = 0.05
    """Share of linked rows beyond that of unseen ones up to which it is fair."""
    most_queries: int = 1_500
    """People of each side that are attacked."""
    most_rows: int = 40_000
    """Synthetic rows that the attacker looks at."""

    def measure(self, context: Context) -> Result:
        """Link two halves of every row."""
        reason = context.why_no_distances(FEWEST)
        if not reason and len(context.features) < 2:
            reason = "a link takes two columns at least."
        if reason:
            return powerless(self, reason)
        dealt = context.rng("linkability", "columns").permutation(len(context.features))
        space = context.values
        halves = [context.space.places(half.tolist()) for half in np.array_split(dealt, 2)]

        def attack(table: Columns, people: Columns) -> NDArray[np.bool_]:
            cloud, points = space.points(table), space.points(people)
            one, other = (nearest_rows(cloud[:, axes], points[:, axes])[0] for axes in halves)
            return np.asarray(one == other)

        trial = attempt(context, attack, "linkability", most=self.most_queries, most_rows=self.most_rows)
        words = Words(
            figure="linked",
            label="rows linked beyond unseen ones",
            said="Two holders of different columns arrive at the same synthetic row for {learnt} of the training rows, and for "
            "{unseen} of unseen ones",
            good="nothing is linked beyond chance",
            fair="The table links some records: learn with less detail, or leave out columns that others hold too",
            poor="The table links records of the same person: do not release it",
        )
        how = f"{rows(trial.synthetic[0].n)} learnt and {rows(trial.synthetic[0].m)} unseen; the columns dealt to two holders"
        return judged(self, trial, words, good=self.good, fair=self.fair, how=how)
