"""Value columns of sequences as numbers: those on a line, which become steps and levels, and all others as codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, blank, load_codec, plain_values
from rowsmith.core.line import decimals, from_line, scaled, to_line
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW, Units, Whole, shared_ends
from rowsmith.core.state import State

Floats = NDArray[np.float64]

FREQUENT = 0.05
"""Share of the rows by which a step comes more often than those beside it, from which on it is kept as it is."""
STAYS, STAYING = 0.005, 10
"""Share of the rows, and rows, by which a value comes once more oftener than others near it, from which on that is a code of its own."""
WIDE = 2.0
"""Ratio of large to small values from which on steps may be of the logarithm."""
OFFSET = 0.15
"""Part of the median that may be added before the logarithm is taken, so that zeros have one."""
ON_LATTICE, MOST_COARSE = 0.998, 10**12
"""Share of the values that must be multiples of a step, and how coarse it may be."""
NUMBERS = ("integer", "float", "decimal")
LINES = ("integer", "float", "decimal", "date", "timestamp", "time", "duration")


@dataclass(frozen=True)
class Values:
    """A column of values: how it is turned into numbers, and back.

    Attributes:
        name: of the column.
        kind: of the column.
        codec: of the column; of one on a line only its form and type are used.
        on_line: whether it is a number, a date, a time.
        digits: decimals of floats that have few.
        lattice: whether values are whole multiples of the unit.
        origin: the number that counts as 0.
        unit: of what counts as 1.
        log: whether steps are of the logarithm.
        shift: what is added before it is taken, in units.
        low: least value that is drawn, in units from the origin.
        high: greatest one.
    """

    name: str
    kind: str
    codec: ColumnCodec
    on_line: bool = False
    digits: int | None = None
    lattice: bool = False
    origin: float = 0.0
    unit: float = 1.0
    log: bool = False
    shift: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @property
    def _places(self) -> int:
        """Decimals that a unit of the line stands behind."""
        if self.kind != "decimal":
            return self.digits or 0
        kind = self._typed
        return int(kind.scale) if pa.types.is_decimal(kind) else 0

    @property
    def scale(self) -> float:
        """What a unit is, in the numbers that are printed."""
        return self.unit / 10.0**self._places

    @property
    def zero(self) -> float:
        """The origin, in the numbers that are printed."""
        return self.origin / 10.0**self._places

    def numbers(self, values: pa.Array) -> Floats:
        """Values as numbers, shape (rows,): units from the origin, nan for null; or codes."""
        if not self.on_line:
            return self.codec.encode(values).astype(np.float64)
        plain = plain_values(self.name, values, self.codec.type, self.codec.form)
        line = scaled(to_line(plain.drop_null()), self.digits)
        out = np.full(len(plain), np.nan)
        whole = line - int(self.origin) if line.dtype.kind == "i" else line - self.origin
        units = whole / self.unit
        out[plain.is_valid().to_numpy(zero_copy_only=False)] = np.rint(units) if self.lattice else units
        return out

    def values(self, numbers: Floats, rows: Rows, key: Key) -> pa.Array:
        """The inverse of `numbers`; what a code stands for is drawn, and made from the number of the row."""
        if not self.on_line:
            return self.codec.decode(numbers.astype(np.uint16), rows, key)
        assert self.codec.inner is not None
        gone = np.isnan(numbers)
        found = np.where(gone, 0.0, numbers)
        if self.lattice:
            line: NDArray[Any] = int(self.origin) + np.rint(found).astype(np.int64) * int(self.unit)
            line = line if self.digits is None else line / 10.0**self.digits
        else:
            line = self.origin + found * self.unit
        plain = self.codec.type.value_type if pa.types.is_dictionary(self.codec.type) else self.codec.type
        typed = plain if not pa.types.is_string(plain) else None
        return self.codec.shown(blank(from_line(line, typed or self._typed), gone))

    @property
    def _typed(self) -> pa.DataType:
        """Type of what text of a form says."""
        empty = plain_values(self.name, pa.array([], pa.string()), self.codec.type, self.codec.form)
        return empty.type

    def stepped(self, numbers: Floats) -> Floats:
        """Numbers as steps are counted."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(numbers + self.shift) if self.log else numbers

    def unstepped(self, stepped: Floats) -> Floats:
        """The inverse of `stepped`: a value that may be drawn."""
        numbers = np.exp(stepped) - self.shift if self.log else stepped
        return np.clip(np.rint(numbers) if self.lattice else numbers, self.low, self.high)

    def counted(self, numbers: Floats, column: Values) -> Floats:
        """Numbers of another column of the same kind as this one's: units from its origin."""
        return np.asarray((column.zero + column.scale * numbers - self.zero) / self.scale)

    def moved(self, numbers: Floats, moves: Mapping[str, float]) -> Floats:
        """Numbers as a scenario has them that moves columns by so many units, as far as such may be drawn."""
        if self.name not in moves:
            return numbers
        other = numbers + moves[self.name]
        return np.clip(np.rint(other) if self.lattice else other, self.low, self.high)

    def state(self) -> State:
        """Plain values."""
        return {**vars(self), "codec": self.codec.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(**{**state, "codec": load_codec(state["kind"], state["codec"])})


def fit_values(
    name: str,
    column: Column,
    values: pa.Array,
    same: NDArray[np.bool_],
    codec: ColumnCodec,
    units: Units | None = None,
    owners: NDArray[np.int64] | None = None,
) -> Values:
    """How a column is turned into numbers.

    Args:
        name: of the column.
        column: its kind and type.
        values: the rows, in order of entities and times.
        same: whether a row is of the same entity as the one above it, shape (rows,).
        codec: of the column.
        units: entities of the rows, of which enough must lie at either end, shape (rows,).
        owners: the row that each value is of, where some have that of another, shape (rows,).
    """
    if column.kind not in LINES or codec.inner is None or codec.size - codec.nullable < 2:
        return Values(name, column.kind, codec)
    plain = plain_values(name, values, codec.type, codec.form)
    line = to_line(plain.drop_null())
    if line.dtype.kind == "f" and not np.isfinite(line).all():
        return Values(name, column.kind, codec)
    distinct = np.unique(line)
    digits = decimals(distinct, np.float64) if line.dtype.kind == "f" else None
    line = scaled(line, digits)
    lattice = line.dtype.kind == "i"
    origin, unit = _lattice(line) if lattice else (0.0, 1.0)
    first = Values(name, column.kind, codec, True, digits, lattice, origin, unit)
    numbers = first.numbers(values)
    known = np.isfinite(numbers)
    ends = 1 if column.public or codec.inner.size <= 2 else int(column.settings.get("ends", FEW))
    own = known if owners is None else known & (owners == np.arange(len(numbers)))
    of, whole = None if units is None else units[own], Whole.of(len(numbers), units)
    low, high = map(float, sorted(shared_ends(numbers[own], ends, of, whole)))
    if lattice:  # a model has its origin, so that is not the least value there is, but one that enough share
        first, numbers, low, high = replace(first, origin=origin + low * unit), numbers - low, 0.0, high - low
    shift = _shift(numbers, first, same)
    return replace(first, log=shift is not None, shift=shift or 0.0, low=low, high=high)


def lumpy(values: Floats) -> bool:
    """Whether a value comes much more often than those beside it, which have what a lattice gives every one of its points.

    >>> whole = np.arange(400) % 20.0
    >>> lumpy(whole), lumpy(np.where(whole < 5, 0.0, whole))
    (False, True)
    """
    counts = np.unique(values, return_counts=True)[1]
    k = int(counts.argmax())
    beside = [counts[i] for i in (k - 1, k + 1) if 0 <= i < len(counts)]
    return bool(counts[k] - (sum(beside) / len(beside) if beside else 0) >= FREQUENT * len(values))


def stays_often(steps: Floats) -> bool:
    """Whether a step of 0 comes more often than those beside it, by a share of all that is worth a code of its own.

    >>> moves = np.linspace(-7, 8, 400)
    >>> stays_often(moves), stays_often(np.where(np.arange(400) % 25 == 0, 0.0, moves))
    (False, True)
    """
    known = steps[np.isfinite(steps)]
    distinct, counts = np.unique(known, return_counts=True)
    k = int(np.searchsorted(distinct, 0.0))
    if k == len(distinct) or distinct[k] != 0:
        return False
    beside = [counts[i] for i in (k - 1, k + 1) if 0 <= i < len(counts)]
    return bool(counts[k] - (sum(beside) / len(beside) if beside else 0) >= max(STAYS * len(known), STAYING))


def _lattice(line: NDArray[Any]) -> tuple[float, float]:
    """Least value and step of the coarsest decimal lattice that nearly all values keep; the few others are drawn on it too."""
    coarse = 1
    while coarse < MOST_COARSE and np.mean(line % (10 * coarse) == 0) >= ON_LATTICE and np.ptp(line) >= 100 * coarse:
        coarse *= 10
    kept = np.unique(line[line % coarse == 0])
    return float(kept[0]), float(np.gcd.reduce(np.diff(kept))) if len(kept) > 1 else 1.0


def _shift(numbers: Floats, column: Values, same: NDArray[np.bool_]) -> float | None:
    """What makes steps of the logarithm the most alike over small and large values; None if steps themselves are."""
    known, zero = np.isfinite(numbers), column.origin / column.unit
    plain = numbers + zero
    if column.kind not in NUMBERS or not known.any() or plain[known].min() < 0:
        return None
    pair = same[1:] & known[1:] & known[:-1]
    before, after = plain[:-1][pair], plain[1:][pair]
    moved = after != before
    small, middle, large = np.quantile(plain[known], [0.01, 0.5, 0.99])
    if large < WIDE * small or moved.sum() < 20 or middle <= 0 or lumpy((after - before)[moved]):
        return None
    low = before <= np.median(before)
    if low.all():
        return None
    ways: dict[float | None, Floats] = {None: np.abs(after - before)}
    for added in (0.0, OFFSET * float(middle)):
        if added + plain[known].min() > 0:
            ways[added] = np.abs(np.log((after + added) / (before + added)))
    uneven = {way: abs(np.log((x[low].mean() + 1e-12) / (x[~low].mean() + 1e-12))) for way, x in ways.items()}
    best = min(uneven, key=lambda way: uneven[way])
    return None if best is None else best + zero
