"""A spurious correlation: two columns that follow a third, and have nothing else to do with each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._correlation import correlation, correlation_finding, residual
from rowsmith.truth._feasible import within
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker
from rowsmith.truth._terms import named, numbers
from rowsmith.truth._units import Unit, units

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Spurious(Maker):
    """Two columns that correlate by their common cause, and not once it is held fixed."""

    columns: tuple[str, ...]
    """The two columns that are made."""
    by: str
    """The column of numbers that both follow."""
    correlation: float | None = None
    """Of the two columns, from -0.95 to 0.95 and not within 0.1 of 0; by difficulty 0.8 to 0.3 if left out."""
    balance: float = 0.5
    """Share of the common cause's strength that falls to the first column, from 0 to 1: 0.5 makes both follow it alike."""
    scale: Mapping[str, Any] | None = None
    """Column to [mean, standard deviation]; [0, 1] for those left out."""
    round: Mapping[str, Any] | int | None = None
    """Decimals of both columns, or of each by name."""
    among: tuple[str, ...] | None = None
    """Columns that a student is told to look for the cause in, beside the right one; all numbers of the table if left out."""

    main: ClassVar[str] = "columns"

    def at(self, difficulty: float) -> Self:
        """The correlation by difficulty."""
        if len(self.columns) != 2 or len({*self.columns, self.by}) != 3:
            raise SpecError(f"columns={list(self.columns)}, by={self.by!r}: expected two columns and a third.")
        within("correlation", self.correlation, -0.95, 0.95, "a correlation")
        if self.correlation is not None and abs(self.correlation) < 0.1:
            near = -0.1 if self.correlation < 0 else 0.1
            raise SpecError(
                f"correlation={self.correlation:g}: is too near 0 for anybody to see; the nearest that is feasible is {near:g}."
            )
        within("balance", self.balance, 0, 1, "a share")
        _ = self._units
        return replace(self, correlation=0.8 - 0.5 * difficulty) if self.correlation is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """The cause."""
        return (self.by,)

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The two columns."""
        return dict.fromkeys(self.columns, pa.float64())

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Mean and spread of the cause."""
        values = numbers(pilot[self.by], self.by)
        values = values[np.isfinite(values)]
        if not len(values) or np.ptp(values) == 0:
            raise SpecError(f"by={self.by!r}: is the same in every row, so nothing can follow it.")
        return {"center": float(values.mean()), "spread": float(values.std())}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """The cause with noise of each column's own; null where it is."""
        cause = (numbers(given[self.by], self.by) - calibration["center"]) / calibration["spread"]
        rng = key.generator()
        return pa.record_batch(
            {
                name: unit(load * cause + np.sqrt(1 - load**2) * rng.standard_normal(rows.n))
                for (name, unit), load in zip(self._units.items(), self._loads, strict=True)
            }
        )

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The correlation, its cause, and that nothing is left once that is held fixed."""
        assert self.correlation is not None
        a, b = self.columns
        return [
            Fact(
                name="correlation",
                what=f"correlation of {a} and {b}",
                value=self.correlation,
                null=0.0,
                tolerance=0.05,
            ),
            Fact(name="cause", what=f"column that {a} and {b} both follow", value=self.by),
            Fact(
                name="partial correlation",
                what=f"correlation of {a} and {b} with their common cause held fixed",
                value=0.0,
                tolerance=0.05,
            ),
        ]

    def question(self) -> dict[str, Any]:
        """The two columns, and where to look."""
        offered = {} if self.among is None else {"among": sorted({*self.among, self.by})}
        return {"columns": list(self.columns), **offered}

    def brief(self) -> str:
        """Does one drive the other."""
        a, b = self.columns
        offered = "" if self.among is None else f" Look at {', '.join(sorted({*self.among, self.by}))}."
        return (
            f"{a} and {b} go together. How strongly, does one drive the other, or is there a third column behind both? "
            f"Name it, and give what is left of the correlation once it is held fixed.{offered}"
        )

    def how(self, calibration: Calibration) -> str:
        """The mechanism."""
        a, b = self.columns
        return f"{a} and {b} each follow {self.by} with noise of their own: correlation {self.correlation:g}, and 0 given {self.by}."

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """The correlation, and the third column that leaves the least of it when both are regressed on it."""
        a, b = question["columns"]
        x, y = (numbers(named(table, name), name) for name in (a, b))
        kept = np.isfinite(x) & np.isfinite(y)
        if kept.sum() < 10 or np.ptp(x[kept]) == 0 or np.ptp(y[kept]) == 0:
            raise DataError(f"{a}, {b}: expected 10 rows or more with numbers in both, not all the same.")
        raw = correlation(x[kept], y[kept])
        found = [correlation_finding("correlation", *raw)]
        left = {}
        for name in question.get("among", table.column_names):
            if name in (a, b):
                continue
            partial = _partial(x, y, table, name, strict="among" in question)
            if partial is not None:
                left[name] = partial
        if not left:
            return found
        cause = min(left, key=lambda name: abs(left[name][0]))
        note = f"of {len(left)} columns, the one that leaves the least"
        return [
            *found,
            Finding(name="cause", estimate=cause, note=note),
            correlation_finding("partial correlation", *left[cause], f"given {cause}"),
        ]

    @property
    def _units(self) -> dict[str, Unit]:
        return units(self.columns, self.scale, self.round)

    @property
    def _loads(self) -> tuple[float, float]:
        """Correlation of each column with the cause; their product is that of the two."""
        assert self.correlation is not None
        size = abs(self.correlation)
        first = float(size**self.balance)
        return first, float(np.sign(self.correlation)) * size / first


def _partial(x: Floats, y: Floats, table: pa.Table, name: str, *, strict: bool) -> tuple[float, float] | None:
    """Correlation of x and y with a column held fixed; None where it has too few numbers or explains all of one."""
    try:
        z = numbers(named(table, name), name)
    except DataError:
        if strict:
            raise
        return None
    kept = np.isfinite(x) & np.isfinite(y) & np.isfinite(z)
    if kept.sum() < max(10, len(x) / 10) or np.ptp(z[kept]) == 0:
        return None
    a, b = residual(x[kept], z[kept]), residual(y[kept], z[kept])
    if a.std() <= 1e-6 * x[kept].std() or b.std() <= 1e-6 * y[kept].std():
        return None
    return correlation(a, b)
