"""Free-running sequences brought to the means of real ones.

Each step's law is learnt from real rows. Once rows follow drawn rows, small errors add up: a series settles a little too
high, a state lasts a little too long. So sequences are drawn as they will be, compared with the real ones, and what is
amiss is taken back: steps are tilted (p(x) exp(t x), the exponential tilt) by season, and splits between states by their
log-odds; a few times, with other random numbers each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.permutation import mix
from rowsmith.core.protocols import Progress
from rowsmith.core.rng import Key
from rowsmith.learn import _sequence_kernel
from rowsmith.learn import _sequence_layout as layout
from rowsmith.learn._sequence_layout import MEANS, Program
from rowsmith.learn._sequence_reach import PARTS, gains, ways
from rowsmith.learn._sequence_season import Season

Floats = NDArray[np.float64]

ROUNDS, DAMPING, COOLING = 6, 0.3, 0.35
"""Times that sequences are drawn and compared; the part of what is amiss that is taken back the first time, and how fast that
gets less, since what is seen is partly chance."""
ROWS, ERA_ROWS, COPIES = 20_000, 6_000, 20
"""Rows that are drawn to compare, at least, in all and of each era, and times that each real entity is drawn at most."""
FASTER = 3.0
"""How much more of what is amiss in ways is taken back, of which it is known how they follow, and how much of it is chance."""
RETURNS = 8.0
"""Times that a series comes back to its mean, on average, before that is one to be kept: prices have none."""
MOST, FEW = 0.5, 50
"""Largest change of log-odds of a state, and the fewest rows on either side of a border, and in an era, that say what they are."""


@dataclass(frozen=True)
class History:
    """Real rows.

    Attributes:
        values: numbers, shape (rows, columns).
        matrix: see `_sequence_layout`.
        position: of the rows in their entities.
        codes: of each column, in the rows that classifiers learnt from.
        borders: codes of each column on a line between which its states are.
        begins: first row of each entity, and the number of rows.
        lines: times.
        context: what is constant, shape (entities, entries).
    """

    values: Floats
    matrix: Floats
    position: NDArray[np.int64]
    codes: Sequence[NDArray[np.uint16]]
    borders: Sequence[tuple[int, ...]]
    begins: NDArray[np.int64]
    lines: NDArray[np.int64]
    context: Floats


def calibrated(p: Program, real: History, season: Season, *, key: Key, progress: Progress) -> Program:
    """The program with tilts and changed log-odds.

    Args:
        p: as learnt.
        real: rows.
        season: what usual values go by.
        key: random stream.
        progress: told of the rounds.
    """
    if not real.position.any():
        return p
    p = p._replace(
        slope=_slopes(p, real, _steps(p)), push=p.push.copy(), start=p.start.copy(), numbers=p.numbers.copy()
    )
    pace, far = _pace(p, real), ways(p, real.matrix, real.position)[0]
    pulls = gains(p, real.matrix, real.position, real.codes, far)
    learnt = real.position[real.position > 0]
    states = _states(p, real.borders)
    wanted, sizes = _shares(p, states, real.codes, learnt), _sizes(p, real.codes, learnt)
    law = _law(p, states, real.codes)[0]
    wider = _slopes(p, real, [_relative(c, each) for c, each in zip(real.codes, _steps(p), strict=True)])
    for turn in range(ROUNDS):
        matrix, codes, place, soft = _drawn(p, real, key.child(turn))
        position = place[place > 0]
        part = DAMPING / (1 + COOLING * turn)
        cells = np.minimum(matrix[:, layout.CELL].astype(np.int64), season.size - 1)
        for k in np.flatnonzero(pace):
            home = p.columns[k, layout.HOME]
            away = matrix[:, home] - matrix[:, home + layout.EXPECTED]
            p.push[k] -= part * season.usual(away, cells)[0] * pace[k]
        further = _beyond_chance(far, *ways(p, matrix, place))
        more = np.einsum("kmw,kw->km", pulls, further) / np.where(soft > 0, soft, np.inf)[:, None]
        p.numbers[:, layout.AWAY : layout.AWAY + MEANS] += FASTER * part * more
        found = _shares(p, states, codes, position)
        p.start[:] += np.clip(part / 2 * np.nan_to_num(wanted - found), -MOST, MOST)
        p.start[:] += part * _beyond_chance(law, *_law(p, states, codes))[:, None]
        larger = np.nan_to_num(_sizes(p, codes, position) - sizes)
        columns = np.repeat(np.arange(len(larger)), np.diff(p.columns[:, layout.NODE_AT]))
        p.start[:] -= np.clip(part * larger[columns], -MOST, MOST) * wider[:, None]
        progress("calibrating", turn + 1, ROUNDS)
    return p


def _beyond_chance(wanted: Floats, found: Floats, wrong: Floats) -> Floats:
    """What is wanted less what was found, as far as chance does not explain it; 0 where either is not known.

    The positive part of W. James, C. Stein, "Estimation with Quadratic Loss" (1961), of each figure alone.
    """
    off = np.nan_to_num(np.clip(wanted - found, -MOST, MOST))
    return np.asarray(
        np.sign(off) * np.maximum(off**2 - np.nan_to_num(wrong) ** 2, 0.0) / np.maximum(np.abs(off), 1e-300)
    )


def _drawn(p: Program, real: History, key: Key) -> tuple[Floats, list[NDArray[np.uint16]], NDArray[np.int64], Floats]:
    """Sequences that begin like the real ones.

    Returns:
        The matrix, codes of the rows after the first ones, positions of all, and by how much a unit of a tilt moves the steps of each
        column on average.
    """
    rows = max(ROWS, ERA_ROWS * p.start.shape[1])
    copies = int(np.clip(-(-rows // len(real.lines)), 1, COPIES))
    lengths = np.tile(np.diff(real.begins), copies)
    begins = np.cumsum(np.append(0, lengths))
    firsts = np.tile(real.begins[:-1], copies)
    n, columns = int(begins[-1]), real.values.shape[1]
    matrix, values, lines = np.full((n, real.matrix.shape[1]), np.nan), np.zeros((n, columns)), np.zeros(n, np.int64)
    codes, soft = np.zeros((n, columns), dtype=np.uint16), np.zeros(columns)
    seeds = mix(np.arange(len(lengths), dtype=np.uint64), key.integer())
    _sequence_kernel.draw(
        *p,
        matrix,
        values,
        begins,
        lines,
        real.lines[firsts],
        real.values[firsts],
        np.zeros(len(lengths), np.int64),
        np.tile(real.context, (copies, 1)),
        seeds,
        codes,
        soft,
    )
    position = np.arange(n) - np.repeat(begins[:-1], lengths)
    return matrix, list(codes[position > 0].T), position, soft / max((position > 0).sum(), 1)


def _pace(p: Program, real: History) -> Floats:
    """The tilt that moves the mean of a column by one, shape (columns,): how much a step must change for it, over its variance.

    0 for columns without steps, gaps, and those that do not come back to a mean.
    """
    out = np.zeros(real.values.shape[1])
    length = float(np.median(np.diff(real.begins)))
    later = real.position > 0
    for k in range(len(out)):
        if not p.columns[k, layout.ON_LINE] or p.columns[k, layout.TERM_AT] == p.columns[k + 1, layout.TERM_AT]:
            continue
        home = int(p.columns[k, layout.HOME])
        now, usual = real.matrix[:, home], real.matrix[:, home + layout.EXPECTED]
        before = np.roll(_about(now - usual, real.begins), 1)
        step = now - np.roll(now, 1) - (usual - np.roll(usual, 1))
        known = later & np.isfinite(before) & np.isfinite(step)
        if known.sum() < 100 or before[known].var() == 0:
            continue
        centred = before[known] - before[known].mean()
        back = -float(centred @ step[known]) / float(centred @ centred)
        several = len(real.begins) > 2
        if back * length < RETURNS and not several:
            continue
        spread = _spread(p, k, real.codes[k][real.codes[k] >= p.columns[k, layout.FIRST_STEP]])
        if spread > 0:
            out[k] = float(np.clip(back, 1 / length, 1)) / spread
    return out


def _about(values: Floats, begins: NDArray[np.int64]) -> Floats:
    """Values less the mean of their entity's, nan for not known: entities that differ do not come back to one another's mean."""
    which, known = np.repeat(np.arange(len(begins) - 1), np.diff(begins)), np.isfinite(values)
    counts = np.bincount(which, known)
    with np.errstate(invalid="ignore"):
        return np.asarray(values - (np.bincount(which, np.where(known, values, 0.0)) / counts)[which])


def _spread(p: Program, k: int, codes: NDArray[np.uint16]) -> float:
    """Variance of the steps that codes stand for."""
    if not len(codes):
        return 0.0
    at = int(p.columns[k, layout.KNOT_AT])
    return float(p.knots[at + codes.astype(np.int64)].mean(axis=1).var())


def _steps(p: Program) -> list[Floats]:
    """What each code of a column stands for, on average: of a column on a line its steps, and 0 for all other codes."""
    out = []
    for k in range(len(p.columns) - 1):
        a, b = p.columns[k : k + 2, layout.NODE_AT].tolist()
        at, first = int(p.columns[k, layout.KNOT_AT]), int(p.columns[k, layout.FIRST_STEP])
        means = np.zeros(b - a + 1)
        if p.columns[k, layout.ON_LINE]:
            means[first:] = p.knots[at : at + b - a + 1].mean(axis=1)[first:]
        out.append(means)
    return out


def _relative(codes: NDArray[np.uint16], steps: Floats) -> Floats:
    """How large steps are, as a multiple of what they are on average."""
    size = np.abs(steps)
    return np.asarray(size / max(float(size[codes].mean()), 1e-300))


def _slopes(p: Program, real: History, steps: Sequence[Floats]) -> Floats:
    """By how much what codes stand for is more on the right side of a node, on average; 0 of nodes that have others than steps.

    Args:
        p: the program.
        real: rows.
        steps: what each code of each column stands for.
    """
    slope = np.zeros(len(p.start))
    for k in range(real.values.shape[1]):
        if not p.columns[k, layout.ON_LINE]:
            continue
        a, b = p.columns[k : k + 2, layout.NODE_AT].tolist()
        first, means = int(p.columns[k, layout.FIRST_STEP]), steps[k]
        counts = np.bincount(real.codes[k], minlength=b - a + 1).astype(np.float64) + 1e-9
        sums, sizes = np.zeros(b - a), np.zeros(b - a)
        lowest = np.zeros(b - a, dtype=np.int64)
        for node in range(b - a - 1, -1, -1):  # children come after their parents
            mean = []
            for side in (layout.LEFT, layout.RIGHT):
                child = int(p.nodes[a + node, side])
                leaf = child < 0
                size = counts[~child] if leaf else sizes[child]
                total = counts[~child] * means[~child] if leaf else sums[child]
                if side == layout.LEFT:
                    lowest[node] = ~child if leaf else lowest[child]
                sizes[node], sums[node] = sizes[node] + size, sums[node] + total
                mean.append(total / size)
            if lowest[node] >= first:
                slope[a + node] = mean[1] - mean[0]
    return slope


def _era(p: Program, position: NDArray[np.int64]) -> NDArray[np.int64]:
    """The era of rows, by their position."""
    return np.asarray(np.minimum((position / p.pace[layout.ERA]).astype(np.int64), p.start.shape[1] - 1))


def _sizes(p: Program, codes: Sequence[NDArray[np.uint16]], position: NDArray[np.int64]) -> Floats:
    """Logarithm of how large steps are on average, by era, shape (columns, eras); nan where there are few or none."""
    eras, era = p.start.shape[1], _era(p, position)
    out = np.full((len(codes), eras), np.nan)
    for k, (column, steps) in enumerate(zip(codes, _steps(p), strict=True)):
        there = np.flatnonzero(steps[column])
        counts = np.bincount(era[there], minlength=eras)
        total = np.bincount(era[there], weights=np.abs(steps[column[there]]), minlength=eras)
        some = counts >= FEW
        out[k, some] = np.log(total[some] / counts[some])
    return out


def _sides(
    p: Program, codes: Sequence[NDArray[np.uint16]], part: NDArray[np.int64], parts: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to the left and to the right of every node, by part of the rows, each of shape (nodes, parts)."""
    out = np.zeros((2, len(p.start), parts), dtype=np.int64)
    for k, column in enumerate(codes):
        a, b = p.columns[k : k + 2, layout.NODE_AT].tolist()
        size = b - a + 1
        counts = np.bincount(part * size + column, minlength=parts * size).reshape(parts, size)
        below = np.concatenate([np.zeros((parts, 1), dtype=np.int64), np.cumsum(counts, axis=1)], axis=1)
        ends = np.zeros((b - a, 2), dtype=np.int64)
        ends[:1] = 0, size
        for node in range(b - a):
            low, high = ends[node].tolist()
            middle = int(p.nodes[a + node, layout.MIDDLE])
            for side, piece in ((layout.LEFT, (low, middle)), (layout.RIGHT, (middle, high))):
                child = int(p.nodes[a + node, side])
                if child >= 0:
                    ends[child] = piece
            out[:, a + node] = below[:, middle] - below[:, low], below[:, high] - below[:, middle]
    return out[0], out[1]


def _states(p: Program, borders: Sequence[tuple[int, ...]]) -> NDArray[np.bool_]:
    """Nodes between states: levels of a list, nulls, levels and steps, frequent steps, shape (nodes,)."""
    out = np.ones(len(p.start), dtype=bool)
    for k in np.flatnonzero(p.columns[:-1, layout.ON_LINE]).tolist():
        a, b = p.columns[k : k + 2, layout.NODE_AT].tolist()
        out[a:b] = np.isin(p.nodes[a:b, layout.MIDDLE], borders[k])
    return out


def _shares(
    p: Program, states: NDArray[np.bool_], codes: Sequence[NDArray[np.uint16]], position: NDArray[np.int64]
) -> Floats:
    """Log-odds of the right side of nodes between states, by era; nan of all other nodes, and where an era has few rows.

    Shape (nodes, eras).
    """
    left, right = _sides(p, codes, _era(p, position), p.start.shape[1])
    known = states & (np.minimum(left.sum(axis=1), right.sum(axis=1)) >= FEW)
    odds = np.log((right + 0.5) / (left + 0.5))
    return np.where(known[:, None] & (left + right >= FEW), odds, np.nan)


def _law(p: Program, states: NDArray[np.bool_], codes: Sequence[NDArray[np.uint16]]) -> tuple[Floats, Floats]:
    """Log-odds of the right side of the other nodes, and by how much they may be wrong by chance, both of shape (nodes,).

    nan of nodes between states, and of which a side has no row. Chance is what parts of the rows, one after the other, show of it: rows
    near each other are alike.
    """
    n = len(codes[0]) if codes else 0
    sides = _sides(p, codes, np.arange(n) * PARTS // max(n, 1), PARTS)
    left, right = (each.sum(axis=1) for each in sides)
    known = ~states & (np.minimum(left, right) > 0)
    left, right = np.where(known, left, 1), np.where(known, right, 1)
    differ = sides[1] / right[:, None] - sides[0] / left[:, None]
    return np.where(known, np.log(right / left), np.nan), np.sqrt((differ**2).sum(axis=1))
