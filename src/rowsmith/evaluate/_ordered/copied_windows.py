"""Copied windows: do stretches of real series stand in synthetic ones, value by value?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.evaluate._align import Feature
from rowsmith.evaluate._measure import Aspect, Figure, Result, grade, result, unmeasured, worst
from rowsmith.evaluate._noise import interval, of_share
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series import Series
from rowsmith.evaluate._series_measure import SeriesMeasure
from rowsmith.evaluate._stats import Ints
from rowsmith.evaluate._words import percent

RUN = 8
"""Rows of a stretch that is looked for."""
LIVELY = 4
"""Different values that it must hold: a pause stands in every series."""
MANY = 50
"""Different values of a column that is looked at alone."""
DIGITS = 6
"""To which values are compared."""

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class CopiedWindows(SeriesMeasure):
    """Share of stretches of 8 synthetic rows that stand in the real series with every value equal, and of a single column.

    Coarse values repeat by chance; so the share of a column is that beyond the real stretches that occur twice among the real ones, and the
    worst column of 50 or more different values counts. The ceiling is that of a part of the real series searched in another; the
    copy is the real series cut into blocks and put together in another order.
    """

    title: ClassVar[str] = "Copied windows"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 71

    good: float = 0.001
    """Share of whole rows above the ceiling up to which it is good; the lower end of the interval counts."""
    fair: float = 0.01
    """The same up to which it is fair."""
    column_good: float = 0.02
    """Share of stretches of one column, beyond chance, up to which it is good."""
    column_fair: float = 0.1
    """The same up to which it is fair."""

    def measure(self, ordered: Ordered) -> Result:
        """Look for every stretch."""
        features = ordered.features
        if not features:
            return unmeasured(self, "there is no column to look at.", decisive=False)
        many = [
            i
            for i, v in enumerate(ordered.real.columns.arrays)
            if features[i].kind != "category" and _distinct(v) >= MANY
        ]
        searched = {
            "value": (ordered.real, ordered.synthetic),
            "floor": (ordered.real, ordered.floor),
            "ceiling": ordered.unseen,
            "control": (ordered.real, ordered.copy),
        }
        found = {role: _Search.of(features, many, *pair) for role, pair in searched.items()}
        own = found["value"]
        if own.n == 0:
            return unmeasured(self, f"no stretch of {RUN} rows holds {LIVELY} different rows.")
        # Stretches overlap: so many are as good as apart.
        free = max(own.n // RUN, 1)
        figures = [
            Figure(
                name="rows",
                label=f"stretches of {RUN} rows that stand in the real series",
                unit="share",
                better="lower",
                ideal=0.0,
                bad=0.1,
                value=own.rows,
                floor=found["floor"].rows,
                ceiling=found["ceiling"].rows,
                control=found["control"].rows,
                **interval(own.rows, of_share(own.rows, free), 0.0, 1.0),
                noise=of_share(own.rows, free),
            )
        ]
        excess = own.rows - found["ceiling"].rows
        levels = [grade(excess - (of_share(own.rows, free) if excess > 0 else 0.0), self.good, self.fair)]
        worst_column = ""
        if many:
            worst_column, share = max(own.columns.items(), key=lambda c: c[1])
            numbers: Mapping[str, Any] = {r: max(0.0, *each.columns.values()) for r, each in found.items()}
            figures.append(
                Figure(
                    name="column",
                    label="the same in one column, beyond chance, worst column",
                    unit="share",
                    better="lower",
                    ideal=0.0,
                    bad=0.3,
                    **numbers,
                )
            )
            levels.append(grade(share, self.column_good, self.column_fair))
        level = worst(levels)
        rows = f"{percent(own.rows)} of the stretches of {RUN} rows stand in the real series"
        column = f", and {percent(figures[1].value or 0.0)} of those of {worst_column!r} beyond chance" if many else ""
        sentence = {
            "good": f"{rows}{column}: nothing was learnt by heart that could be seen.",
            "fair": f"{rows}{column}: look whose they are before the series leave the house.",
            "poor": f"{rows}{column}: the series hold pieces of the real ones. Do not release them.",
        }[level]
        return result(
            self, level, sentence, how=f"{own.n:,} stretches against {found['value'].real:,}", figures=tuple(figures)
        )


@dataclass(frozen=True)
class _Search:
    """What was found of one series in another.

    Attributes:
        n: stretches that were looked for.
        real: stretches among which they were.
        rows: share of those of whole rows that are there.
        columns: of single columns, beyond those that occur twice.
    """

    n: int
    real: int
    rows: float
    columns: Mapping[str, float]

    @classmethod
    def of(cls, features: tuple[Feature, ...], many: list[int], real: Series, other: Series) -> _Search:
        codes = [_codes(features[i], real.columns.arrays[i], other.columns.arrays[i]) for i in range(len(features))]
        weights = _weights(len(features))
        sides = (np.stack([c[side] for c in codes], axis=1).astype(np.uint64) for side in (0, 1))
        known, looked = (
            _runs((rows * weights).sum(axis=1, dtype=np.uint64), s)
            for rows, s in zip(sides, (real, other), strict=True)
        )
        columns = {}
        for i in many:
            a, b = _runs(codes[i][0], real), _runs(codes[i][1], other)
            _, counts = np.unique(a, return_counts=True)
            twice = float(counts[counts > 1].sum() / max(len(a), 1))
            columns[features[i].name] = (float(np.isin(b, a).mean()) if len(b) else 0.0) - twice
        return cls(len(looked), len(known), float(np.isin(looked, known).mean()) if len(looked) else 0.0, columns)


def _weights(n: int) -> Hashes:
    """Odd numbers, the same every time: they only name rows."""
    return Key(0).child("weights").generator().integers(1, 2**62, n, dtype=np.uint64) | np.uint64(1)


def _runs(codes: NDArray[Any], series: Series) -> Hashes:
    """A number for each lively stretch of a series."""
    starts = np.concatenate([np.arange(a, b - RUN + 1) for a, b in series.bounds]).astype(np.int64)
    if not len(starts):
        return np.zeros(0, dtype=np.uint64)
    stretch = codes[starts[:, None] + np.arange(RUN)]
    lively = (np.diff(np.sort(stretch, axis=1), axis=1) != 0).sum(axis=1) >= LIVELY - 1
    return np.asarray((stretch[lively].astype(np.uint64) * _weights(RUN)).sum(axis=1, dtype=np.uint64))


def _codes(feature: Feature, a: NDArray[Any], b: NDArray[Any]) -> tuple[Ints, Ints]:
    """Numbers that are equal where values are, to six digits of the largest."""
    both = np.concatenate([a, b]).astype(np.float64)
    if feature.kind != "category":
        finite = np.abs(a[np.isfinite(a)])
        both = np.round(both, int(DIGITS - np.ceil(np.log10(finite.max(initial=0.0) + 1e-12))))
    _, code = np.unique(both, return_inverse=True)
    return code[: len(a)].astype(np.int64), code[len(a) :].astype(np.int64)


def _distinct(values: NDArray[Any]) -> int:
    return len(np.unique(values[np.isfinite(values)]))
