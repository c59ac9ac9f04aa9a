"""Value columns of sequences as numbers: those on a line as steps and levels, all others as codes.

A number is drawn as a *step* from what it hangs on most closely (its last value, a column of the same row, the last
value moved as another column moved), or as a *level* where it does not hang on it: a counter that starts anew, a value
that comes back. Which of the two a real row is, is what is denser there: a step of +1 says more where steps of +1 are
frequent, a level of 0 where zeros are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, blank, load_codec, plain_values
from rowsmith.core.errors import DataError
from rowsmith.core.grid import Grid, fit_grid
from rowsmith.core.line import decimals, from_line, scaled, to_line
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW, fewest
from rowsmith.core.state import State

Floats = NDArray[np.float64]

BINS, KNOTS = 192, 8
"""Bins of steps, and of levels; pieces in which the law inside of one is kept."""
FEW_LEVELS, FREE = 0.01, 0.5
"""Share of the rows that must be levels, or all are steps where there is something to step from; and the rank correlation with
that up to which they count as free of it: large steps are no levels."""
TAIL, TAIL_SHARE, OUTER, HEAVIEST, BEYOND = 20, 0.03, 0.05, 0.45, 0.5
"""Rows of the outermost steps on either side that say how a tail goes on: the fewest, their share, and that up to which they are the
outermost ones; how heavy it may be; and how many of as many rows as were learnt would be beyond the largest step that is drawn."""
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
    def scale(self) -> float:
        """What a unit is, in the numbers that are printed."""
        return self.unit / 10.0 ** (self.digits or 0)

    @property
    def zero(self) -> float:
        """The origin, in the numbers that are printed."""
        return self.origin / 10.0 ** (self.digits or 0)

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

    def state(self) -> State:
        """Plain values."""
        return {**vars(self), "codec": self.codec.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(**{**state, "codec": load_codec(state["kind"], state["codec"])})


def fit_values(name: str, column: Column, values: pa.Array, same: NDArray[np.bool_], codec: ColumnCodec) -> Values:
    """How a column is turned into numbers.

    Args:
        name: of the column.
        column: its kind and type.
        values: the rows, in order of entities and times.
        same: whether a row is of the same entity as the one above it, shape (rows,).
        codec: of the column.
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
    known = np.sort(numbers[np.isfinite(numbers)])
    ends = 1 if column.public else int(column.settings.get("ends", FEW))
    k = fewest(ends, len(known)) - 1 if codec.inner.size > 2 else 0
    low, high = float(known[k]), float(known[-1 - k])
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
    if column.kind not in ("integer", "float", "decimal") or not known.any() or plain[known].min() < 0:
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


@dataclass(frozen=True)
class Steps:
    """The codes of a column on a line: null, levels, steps.

    Attributes:
        nullable: whether code 0 is null.
        stays: whether the next code is the last value once more, where steps start from elsewhere.
        levels: grid of the levels, if there are any.
        steps: grid of the steps, if there are any.
        tails: of the smallest and of the largest steps: where they begin, how far they go on average, how heavy they are, and
            the share of them that is drawn; all 0 where they are like others, shape (2, 4).
    """

    nullable: bool
    stays: bool
    levels: Grid | None
    steps: Grid | None
    tails: Floats

    @property
    def first_step(self) -> int:
        """First code that is a step."""
        return self.nullable + self.stays + (self.levels.size if self.levels is not None else 0)

    @property
    def size(self) -> int:
        """How many codes there are."""
        return self.first_step + (self.steps.size if self.steps is not None else 0)

    @property
    def knots(self) -> Floats:
        """Quantiles of what each code stands for, shape (size, pieces + 1)."""
        others = np.zeros((self.nullable + self.stays, KNOTS + 1))
        return np.concatenate([others, *(_knots(g) for g in (self.levels, self.steps) if g is not None)])


@dataclass(frozen=True)
class Coded:
    """Real rows as codes.

    Attributes:
        codes: shape (rows,).
        steps: what they stand for.
    """

    codes: NDArray[np.uint16]
    steps: Steps = field(repr=False)


def fit_steps(values: Floats, base: Floats, column: Values | None, last: Floats | None = None) -> Coded:
    """Codes of a column's rows.

    Args:
        values: the numbers, nan for null, shape (rows,).
        base: what a step would start from, in logarithms where steps are; nan for none, shape (rows,).
        column: what is known of it; None for gaps between events, which are whole and levels.
        last: the last known value, in logarithms where steps are, nan for none, shape (rows,).
    """
    known, lattice = np.isfinite(values), column is None or column.lattice
    moved = np.log(values + column.shift) if column is not None and column.log else values
    move = moved - base
    stays = np.zeros(len(values), dtype=bool)
    if last is not None and (base != last).mean() > FREE and stays_often(moved - last):
        stays = moved == last
    stepping = known & np.isfinite(base) & ~stays
    if stepping.any() and known.any():
        grid_of_steps = _grid(move[stepping], lattice and not (column is not None and column.log))
        grid_of_values = _grid(values[known], lattice)
        slope = 1.0 / np.maximum(values[stepping] + column.shift, 1e-12) if column is not None and column.log else 1.0
        own = _density(grid_of_steps, move[stepping]) * slope >= _density(grid_of_values, values[stepping])
        there = np.flatnonzero(stepping)[~own]
        if len(there) >= FEW_LEVELS * stepping.sum() and _correlation(base[there], moved[there]) < FREE:
            stepping[there] = False
    level = known & ~stepping & ~stays
    nullable = not known.all()
    levels = _grid(values[level], lattice) if level.any() else None
    steps = _grid(move[stepping], lattice and not (column is not None and column.log)) if stepping.any() else None
    found = Steps(nullable, bool(stays.any()), levels, steps, _tails(steps, move[stepping]))
    codes = np.zeros(len(values), dtype=np.uint16)
    codes[stays] = nullable
    if levels is not None:
        codes[level] = levels.encode(_whole(values[level], levels)) + np.uint16(nullable + found.stays)
    if steps is not None:
        codes[stepping] = steps.encode(_whole(move[stepping], steps)) + np.uint16(found.first_step)
    if found.size > 60_000:
        raise DataError("has too many different values.")
    return Coded(codes, found)


def _correlation(a: Floats, b: Floats) -> float:
    """Of the ranks; 0 of what does not differ."""
    ranks = [np.unique(x, return_inverse=True)[1].astype(np.float64) for x in (a, b)]
    deviations = [x - x.mean() for x in ranks]
    size = float(np.sqrt((deviations[0] @ deviations[0]) * (deviations[1] @ deviations[1])))
    return float(deviations[0] @ deviations[1]) / size if size else 0.0


def _tails(grid: Grid | None, moves: Floats) -> Floats:
    """Laws of the outermost steps, so that none of them is kept: generalised Pareto, by probability-weighted moments.

    After J. Hosking, J. Wallis, "Parameter and Quantile Estimation for the Generalized Pareto Distribution" (1987), section 3; that
    steps beyond a further point have the same shape: J. Pickands, "Statistical Inference Using Extreme Order Statistics" (1975).
    """
    out = np.zeros((2, 4))
    if grid is None or grid.size < 3:
        return out
    codes = grid.encode(_whole(moves, grid))
    many = max(TAIL, round(TAIL_SHARE * len(moves)))
    for side, (code, edge) in enumerate(((0, float(grid.high[0])), (grid.size - 1, float(grid.low[-1])))):
        away = np.sort((moves - edge) * (1 if side else -1))
        own = moves[codes == code]  # those that the grid counts as its last value, too
        if len(own) < FEW or np.ptp(own) == 0 or many > OUTER * len(away):
            continue
        start = float(away[-many - 1])  # the law is that of all steps beyond some point inside of the bin's edge
        beyond = away[-many:] - min(start, 0.0)
        whole, weighted = float(beyond.mean()), float(beyond @ (1 - (np.arange(many) + 0.65) / many)) / many
        if whole <= 2 * weighted:
            continue
        shape = float(np.clip(2 - whole / (whole - 2 * weighted), 0, HEAVIEST))
        scale = whole * (1 - shape) + shape * max(-start, 0.0)  # it goes on beyond the edge with the same shape
        out[side] = edge, scale, shape, 1 - BEYOND / len(own)
    return out


def _whole(values: Floats, grid: Grid) -> NDArray[Any]:
    return np.rint(values).astype(np.int64) if grid.low.dtype.kind == "i" else values


def _grid(values: Floats, lattice: bool) -> Grid:
    whole: NDArray[Any] = np.rint(values).astype(np.int64) if lattice else values
    k = fewest(FEW, len(whole)) - 1
    if k and len(np.unique(whole)) > 2:
        low, high = np.partition(whole, (k, len(whole) - 1 - k))[[k, len(whole) - 1 - k]]
        whole = np.clip(whole, low, high)
    return fit_grid(whole, bins=BINS, knots=KNOTS)


def _density(grid: Grid, values: Floats) -> Floats:
    """Share of the rows a unit, at each value."""
    codes = grid.encode(_whole(values, grid))
    width = (grid.high - grid.low).astype(np.float64)
    unit = (
        1.0
        if grid.low.dtype.kind == "i"
        else max(1e-12, float(np.median(width[width > 0])) * 1e-3)
        if (width > 0).any()
        else 1e-12
    )
    return np.asarray((np.bincount(codes, minlength=grid.size) / (width + unit))[codes] / len(values))


def _knots(grid: Grid) -> Floats:
    if grid.low.dtype.kind == "f":
        return np.where((grid.low == grid.high)[:, None], grid.low[:, None], grid.knots)
    inside = np.clip(grid.knots, 0, None) if grid.exact else grid.knots
    atom = (grid.low == grid.high)[:, None]
    return np.where(atom, grid.low[:, None].astype(float), grid.low[:, None] + inside * grid.step)
