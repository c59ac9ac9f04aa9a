"""Simpson's paradox: within every group a slope has one sign, over all rows together the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._linear import numbers_of, rows_of
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, normal
from rowsmith.truth._terms import named, texts

_MOST_GROUPS = 50


@dataclass(frozen=True, kw_only=True)
class Simpson(Maker):
    """Two columns of numbers that go together one way within every group of a third, and the other way over all rows.

    Groups lie apart on both columns, in the order of their names. Source: E. H. Simpson, "The Interpretation of
    Interaction in Contingency Tables", Journal of the Royal Statistical Society B 13 (1951).
    """

    x: str
    """The column of numbers that explains; it is made."""
    target: str
    """The column of numbers that is explained; it is made."""
    group: str
    """The column of 2 to 50 groups, of texts or others of few values."""
    within: float
    """The slope of the target on `x` within every group, not 0."""
    pooled: float | None = None
    """The slope over all rows, of the other sign; by difficulty 1.0 to 0.4 times `within` reversed, if left out."""
    apart: float | None = None
    """Standard deviation of the groups' means of `x`, in those within a group; by difficulty 2 to 1 if left out."""
    noise: float | None = None
    """Standard deviation of the target about the line of its group; by difficulty 0.5 to 2 times what `x` moves it."""
    x_mean: float = 50.0
    """Mean of `x`."""
    x_sd: float = 10.0
    """Standard deviation of `x` within a group."""
    mean: float = 100.0
    """Mean of the target."""
    round: int | None = None
    """Decimals of both columns."""

    main: ClassVar[str] = "target"

    def at(self, difficulty: float) -> Self:
        """The slope over all, how far groups are apart, and the noise, by difficulty."""
        if self.x == self.target:
            raise SpecError(f"x={self.x!r}: is the target itself; expected another column.")
        if self.within == 0:
            raise SpecError("within=0: has no sign to be reversed; expected another number.")
        if self.pooled is not None and self.pooled * self.within >= 0:
            nearest = -math.copysign(abs(self.pooled) if self.pooled else abs(self.within) / 2, self.within)
            raise SpecError(
                f"pooled={self.pooled:g}, within={self.within:g}: expected slopes of opposite signs; "
                f"the nearest is pooled={nearest:g}."
            )
        for name, value in (("apart", self.apart), ("noise", self.noise), ("x_sd", self.x_sd)):
            if value is not None and value <= 0:
                raise SpecError(f"{name}={value:g}: expected a number above 0.")
        return replace(
            self,
            pooled=-self.within * (1 - 0.6 * difficulty) if self.pooled is None else self.pooled,
            apart=2 - difficulty if self.apart is None else self.apart,
            noise=abs(self.within) * self.x_sd * (0.5 + 1.5 * difficulty) if self.noise is None else self.noise,
        )

    @property
    def reads(self) -> tuple[str, ...]:
        """The group."""
        return (self.group,)

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """Both columns."""
        return {self.x: pa.float64(), self.target: pa.float64()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Where each group lies: mean 0, standard deviation 1 over the rows; and the slope between groups' means."""
        assert self.apart is not None
        assert self.pooled is not None
        counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(texts(pilot[self.group])).to_pylist()}
        counts.pop(None, None)
        groups = sorted(counts)
        if not 2 <= len(groups) <= _MOST_GROUPS:
            raise SpecError(
                f"group={self.group!r}: is a column of {len(groups):,} groups; expected one of 2 to {_MOST_GROUPS}; name another column."
            )
        weights = np.array([counts[group] for group in groups], dtype=float)
        weights /= weights.sum()
        places = np.arange(len(groups)) - weights @ np.arange(len(groups))
        places /= math.sqrt(weights @ places**2)
        # the slope over all is the mean of those within and between groups, by the variances of x
        between = self.pooled + (self.pooled - self.within) / self.apart**2
        return {"groups": groups, "places": places.tolist(), "between": float(between)}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Draw both columns; null where the group is."""
        assert self.apart is not None
        assert self.noise is not None
        rng = key.generator()
        inside, noise = self.x_sd * rng.standard_normal(rows.n), self.noise * rng.standard_normal(rows.n)
        center = self.apart * self.x_sd * self._places(given[self.group], calibration)
        x = self.x_mean + center + inside
        if self.round is not None:
            x = np.round(x, self.round)
            inside = x - self.x_mean - center  # so that the target follows what is written
        y = self.mean + calibration["between"] * center + self.within * inside + noise
        y = y if self.round is None else np.round(y, self.round)
        gone = np.isnan(center)
        return pa.record_batch({self.x: pa.array(x, mask=gone), self.target: pa.array(y, mask=gone)})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """Both slopes."""
        assert self.pooled is not None
        both = [
            ("within", f"slope of {self.target} on {self.x} within every {self.group}", self.within),
            ("pooled", f"slope of {self.target} on {self.x} over all rows", self.pooled),
        ]
        return [
            Fact(name=f"slope {name}", what=what, value=float(value), null=0.0, tolerance=abs(value) / 5)
            for name, what, value in both
        ]

    def question(self) -> dict[str, Any]:
        """The three columns."""
        return {"x": self.x, "target": self.target, "group": self.group}

    def brief(self) -> str:
        """Whether the one goes up with the other."""
        return f"Does {self.target} rise or fall with {self.x}, and by how much? Does your answer hold in each {self.group}?"

    def how(self, calibration: Calibration) -> str:
        """How it comes about."""
        return (
            f"Within each {self.group}, {self.target} moves by {self.within:g} with one more of {self.x}; the groups' own means "
            f"lie on a line of slope {calibration['between']:.4g}, so that over all rows it moves by {self.pooled:g}."
        )

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Least squares over all rows, with groups' means taken out, and in each group; errors hold for uneven noise."""
        labels = texts(named(table, question["group"])).dictionary_encode()
        codes = np.asarray(labels.indices.cast(pa.float64()).fill_null(math.nan).to_numpy(zero_copy_only=False))
        x, y, codes = rows_of(numbers_of(table, question["x"]), numbers_of(table, question["target"]), codes)
        where = codes.astype(np.int64)
        names = labels.dictionary.to_pylist()
        pooled = _slope("slope pooled", x, y, np.zeros(len(x), dtype=np.int64))
        inside = [
            _slope(f"slope in {name}", x[where == i], y[where == i], np.zeros(int((where == i).sum()), dtype=np.int64))
            for i, name in enumerate(names[:_MOST_GROUPS])
        ]
        return [_slope("slope within", x, y, where), pooled, *inside]

    def _places(self, column: pa.Array, calibration: Calibration) -> NDArray[np.float64]:
        """Where the group of each row lies; nan where it has none."""
        words = texts(column)
        codes = pc.index_in(words, pa.array(calibration["groups"], pa.string()))
        # a group too rare to be in the pilot lies in the middle, where it moves no slope
        places = pa.array([*calibration["places"], 0.0])
        found = places.take(codes.fill_null(len(places) - 1))
        return np.asarray(pc.if_else(words.is_valid(), found, math.nan).to_numpy(zero_copy_only=False))


def _slope(name: str, x: NDArray[np.float64], y: NDArray[np.float64], group: NDArray[np.int64]) -> Finding:
    """The slope of y on x, each less its mean in its group; HC1 errors of the "within" estimator.

    Source: J. M. Wooldridge, "Econometric Analysis of Cross Section and Panel Data" (2002), section 10.5.
    """
    sizes = np.maximum(np.bincount(group), 1) if len(group) else np.ones(1)
    spread = x - (np.bincount(group, x) / sizes)[group]
    free = len(x) - len(sizes) - 1
    square = float(spread @ spread)
    if free < 1 or square <= 1e-20 * float(x @ x):
        return Finding(name=name, estimate=None, note="too few rows, or x is the same in all")
    high = y - (np.bincount(group, y) / sizes)[group]
    slope = float(spread @ high) / square
    rest = high - slope * spread
    error = math.sqrt(float((spread * rest) @ (spread * rest)) * len(x) / free) / square
    return normal(name, slope, error)
