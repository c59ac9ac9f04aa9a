"""A column that is nearly a combination of others, by a chosen variance inflation factor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._linear import (
    check_coefficients,
    check_terms,
    enough,
    least_squares,
    numbers_of,
    predictor,
    rows_of,
    unanswered,
    with_intercept,
)
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, from_log, normal
from rowsmith.truth._terms import columns_of

_MOST = 1e6
"""Greatest factor: beyond it the column's own part drowns in what numbers lose when they are written."""


@dataclass(frozen=True, kw_only=True)
class Collinear(Maker):
    """A column that others predict nearly: as one more term beside them, it inflates the variance of coefficients.

    The variance inflation factor is 1 / (1 - R²), R² that of the column on the others. Source: D. A. Belsley, E. Kuh,
    R. E. Welsch, "Regression Diagnostics" (1980), chapter 3.
    """

    target: str
    """The column that is made."""
    on: Mapping[str, float]
    """Terms to weights of the combination: columns of numbers, `a:b`, `a^2`, or `category[level]`."""
    intercept: float = 0.0
    """What the column is where all terms are 0."""
    vif: float | None = None
    """Variance inflation factor of the column, above 1 to 1,000,000; by difficulty 3 to 30 if left out."""

    main: ClassVar[str] = "target"

    def at(self, difficulty: float) -> Self:
        """The factor by difficulty: the greater, the less other coefficients can be told apart."""
        check_coefficients(self.on)
        if self.vif is not None and not 1 < self.vif <= _MOST:
            nearest = min(max(self.vif, 1.1), _MOST)
            raise SpecError(
                f"vif={self.vif:g}: expected a factor above 1 (1 is a column of its own) and at most 1e6, where the others "
                f"decide it but for rounding; the nearest is {nearest:g}."
            )
        return replace(self, vif=3 * 10**difficulty) if self.vif is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the terms."""
        return columns_of(list(self.on))

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The target."""
        return {self.target: pa.float64()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The column's own part, from the variance of the combination."""
        assert self.vif is not None
        check_terms(list(self.on), pilot)
        variance = float(np.nanvar(predictor(self.on, pilot)))
        return {"own": math.sqrt(variance / (self.vif - 1))}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Add up; null where a column is."""
        drawn = key.generator().standard_normal(rows.n)
        values = self.intercept + predictor(self.on, given) + calibration["own"] * drawn
        return pa.record_batch({self.target: pa.array(values, mask=np.isnan(values))})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The factor, and the combination."""
        assert self.vif is not None
        what = f"variance inflation factor of {self.target}"
        weights = [
            Fact(name=term, what=f"weight of {term}", value=float(value), null=0.0, tolerance=abs(value) / 5)
            for term, value in self.on.items()
        ]
        return [
            Fact(name="VIF", what=what, value=float(self.vif), null=1.0, tolerance=self.vif / 5, pilot=True),
            *weights,
        ]

    def question(self) -> dict[str, Any]:
        """The target and the terms."""
        return {"target": self.target, "terms": list(self.on)}

    def brief(self) -> str:
        """What follows for a regression."""
        columns = ", ".join(columns_of(list(self.on)))
        return (
            f"You want {self.target} as a predictor beside {columns}. How large is its variance inflation factor, what is "
            "it made of, and what does that do to the errors of a regression?"
        )

    def how(self, calibration: Calibration) -> str:
        """The combination."""
        terms = "".join(f" {'+' if value >= 0 else '−'} {abs(value):g}·{term}" for term, value in self.on.items())
        own = f"a part of its own (sd {calibration['own']:.3g})"
        return f"{self.target} = {self.intercept:g}{terms} + {own}, for a variance inflation factor of {self.vif:g}"

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Least squares of the column on the others (HC3), and 1 / (1 - R²), adjusted for the number of terms.

        The interval of the factor is that of its logarithm, whose error is that of its influence function (A. W. van der
        Vaart, "Asymptotic Statistics", 1998, chapter 20).
        """
        terms = list(question["terms"])
        y, x = rows_of(numbers_of(table, question["target"]), with_intercept(terms, table))
        fit = least_squares(y, x) if enough(x) else None
        if fit is None:
            return unanswered(["VIF", *terms])
        rest = np.asarray(fit.resid)
        total, left = float(y.var(ddof=1)), float(rest @ rest) / (len(y) - x.shape[1])
        if left <= 1e-14 * total:
            found = Finding(name="VIF", estimate=None, note="the others decide it, so the factor has no end")
        else:
            error = float(((y - y.mean()) ** 2 / total - rest**2 / left).std() / math.sqrt(len(y)))
            found = from_log("VIF", math.log(total / left), error)
        weights = zip(terms, fit.params[1:], fit.bse[1:], strict=True)
        return [found, *(normal(name, b, e) for name, b, e in weights)]
