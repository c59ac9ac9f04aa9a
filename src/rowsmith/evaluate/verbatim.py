"""Verbatim values: do rare values and texts of single people come back word for word?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._attacked import attack_figure, controls, plain
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Level, Measure, Result, grade, result, unmeasured, worst
from rowsmith.evaluate._rates import Estimate, Gap
from rowsmith.evaluate._words import readable, rows

WORDS = 4
"""Words that texts have on average from which a column is text to be searched."""
RUNS = (4, 8, 1_000)
"""Words in a row that, if only one row has them, are its own: a phrase, a clause, the whole text."""


@dataclass(frozen=True)
class _Back:
    """What comes back of one column.

    Attributes:
        column: its name.
        strict: whether it names people or holds sentences, so that no value may come back.
        own: values that one real row alone has: of training rows, and of unseen ones, and how many come back; of text,
            for each length of runs of words.
        rare: levels that few training rows and no unseen row have, and that come back.
    """

    column: str
    strict: bool
    own: tuple[Gap, ...]
    rare: int


@dataclass(frozen=True, kw_only=True)
class Verbatim(Measure):
    """Values that one person alone has, or few have, and that stand in the synthetic table.

    A value that a single real row has can have been learnt from that row only. Those of training rows must not come back
    more often than those of unseen rows, which come back by chance. That is counted for every column: numbers, levels, and
    of texts the runs of four and of eight words, and the whole. Levels that fewer than `rare` training rows have, and no
    unseen row, are counted too: each that comes back points at these few people, unless it is public,
    or levels that only unseen rows have come back as often. No value is shown, only columns and counts. Controls: a copy of the
    training rows, and rows that nobody learnt from.
    Source: WP216, section 2.2 (singling out by attributes); the runs of words after N. Carlini et al., "Extracting
    training data from large language models" (2021), section 2.2 (k-eidetic memorisation), with the holdout as control.
    """

    title: ClassVar[str] = "Rare values and text"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 74
    every_column: ClassVar[bool] = True

    good: float = 0.01
    """Share of single people's values that come back, beyond that of unseen ones, up to which it is good."""
    text_good: float = 0.0002
    """Share of single people's texts (or words in a row of them) beyond that of unseen ones up to which it is good."""
    text_fair: float = 0.002
    """The same up to which it is fair; of all three the interval's lower end counts."""
    rare: int = 5
    """A level that fewer training rows have is rare."""
    most_texts: int = 5_000
    """Rows of each side of which texts are searched."""
    most_rows: int = 20_000
    """Synthetic rows of which texts are read."""

    def measure(self, context: Context) -> Result:
        """Look at every column."""
        found = list(self._search(context, context.synthetic, context.holdout))
        found += list(self._search_names(context))
        if not found:
            return unmeasured(self, "there is no column that can be compared.")
        tests = max(1, sum(len(b.own) for b in found))
        levels = {b.column: self._level(b, tests) for b in found}
        level = worst(list(levels.values()))
        decisive = [b for b in found if levels[b.column] == level]
        if level == "good":  # nothing stands out: all columns together
            shown = _together(found)
        else:
            shown = _clearest([gap for b in decisive for gap in b.own], tests)
        copy, fresh = self._controls(context)
        reason = "no holdout was given" if context.holdout is None else "no real row has a value of its own"
        return result(
            self,
            level,
            self._sentence(level, decisive, sum(b.rare for b in decisive)),
            how=f"{len(found)} columns of {rows(context.synthetic.n)}" + controls(copy, fresh),
            figures=(
                attack_figure(
                    "own",
                    "values of single training rows that come back, beyond unseen ones",
                    shown,
                    fresh=fresh,
                    copy=copy,
                    reason=reason,
                ),
                Figure(
                    name="rare",
                    label=f"levels of fewer than {self.rare} training rows that come back",
                    value=float(sum(b.rare for b in found)),
                    unit="levels",
                    better="lower",
                    ideal=0.0,
                    bad=1.0,
                ),
            ),
            details={
                "values": [
                    {
                        "column": b.column,
                        "rare": b.rare,
                        "own": plain(_clearest(b.own, tests)),
                    }
                    for b in found
                    if b.rare or any(gap.hits for gap in b.own)
                ]
            },
        )

    def _controls(self, context: Context) -> tuple[Estimate | None, Estimate | None]:
        """What comes back in a copy of the training rows, and in rows that nobody learnt from, of all columns together."""
        if context.holdout is None:
            return None, None
        n = context.holdout.n // 2
        fresh, others = context.holdout.take(np.arange(n)), context.holdout.take(np.arange(n, 2 * n))
        tried = ((context.copy, context.holdout), (fresh, others))
        copy, none = (_together(list(self._search(context, *each))) for each in tried)
        return copy, none

    def _search(self, context: Context, made: Columns, holdout: Columns | None) -> Iterator[_Back]:
        for i, feature in enumerate(context.features):
            unseen = None if holdout is None else holdout.pick([i])
            yield self._column(context, feature, context.real.pick([i]), made.pick([i]), unseen)

    def _search_names(self, context: Context) -> Iterator[_Back]:
        for feature, real, made, holdout in context.names:
            if feature.kind == "category" and not feature.counted:
                yield self._column(context, feature, real, made, holdout)

    def _column(
        self, context: Context, feature: Feature, real: Columns, made: Columns, holdout: Columns | None
    ) -> _Back:
        known, back = real.arrays[0], made.arrays[0]
        unseen = known[:0] if holdout is None else holdout.arrays[0]
        if feature.kind != "category":
            return _Back(feature.name, False, _own(known, unseen, back), 0)
        valid = known[known >= 0]
        words = np.mean([t.count(" ") + 1 for t in feature.levels[:1000]]) if feature.levels else 0
        counts = np.bincount(valid, minlength=len(feature.levels))
        rare = np.flatnonzero((counts > 0) & (counts < self.rare))
        rare = rare[np.isin(rare, back) & ~np.isin(rare, unseen)]
        if words < WORDS:
            own = _own(valid, unseen[unseen >= 0], back)
            return _Back(feature.name, bool(feature.identifier), own, 0 if feature.identifier else len(rare))
        texts = [
            [feature.levels[k] for k in context.sample(t, most, "verbatim", feature.name).arrays[0] if k >= 0]
            for t, most in ((real, self.most_texts), (holdout, self.most_texts), (made, self.most_rows))
            if t is not None
        ]
        own = tuple(gap for n in RUNS if holdout is not None for gap in _own_runs(n, *texts))
        return _Back(feature.name, True, own, 0 if feature.identifier else len(rare))

    def _level(self, back: _Back, tests: int) -> Level:
        clearest = _clearest(back.own, tests)
        low = 0.0 if clearest is None else clearest.low
        rare: Level = "fair" if back.rare and not _by_chance(back.own) else "good"
        if back.strict:
            return worst([rare, grade(low, self.text_good, self.text_fair)])
        return "fair" if low > self.good else rare

    def _sentence(self, level: Level, found: Sequence[_Back], rare: int) -> str:
        names = ", ".join(repr(readable(b.column, 40)) for b in found[:3])
        if level == "good":
            return "No rare value and no text of a single row comes back more often than chance brings it."
        if any(b.strict for b in found):
            do = "Do not release the table" if level == "poor" else "Look at these rows before you release the table"
            return f"Texts or names of single rows come back word for word in {names}. {do}: make these columns anew."
        said = (
            f"Levels of fewer than {self.rare} training rows ({rare:,} in all)"
            if rare
            else "Values that one training row alone has"
        )
        return f"{said} come back, in {names}. Merge or leave out what is not public ({names.split(', ')[0]} first)."


def _together(found: Sequence[_Back]) -> Estimate | None:
    """The advantage over all columns."""
    own = [gap for b in found for gap in b.own]
    return sum(own, start=Gap(0, 0, 0, 0)).advantage() if own else None


def _by_chance(own: Sequence[Gap]) -> bool:
    """Whether levels that no training row has come back too, and no more rarely: then the vocabulary is known from elsewhere."""
    return any(gap.unseen_hits for gap in own) and all(gap.advantage().low <= 0 for gap in own)


def _clearest(gaps: Sequence[Gap], tests: int) -> Estimate | None:
    """The advantage that is most surely above chance."""
    return max((gap.advantage(tests) for gap in gaps), key=lambda e: e.low, default=None)


def _own(known: NDArray[Any], unseen: NDArray[Any], back: NDArray[Any]) -> tuple[Gap, ...]:
    """Values of single rows, learnt and unseen, and how many of them come back; nothing where a side has none."""
    every = np.concatenate([known, unseen])
    values, first, counts = np.unique(every, return_index=True, return_counts=True)
    single = (counts == 1) & np.isfinite(values)
    returned, learnt = np.isin(values, back)[single], (first < len(known))[single]
    return (Gap.of(returned[learnt], returned[~learnt]),) if learnt.any() and not learnt.all() else ()


def _own_runs(n: int, known: Sequence[str], unseen: Sequence[str], made: Sequence[str]) -> tuple[Gap, ...]:
    """Rows with n words in a row that no other row has, learnt and unseen, and how many of them have such that come back."""
    every = [_runs(text, n) for text in (*known, *unseen)]
    owners: dict[str, int] = {}
    for row, runs in enumerate(every):
        for run in runs:
            owners[run] = row if run not in owners else -1
    back: set[str] = set()
    for text in set(made):
        back |= _runs(text, n)
    has, returned = np.zeros(len(every), dtype=bool), np.zeros(len(every), dtype=bool)
    for run, row in owners.items():
        if row >= 0:
            has[row] = True
            returned[row] |= run in back
    sides = [returned[part][has[part]] for part in (slice(len(known)), slice(len(known), None))]
    return (Gap.of(*sides),) if all(map(len, sides)) else ()


def _runs(text: str, n: int) -> set[str]:
    """All runs of n words of a text; of a shorter one, the whole."""
    words = text.casefold().split()
    return {" ".join(words[i : i + n]) for i in range(max(1, len(words) - n + 1))}
