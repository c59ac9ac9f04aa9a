"""How far columns go in some ticks, against steps that know nothing of each other, and which tilts change that.

A column of which steps are right one by one may still wander too far in two days: what pulls it back is little a step, and lost among
what trees see. Steps are tilted by how far the last value is from its running means, which lets it go further or less far; and since
these means tell nearly the same, what each of them does to each way is reckoned together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.autoregression import filtered, fit_autoregression
from rowsmith.learn import _sequence_layout as layout
from rowsmith.learn._sequence_layout import MEANS, Program

Floats = NDArray[np.float64]

MOVING, FAR, FEW = 0.2, 20, 50
"""Share of the rows in which a column moves before it is asked how far it goes; rows for each tick of that way, and the fewest."""
MOST_LAGS = 96
"""Highest order of the autoregression that the steps of a column are taken for."""
PARTS = 20
"""Parts of the rows, one after the other, of which ways are compared."""
JUMPS = 0.5
"""Part of the squares of moves that may be of jumps to levels."""
RIDGE = 0.02
"""Added to the squares of what multiples do, of which 1 is what they do to a random walk at most."""
FADED = 5
"""Half-lives of the longest running mean, beyond the furthest way, after which what was added has faded."""


def ways(p: Program, matrix: Floats, position: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Logarithm of how much further columns go in some ticks than steps that know nothing of each other would.

    The variance ratio of A. Lo, A. MacKinlay, "Stock Market Prices Do Not Follow Random Walks" (1988), over two half-lives of each
    running mean, and four of the longest. What the calendar lets expect is taken off; nan of columns that mostly stay as they are.

    Returns:
        The logarithms, and by how much these may be wrong by chance, as the parts of the rows differ, both of shape (columns, ways).
    """
    every = _ticks(p)
    wrong = np.full((len(p.numbers), len(every)), np.nan)
    out = np.full((len(p.numbers), len(every)), np.nan)
    for k in range(len(out)):
        if not _walks(p, k):
            continue
        home = int(p.columns[k, layout.HOME])
        away = matrix[:, home] - matrix[:, home + layout.EXPECTED]
        near = _moved(away, position, 1)
        if len(near) < FEW or np.mean(_moved(matrix[:, home], position, 1) != 0) < MOVING:
            continue
        for j, ticks in enumerate(every):
            far = _moved(away, position, ticks)
            if len(far) >= max(FEW, FAR * ticks) and far.any() and near.any():
                whole, part = np.mean(far**2), np.mean(near**2)
                out[k, j] = np.log(whole / part / ticks)
                differ = [np.mean(x**2) / whole - np.mean(y**2) / part for x, y in _parts(far, near)]
                wrong[k, j] = np.std(differ) / np.sqrt(PARTS)
    return out, wrong


def _parts(far: Floats, near: Floats) -> zip[tuple[Floats, Floats]]:
    return zip(np.array_split(far, PARTS), np.array_split(near, PARTS), strict=True)


def gains(
    p: Program, matrix: Floats, position: NDArray[np.int64], codes: Sequence[NDArray[np.uint16]], wanted: Floats
) -> Floats:
    """Multiples of the distance from each running mean that, added to steps, let a way grow by a factor of e, shape (columns, 3, ways).

    In the linear law of the column's steps, an autoregression, the change of every way follows to first order. The multiples are those of
    least squares with a ridge, since means tell nearly the same. 0 of columns that go by jumps to levels rather than by steps.

    Args:
        p: the program.
        matrix: real rows, see `_sequence_layout`.
        position: of these in their entities.
        codes: of each column, in the rows after the first ones.
        wanted: ways of real rows, nan where none is asked for.
    """
    out = np.zeros((len(p.numbers), MEANS, wanted.shape[1]))
    decay = p.pace[layout.DECAY : layout.DECAY + MEANS]
    for k in np.flatnonzero(np.isfinite(wanted).any(axis=1)).tolist():
        asked = np.isfinite(wanted[k])
        home = int(p.columns[k, layout.HOME])
        away = matrix[:, home] - matrix[:, home + layout.EXPECTED]
        steps = np.where(position > 0, np.diff(away, prepend=np.nan), np.nan)
        steps = np.nan_to_num(steps - np.nanmean(steps))
        jumps = steps[position > 0][codes[k] < p.columns[k, layout.FIRST_STEP]]
        if jumps @ jumps > JUMPS * (steps @ steps):
            continue
        done = _response(steps, _ticks(p), decay)[asked]
        scaled = done * decay / 2
        found = np.linalg.solve(scaled.T @ scaled + RIDGE * np.eye(MEANS), scaled.T)
        out[k][:, asked] = found * (decay / 2)[:, None]
    return out


def _response(steps: Floats, every: Sequence[int], decay: Floats) -> Floats:
    """By how much the logarithm of each way grows with a multiple of the distance from each mean, shape (ways, means)."""
    weights, _ = fit_autoregression(steps, MOST_LAGS)
    n = max(every) + round(FADED * float(np.log(0.5) / np.log1p(-decay.min())))
    shock = np.zeros(n)
    shock[0] = 1.0
    shocks = filtered(shock, weights, np.zeros(0))
    level = np.cumsum(shocks)
    out = np.zeros((len(every), len(decay)))
    for j, part in enumerate(decay):
        later = np.append(
            0.0, (1 - part) ** np.arange(1, n)
        )  # of a shock, the distance from the mean one tick later, two, ...
        more = filtered(np.convolve(later, shocks)[:n], weights, np.zeros(0))
        further = np.cumsum(more)
        out[:, j] = [_change(level, further, ticks) for ticks in every]
        out[:, j] -= _change(level, further, 1)
    return out


def _change(level: Floats, further: Floats, ticks: int) -> float:
    """Growth of the logarithm of the mean square of a way, of which shocks make `level`, and `further` for each unit of what is added."""
    way, more = (x - np.append(np.zeros(ticks), x[:-ticks]) for x in (level, further))
    return 2 * float(way @ more) / float(way @ way)


def _walks(p: Program, k: int) -> bool:
    """Whether a column is a number that moves, not the gap."""
    return bool(p.columns[k, layout.ON_LINE]) and not (p.pace[layout.GAPS] and k == 0)


def _ticks(p: Program) -> list[int]:
    """Two half-lives of each running mean and four of the longest; whole seasons, if they come near one."""
    half = [float(np.log(0.5) / np.log1p(-part)) for part in p.pace[layout.DECAY : layout.DECAY + MEANS]]
    return [_whole(max(2, round(each)), int(p.pace[layout.SEASON])) for each in (*(2 * h for h in half), 4 * half[-1])]


def _whole(ticks: int, season: int) -> int:
    return max(season, round(ticks / season) * season) if 1 < season < 2 * ticks else ticks


def _moved(values: Floats, position: NDArray[np.int64], ticks: int) -> Floats:
    """By how much values changed in some ticks, where both are known."""
    moved = values[ticks:] - values[:-ticks]
    return np.asarray(moved[(position[ticks:] >= ticks) & np.isfinite(moved)])
