"""Joint distribution: the largest gap between the distribution functions of whole rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._between import between
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import rows, show

Bytes = NDArray[np.uint8]
ROUGH = 60
"""Corners that tell how large the noise is."""
FINE = 250
"""Places at which a corner may end in a column."""


@dataclass(frozen=True, kw_only=True)
class JointEcdf(Measure):
    """Kolmogorov-Smirnov distance of whole rows: the largest difference of the share of rows in a random corner.

    A corner is bounded in every column, from above or from below, at a real value; the bounds are drawn wide
    enough that a corner holds some rows however many columns there are. Levels of a category are ordered by how often they
    occur, null is below all.  The ceiling is Granville's base value, training against unseen rows of the same number.
    Source: V. Granville, "Generative AI: synthetic data vendor comparison and benchmarking best practices" (2023), part on
    the multivariate ECDF and Kolmogorov-Smirnov distance; random bounds as quantiles u^(1/d) for d columns.
    """

    title: ClassVar[str] = "Joint distribution"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 25
    decisive: ClassVar[bool] = False

    good: float = 0.02
    """Above the ceiling up to which it is good."""
    fair: float = 0.06
    """Above the ceiling up to which it is fair."""
    corners: int = 400
    """Random corners that are looked at."""
    most_rows: int = 10_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Judge whole rows."""
        if len(context.features) < 2:
            return unmeasured(self, "it takes two columns that can be compared.")
        cuts = [_cuts(values) for values in context.real.arrays]
        bounds, above = _corners(cuts, self.corners, context.rng("joint_ecdf", "corners"))

        def gap(a: Columns, b: Columns, most: int) -> Floats:
            first, second = (_shares(_codes(t, cuts), bounds[:most], above[:most]) for t in (a, b))
            return np.array([np.abs(first - second).max()])

        fields = {
            "name": "distance",
            "label": "largest gap",
            "unit": "share",
            "better": "lower",
            "ideal": 0.0,
            "bad": 0.15,
        }
        (figure,) = between(
            context,
            lambda a, b: gap(a, b, self.corners),
            "joint_ecdf",
            fields,
            most=self.most_rows,
            even=True,
            noisy=2_000,
            rough=lambda a, b: gap(a, b, ROUGH),
        )
        assert figure.value is not None
        level = level_of(figure, self.good, self.fair)
        said = f"The share of rows in a corner of the table is at most {show(figure.value, 'share')} off"
        if figure.ceiling is not None:
            said += f" (unseen real rows: {show(figure.ceiling, 'share')})"
        sentence = {
            "good": f"{said}.",
            "fair": f"{said}: some combinations of many columns are too frequent or too rare.",
            "poor": f"{said}: combinations of many columns are wrong; use a learner of whole rows.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"{self.corners} random corners; at most {rows(self.most_rows)} of each table",
            figures=(figure,),
        )


def _line(values: NDArray[Any]) -> Floats:
    """Values in one order, null below all."""
    return np.where(np.isnan(values), -np.inf, values)


def _cuts(values: NDArray[Any]) -> Floats:
    """Real values at which a corner may end, at most FINE."""
    return np.unique(np.quantile(_line(values), np.linspace(0, 1, FINE), method="lower"))


def _codes(table: Columns, cuts: Sequence[Floats]) -> list[Bytes]:
    """How many cuts lie below each value, shape (rows,) a column; bytes, as comparing them takes next to no time."""
    lines = zip(table.arrays, cuts, strict=True)
    return [np.searchsorted(cut, _line(values), side="left").astype(np.uint8) for values, cut in lines]


def _corners(cuts: Sequence[Floats], n: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The code at which each column is cut, shape (n, columns), and whether the corner lies above it."""
    d = len(cuts)
    above = rng.random((n, d)) < 0.5
    wide = rng.random((n, d)) ** (1 / d)  # so that all columns together leave some rows
    share = np.where(above, 1 - wide, wide)
    return (share * [len(cut) for cut in cuts]).astype(np.uint8), above


def _shares(codes: Sequence[Bytes], bounds: NDArray[np.uint8], above: NDArray[np.bool_]) -> Floats:
    """Share of the rows in each corner, shape (corners,)."""
    every = np.stack(codes)
    out = np.empty(len(bounds))
    for k, (bound, over) in enumerate(zip(bounds, above, strict=True)):
        flip = (255 * over).astype(np.uint8)  # turns "at least" into "at most"
        out[k] = ((every ^ flip[:, None]) <= (bound ^ flip)[:, None]).all(axis=0).mean()
    return out
