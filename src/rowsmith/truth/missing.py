"""Missing values, by chance or by a reason that can be found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._plant import Calibration, Change, Changer, Fact, Finding, normal
from rowsmith.truth._terms import named, numbers


@dataclass(frozen=True, kw_only=True)
class Missing(Changer):
    """Values of a column that are missing: by chance (MCAR), by another column (MAR), or by the value itself (MNAR).

    Source of the terms: D. B. Rubin, "Inference and Missing Data", Biometrika 63 (1976).
    """

    column: str
    """The column that loses values."""
    mechanism: Literal["MCAR", "MAR", "MNAR"] = "MCAR"
    """Why: by chance alone, by the column in `by`, or by the value itself."""
    by: str | None = None
    """For MAR: a column of numbers with which gaps become more frequent."""
    rate: float | None = None
    """Share of the rows, above 0 to 0.9; by difficulty 0.05 to 0.3 if left out."""
    strength: float = 1.5
    """How much the log-odds of a gap rise with one standard deviation of the reason; below 0 they fall."""

    main: ClassVar[str] = "column"

    def at(self, difficulty: float) -> Self:
        """The rate by difficulty."""
        if (self.mechanism == "MAR") != (self.by is not None):
            raise SpecError(
                f"by={self.by!r}: mechanism MAR needs a column that gaps depend on, and the others have none."
            )
        if self.by == self.column:
            raise SpecError(f"by={self.by!r}: is the column itself; that is mechanism MNAR.")
        if self.rate is not None and not 0 < self.rate <= 0.9:
            raise SpecError(f"rate={self.rate:g}: expected a share above 0 and at most 0.9.")
        if self.mechanism != "MCAR" and self.strength == 0:
            raise SpecError("strength=0: gaps would depend on nothing; give another number, or take mechanism MCAR.")
        return replace(self, rate=0.05 + 0.25 * difficulty) if self.rate is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """The reason."""
        reason = self._reason
        return () if reason is None else (reason,)

    @property
    def changes(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The reason's mean and standard deviation, and the log-odds at the mean at which so many rows have a gap."""
        from scipy import optimize, special

        if self._reason is None:
            return {}
        values = numbers(pilot[self._reason], self._reason)
        values = values[np.isfinite(values)]
        if not len(values) or np.ptp(values) == 0:
            raise SpecError(f"{self._reason}: is the same in every row, so no gap can depend on it.")
        center, scale = float(values.mean()), float(values.std())
        z = (values - center) / scale
        base = optimize.brentq(lambda b: special.expit(b + self.strength * z).mean() - self.rate, -60, 60)
        return {"center": center, "scale": scale, "base": float(base)}

    def change(
        self, batch: pa.RecordBatch, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration
    ) -> tuple[pa.RecordBatch, Sequence[Change]]:
        """Take values away; where the reason is null, by chance."""
        u = key.generator().random(rows.n)
        column = batch.column(self.column)
        gone = (u < self._chance(given, calibration)) & ~column.is_null().to_numpy(zero_copy_only=False)
        where = np.flatnonzero(gone)
        none = pa.scalar(None, column.type)
        if pa.types.is_dictionary(column.type):
            codes = pc.if_else(pa.array(gone), pa.scalar(None, column.type.index_type), column.indices)
            left = pa.DictionaryArray.from_arrays(codes, column.dictionary)
        else:
            left = pc.if_else(pa.array(gone), none, column)
        clean = column.take(pa.array(where))
        out = batch.set_column(batch.schema.names.index(self.column), batch.schema.field(self.column), left)
        return out, [Change(where, self.column, clean, pa.nulls(len(where), column.type), self.mechanism)]

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The rate; for MAR also how the odds hang on the other column. What MNAR hides, nobody can find in the rows."""
        assert self.rate is not None
        found = [Fact(name="rate", what=f"share of gaps in {self.column}", value=self.rate, null=0.0, tolerance=0.02)]
        if self.mechanism == "MAR":
            what = f"rise of the log-odds of a gap with one standard deviation of {self.by}"
            found.append(
                Fact(name="strength", what=what, value=self.strength, null=0.0, tolerance=abs(self.strength) / 4)
            )
        return found

    def question(self) -> dict[str, Any]:
        """The column, and the one that gaps may depend on."""
        return {"column": self.column} | ({"by": self.by} if self.by else {})

    def brief(self) -> str:
        """How many, and why."""
        return f"Values of {self.column} are missing. How many, by chance or not, and what follows for your analyses?"

    def how(self, calibration: Calibration) -> str:
        """The mechanism."""
        why = {
            "MCAR": "by chance alone",
            "MAR": f"the more often, the greater {self.by} is",
            "MNAR": "depending on the value itself",
        }
        return f"{self.rate:.1%} of {self.column} were taken away ({self.mechanism}): {why[self.mechanism]}."

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """The share of gaps, and a logistic regression of gaps on the other column."""
        import statsmodels.api as sm

        gap = np.asarray(named(table, question["column"]).is_null().to_numpy(zero_copy_only=False), dtype=float)
        rate = float(gap.mean())
        # of Agresti and Coull (1998), so that a rate near 0 has an interval too
        nearly = (gap.sum() + 2) / (len(gap) + 4)
        found = [normal("rate", rate, float(np.sqrt(nearly * (1 - nearly) / (len(gap) + 4))))]
        if "by" in question:
            values = numbers(named(table, question["by"]), question["by"])
            kept = np.isfinite(values)
            z = (values[kept] - values[kept].mean()) / values[kept].std()
            fit = sm.Logit(gap[kept], np.column_stack([np.ones(len(z)), z])).fit(disp=0)
            found.append(normal("strength", fit.params[1], fit.bse[1]))
        return found

    @property
    def _reason(self) -> str | None:
        return {"MCAR": None, "MAR": self.by, "MNAR": self.column}[self.mechanism]

    def _chance(self, given: Mapping[str, pa.Array], calibration: Calibration) -> NDArray[np.float64] | float:
        from scipy import special

        if self._reason is None:
            return float(self.rate or 0.0)
        z = (numbers(given[self._reason], self._reason) - calibration["center"]) / calibration["scale"]
        return np.asarray(special.expit(calibration["base"] + self.strength * np.nan_to_num(z)))
