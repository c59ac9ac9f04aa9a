"""Singling out: does what is unique in the synthetic table point at exactly one learnt person?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._attacked import powerless
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result
from rowsmith.evaluate._rates import Gap
from rowsmith.evaluate._trial import FEWEST, Trial, Words, judged
from rowsmith.evaluate._words import rows

Ranks = list[NDArray[np.float64]]
"""The values of a table, one array a column: ranks of numbers, places of levels."""
Predicate = Sequence[tuple[int, float, float]]
"""Column, least and greatest value: a row fulfils it that lies within all of them."""


@dataclass(frozen=True, kw_only=True)
class SinglingOut(Measure):
    """How much more often a description that fits one synthetic row alone fits exactly one training row than one unseen row.

    The attacker takes a synthetic row and describes it by ever more of its columns, in random order (a level, or a number
    within a narrow range), until it fits no other synthetic row. Then he claims that it fits exactly one person. Such claims
    are right by chance too: how often is counted on the holdout, against equally large parts of the training rows. Only
    what exceeds it is a leak.
    Source: Article 29 Working Party, "Opinion 05/2014 on anonymisation techniques" (WP216), section 2.2 (singling out);
    claims of exactly one row after A. Cohen, K. Nissim, "Towards formalizing the GDPR's notion of singling out" (2020); the
    synthetic table as their source, and the control, after M. Giomi et al., "A unified framework for quantifying privacy
    risk in synthetic data" (2023), section 5.2.
    """

    title: ClassVar[str] = "Singling out"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 57

    good: float = 0.01
    """Share of right claims beyond that on unseen rows up to which it is good, the interval's lower end counting."""
    fair: float = 0.05
    """Share of right claims beyond that on unseen rows up to which it is fair."""
    claims: int = 1_000
    """Descriptions that are tried."""
    most_rows: int = 10_000
    """Rows of each table, or of each part of the training rows, that are looked at."""
    most_parts: int = 4
    """Parts of the training rows."""
    width: float = 0.01
    """Half the range in which a number is described, as a share of the rows."""
    most_columns: int = 12
    """Columns of a description at most."""

    def measure(self, context: Context) -> Result:
        """Describe synthetic rows, and look who is meant."""
        reason = context.why_no_distances(FEWEST)
        if reason or context.holdout is None:
            return powerless(self, reason)
        n = min(context.holdout.n, context.real.n, self.most_rows)
        real = context.sample(context.real, n * self.most_parts, "singling_out", "learnt")
        holdout = context.sample(context.holdout, n, "singling_out", "unseen")
        parts = [real.take(np.arange(k, k + n)) for k in range(0, real.n - n + 1, n)]
        half = n // 2
        fresh, others = holdout.take(np.arange(half)), holdout.take(np.arange(half, 2 * half))
        trial = Trial(
            self._gap(context, context.synthetic, parts, holdout, "synthetic"),
            self._gap(context, context.copy, parts[:1], holdout, "copy"),
            self._gap(context, fresh, [p.take(np.arange(half)) for p in parts], others, "fresh"),
        )
        if not trial.synthetic[0].n or not trial.copy[0].n:
            return powerless(self, "no description fits a single row alone: all rows repeat.")
        words = Words(
            figure="claims",
            label="right claims beyond those on unseen rows",
            said="Of the descriptions that fit one synthetic row alone, {learnt} fit exactly one of "
            f"{n:,} training rows, and {{unseen}} exactly one of {n:,} unseen ones",
            good="what is unique in the synthetic table points at nobody",
            fair="Some synthetic rows point at single people: learn with less detail, or merge rare levels",
            poor="Synthetic rows point at single people: do not release the table",
        )
        how = f"{trial.synthetic[0].m:,} descriptions of synthetic rows; {len(parts)} parts of {rows(n)} learnt, {rows(n)} unseen"
        return judged(self, trial, words, good=self.good, fair=self.fair, how=how)

    def _gap(
        self, context: Context, table: Columns, parts: Sequence[Columns], unseen: Columns, use: str
    ) -> tuple[Gap, ...]:
        source = _ranks(context, context.sample(table, self.most_rows, "singling_out", use))
        claims = self._claims(context, source, use)
        learnt = [_ranks(context, part) for part in parts]
        strangers = _ranks(context, unseen)
        hits = sum(len(_fits(ranks, claim)) == 1 for claim in claims for ranks in learnt)
        usual = sum(len(_fits(strangers, claim)) == 1 for claim in claims)
        return (Gap(hits, len(claims) * len(learnt), usual, len(claims)),)

    def _claims(self, context: Context, source: Ranks, use: str) -> list[Predicate]:
        """Descriptions of random rows that fit no other row of the source."""
        rng = context.rng("singling_out", "claims", use)
        n = len(source[0])
        found: list[Predicate] = []
        for row in rng.permutation(n)[: self.claims]:
            claim: list[tuple[int, float, float]] = []
            left = np.arange(n)
            for i in rng.permutation(len(source))[: self.most_columns]:
                value = source[i][row]
                wide = self.width if context.features[i].kind != "category" else 0.0
                claim.append((int(i), value - wide, value + wide))
                left = left[_within(source[i][left], *claim[-1][1:])]
                if len(left) == 1:
                    found.append(claim)
                    break
        return found


def _ranks(context: Context, table: Columns) -> Ranks:
    return [
        values.astype(np.float64) if feature.kind == "category" else context.space.ranks(i, values)
        for i, (feature, values) in enumerate(zip(context.features, table.arrays, strict=True))
    ]


def _within(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.bool_]:
    return np.asarray((values >= low) & (values <= high))


def _fits(table: Ranks, claim: Predicate) -> NDArray[np.int64]:
    """The rows that a description fits."""
    left = np.arange(len(table[0]))
    for i, low, high in claim:
        left = left[_within(table[i][left], low, high)]
    return left
