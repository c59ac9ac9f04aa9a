"""Numbers of a table among which formulas are looked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.learn._ties import Columns, quoted

Floats = NDArray[np.float64]

LOOK = 1_000
"""Rows that a rule is tried on first."""
FEWEST, VALUES = 30, 10
"""Rows that a formula must explain, and different values of what it explains, at least."""
NEARLY = 0.98
"""Share of the rows from which on a rule that some break is proposed, for a person to accept."""
ALIKE = 0.1
"""Share of the rows that tell most, of which none is taken to tell more than another."""
LOOKED = 3
"""Rows in which a formula is tried first; two must be right, so that one may be a row that breaks it."""
DECIMALS = 7
EXACT = 16
"""Units in the last place of a fraction by which a sum may differ from what was written."""
HALF = 0.5001
"""Units of the last decimal by which a rounded number may differ from what was rounded."""


@dataclass(frozen=True)
class Way:
    """How a column can be told from others.

    Attributes:
        column: the one that is told.
        formula: SQL over others.
        places: decimals that it is rounded to, if it is.
    """

    column: str
    formula: str
    places: int | None = None

    @property
    def expression(self) -> str:
        """The formula, rounded."""
        return self.formula if self.places is None else f"round({self.formula}, {self.places})"

    @property
    def slack(self) -> float:
        """What rounding may have taken from it or added: of halves, some round up and others to even."""
        return half_of(self.places)


@dataclass(frozen=True)
class Numbers:
    """Columns of numbers in the first rows of a table.

    Attributes:
        names: of the columns.
        x: shape (columns, rows looked at); nan for null.
        fractions: which of them are floating-point numbers.
        targets: names of those that formulas are looked for; all if left out.
    """

    names: Sequence[str]
    x: Floats
    fractions: Sequence[bool]
    targets: Collection[str] | None = None

    @classmethod
    def of(cls, rows: Columns, names: Sequence[str], targets: Collection[str] | None = None) -> Self:
        """Some columns of a table."""
        return cls(names, matrix(rows, names), [is_float(rows[name].type) for name in names], targets)

    @cached_property
    def places(self) -> list[int | None]:
        """Decimals of each column, if it has few."""
        return [_places(column) for column in self.x]

    @cached_property
    def words(self) -> list[str]:
        """The names as SQL has them."""
        return [quoted(name) for name in self.names]

    @cached_property
    def values(self) -> list[int]:
        """How many different values each column has."""
        return [len(np.unique(column[np.isfinite(column)])) for column in self.x]

    @cached_property
    def usable(self) -> list[int]:
        """Columns of enough different values for a formula to be found by more than chance."""
        return [i for i, values in enumerate(self.values) if values >= VALUES and self.wanted[i]]

    @cached_property
    def wanted(self) -> list[bool]:
        """Which columns formulas are looked for of."""
        return [self.targets is None or name in self.targets for name in self.names]

    @cached_property
    def telling(self) -> NDArray[np.int64]:
        """Rows, those first whose numbers differ most from each other and from 0.

        A tenth of them are taken for the same: where one column is another one, they differ most in a row that breaks it.
        """
        several = np.array([len(np.unique(row[np.isfinite(row) & (row != 0)])) for row in self.x.T])
        return np.argsort(-np.minimum(several, np.quantile(several, 1 - ALIKE)), kind="stable")

    @cached_property
    def probe(self) -> Floats:
        """The rows that tell the most, shape (columns, `LOOKED`)."""
        return np.asarray(self.x[:, self.telling[:LOOKED]])

    @cached_property
    def parts(self) -> list[int]:
        """Columns that have a value in two of those rows."""
        return np.flatnonzero(np.isfinite(self.probe).sum(axis=1) >= 2).tolist()

    def like(self, value: Floats, without: Collection[int], terms: int = 1) -> list[int]:
        """Which columns are, in two of the rows that tell the most, a sum that was worked out.

        Args:
            value: of these rows, shape (`LOOKED`,).
            without: columns that are not meant.
            terms: how many times digits may have been lost.
        """
        near = np.abs(self.probe[self.usable] - value) <= EXACT * np.spacing(np.abs(value)) * terms
        hits = np.flatnonzero(near.sum(axis=1) >= 2)
        return [self.usable[hit] for hit in hits if self.usable[hit] not in without]

    def slack(self, target: int) -> float:
        """What rounding may have taken from a column or added to it."""
        return half_of(self.places[target])

    def agreement(self, made: Floats, target: int, slack: float) -> float:
        """Share of the rows in which a column is what a formula says; 0 if few rows can tell."""
        wanted = self.x[target]
        both = np.isfinite(made) & np.isfinite(wanted)
        near = slack + EXACT * np.spacing(np.maximum(np.abs(made), np.abs(wanted)))
        return float(np.mean((np.abs(made - wanted) <= near)[both])) if both.sum() >= FEWEST else 0.0

    def told(self, target: int, formula: str, rounded: bool = False) -> Way:
        """A column by its formula; a fraction, or what shall be rounded, to the column's decimals."""
        return Way(self.names[target], formula, self.places[target] if rounded or self.fractions[target] else None)


def half_of(places: int | None) -> float:
    """Half a unit of the last decimal, and a little; 0 for what is not rounded."""
    return 0.0 if places is None else HALF * 10.0**-places


def matrix(rows: Columns, names: Sequence[str]) -> Floats:
    """Numbers, or seconds of times, shape (columns, rows looked at); nan for null."""
    out = np.full((len(names), min(LOOK, len(next(iter(rows.values()), [])))), np.nan)
    for place, name in enumerate(names):
        values = rows[name].slice(0, LOOK)
        if is_time(values.type):
            ticks = values.cast(pa.timestamp("us", getattr(values.type, "tz", None)), safe=False).cast(pa.int64())
            values = pc.divide(ticks.cast(pa.float64(), safe=False), 1e6)
        elif pa.types.is_duration(values.type):
            values = pc.divide(values.cast(pa.duration("us"), safe=False).cast(pa.int64()).cast(pa.float64()), 1e6)
        out[place] = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        if pa.types.is_float32(values.type) or pa.types.is_float16(values.type):
            out[place] = _as_written(out[place], np.float32 if pa.types.is_float32(values.type) else np.float16)
    return out


def _as_written(x: Floats, short: type[np.floating[Any]]) -> Floats:
    """Numbers of a shorter float with the decimals that were written, if they have few: 0.1 and not 0.10000000149."""
    for places in range(DECIMALS):
        found = np.round(x, places)
        if np.array_equal(found.astype(short), x.astype(short), equal_nan=True):
            return np.asarray(found)
    return x


def is_number(kind: pa.DataType) -> bool:
    """Whether a type is of numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def is_float(kind: pa.DataType) -> bool:
    """Whether a type is of floating-point numbers."""
    return bool(pa.types.is_floating(kind))


def is_time(kind: pa.DataType) -> bool:
    """Whether a type is of dates or moments."""
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def places_of(values: pa.Array) -> int | None:
    """Decimals of a column of numbers, if it has few."""
    return _places(floats_of(values))


def floats_of(values: pa.Array) -> Floats:
    """A column of numbers as floats, nan for null."""
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _places(x: Floats) -> int | None:
    """Decimals of numbers, if they have few; None for fractions with no end, and numbers too large or small to tell."""
    x = x[np.isfinite(x)]
    near = 4 * np.spacing(np.abs(x))
    return next((p for p in range(DECIMALS) if (np.abs(np.round(x, p) - x) <= near).all()), None)
