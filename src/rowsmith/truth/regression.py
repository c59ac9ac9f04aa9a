"""A linear regression: a column that follows others by known coefficients, and noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._linear import (
    check_coefficients,
    check_from_zero,
    check_terms,
    enough,
    least_squares,
    numbers_of,
    predictor,
    rows_of,
    unanswered,
    with_intercept,
)
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, normal
from rowsmith.truth._terms import columns_of, numbers


@dataclass(frozen=True, kw_only=True)
class Regression(Maker):
    """A column that is a sum of other columns times coefficients, and noise.

    The noise has the variance that makes the share `r2` of the column's variance come from the others, in the long run;
    in one table the share differs by chance as in any sample.
    """

    target: str
    """The column that is made."""
    on: Mapping[str, float]
    """Terms to coefficients: columns of numbers, `a:b` for a product, `a^2` for a power, `category[level]` for a level."""
    intercept: float = 0.0
    """What the column is where all terms are 0."""
    r2: float | None = None
    """Share of the variance that the terms explain, above 0 to below 1; by difficulty 0.9 to 0.3 if left out."""
    noise: float | None = None
    """Standard deviation of the noise, instead of `r2`."""
    spread: str | None = None
    """A column of numbers from 0 that the noise grows with, in proportion: heteroscedastic."""
    round: int | None = None
    """Decimals of the column."""

    main: ClassVar[str] = "target"

    def at(self, difficulty: float) -> Self:
        """Noise by difficulty."""
        check_coefficients(self.on)
        if self.r2 is not None and self.noise is not None:
            raise SpecError(f"r2={self.r2:g}, noise={self.noise:g}: each follows from the other; give one of them.")
        if self.r2 is not None and not 0 < self.r2 < 1:
            raise SpecError(
                f"r2={self.r2:g}: expected a share above 0 and below 1; the nearest is {min(max(self.r2, 0.01), 0.99):g}."
            )
        if self.noise is not None and self.noise <= 0:
            raise SpecError(f"noise={self.noise:g}: expected a standard deviation above 0.")
        return replace(self, r2=0.9 - 0.6 * difficulty) if self.r2 is None and self.noise is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the terms, and of the spread."""
        return tuple(dict.fromkeys([*columns_of(list(self.on)), *([self.spread] if self.spread else [])]))

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The target."""
        return {self.target: pa.float64()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The noise from the variance of the terms' sum, and its mean growth."""
        check_terms(list(self.on), pilot)
        check_from_zero("spread", self.spread, pilot)
        growth = float(np.sqrt(np.nanmean(self._weight(pilot) ** 2)))
        if growth == 0:
            raise SpecError(f"spread={self.spread!r}: is 0 in every row; expected a column with numbers above 0.")
        variance = float(np.nanvar(self._signal(pilot)))
        if self.noise is not None:
            return {"noise": self.noise, "growth": growth, "r2": variance / (variance + self.noise**2)}
        assert self.r2 is not None
        return {"noise": float(np.sqrt(variance * (1 - self.r2) / self.r2)), "growth": growth, "r2": self.r2}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Add up; null where a column is."""
        drawn = key.generator().standard_normal(rows.n)
        sd = calibration["noise"] / calibration["growth"] * self._weight(given)
        values = self.intercept + self._signal(given) + sd * drawn
        if self.round is not None:
            values = np.round(values, self.round)
        return pa.record_batch({self.target: pa.array(values, mask=np.isnan(values))})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """Each coefficient, the intercept, and the share of variance."""
        on = [
            Fact(name=term, what=f"coefficient of {term}", value=float(value), null=0.0, tolerance=abs(value) / 5)
            for term, value in self.on.items()
        ]
        level = Fact(
            name="intercept", what="intercept", value=float(self.intercept), tolerance=abs(self.intercept) / 5 + 0.1
        )
        return [
            *on,
            level,
            Fact(name="R²", what="share of variance explained", value=calibration["r2"], tolerance=0.05, pilot=True),
        ]

    def question(self) -> dict[str, Any]:
        """The target and the terms."""
        return {"target": self.target, "terms": list(self.on)}

    def brief(self) -> str:
        """Which columns explain the target, and by how much."""
        columns = ", ".join(columns_of(list(self.on)))
        return f"What drives {self.target}? Estimate a linear regression on {columns}, with an interval for each coefficient."

    def how(self, calibration: Calibration) -> str:
        """The equation."""
        terms = "".join(f" {'+' if value >= 0 else '−'} {abs(value):g}·{term}" for term, value in self.on.items())
        spread = f", growing with {self.spread}" if self.spread else ""
        return f"{self.target} = {self.intercept:g}{terms} + noise (R² = {calibration['r2']:.2f}{spread})"

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Ordinary least squares with errors that hold for uneven noise (HC3: MacKinnon and White 1985)."""
        terms, names = list(question["terms"]), ["intercept", *question["terms"]]
        y, x = rows_of(numbers_of(table, question["target"]), with_intercept(terms, table))
        fit = least_squares(y, x) if enough(x) else None
        if fit is None:
            return unanswered([*names, "R²"])
        found = [normal(name, b, e) for name, b, e in zip(names, fit.params, fit.bse, strict=True)]
        return [*found, _explained(y, np.asarray(fit.resid), len(terms))]

    def _signal(self, given: Mapping[str, pa.Array]) -> Any:
        return predictor(self.on, given)

    def _weight(self, given: Mapping[str, pa.Array]) -> Any:
        return np.ones(()) if self.spread is None else np.abs(numbers(given[self.spread], self.spread))


def _explained(y: NDArray[np.float64], rest: NDArray[np.float64], terms: int) -> Finding:
    """R², adjusted for the number of terms, with the standard error of its influence function, which needs no law of noise.

    Source: A. W. van der Vaart, "Asymptotic Statistics" (1998), chapter 20.
    """
    total, left = y.var(ddof=1), float(rest @ rest) / (len(y) - terms - 1)
    influence = (left / total * (y - y.mean()) ** 2 - rest**2) / total
    return normal("R²", 1 - left / total, float(influence.std() / np.sqrt(len(y))), most=1)
