"""Compiled core of the mixture learner: expectation-maximisation for a mixture of product laws of codes.

All columns' codes are rows of one table of laws, so that a row of data is as many row numbers as it has columns, and the work
of the expectation is to add as many rows of that table as there are columns. Late in the fit a row of data belongs to few
components, and only these are written back.

Sources: the algorithm, A. Dempster, N. Laird, D. Rubin, "Maximum likelihood from incomplete data via the EM algorithm"
(1977); in steps over parts of the rows, O. Cappé, E. Moulines, "On-line expectation-maximization algorithm for latent data
models" (2009), section 3; from a warm start to a cold end, N. Ueda, R. Nakano, "Deterministic annealing EM algorithm" (1998);
with smoothing after each maximisation, B. Silverman et al., "A smoothed EM approach to indirect estimation problems" (1990).
"""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rowsmith.core.protocols import Codes, Progress

Floats = NDArray[np.float64]

UNSEEN = 1e-3
"""Rows' worth of a code that was never seen, so that it is not impossible."""
FORGOTTEN = 5.0
"""A component that is e to this power less likely than the best one takes nothing of a row."""
STEP_ROWS = 4_000
"""Rows of a step; each pass over the rows takes about as many steps as there are such parts."""
FORGETTING = 0.7
"""Step t weighs (t + 2) to the minus this."""
COLD = 4
"""Passes after which components compete for rows in earnest; until then their likelihoods are flattened."""
WARMTH = 0.3
"""Power to which the likelihoods are taken in the first pass."""
HALVES = 2
"""Parts of a step that may run side by side; their number is fixed, so that sums do not depend on the threads."""
NEAR = 0.05
"""How far, in ranks, a component spreads around the row from which it starts."""
LEAST = 5.0
"""Rows of a component that is kept: one of fewer would be the portrait of a few rows. They go to the others."""
SEARCHED = 4
"""Rows a component that are searched for different ones."""
NO_NAN = {"nnan", "ninf", "nsz"}
"""What compilers may take for granted: there is no such number. Sums stay in their order."""
RAKES = 30
"""Rounds in which margins are set right."""


@dataclass(frozen=True)
class Layout:
    """The data and what is fixed about it.

    Attributes:
        starts: first row of each column in the table of laws, and the end, [columns + 1].
        at: row of the table of laws for each cell of the data, int32 [rows, columns].
        counts: how many rows have each code, never 0, together the number of rows in each column, [codes].
        ranks: middle of each code among the rows, from 0 to 1, [codes].
        bonds: how strongly each code of an ordered column is tied to the next one, [codes]; 0 where it is not.
        ordered: which columns have an order.
    """

    starts: NDArray[np.int64]
    at: NDArray[np.int32]
    counts: Floats
    ranks: Floats
    bonds: Floats
    ordered: tuple[bool, ...]

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.at)

    @property
    def parts(self) -> list[slice]:
        """Each column's codes."""
        return [slice(a, b) for a, b in pairwise(self.starts.tolist())]


@dataclass(frozen=True)
class Mixed:
    """A mixture.

    Attributes:
        weights: of the components, together 1, [components].
        laws: how likely each code is in each component, [codes, components].
    """

    weights: Floats
    laws: Floats


def lay_out(columns: Sequence[Codes], order: NDArray[np.int64]) -> Layout:
    """The rows, in an order that steps may take.

    Args:
        columns: with at least one row.
        order: of the rows, a random one.
    """
    n, sizes = len(order), [c.size for c in columns]
    starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    at = np.empty((n, len(columns)), np.int32)
    counts, ranks, bonds = np.empty(starts[-1]), np.empty(starts[-1]), np.zeros(starts[-1])
    for j, (column, start, end) in enumerate(zip(columns, starts[:-1], starts[1:], strict=True)):
        at[:, j] = column.values[order].astype(np.int32) + start
        seen = np.bincount(column.values, minlength=column.size) + UNSEEN
        mine = counts[start:end] = seen * (n / seen.sum())
        ranks[start:end] = (np.cumsum(mine) - mine / 2) / n
        if column.ordered:
            # As a smoothing spline over ranks has it: neighbours far apart, such as a value that many rows have, hold on
            # to each other little. The first code may be "missing", which is nobody's neighbour.
            bonds[start + 1 : end - 1] = n / np.diff(ranks[start + 1 : end])
    return Layout(starts, at, counts, ranks, bonds, tuple(c.ordered for c in columns))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=NO_NAN, no_cpython_wrapper=True)
def _top(score, lanes):
    """The largest of the scores: in lanes, since compilers do not see by themselves that a maximum may be taken so."""
    width = lanes.size
    whole = score.size - score.size % width
    top = score[0]
    for k in range(whole, score.size):
        top = max(top, score[k])
    for a in range(width):
        lanes[a] = top
    for k in range(0, whole, width):
        for a in range(width):
            lanes[a] = max(lanes[a], score[k + a])
    for a in range(width):
        top = max(top, lanes[a])
    return top


@njit(cache=True, nogil=True, error_model="numpy", fastmath=NO_NAN)
def _expect(at, log_laws, log_weights, power, counts, mass):
    """Add each row's shares of the components to counts and mass; returns the log-likelihood (at power 1)."""
    k_all, columns = log_weights.size, at.shape[1]
    score, lanes = np.empty(k_all, np.float32), np.empty(16, np.float32)
    which, share = np.empty(k_all, np.uint32), np.empty(k_all, np.float32)
    total = 0.0
    for i in range(at.shape[0]):
        for k in range(k_all):
            score[k] = log_weights[k]
        for j in range(0, columns - 3, 4):  # four columns at a time: fewer passes over the scores
            one, two = log_laws[at[i, j]], log_laws[at[i, j + 1]]
            three, four = log_laws[at[i, j + 2]], log_laws[at[i, j + 3]]
            for k in range(k_all):
                score[k] += (one[k] + two[k]) + (three[k] + four[k])
        for j in range(columns - columns % 4, columns):
            law = log_laws[at[i, j]]
            for k in range(k_all):
                score[k] += law[k]
        top = _top(score, lanes)
        limit = top - np.float32(FORGOTTEN) / power
        n, whole = 0, np.float32(0.0)
        for k in range(k_all):
            if score[k] >= limit:
                which[n], share[n] = k, np.exp((score[k] - top) * power)
                whole += share[n]
                n += 1
        total += top + np.log(whole)
        for a in range(n):
            share[a] /= whole
            mass[which[a]] += share[a]
        for j in range(columns):
            count = counts[at[i, j]]
            for a in range(n):
                count[which[a]] += share[a]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _smooth(found, counts, bonds, reach, pull):
    """Smooth counts by component along the codes of a column, in place.

    Of each code, the components' shares are smoothed: they minimise the sum over codes of count * (share - found / count)^2 and
    over neighbours of bond * reach * (difference of shares)^2 (E. Whittaker, "On a new method of graduation", 1923). So a
    component keeps its sum, and with equal reach a code would keep its own too. One tridiagonal system a component.
    """
    size, k_all = found.shape
    for x in range(size):
        for k in range(k_all):
            back = bonds[x - 1] * reach[k] if x > 0 else 0.0
            on = bonds[x] * reach[k]
            whole, value = counts[x] + back + on, found[x, k]
            if x > 0:
                whole -= back * pull[x - 1, k]
                value += back * found[x - 1, k]
            found[x, k], pull[x, k] = value / whole, on / whole
    for x in range(size - 2, -1, -1):
        for k in range(k_all):
            found[x, k] += pull[x, k] * found[x + 1, k]
    for x in range(size):
        for k in range(k_all):
            found[x, k] *= counts[x]


def smoothed(layout: Layout, part: slice, found: Floats, reach: Floats) -> Floats:
    """Counts by component of an ordered column's codes, smoothed along them; sums of components stay.

    Args:
        layout: the data.
        part: the column's codes.
        found: counts, [codes of the column, components].
        reach: of each component, in ranks, [components].
    """
    out = found.copy()
    _smooth(out, layout.counts[part], layout.bonds[part], reach**2, np.empty_like(out))
    return out


@dataclass(frozen=True)
class Expected:
    """What an expectation finds.

    Attributes:
        counts: rows of each code by component, float32 [codes, components].
        mass: rows of each component, [components].
        likelihood: sum over the rows of the logarithm.
    """

    counts: NDArray[np.float32]
    mass: Floats
    likelihood: float


def expectation(
    layout: Layout, rows: slice, mixed: Mixed, power: float = 1.0, threads: ThreadPoolExecutor | None = None
) -> Expected:
    """How many of some rows each component has, and of each code."""
    log_laws, log_weights = np.log(mixed.laws).astype(np.float32), np.log(mixed.weights).astype(np.float32)
    middle = (rows.start + rows.stop) // 2
    found = [(np.zeros_like(log_laws), np.zeros(len(log_weights))) for _ in range(HALVES)]

    def half(number: int) -> float:
        mine = layout.at[rows.start : middle] if number == 0 else layout.at[middle : rows.stop]
        return _expect(mine, log_laws, log_weights, np.float32(power), *found[number])

    likelihood = sum((map if threads is None else threads.map)(half, range(HALVES)))
    return Expected(found[0][0] + found[1][0], found[0][1] + found[1][1], likelihood)


def maximisation(layout: Layout, expected: Expected, *, prior: float, smooth: float) -> Mixed:
    """The mixture that the counts ask for.

    Args:
        layout: the data.
        expected: of all rows, or of a part of them.
        prior: rows' worth of the whole table's law that are mixed into each component's.
        smooth: how far a component of n rows is smoothed along ordered codes: this part of its own spread, divided by the
            fifth root of n (as B. Silverman, "Density estimation for statistics and data analysis", 1986, section 3.4).
    """
    scale = layout.n_rows / max(expected.mass.sum(), 1e-300)
    laws = np.empty(expected.counts.shape)
    for part, ordered in zip(layout.parts, layout.ordered, strict=True):
        found = expected.counts[part] * scale
        if ordered and smooth > 0:
            rows = found.sum(axis=0) + 1e-9
            ranks = layout.ranks[part]
            spread = np.maximum(ranks**2 @ found / rows - (ranks @ found / rows) ** 2, 0.0) ** 0.5
            found = smoothed(layout, part, found, smooth * spread * (1 + rows) ** -0.2)
        found = found + (prior / layout.n_rows) * layout.counts[part, None]
        laws[part] = found / found.sum(axis=0)
    weights = expected.mass + 1e-9 * layout.n_rows
    return Mixed(weights / weights.sum(), laws)


def raked(layout: Layout, mixed: Mixed) -> Mixed:
    """The same with the margins of the data, by iterative proportional fitting (W. Deming, F. Stephan, 1940).

    Smoothing shifts them a little where components are smoothed unequally.
    """
    laws = mixed.laws.copy()
    for part in layout.parts:
        margin, joint = layout.counts[part] / layout.n_rows, laws[part] * mixed.weights
        for _ in range(RAKES):
            joint *= (margin / joint.sum(axis=1))[:, None]
            joint *= mixed.weights / joint.sum(axis=0)
        laws[part] = joint / mixed.weights
    return Mixed(mixed.weights, laws)


def started(layout: Layout, components: int) -> Mixed:
    """Components around different rows, the first that there are: half the law of the table, half of what lies near the row.

    Components that start alike would stay alike.
    """
    first = np.sort(np.unique(layout.at[: SEARCHED * components], axis=0, return_index=True)[1])[:components]
    components = len(first)
    laws = np.empty((layout.starts[-1], components))
    for j, part in enumerate(layout.parts):
        own = np.zeros((part.stop - part.start, components))
        own[layout.at[first, j] - part.start, np.arange(components)] = 1.0
        if layout.ordered[j]:
            own = smoothed(layout, part, own, np.full(components, NEAR))
        laws[part] = own / 2 + (layout.counts[part] / layout.n_rows / 2)[:, None]
    return Mixed(np.full(components, 1 / components), laws)


def learn(
    layout: Layout, components: int, *, passes: int, prior: float, smooth: float, workers: int, progress: Progress
) -> Mixed:
    """Fit a mixture to the rows.

    Args:
        layout: the data, in random order, not fewer rows than components.
        components: how many to begin with; those that are left with fewer than `LEAST` rows are dropped.
        passes: over the rows.
        prior: as in `maximisation`.
        smooth: as in `maximisation`.
        workers: threads; the result does not depend on it.
        progress: told the passes.
    """
    n = layout.n_rows
    edges = np.linspace(0, n, max(1, n // STEP_ROWS) + 1).astype(int).tolist()
    steps = [slice(a, b) for a, b in pairwise(edges)]
    mixed, known, taken = started(layout, components), None, 0
    with ThreadPoolExecutor(min(workers, HALVES)) as threads:
        for number in range(passes):
            power = min(1.0, WARMTH + (1 - WARMTH) * number / COLD)
            for rows in steps:
                found = expectation(layout, rows, mixed, power, threads if workers > 1 else None)
                # A table of one step is seen whole each time, and then the usual algorithm is the quicker one.
                weight = (taken + 2) ** -FORGETTING if known is not None and len(steps) > 1 else 1.0
                known, taken = found if known is None else _blended(known, found, weight), taken + 1
                mixed = maximisation(layout, known, prior=prior, smooth=smooth)
            progress("learning", number + 1, passes)
        alive = mixed.weights * n >= min(LEAST, n / len(mixed.weights))
        mixed = Mixed(mixed.weights[alive] / mixed.weights[alive].sum(), mixed.laws[:, alive])
        last = expectation(layout, slice(0, n), mixed, threads=threads if workers > 1 else None)
    return raked(layout, maximisation(layout, last, prior=prior, smooth=smooth))


def _blended(known: Expected, found: Expected, weight: float) -> Expected:
    """What is known so far, with the newest part of the rows at some weight; each is taken for as many rows as the other."""
    scale = weight * known.mass.sum() / max(found.mass.sum(), 1e-300)
    counts = np.float32(1 - weight) * known.counts + np.float32(scale) * found.counts
    return Expected(counts, (1 - weight) * known.mass + scale * found.mass, found.likelihood)
