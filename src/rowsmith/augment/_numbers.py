"""How a column of numbers or times is written, so that what is changed is written alike: its step, its ends, its spread."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import blank
from rowsmith.core.errors import SpecError
from rowsmith.core.line import PER_SECOND, Line, decimals, float_type, from_line, to_line

Floats = NDArray[np.float64]

LOOKED_AT = 1_000
"""Values at which a step is guessed; all must keep it."""
EVIDENCE = 12
"""Distinct values that must agree on a step beyond 1: chance agrees on 2 with a probability of 2 ** -11."""
_FAR = 2.0**62


@dataclass(frozen=True)
class Ruler:
    """What is known of a column on a number line.

    Attributes:
        name: of the column.
        kind: Arrow type.
        unit: units of the line for each unit of the column: a hundred for decimals of cents, 10**6 a second for times in µs.
        step: distance of neighbouring points of the line; 0 for floats, which have `digits` instead.
        digits: decimals that all floats keep; None for many.
        low: least value, in units of the line.
        high: greatest one.
        mean: of the finite values.
        spread: their standard deviation.
        states: values that so many rows have that they are states (no sale, not known, a cap) and not measures.
    """

    name: str
    kind: pa.DataType
    unit: float
    step: int
    digits: int | None
    low: float
    high: float
    mean: float
    spread: float
    states: tuple[float, ...] = ()

    @classmethod
    def of(cls, name: str, values: pa.Array, states: float = 0.0) -> Ruler:
        """What all values of a column show.

        Args:
            name: of the column.
            values: all of them.
            states: share of the values from which a value is a state; 0 for none.
        """
        kind = values.type
        line = line_of(values.drop_null() if values.null_count else values)
        finite = line if line.dtype.kind == "i" or np.isfinite(line.sum()) else line[np.isfinite(line)]
        some = finite[:: max(1, len(finite) // LOOKED_AT)][:LOOKED_AT]
        is_whole = line.dtype.kind == "i"
        low, high, mean, spread = (0.0, 0.0, 0.0, 0.0)
        if len(finite):
            low, high = finite.min().item(), finite.max().item()  # whole numbers as such: they may be far
            near = finite if not is_whole or max(abs(low), abs(high)) < 2**52 else finite - low
            mean = float(near.mean(dtype=np.float64))
            spread = _spread(near, mean)
            mean += low if near is not finite else 0
        step = _step(some, finite) if is_whole else 0
        digits = None if is_whole else _digits(some, finite, kind)
        found = _states(some, line, states) if states else ()
        return cls(name, kind, unit_of(kind, is_whole), step, digits, low, high, mean, spread, found)

    @property
    def grain(self) -> float:
        """The least distance of two different values, in units of the line; 0 where there is none."""
        return float(self.step) if self.step else 10.0**-self.digits if self.digits is not None else 0.0

    def bounded(self, low: float | None, high: float | None, of: str = "") -> tuple[float, float]:
        """Ends in units of the line, of ends in units of the column; the observed ones where these are None.

        Raises:
            SpecError: they leave no value between them, or real values lie beyond.
        """
        ends = [self.low if low is None else low * self.unit, self.high if high is None else high * self.unit]
        if ends[0] > ends[1] or (self.low < ends[0] or self.high > ends[1]):
            a, b = self.low / self.unit, self.high / self.unit
            raise SpecError(
                f"{of}{self.name}: from {ends[0] / self.unit:g} to {ends[1] / self.unit:g} does not hold its values, which "
                f"go from {a:g} to {b:g}; expected min at most {a:g} and max at least {b:g}."
            )
        return ends[0], ends[1]

    def moved(self, values: pa.Array, by: Floats, low: float = -np.inf, high: float = np.inf) -> pa.Array:
        """Values that are moved, on the column's own lattice; reflected at its ends.

        Args:
            values: n values of the column.
            by: how far, in units of the line, shape (n,).
            low: least value, in units of the line.
            high: greatest one.
        """
        nulls = values.null_count
        line = line_of(filled(values) if nulls else values)
        if line.dtype.kind == "i":
            by = np.rint(by / self.step) if self.step > 1 else np.rint(by)
            out: Line = line + np.clip(by, -_FAR / self.step, _FAR / self.step).astype(np.int64) * self.step
        else:
            out = line + by
        if np.isfinite(low) or np.isfinite(high):
            out = reflected(out, line, low, high)
        if self.digits is not None:
            np.multiply(out, 10.0**self.digits, out=out)
            np.rint(out, out=out)
            np.divide(out, 10.0**self.digits, out=out)
        for state in self.states:
            np.copyto(out, line, where=line == state)
        found = from_line(out, self.kind)
        return blank(found, values.is_null().to_numpy(zero_copy_only=False)) if nulls else found

    def at(self, x: Floats, values: pa.Array) -> pa.Array:
        """The points of the lattice nearest to numbers, in units of the line: the same for the same number.

        Args:
            x: numbers, shape (n,); where they are none, the value stays.
            values: n values of the column: null where these are.
        """
        line = line_of(filled(values) if values.null_count else values)
        if line.dtype.kind == "i":  # not by how far each value moves: half a step would go either way
            with np.errstate(invalid="ignore"):
                steps = np.rint(np.where(np.isfinite(x), x - self.low, 0.0) / max(self.step, 1))
            whole = int(self.low) + np.clip(steps, -_FAR, _FAR).astype(np.int64) * max(self.step, 1)
            out: Line = np.where(np.isfinite(x), whole, line)
        else:
            rounded = x if self.digits is None else np.rint(x * 10.0**self.digits) / 10.0**self.digits
            out = np.where(np.isfinite(x), rounded, line)
        found = from_line(out, self.kind)
        return blank(found, values.is_null().to_numpy(zero_copy_only=False)) if values.null_count else found


def line_of(values: pa.Array) -> Line:
    """Values without nulls on the number line; a view of them where they lie there already."""
    if pa.types.is_float64(values.type) or pa.types.is_int64(values.type):
        return values.to_numpy(zero_copy_only=True)  # type: ignore[no-any-return]
    return to_line(values)


def floats(values: pa.Array) -> Floats:
    """Values in units of the line as floats, shape (n,); nan where they are null."""
    if not values.null_count:
        return np.asarray(line_of(values), dtype=np.float64)
    if values.null_count == len(values):
        return np.full(len(values), np.nan)
    out = np.array(line_of(filled(values)), dtype=np.float64)
    out[values.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return out


def filled(values: pa.Array) -> pa.Array:
    """The values with any of them in place of nulls."""
    there = values.drop_null()
    return values.fill_null(there[0]) if len(there) else from_line(np.zeros(len(values), dtype=np.int64), values.type)


def unit_of(kind: pa.DataType, is_whole: bool = True) -> float:
    """Units of the line for each unit of a column; for times, for each second."""
    if pa.types.is_decimal(kind) and is_whole:
        return float(10.0**kind.scale)
    if pa.types.is_date(kind):
        return 1 / 86_400
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind):
        return float(PER_SECOND[kind.unit])
    return 1.0


def reflected(out: Line, line: Line, low: float, high: float) -> Line:
    """Values that have left the ends of a column, mirrored back; values that lay beyond stay where they were.

    Args:
        out: the values, shape (n,).
        line: what they were before.
        low: least value.
        high: greatest one.
    """
    if not len(out) or (out.min() >= low and out.max() <= high):
        return out
    at = np.flatnonzero((out < low) | (out > high))
    x, before = out[at], line[at]
    whole = out.dtype.kind == "i"
    ends = [
        np.asarray(inward(end) if whole else end, dtype=out.dtype) if np.isfinite(end) else None
        for end, inward in ((low, math.ceil), (high, math.floor))
    ]
    if ends[0] is not None:
        x = np.where(x < ends[0], 2 * ends[0] - x, x)
    if ends[1] is not None:
        x = np.where(x > ends[1], 2 * ends[1] - x, x)
    x = np.clip(x, ends[0], ends[1])
    with np.errstate(invalid="ignore"):
        out[at] = np.where((before < low) | (before > high), before, x)
    return out


def _spread(finite: Line, mean: float) -> float:
    """The standard deviation, in pieces, so that no second table of floats is made."""
    total = 0.0
    for start in range(0, len(finite), 1 << 18):
        part = finite[start : start + (1 << 18)] - mean
        total += float(np.multiply(part, part, out=part).sum())
    return float(np.sqrt(total / len(finite)))


def _states(some: Line, line: Line, share: float) -> tuple[float, ...]:
    """Values that at least a share of all have: those that nearly so many of some have are counted."""
    values, counts = np.unique(some, return_counts=True)
    if len(values) < EVIDENCE:  # of so few, none is a measure
        return ()
    likely = values[counts >= 0.7 * share * len(some)]
    return tuple(v.item() for v in likely if np.count_nonzero(line == v) >= share * len(line))


def _step(some: Line, line: Line) -> int:
    """The largest step that all whole numbers keep."""
    if len(some) < EVIDENCE or len(np.unique(some)) < EVIDENCE:
        return 1
    first = some.min()
    step = int(np.gcd.reduce((some - first).view(np.uint64)))
    if step <= 1 or step > 2**62:
        return 1
    apart = line - first
    # some values alone may keep a larger step than all
    return step if not (apart % step).any() else max(1, int(np.gcd.reduce(apart)))


def _digits(some: Floats, line: Floats, kind: pa.DataType) -> int | None:
    """Decimals that all floats keep."""
    dtype = float_type(kind)
    digits = decimals(some, dtype)
    if digits is None or len(line) == len(some):
        return digits
    for start in range(0, len(line), 1 << 18):
        part = line[start : start + (1 << 18)]
        kept = np.rint(part * 10.0**digits) / 10.0**digits
        if not (kept.astype(dtype) == part.astype(dtype)).all():
            return decimals(line, dtype)
    return digits
