"""A few rows with most of the sum: 20 % of the customers, 80 % of the revenue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, normal
from rowsmith.truth._terms import named, numbers


@dataclass(frozen=True, kw_only=True)
class Concentration(Maker):
    """A column of positive numbers of which the greatest rows have a chosen share of the sum: lognormal.

    Source: the Lorenz curve of the lognormal law, Φ(Φ⁻¹(p) − σ); J. Aitchison, J. Brown, "The Lognormal Distribution" (1957).
    """

    column: str
    """The column that is made."""
    top: float = 0.2
    """Share of the rows that are the greatest, above 0 and below 1."""
    share: float | None = None
    """Share of the sum that they have, above `top` and below 0.97; by difficulty 0.8 to 0.5 if left out."""
    mean: float = 100.0
    """Mean of the column."""
    round: int | None = None
    """Decimals of the column."""

    main: ClassVar[str] = "column"

    def at(self, difficulty: float) -> Self:
        """The share by difficulty."""
        if not 0 < self.top < 1:
            raise SpecError(f"top={self.top:g}: expected a share above 0 and below 1.")
        if self.mean <= 0:
            raise SpecError(f"mean={self.mean:g}: expected a number above 0.")
        if self.share is not None and not self.top < self.share < 0.97:
            nearest = min(max(self.share, self.top + 0.01), 0.96)
            raise SpecError(
                f"share={self.share:g}: expected more than top={self.top:g} and less than 0.97; the nearest is {nearest:g}."
            )
        least = self.top + (1 - self.top) * (0.75 - 0.375 * difficulty)
        return replace(self, share=min(least, 0.96)) if self.share is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The column."""
        return {self.column: pa.float64()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The deviation of the logarithm."""
        from scipy import special

        return {"sigma": float(special.ndtri(1 - self.top) - special.ndtri(1 - float(self.share or 0)))}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Lognormal numbers."""
        sigma = calibration["sigma"]
        values = self.mean * np.exp(sigma * key.generator().standard_normal(rows.n) - sigma**2 / 2)
        return pa.record_batch({self.column: pa.array(values if self.round is None else np.round(values, self.round))})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The share of the sum."""
        what = f"share of the sum of {self.column} that the greatest {self.top:.0%} of the rows have"
        return [Fact(name="share", what=what, value=float(self.share or 0), null=self.top, tolerance=0.04)]

    def question(self) -> dict[str, Any]:
        """The column, and how many rows are called the greatest."""
        return {"column": self.column, "top": self.top}

    def brief(self) -> str:
        """What the greatest have."""
        return f"How much of all {self.column} do the greatest {self.top:.0%} of the rows have?"

    def how(self, calibration: Calibration) -> str:
        """The law."""
        return f"Lognormal with mean {self.mean:g} and σ = {calibration['sigma']:.3g}: the greatest {self.top:.0%} have {self.share:.1%}."

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """The share of the sum, with the standard error of the Lorenz curve (E. Zheng, B. Cushing, J. Econometrics 103, 2001)."""
        values = numbers(named(table, question["column"]), question["column"])
        values = values[np.isfinite(values)]
        if len(values) < 10 or values.sum() <= 0:
            raise DataError(f"{question['column']}: expected at least 10 numbers with a sum above 0.")
        edge = np.quantile(values, 1 - question["top"])
        above = values > edge
        share = float(values[above].sum() / values.sum())
        # influence of a row on the sum above the edge, on the edge itself, and on the whole sum
        influence = (np.where(above, values - edge, 0.0) + question["top"] * edge - share * values) / values.mean()
        return [normal("share", share, float(influence.std() / math.sqrt(len(values))), least=0, most=1)]
