"""Copies: do synthetic rows equal real ones, more often than chance makes them equal?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._attacked import attack_figure, controls, telling
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Level, Measure, Result, grade, result, unmeasured, worst
from rowsmith.evaluate._noise import of_share
from rowsmith.evaluate._rates import Estimate, Gap
from rowsmith.evaluate._space import nearest, nearest_two
from rowsmith.evaluate._words import percent, rows

Hashes = NDArray[np.uint64]
_Rows = NDArray[np.bool_]
REFERENCE = 20_000
"""Real rows from which a row is told to stand apart …"""
SAMPLE = 1_000
"""… as judged by how far so many of them are from the others, and rows that may do so."""
APART = 0.95
"""Share of real rows that are nearer to others than one that stands apart."""
FEWEST = 40
EXPECTED = 0.3
"""A row that comes back was copied if fewer rows than this were expected to come back that are so far from all others."""
ENOUGH = 100
"""Unseen rows that come back, from which on they show how far apart rows do so by chance."""
NARROW = 2
"""Columns of a table in which rows may repeat by nature, as a year or a room does …"""
REPEATS = 0.05
"""… which they do where more of the real rows than this have an equal one."""


@dataclass(frozen=True, kw_only=True)
class Copies(Measure):
    """Share of synthetic rows that equal a training row in every column, identifiers apart.

    In a narrow table equal rows arise by chance, so the share is read against that of unseen real rows (the holdout; or,
    without one, the share of training rows that have an equal among the other training rows). Sharper is a look at real rows
    that equal no other real row: a learner cannot know of them but from themselves, so unseen ones come back only by
    chance, and learnt ones must not come back more often. Of these, training rows that stand apart from all others are
    counted: a single one that comes back exactly is a finding. Of tables of one or two columns in which more than a twentieth of
    real rows repeat (a year, a room and its floor) nothing can be told: who made rows from such values has real ones.

    Columns that only name rows, such as e-mail addresses, are looked at one by one: a value of theirs that stands in the
    training rows was memorised, or is there by design (a list to choose from), or was hit by chance, as numbers of few
    digits are. Counters (`17`, `P0017`) may come back, as they say nothing of their row.
    """

    title: ClassVar[str] = "Copied rows"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 70
    every_column: ClassVar[bool] = True

    good: float = 0.01
    """Share above the ceiling up to which it is good."""
    fair: float = 0.05
    """Share above the ceiling up to which it is fair."""
    alone_good: float = 0.0005
    """Share of training rows unlike any other that come back, beyond that of unseen ones, up to which it is good."""
    alone_fair: float = 0.005
    """The same up to which it is fair; of all four the interval's lower end counts."""

    def measure(self, context: Context) -> Result:
        """Count the copies."""
        leaks = {f.name: _leak(real, made, unseen, f.chance) for f, real, made, unseen in context.names}
        counted = {f.name for f, *_ in context.names if f.counted}
        leaked = {n: s for n, (s, usual) in leaks.items() if s - usual > self.good and n not in counted}
        if not context.features and not leaks:
            return unmeasured(self, "there is no column that can be compared.")
        found = _Found.of(context) if context.features else None
        levels: list[Level] = ["poor" if leaked else "good"]
        if found is not None:
            levels.append(grade(found.excess, self.good, self.fair))
            if found.gap is not None and found.alone is not None:
                levels.append(telling(grade(found.alone.low, self.alone_good, self.alone_fair), found.gap))
            levels.append("fair" if found.apart else "good")
        level = worst(levels)
        parts: dict[str, Any] = {
            "how": f"all {rows(context.synthetic.n)} against all {rows(context.real.n)}"
            + ("" if found is None else controls(found.copy, found.fresh)),
            "figures": () if found is None else found.figures(),
            "details": {"verbatim": {n: share for n, (share, _) in leaks.items()}} if leaks else {},
        }
        if leaked:
            return result(self, level, _named(leaked), **parts)
        if found is not None and len(context.features) <= NARROW and found.usual > REPEATS:
            return unmeasured(self, _repeating(context.features, found.usual, named=bool(leaks)), **parts)
        return result(self, level, _sentence(level, found), **parts)


@dataclass(frozen=True)
class _Found:
    """How often whole rows come back.

    Attributes:
        copies: share of synthetic rows that equal a training row.
        usual: share of unseen rows that do.
        excess: how much higher the first surely is, the noise of the holdout apart.
        floor: share of shuffled rows that do.
        gap: of training rows equal to no other real row, and of such unseen rows, how many come back; None if there is no
            holdout, or no such row on a side.
        alone: how much higher the share of the former is.
        copy: the same under a copy of the training rows.
        fresh: the same under real rows that nobody learnt from.
        apart: training rows that come back and stand apart from all other real ones.
    """

    copies: float
    usual: float
    excess: float
    floor: float
    gap: Gap | None
    alone: Estimate | None
    copy: Estimate | None
    fresh: Estimate | None
    apart: int

    @classmethod
    def of(cls, context: Context) -> _Found:
        def hashes(table: Columns) -> Hashes:
            return row_hashes(context.features, table)

        seen, made = hashes(context.real), hashes(context.synthetic)
        unseen = hashes(context.holdout) if context.holdout is not None else seen[:0]
        values, place, counts = np.unique(np.concatenate([seen, unseen]), return_inverse=True, return_counts=True)
        single = (counts == 1)[place]
        n, half = len(seen), len(seen) + len(unseen) // 2

        def alone(table: Hashes, strangers: slice) -> Gap | None:
            """Of rows that equal no other, learnt ones and strangers: how many a table has."""
            back = np.isin(values, table)[place]
            sides = [back[rows][single[rows]] for rows in (slice(n), strangers)]
            return Gap.of(*sides) if all(map(len, sides)) else None

        found, copy = alone(made, slice(n, None)), alone(hashes(context.copy), slice(n, None))
        fresh = alone(unseen[half - n :], slice(n, half))
        hits, usual = int(np.isin(made, seen).sum()), int(np.isin(unseen, seen).sum())
        matches = Gap(hits, len(made), usual, len(unseen)) if len(unseen) else None
        share = hits / len(made)
        return cls(
            copies=share,
            usual=repeated(seen) if matches is None else matches.unseen,
            excess=share - repeated(seen) - of_share(share, len(made)) if matches is None else matches.advantage().low,
            floor=share_in(hashes(context.floor), seen),
            gap=found,
            alone=None if found is None else found.advantage(),
            copy=None if copy is None else copy.advantage(),
            fresh=None if fresh is None else fresh.advantage(),
            apart=_apart(context, single, *(np.isin(rows, made) for rows in (seen, unseen))),
        )

    def figures(self) -> tuple[Figure, ...]:
        figures = [
            Figure(
                name="copies",
                label="rows equal to a training row",
                value=self.copies,
                unit="share",
                better="lower",
                ideal=0.0,
                bad=0.1,
                floor=self.floor,
                ceiling=self.usual,
            )
        ]
        if self.alone is not None:
            label = "training rows unlike any other that come back, beyond unseen ones"
            figures.append(attack_figure("alone", label, self.alone, fresh=self.fresh, copy=self.copy))
        label = "training rows that stand apart and come back"
        figures.append(
            Figure(name="apart", label=label, value=float(self.apart), unit="rows", better="lower", ideal=0.0, bad=1.0)
        )
        return tuple(figures)


def _apart(context: Context, single: _Rows, back: _Rows, unseen_back: _Rows) -> int:
    """How many training rows that come back cannot have come back by chance, as they stand apart from all other real rows.

    How far apart rows are that come back by chance is shown by unseen rows that do; where these are few, by rows that repeat
    among the real ones. Where so few of these are as far from all other rows that, among as many as come back, hardly one was
    expected to be, the row was copied.

    Args:
        context: the tables.
        single: which training rows, and then unseen ones, equal no other real row.
        back: which training rows come back.
        unseen_back: which unseen ones do.
    """
    n = context.real.n
    returned, strangers = single[:n] & back, single[n:] & unseen_back
    if not returned.any():
        return 0
    others = [context.sample(context.real.take(single[:n] & ~back), REFERENCE, "copies", "others")]
    chance, usual = context.real, ~single[:n]
    if context.holdout is not None:
        others.append(context.sample(context.holdout.take(single[n:] & ~unseen_back), REFERENCE, "copies", "unseen"))
        if strangers.sum() >= ENOUGH:
            chance, usual = context.holdout, strangers
    cloud = np.vstack([context.values.points(t) for t in others])
    if len(cloud) < FEWEST:
        return 0
    limit = float(np.quantile(nearest_two(cloud, cloud[:SAMPLE])[1], APART))
    far, natural = (
        nearest(cloud, context.values.points(context.sample(table.take(rows), SAMPLE, "copies", use)))
        for table, rows, use in ((context.real, returned, "returned"), (chance, usual, "again"))
    )
    above = len(natural) - np.searchsorted(np.sort(natural), far)
    expected = len(far) * (above + 0.5) / (len(natural) + 1) if len(natural) else np.zeros(len(far))
    return int(((far > limit) & (expected < EXPECTED)).sum())


def _named(leaked: Mapping[str, float]) -> str:
    shown = ", ".join(f"{n!r} ({percent(s)})" for n, s in list(leaked.items())[:3])
    return (
        f"Values that name real rows come back word for word in {shown}. Do not release the table: make these "
        "columns anew or leave them out, and remove the rows concerned."
    )


def _repeating(features: Sequence[Feature], usual: float, *, named: bool) -> str:
    alone = f"column {features[0].name!r} alone is" if len(features) == 1 else f"only {len(features)} columns are"
    said = (
        f"{alone} compared, and {percent(usual)} of real rows equal another one there. Values repeat by nature, so that a "
        "copied row cannot be told from one that was made."
    )
    return f"{said} No value that names a real row comes back." if named else said


def _sentence(level: Level, found: _Found | None) -> str:
    if found is None:
        return "No value that names a real row comes back; there are no other columns to compare."
    said = (
        f"{percent(found.copies)} of the synthetic rows equal a training row in every column; {percent(found.usual)} of real "
        "rows do"
    )
    if level != "good" and found.gap is not None and found.gap.hits:
        said += (
            f". Of training rows unlike any other {percent(found.gap.learnt)} come back, of such unseen rows "
            f"{percent(found.gap.unseen)}"
        )
    if found.apart:
        stand = (
            "row that stands apart from all others comes"
            if found.apart == 1
            else "rows that stand apart from all others come"
        )
        said += f". {found.apart:,} training {stand} back exactly"
    return {
        "good": f"{said}: no sign of copying.",
        "fair": f"{said}. Remove the synthetic rows that equal a training row unlike any other.",
    }.get(level, f"{said}. The generator copies: do not release the table; take a learner that generalises more.")


def row_hashes(features: Sequence[Feature], table: Columns) -> Hashes:
    """One number a row; equal rows have equal numbers, and different rows (all but surely) different ones."""
    state = np.full(table.n, 0x9E3779B97F4A7C15, dtype=np.uint64)
    for feature, values in zip(features, table.arrays, strict=True):
        if feature.kind == "category":
            word = (values.astype(np.int64) + 1).view(np.uint64)
        else:
            word = np.where(np.isnan(values), np.nan, values + 0.0).view(np.uint64)
        state = _mix(state ^ _mix(word)) * np.uint64(0x2545F4914F6CDD1D) + np.uint64(1)
    return state


def share_in(rows: NDArray[Any], seen: NDArray[Any]) -> float:
    """Share of the rows that are among the seen ones."""
    return float(np.isin(rows, seen).mean()) if len(rows) else 0.0


def repeated(rows: NDArray[Any]) -> float:
    """Share of rows that have an equal one elsewhere."""
    _, counts = np.unique(rows, return_counts=True)
    return float(counts[counts > 1].sum() / len(rows))


def _mix(words: Hashes) -> Hashes:
    """Spread every bit over all bits (the finaliser of SplitMix64; Steele, Lea, Flood 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _leak(real: Columns, synthetic: Columns, holdout: Columns | None, chance: float) -> tuple[float, float]:
    """Share of synthetic values that stand in the real column, and how many do anyway: the holdout's, or by guessing.

    What counts in fives comes back from whoever counts in fives: as many values that nobody learnt as learnt ones.
    """
    known, made = _valid(real.arrays[0]), _valid(synthetic.arrays[0])
    usual = 0.0
    if holdout is not None:
        unseen = _valid(holdout.arrays[0])
        fresh = np.setdiff1d(unseen, known)
        met = share_in(fresh, made) * len(np.unique(known)) / max(len(made), 1) if len(fresh) else 0.0
        usual = max(share_in(unseen, known), met)
    noise = 2 * (chance * (1 - chance) / max(len(made), 1)) ** 0.5
    return share_in(made, known), max(usual, chance + noise)


def _valid(values: NDArray[Any]) -> NDArray[Any]:
    return values[values >= 0] if values.dtype.kind == "i" else values[~np.isnan(values)]
