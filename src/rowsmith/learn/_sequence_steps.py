"""Numbers of sequences as codes: steps and levels.

A number is drawn as a *step* from what it hangs on most closely (its last value, a column of the same row, the last
value moved as another column moved), or as a *level* where it does not hang on it: a counter that starts anew, a value
that comes back. Which of the two a real row is, is what is denser there: a step of +1 says more where steps of +1 are
frequent, a level of 0 where zeros are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.core.grid import Grid, fit_grid, without_names
from rowsmith.core.shield import FEW, Units, shared_ends
from rowsmith.learn._sequence_values import Values, stays_often

Floats = NDArray[np.float64]

BINS, KNOTS = 192, 8
"""Bins of steps, and of levels; pieces in which the law inside of one is kept."""
FEW_LEVELS, FREE = 0.01, 0.5
"""Share of the rows that must be levels, or all are steps where there is something to step from; and the rank correlation with
that up to which they count as free of it: large steps are no levels."""
TAIL, TAIL_SHARE, OUTER, HEAVIEST, BEYOND = 20, 0.03, 0.05, 0.45, 0.5
"""Rows of the outermost steps on either side that say how a tail goes on: the fewest, their share, and that up to which they are the
outermost ones; how heavy it may be; and how many of as many rows as were learnt would be beyond the largest step that is drawn."""


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


def fit_steps(
    values: Floats, base: Floats, column: Values | None, last: Floats | None = None, units: Units | None = None
) -> Coded:
    """Codes of a column's rows.

    Args:
        values: the numbers, nan for null, shape (rows,).
        base: what a step would start from, in logarithms where steps are; nan for none, shape (rows,).
        column: what is known of it; None for gaps between events, which are whole, and steps of logarithms if there is a base.
        last: the last known value, in logarithms where steps are, nan for none, shape (rows,).
        units: entities of the rows, of which enough must share what is kept as it is, shape (rows,).
    """

    def grid(numbers: Floats, rows: NDArray[np.bool_], lattice: bool) -> Grid:
        return _grid(numbers[rows], lattice, None if units is None else units[rows])

    known, lattice = np.isfinite(values), column is None or column.lattice
    log, shift = (column.log, column.shift) if column is not None else (True, 1.0)
    moved = np.log(values + shift) if log else values
    move = moved - base
    stays = np.zeros(len(values), dtype=bool)
    if last is not None and (base != last).mean() > FREE and stays_often(moved - last):
        stays = moved == last
    stepping = known & np.isfinite(base) & ~stays
    if stepping.any() and known.any() and column is not None:
        grid_of_steps = grid(move, stepping, lattice and not log)
        grid_of_values = grid(values, known, lattice)
        slope = 1.0 / np.maximum(values[stepping] + shift, 1e-12) if log else 1.0
        own = _density(grid_of_steps, move[stepping]) * slope >= _density(grid_of_values, values[stepping])
        there = np.flatnonzero(stepping)[~own]
        came = there[move[there] != 0]  # what stays says nothing of where a value comes from
        if len(there) >= FEW_LEVELS * stepping.sum() and _correlation(base[came], moved[came]) < FREE:
            stepping[there] = False
    level = known & ~stepping & ~stays
    nullable = not known.all()
    levels = grid(values, level, lattice) if level.any() else None
    steps = grid(move, stepping, lattice and not log) if stepping.any() else None
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
    half = (
        0.5 if grid.low.dtype.kind == "i" else 0.0
    )  # a whole step stands for all that are rounded to it, so no excess is 0
    many = max(TAIL, round(TAIL_SHARE * len(moves)))
    for side, (code, edge) in enumerate(((0, float(grid.high[0])), (grid.size - 1, float(grid.low[-1])))):
        edge += -half if side else half
        away = np.sort((_whole(moves, grid) - edge) * (1 if side else -1))
        own = moves[codes == code]  # those that the grid counts as its last value, too
        if len(own) < FEW or np.ptp(own) == 0 or many > OUTER * len(away):
            continue
        start = min(
            float(away[-many - 1]) - half, 0.0
        )  # the law is that of all steps beyond some point inside of the bin's edge
        beyond = away[away > start] - start
        ranks = (np.arange(len(beyond)) + 0.65) / len(beyond)
        whole, weighted = float(beyond.mean()), float(beyond @ (1 - ranks)) / len(beyond)
        if whole <= 2 * weighted:
            continue
        shape = float(np.clip(2 - whole / (whole - 2 * weighted), 0, HEAVIEST))
        scale = whole * (1 - shape) - shape * start  # it goes on beyond the edge with the same shape
        out[side] = edge, scale, shape, 1 - BEYOND / len(own)
    return out


def _whole(values: Floats, grid: Grid) -> NDArray[Any]:
    return np.rint(values).astype(np.int64) if grid.low.dtype.kind == "i" else values


def _grid(values: Floats, lattice: bool, units: Units | None) -> Grid:
    whole: NDArray[Any] = np.rint(values).astype(np.int64) if lattice else values
    fit = partial(fit_grid, bins=BINS, knots=KNOTS)
    if len(np.unique(whole)) <= 2:
        return fit(whole)
    whole = np.clip(whole, *sorted(shared_ends(whole, FEW, units)))
    grid = fit(whole)
    return grid if units is None else without_names(grid, fit, whole, np.ones(len(whole), dtype=bool), FEW, units)


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
