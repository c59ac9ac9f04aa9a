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
from rowsmith.learn._sequence_layout import Program
from rowsmith.learn._sequence_season import Season

Floats = NDArray[np.float64]

ROUNDS, DAMPING, COOLING = 6, 0.3, 0.35
"""Times that sequences are drawn and compared; the part of what is amiss that is taken back the first time, and how fast that
gets less, since what is seen is partly chance."""
ROWS, COPIES = 20_000, 20
"""Rows that are drawn to compare, at least, and times that each real entity is drawn at most."""
RETURNS = 8.0
"""Times that a series comes back to its mean, on average, before that is one to be kept: prices have none."""
MOST = 0.5
"""Largest change of log-odds of a state."""


@dataclass(frozen=True)
class History:
    """Real rows.

    Attributes:
        values: numbers, shape (rows, columns).
        matrix: see `_sequence_layout`.
        position: of the rows in their entities.
        codes: of each column, in the rows that classifiers learnt from.
        begins: first row of each entity, and the number of rows.
        lines: times.
        context: what is constant, shape (entities, entries).
    """

    values: Floats
    matrix: Floats
    position: NDArray[np.int64]
    codes: Sequence[NDArray[np.uint16]]
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
    p = p._replace(slope=_slopes(p, real), push=p.push.copy(), start=p.start.copy())
    pace = _pace(p, real)
    wanted = _shares(p, real.codes)
    for turn in range(ROUNDS):
        matrix, codes = _drawn(p, real, key.child(turn))
        part = DAMPING / (1 + COOLING * turn)
        cells = np.minimum(matrix[:, layout.CELL].astype(np.int64), season.size - 1)
        for k in np.flatnonzero(pace):
            home = p.columns[k, layout.HOME]
            away = matrix[:, home] - matrix[:, home + layout.EXPECTED]
            p.push[k] -= part * season.usual(away, cells)[0] * pace[k]
        found = _shares(p, codes)
        states = np.isfinite(wanted) & np.isfinite(found)
        p.start[states] += np.clip(part / 2 * (wanted - found)[states], -MOST, MOST)
        progress("calibrating", turn + 1, ROUNDS)
    return p


def _drawn(p: Program, real: History, key: Key) -> tuple[Floats, list[NDArray[np.uint16]]]:
    """Sequences that begin like the real ones: the matrix, and codes of the rows after the first ones."""
    copies = int(np.clip(-(-ROWS // len(real.lines)), 1, COPIES))
    lengths = np.tile(np.diff(real.begins), copies)
    begins = np.cumsum(np.append(0, lengths))
    firsts = np.tile(real.begins[:-1], copies)
    n, columns = int(begins[-1]), real.values.shape[1]
    matrix, values, lines = np.full((n, real.matrix.shape[1]), np.nan), np.zeros((n, columns)), np.zeros(n, np.int64)
    codes = np.zeros((n, columns), dtype=np.uint16)
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
    )
    later = np.ones(n, dtype=bool)
    later[begins[:-1]] = False
    return matrix, list(codes[later].T)


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
        before = np.roll(now - usual, 1)
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


def _spread(p: Program, k: int, codes: NDArray[np.uint16]) -> float:
    """Variance of the steps that codes stand for."""
    if not len(codes):
        return 0.0
    at = int(p.columns[k, layout.KNOT_AT])
    return float(p.knots[at + codes.astype(np.int64)].mean(axis=1).var())


def _slopes(p: Program, real: History) -> Floats:
    """By how much steps on the right side of a node are larger, on average; 0 of nodes that have others than steps."""
    slope = np.zeros(len(p.start))
    for k in range(real.values.shape[1]):
        if not p.columns[k, layout.ON_LINE]:
            continue
        a, b = p.columns[k : k + 2, layout.NODE_AT].tolist()
        at, first = int(p.columns[k, layout.KNOT_AT]), int(p.columns[k, layout.FIRST_STEP])
        means = p.knots[at : at + b - a + 1].mean(axis=1)
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


def _shares(p: Program, codes: Sequence[NDArray[np.uint16]]) -> Floats:
    """Log-odds of the right side of nodes between states: levels of a list, nulls, levels and steps; nan of all others."""
    out = np.full(len(p.start), np.nan)
    for k, column in enumerate(codes):
        a, b = p.columns[k : k + 2, layout.NODE_AT].tolist()
        line, first = bool(p.columns[k, layout.ON_LINE]), int(p.columns[k, layout.FIRST_STEP])
        counts = np.bincount(column, minlength=b - a + 1).astype(np.float64)
        below = np.concatenate([[0.0], np.cumsum(counts)])
        ends = np.zeros((b - a, 2), dtype=np.int64)
        if b > a:
            ends[0] = 0, b - a + 1
        for node in range(b - a):
            low, high = ends[node].tolist()
            middle = int(p.nodes[a + node, layout.MIDDLE])
            for side, part in ((layout.LEFT, (low, middle)), (layout.RIGHT, (middle, high))):
                child = int(p.nodes[a + node, side])
                if child >= 0:
                    ends[child] = part
            left, right = below[middle] - below[low], below[high] - below[middle]
            if (not line or middle in (first, int(p.columns[k, layout.NULLABLE]))) and min(left, right) >= 50:
                out[a + node] = np.log(right / left)
    return out
