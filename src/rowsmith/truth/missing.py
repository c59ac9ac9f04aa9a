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
from rowsmith.truth._linear import enough, logit, numbers_of, rows_of
from rowsmith.truth._plant import Calibration, Change, Changer, Fact, Finding, normal, portion
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
                "by=None: mechanism MAR is by another column; expected the name of a column of numbers."
                if self.by is None
                else f"by={self.by!r}: gaps hang on no other column by mechanism {self.mechanism}; leave `by` out, or take "
                "mechanism MAR."
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
            name, near = f"strength of {self.by}", abs(self.strength) / 4
            found.append(Fact(name=name, what=what, value=self.strength, null=0.0, tolerance=near, public=False))
        return found

    def question(self) -> dict[str, Any]:
        """The column, and the one that gaps may depend on."""
        return {"column": self.column} | ({"by": self.by} if self.by else {})

    def brief(self) -> str:
        """How many, and why."""
        return (
            f"Values of {self.column} are missing. How many, by chance or not, and what follows for your analyses? If gaps hang on "
            "another column, give as `strength of COLUMN` how much their log-odds rise with one standard deviation of it."
        )

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
        gap = np.asarray(named(table, question["column"]).is_null().to_numpy(zero_copy_only=False), dtype=float)
        found = [portion("rate", float(gap.sum()), len(gap))]
        return (
            [*found, _strength(question["by"], gap, numbers_of(table, question["by"]))] if "by" in question else found
        )

    @property
    def _reason(self) -> str | None:
        return {"MCAR": None, "MAR": self.by, "MNAR": self.column}[self.mechanism]

    def _chance(self, given: Mapping[str, pa.Array], calibration: Calibration) -> NDArray[np.float64] | float:
        from scipy import special

        if self._reason is None:
            return float(self.rate or 0.0)
        z = (numbers(given[self._reason], self._reason) - calibration["center"]) / calibration["scale"]
        return np.asarray(special.expit(calibration["base"] + self.strength * np.nan_to_num(z)))


def _strength(by: str, gap: NDArray[np.float64], values: NDArray[np.float64]) -> Finding:
    """Rise of the log-odds of a gap with one standard deviation of the column `by`."""
    name = f"strength of {by}"
    gap, values = rows_of(gap, values)
    if not len(gap) or np.ptp(values) == 0:
        return Finding(name=name, estimate=None, note=f"too few rows, or {by} is the same in all")
    x = np.column_stack([np.ones(len(gap)), (values - values.mean()) / values.std()])
    if not 0 < gap.sum() < len(gap) or not enough(x):
        return Finding(name=name, estimate=None, note="too few rows, or no gaps or nothing but gaps")
    fit = logit(gap, x)
    if fit is None:
        return Finding(name=name, estimate=None, note=f"{by} tells gaps from values without an error")
    return normal(name, fit.params[1], fit.bse[1])
