"""Copies: do synthetic rows equal real ones, more often than chance makes them equal?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Level, Measure, Result, grade, result, unmeasured
from rowsmith.evaluate._words import percent, rows

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class Copies(Measure):
    """Share of synthetic rows that equal a training row in every column, identifiers apart.

    In a narrow table equal rows arise by chance, so the share is read against that of unseen real rows (the holdout; or,
    without one, the share of training rows that have an equal among the other training rows). Columns that only
    name rows, such as e-mail addresses, are looked at one by one: a value of theirs that stands in the training rows was
    memorised, or is there by design (a list to choose from), or was hit by chance, as numbers of few digits are. Counters
    (`17`, `P0017`) may come back, as they say nothing of their row.
    """

    title: ClassVar[str] = "Copied rows"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 70

    good: float = 0.01
    """Share above the ceiling up to which it is good."""
    fair: float = 0.05
    """Share above the ceiling up to which it is fair."""

    def measure(self, context: Context) -> Result:
        """Count the copies."""
        leaks = {f.name: _leak(real, made, unseen, f.chance) for f, real, made, unseen in context.names}
        counted = {f.name for f, *_ in context.names if f.counted}
        leaked = [n for n, (share, usual) in leaks.items() if share - usual > self.good and n not in counted]
        figures: tuple[Figure, ...] = ()
        level: Level = "not measured"
        if context.features:
            seen = row_hashes(context.features, context.real)
            value = share_in(row_hashes(context.features, context.synthetic), seen)
            usual = (
                share_in(row_hashes(context.features, context.holdout), seen)
                if context.holdout is not None
                else repeated(seen)
            )
            floor = share_in(row_hashes(context.features, context.floor), seen)
            level = grade(value - usual, self.good, self.fair)
            figures = (
                Figure(
                    name="copies",
                    label="rows equal to a training row",
                    value=value,
                    unit="share",
                    better="lower",
                    ideal=0.0,
                    bad=0.1,
                    floor=floor,
                    ceiling=usual,
                ),
            )
        elif not leaks:
            return unmeasured(self, "there is no column that can be compared.")
        level = "poor" if leaked else level if context.features else "good"
        return result(
            self,
            level,
            self._sentence(level, figures, leaked, {n: share for n, (share, _) in leaks.items()}),
            how=f"all {rows(context.synthetic.n)} against all {rows(context.real.n)}",
            figures=figures,
            details={"verbatim": {n: share for n, (share, _) in leaks.items()}} if leaks else {},
        )

    def _sentence(
        self, level: Level, figures: tuple[Figure, ...], leaked: Sequence[str], leaks: dict[str, float]
    ) -> str:
        if leaked:
            shown = ", ".join(f"{n!r} ({percent(leaks[n])})" for n in leaked[:3])
            return (
                f"Values that name real rows come back word for word in {shown}. Do not release the table: make these "
                "columns anew or leave them out, and remove the rows concerned."
            )
        if not figures:
            return "No value that names a real row comes back; there are no other columns to compare."
        value, usual = figures[0].value or 0.0, figures[0].ceiling or 0.0
        said = f"{percent(value)} of the synthetic rows equal a training row in every column; {percent(usual)} of real rows do"
        return {
            "good": f"{said}: no sign of copying.",
            "fair": f"{said}. Look at the copied rows, and remove those with rare values.",
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
    """Share of synthetic values that stand in the real column, and how many do anyway: the holdout's, or by guessing."""
    known, made = _valid(real.arrays[0]), _valid(synthetic.arrays[0])
    usual = share_in(_valid(holdout.arrays[0]), known) if holdout is not None else 0.0
    noise = 2 * (chance * (1 - chance) / max(len(made), 1)) ** 0.5
    return share_in(made, known), max(usual, chance + noise)


def _valid(values: NDArray[Any]) -> NDArray[Any]:
    return values[values >= 0] if values.dtype.kind == "i" else values[~np.isnan(values)]
