"""The one codec of all kinds on a number line: numbers, dates, times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.grid import Grid, check_grid, fit_grid, is_full, nearest_of, without_names
from rowsmith.core.line import Line, decimals, float_type, from_line, natural_steps, scaled, sentinels, to_line
from rowsmith.core.protocols import CodeArray, Codec, Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import arrow_type
from rowsmith.core.shield import Units, Whole, fewest, fewest_units, shared_ends, too_few
from rowsmith.core.state import State

_FAR = 2.0**62


@dataclass(frozen=True)
class LineCodec(Codec):
    """A fitted column on a number line.

    Codes rise with the values: minus infinity, the grid's ranges, infinity; a last one is "not a number".

    Attributes:
        type: Arrow type of the values.
        digits: decimals of floats that all are whole multiples of a power of ten; None for other types and floats.
        grid: codes of the finite values, or None if there are none.
        odd: which of -inf, inf and nan have a code.
    """

    type: pa.DataType
    digits: int | None
    grid: Grid | None
    odd: tuple[bool, bool, bool]
    ordered: bool = field(default=True, init=False)

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many codes there are."""
        return (self.grid.size if self.grid else 0) + sum(self.odd)

    @property
    def exact(self) -> bool:  # type: ignore[override]
        """Whether every code is one value."""
        return self.grid is None or self.grid.exact

    def encode(self, values: pa.Array) -> CodeArray:
        """Codes of values, shape (rows,)."""
        line = to_line(values)
        if pa.types.is_decimal(self.type) and self.grid is not None and self.grid.low.dtype != line.dtype:
            # Of decimals beyond 18 digits some may have fewer, and the other way round.
            if line.dtype.kind == "i":
                line = values.cast(pa.float64()).to_numpy()
            else:
                line = np.rint(np.clip(line * 10.0**self.type.scale, -_FAR, _FAR)).astype(np.int64)
        if line.dtype.kind == "i":
            assert self.grid is not None
            return self.grid.encode(line)
        codes = np.zeros(len(line), dtype=np.uint16)
        finite = np.isfinite(line)
        if self.grid is not None:
            whole = scaled(line[finite], self.digits)
            codes[finite] = self.grid.encode(whole) + np.uint16(self.odd[0])
        codes[line == np.inf] = self.size - 1 - self.odd[2]
        codes[np.isnan(line)] = self.size - 1
        return codes

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """Values of codes."""
        return self._values(codes, lambda grid, at, _: grid.decode(at, key.generator(), float_type(self.type)))

    def counts(self) -> NDArray[np.int64] | None:
        """Points of the lattice that each code stands for."""
        inside = self.grid.counts() if self.grid is not None else np.zeros(0, np.int64)
        if inside is None:
            return None
        low, high, nan = self.odd
        return np.concatenate([np.ones(int(low), np.int64), inside, np.ones(int(high) + int(nan), np.int64)])

    def point(self, codes: CodeArray, places: NDArray[np.int64]) -> pa.Array:
        """Values at places of codes."""
        return self._values(codes, lambda grid, at, inside: grid.point(at, places[inside]))

    def _values(self, codes: CodeArray, pick: Callable[[Grid, CodeArray, Any], Line]) -> pa.Array:
        """Values of codes; those of the grid as they are picked for its own codes, and for which rows."""
        if not any(self.odd):
            return from_line(self._finite(codes, slice(None), pick), self.type)
        low, high, nan = self.odd
        line = np.zeros(len(codes))
        inside = (codes >= low) & (codes < self.size - high - nan)
        if self.grid is not None:
            line[inside] = self._finite(codes[inside] - np.uint16(low), inside, pick)
        line[~inside & (codes == 0)] = -np.inf if low else np.inf if high else np.nan
        if high:
            line[codes == self.size - 1 - nan] = np.inf
        if nan:
            line[codes == self.size - 1] = np.nan
        return from_line(line, self.type)

    def _finite(self, codes: CodeArray, rows: Any, pick: Callable[[Grid, CodeArray, Any], Line]) -> Line:
        assert self.grid is not None
        line = pick(self.grid, codes, rows)
        return line if self.digits is None else line / 10.0**self.digits

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same codec."""
        grid = None if self.grid is None else self.grid.state()
        return {"type": str(self.type), "digits": self.digits, "grid": grid, "odd": list(self.odd)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        grid = None if state["grid"] is None else Grid.from_state(state["grid"])
        low, high, nan = map(bool, state["odd"])
        return cls(arrow_type(state["type"]), state["digits"], grid, (low, high, nan))


def fit_line(
    values: pa.Array, bins: int, knots: int, ends: int = 1, units: Units | None = None, whole: Whole | None = None
) -> LineCodec:
    """The codec of values on a number line, without nulls.

    Args:
        values: at least one.
        bins: about how many bins, atoms not counted.
        knots: at most how many pieces a bin's law is kept in.
        ends: rows that must lie at either end of what is drawn, or beyond: the greatest income is that of one person. Fewer
            in small tables, see `fewest`. Two values are a yes or no, and stay.
        units: entities of the rows, shape (n,): as many must lie there, and share what is kept as it is.
        whole: what the values are a part of, if they are.

    Raises:
        DataError: the values are not on a number line.
        SpecError: a setting out of range.
    """
    check_grid(bins, knots)
    kind, line = values.type, to_line(values)
    odd, digits = (False, False, False), None
    if line.dtype.kind == "f":
        odd = (bool((line == -np.inf).any()), bool((line == np.inf).any()), bool(np.isnan(line).any()))
        finite = np.isfinite(line)
        line, units = line[finite], None if units is None else units[finite]
        digits = decimals(np.unique(line), float_type(kind))
    own = ~(np.isin(line, sentinels(kind)) | _nines(line))  # what stands for "never" or "not known" is nobody's
    if line.dtype.kind == "f":
        line = scaled(line, digits)
    fit = partial(
        fit_grid, bins=bins, knots=knots, natural=natural_steps(kind), sentinels=sentinels(kind), dtype=float_type(kind)
    )
    grid = fit(line) if len(line) else None
    of = None if units is None else units[own]
    whole = whole or Whole.of(int(own.sum()), of)
    k = fewest(ends, whole.rows) if of is None else fewest_units(ends, of, whole.entities)
    if grid is not None and k > 1 and own.any() and not (grid.exact and grid.size <= 2):
        low, high = _ends(line[own], ends, of, whole)
        line = np.where(own, np.clip(line, low, high), line)
        grid = fit(line)
        settled = _without_rare(line, own, ends, of, whole) if grid.exact else line
        if settled is not line:
            line, grid = settled, fit(settled)
        grid = grid if of is None else without_names(grid, fit, line, own, ends, of)
    return LineCodec(kind, digits, grid, odd)


def _ends(line: Line, ends: int, units: Units | None, whole: Whole) -> tuple[Any, Any]:
    """The values at which enough rows lie or beyond, at either end; two different ones, if nearly all numbers are the same."""
    low, high = sorted(shared_ends(line, ends, units, whole))
    if low == high and 2 * (line == low).sum() > len(line):  # what the others have is then one value
        beyond = line[line != low]
        if len(beyond):
            nearest = beyond[np.argmin(np.abs(beyond.astype(np.float64) - float(low)))]
            low, high = min(low, nearest), max(high, nearest)
    return low, high


def _without_rare(line: Line, own: NDArray[np.bool_], rare: int, units: Units | None, whole: Whole) -> Line:
    """Numbers that are names (of a place, a disease) with those of too few rows as the nearest of more.

    Numbers that fill their range are measures, of which a single one says little: they stay.
    """
    distinct, codes, counts = np.unique(line[own], return_inverse=True, return_counts=True)
    gone = too_few(codes, len(distinct), rare, units, whole.rows, whole.entities)
    kept = distinct[~gone]
    if is_full(distinct) or len(kept) < 2 or not gone.any() or counts[gone].sum() > counts.sum() / 2:
        return line
    return np.where(own, nearest_of(line, kept), line)


def _nines(line: Line) -> NDArray[np.bool_]:
    """Which numbers are 99, -999 and the like, which people write for what they do not know."""
    size = np.abs(line.astype(float)) + 1
    return np.asarray((size >= 100) & (10.0 ** np.rint(np.log10(size)) == size))
