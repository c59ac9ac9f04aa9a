"""A leak: a column that gives the target away, as one that is filled in after the fact does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._correlation import correlation, correlation_finding
from rowsmith.truth._feasible import within
from rowsmith.truth._linear import unanswered
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker
from rowsmith.truth._roc import area, area_finding, placements
from rowsmith.truth._terms import named, numbers, texts
from rowsmith.truth._units import Unit, units

Floats = NDArray[np.float64]
MOST_LEVELS = 50
FEWEST = 5
"""Rows that a level must have to be judged, and that there must be on both sides."""


@dataclass(frozen=True, kw_only=True)
class Leakage(Maker):
    """A column of numbers made from the target and noise, so that it tells the target better than anything should.

    For a target of numbers its strength is the correlation; for a target of two classes, the area under the ROC curve.
    """

    column: str
    """The column that is made."""
    target: str
    """The column that it gives away: numbers, true and false, or a category."""
    level: str | None = None
    """The value of a category that is given away, against all others; not needed where there are but two."""
    strength: float | None = None
    """Correlation with a target of numbers, or area under the ROC curve, from 0.6 to 0.999; by difficulty 0.99 to 0.85."""
    scale: tuple[float, ...] = (0.0, 1.0)
    """Mean and standard deviation of the column."""
    round: int | None = None
    """Decimals of the column."""
    among: tuple[str, ...] | None = None
    """Columns that a student is told to look at, beside this one; all of the table if left out."""

    main: ClassVar[str] = "column"

    def at(self, difficulty: float) -> Self:
        """The strength by difficulty."""
        within("strength", self.strength, 0.6, 0.999, "a correlation or an area under the ROC curve")
        if self.target == self.column:
            raise SpecError(f"target={self.target!r}: is the column itself; expected the column that it gives away.")
        _ = self._unit
        return replace(self, strength=0.99 - 0.14 * difficulty) if self.strength is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """The target."""
        return (self.target,)

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The leak."""
        return {self.column: pa.float64()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Mean and spread of the target as numbers, and how much of it is in the column."""
        from scipy import special

        assert self.strength is not None
        level = _level(pilot[self.target], self.target, self.level)
        values = _told(pilot[self.target], self.target, level)
        values = values[np.isfinite(values)]
        center, spread = (float(values.mean()), float(values.std())) if len(values) else (0.0, 0.0)
        if spread == 0:
            raise SpecError(f"{self.target}: is the same in every row, so nothing can give it away.")
        if level is None:
            signal = self.strength / np.sqrt(1 - self.strength**2)
        else:  # two normals of one width that are d′ apart have the area Φ(d′/√2)
            signal = np.sqrt(2) * special.ndtri(self.strength) * spread
        return {"level": level, "center": center, "spread": spread, "signal": float(signal)}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """The target with noise; null where it is."""
        told = _told(given[self.target], self.target, calibration["level"])
        signal = calibration["signal"]
        z = signal * (told - calibration["center"]) / calibration["spread"] + key.generator().standard_normal(rows.n)
        return pa.record_batch({self.column: self._unit(z / np.sqrt(1 + signal**2))})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """Which column it is, and how well it tells."""
        assert self.strength is not None
        what, null = (
            (f"correlation of that column with {self.target}", 0.0)
            if calibration["level"] is None
            else (f"area under the ROC curve of that column for {self.target}, in either direction", 0.5)
        )
        return [
            Fact(name="column", what=f"column that gives {self.target} away", value=self.column),
            Fact(
                name="strength",
                what=what,
                value=self.strength,
                null=null,
                tolerance=0.02,
                pilot=True,
            ),
        ]

    def question(self) -> dict[str, Any]:
        """The target."""
        offered = {} if self.among is None else {"among": sorted({*self.among, self.column})}
        return {"target": self.target, **({} if self.level is None else {"level": self.level}), **offered}

    def brief(self) -> str:
        """Which column must not be used."""
        offered = "" if self.among is None else f" Look at {', '.join(sorted({*self.among, self.column}))}."
        return (
            f"Before you predict {self.target}: is there a column that cannot have been known then, as it tells {self.target} too "
            f"well? Name it, with its correlation or area under the ROC curve.{offered}"
        )

    def how(self, calibration: Calibration) -> str:
        """The mechanism."""
        measure = "correlation" if calibration["level"] is None else "area under the ROC curve"
        return f"{self.column} was made from {self.target} and noise: {measure} {self.strength:g}."

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Each column alone against the target: the correlation, or the area under the ROC curve in either direction."""
        target = question["target"]
        if table.num_rows - named(table, target).null_count < 2 * FEWEST:
            return unanswered(["column", "strength"], "too few rows")
        try:
            level = _level(named(table, target), target, question.get("level"))
        except SpecError as fault:
            raise DataError(str(fault)) from None
        told = _told(named(table, target), target, level)
        others = question["among"] if "among" in question else [n for n in table.column_names if n != target]
        measured = [(name, *found) for name in others if (found := _measured(named(table, name), name, told, level))]
        if not measured:
            raise DataError(f"{target}: no column beside it can be compared with it.")
        name, value, error = max(measured, key=lambda each: abs(each[1]))
        last = sorted((abs(each[1]) for each in measured), reverse=True)[1:2]
        note = f"the next best has {last[0]:.3g}" if last else "the only one"
        strength = correlation_finding if level is None else area_finding
        return [Finding(name="column", estimate=name, note=note), strength("strength", value, error, note)]

    @property
    def _unit(self) -> Unit:
        return units([self.column], {self.column: self.scale}, self.round)[self.column]


def _level(column: pa.Array | pa.ChunkedArray, name: str, level: str | None) -> str | None:
    """The value of a target of classes that is told from others; None for a target of numbers.

    Raises:
        SpecError: there are several values, and none is named; or the named one does not come.
    """
    kind = column.type
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if number and level is None and pc.count_distinct(column).as_py() > 2:
        return None
    known = sorted(value for value in pc.unique(texts(column)).to_pylist() if value is not None)
    if level is not None and level not in known:
        raise SpecError(f"level={level!r}: {name} never has it; expected one of {', '.join(known[:10])}.")
    if level is None and len(known) > 2:
        raise SpecError(
            f"level: {name} has {len(known)} values; expected the one that is given away, such as {known[0]!r}."
        )
    return known[-1] if level is None else level


def _told(column: pa.Array | pa.ChunkedArray, name: str, level: str | None) -> Floats:
    """The target as numbers, shape (n,): itself, or 1 for the level and 0 for others; nan where it is null."""
    if level is None:
        return numbers(column, name)
    return numbers(pc.equal(texts(column), level), name)


def _measured(
    column: pa.Array | pa.ChunkedArray, name: str, told: Floats, level: str | None
) -> tuple[float, float] | None:
    """How well a column tells the target, and the error; None where it cannot be said."""
    try:
        values = numbers(column, name)
    except DataError:
        values = _by_level(column, told)
    kept = np.isfinite(values) & np.isfinite(told)
    values, told = values[kept], told[kept]
    if len(values) < 2 * FEWEST or np.ptp(values) == 0 or np.ptp(told) == 0:
        return None
    if level is None:
        return correlation(values, told)
    positive = told > 0
    if min(positive.sum(), (~positive).sum()) < FEWEST:
        return None
    value, error = area(*placements(values, positive))
    return max(value, 1 - value), error


def _by_level(column: pa.Array | pa.ChunkedArray, told: Floats) -> Floats:
    """A category as the target's mean in each level; nan where there are too many levels or too few rows of one."""
    nothing = np.full(len(told), np.nan)
    try:
        coded = texts(column).dictionary_encode()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return nothing
    if not 2 <= len(coded.dictionary) <= MOST_LEVELS:
        return nothing
    codes = coded.indices.fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)
    there = np.isfinite(told)
    size = np.bincount(codes[there], minlength=len(coded.dictionary) + 1)
    total = np.bincount(codes[there], told[there], minlength=len(size))
    means = np.where(size >= FEWEST, total / np.maximum(size, 1), np.nan)
    means[-1] = np.nan
    return np.asarray(means[codes])
