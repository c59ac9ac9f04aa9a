"""Compiled: holes of sequences filled in, so that what comes after a hole fits as well as what comes before it.

A hole is walked through by many particles at once, each drawn forward as any row is; where a value is there, a particle counts by
how likely it makes that value, up to some rows beyond the hole, and unlikely ones give way to copies of likely ones. One of those
that are left fills the hole: a draw, about, from the law of the hole given both sides. After N. Gordon, D. Salmond, A. Smith,
"Novel Approach to Nonlinear/Non-Gaussian Bayesian State Estimation" (1993); resampling by systematic samples where the effective number
is small: A. Doucet, A. Johansen, "A Tutorial on Particle Filtering and Smoothing" (2009), section 3.5.
"""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit

from rowsmith.learn._boost import _hash
from rowsmith.learn._sequence_cell import base_of, bins_of, cell, era, margin, pushed
from rowsmith.learn._sequence_computed import is_sum
from rowsmith.learn._sequence_kernel import advance
from rowsmith.learn._sequence_layout import (
    AGO,
    CONTEXT,
    DRIFT,
    FEATURE_AT,
    FIRST_STEP,
    HOME,
    KNOT_AT,
    LATTICE,
    LEFT,
    LESS_AGO,
    LOG,
    MIDDLE,
    NODE_AT,
    NULLABLE,
    ON_LINE,
    RIGHT,
    SHIFT,
    STAYS,
    STEP,
    TERM_AT,
    TIGHT,
    VALUE,
)
from rowsmith.learn._sequence_moment import moment

PARTICLES, BEYOND, ROWS = 64, 5, 200
"""Particles; rows beyond a hole that say which of them fit; rows after which one is chosen, however long the holes go on."""
ATOM = 1e-3
"""Width of a single value, of that of a bin, where values are on no lattice."""


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _chance(
    features, nodes, start, part, slope, push, split, threshold, leaf, ranks, first, at, lonely, first_step, bins, code
):
    """Probability of a code, down its tree."""
    out, node = 1.0, at
    while True:
        middle = nodes[node, MIDDLE]
        goes = code >= middle
        if lonely and 0 < first_step <= middle:
            if goes:
                return 0.0
        else:
            odds = margin(features, nodes, start, part, slope, push, split, threshold, leaf, ranks, first, node, bins)
            out /= 1.0 + np.exp(-odds if goes else odds)
        child = nodes[node, RIGHT] if goes else nodes[node, LEFT]
        if child < 0:
            return out
        node = at + child


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _nearest(knots, first, last, x):
    """Which code's values are nearest, and how far they are."""
    best, off = first, np.inf
    for k in range(first, last):
        away = max(knots[k, 0] - x, x - knots[k, knots.shape[1] - 1], 0.0)
        if away < off:
            best, off = k, away
    return best, off


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _fits(
    columns,
    numbers,
    terms,
    weights,
    pace,
    features,
    edges,
    nodes,
    start,
    slope,
    push,
    split,
    threshold,
    leaf,
    ranks,
    knots,
    w,
    values,
    row,
    pos,
    c,
    bins,
):
    """Logarithm of the density of a value that is there."""
    first, at = columns[c, FEATURE_AT], columns[c, NODE_AT]
    if at == columns[c + 1, NODE_AT] or is_sum(columns, terms, values, row, pos, c):
        return 0.0
    bins_of(features, edges, first, columns[c + 1, FEATURE_AT], w, row, pos, bins)
    base = base_of(
        terms,
        weights,
        columns[c, TERM_AT],
        columns[c + 1, TERM_AT],
        columns[c, TIGHT],
        numbers[c, DRIFT],
        w,
        values,
        row,
        pos,
    )
    part, more = era(pace, start, pos), pushed(columns, numbers, pace, push, w, row, pos, c)
    lonely, steps, x, total = np.isnan(base), columns[c, FIRST_STEP], values[row, c], 0.0
    if not columns[c, ON_LINE]:
        total = _chance(
            features,
            nodes,
            start,
            part,
            slope,
            more,
            split,
            threshold,
            leaf,
            ranks,
            first,
            at,
            lonely,
            steps,
            bins,
            int(x),
        )
        return np.log(max(total, 1e-300))
    moved = np.log(x + numbers[c, SHIFT]) if columns[c, LOG] else x
    begin, end = columns[c, KNOT_AT], columns[c + 1, KNOT_AT]
    others = columns[c, NULLABLE] + columns[c, STAYS]
    for side in range(3):  # the last value once more, a level, a step
        if side == 0:
            if not columns[c, STAYS] or pos == 0 or w[row - 1, columns[c, HOME] + VALUE] != moved:
                continue
            code, off, width, unit = columns[c, NULLABLE], 0.0, 0.0, ATOM
        else:
            low, high = (begin + others, begin + steps) if side == 1 else (begin + steps, end)
            if low >= high or (side == 2 and lonely):
                continue
            k, off = _nearest(knots, low, high, x if side == 1 else moved - base)
            code, width = k - begin, knots[k, knots.shape[1] - 1] - knots[k, 0]
            usual = (knots[high - 1, knots.shape[1] - 1] - knots[low, 0]) / (high - low)
            unit = 1.0 if columns[c, LATTICE] and not (side == 2 and columns[c, LOG]) else ATOM * usual + 1e-12
            off /= usual + unit
        chance = _chance(
            features,
            nodes,
            start,
            part,
            slope,
            more,
            split,
            threshold,
            leaf,
            ranks,
            first,
            at,
            lonely,
            steps,
            bins,
            code,
        )
        density = chance * np.exp(-off) / (width + unit)
        total += density / max(x + numbers[c, SHIFT], 1e-12) if side == 2 and columns[c, LOG] else density
    return np.log(max(total, 1e-300))


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _settle(logs):
    """Weights that add up to 1, and the effective number of particles."""
    most, total, squares = logs.max(), 0.0, 0.0
    for p in range(logs.size):
        logs[p] = np.exp(logs[p] - most)
        total += logs[p]
    for p in range(logs.size):
        logs[p] /= total
        squares += logs[p] * logs[p]
    return 1.0 / squares


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _spread(weight, u, own):
    """How many copies of each particle are kept, by a systematic sample; which one stands in each place, those kept in their own."""
    n = weight.size
    copies, total, given = np.zeros(n, np.int64), 0.0, 0
    for p in range(n):
        total += weight[p] * n
        wanted = n if p == n - 1 else min(int(np.floor(total - u)) + 1, n)
        copies[p] = max(wanted - given, 0)
        given += copies[p]
    spare = 0
    for p in range(n):
        own[p] = p
        if copies[p] == 0:
            while copies[spare] < 2:
                spare += 1
            own[p] = spare
            copies[spare] -= 1


@njit(cache=True, nogil=True, error_model="numpy")
def bridge(
    columns,
    numbers,
    terms,
    weights,
    pace,
    zone,
    expected,
    features,
    edges,
    nodes,
    start,
    slope,
    push,
    split,
    threshold,
    leaf,
    ranks,
    knots,
    bounds,
    w,
    values,
    begins,
    lines,
    context,
    seeds,
    holes,
    listed,
):
    """Fill holes, by a program, whose arrays come first: see `Program`.

    `w` is room for the matrix, [rows, places]. What stands in holes of `values`, [rows, columns], is replaced, but in the first row of an
    entity, where it stays. Of each entity there are the number of its first row, and at the end that of all rows, `begins`; its
    constants, `context`, [entities, constants]; and its seed. The times `lines`, [rows], are all there. `holes`, [rows, columns], says
    what is to be drawn, and `listed`, [columns], where code 0 of a column of codes stands for null, which is never drawn.
    """
    n, back = values.shape[1], 1
    for f in range(features.shape[0]):
        back = max(back, features[f, AGO], features[f, LESS_AGO])
    for k in range(terms.shape[0]):
        back = max(back, terms[k, AGO], terms[k, LESS_AGO])
    bins = np.zeros(features.shape[0] + 1, np.uint8)
    most = back + ROWS + 2 * BEYOND + 1
    room = np.full((PARTICLES, most, w.shape[1]), np.nan)
    drawn = np.zeros((PARTICLES, most, n))
    none = np.zeros(0)
    logs, own = np.zeros(PARTICLES), np.zeros(PARTICLES, np.int64)
    for e in range(begins.size - 1):
        length, pos = begins[e + 1] - begins[e], 0
        while pos < length:
            row, last = begins[e] + pos, pos - 1
            if pos and holes[row].any():
                last, after = pos, pos + 1
                while after < length and after - last <= BEYOND and last - pos < ROWS:
                    if holes[begins[e] + after].any():
                        last = after
                    after += 1
            if last < pos:
                gap = (lines[row] - lines[row - 1]) / pace[STEP] if pos else np.nan
                for k in range(context.shape[1]):
                    w[row, CONTEXT + k] = context[e, k]
                moment(pace, zone, columns, numbers, expected, w, row, pos, length, gap, lines[row])
                for c in range(n):
                    advance(columns, numbers[c, SHIFT], pace, w, values, row, pos, c)
                pos += 1
                continue
            end, known = min(last + BEYOND, length - 1), min(back, pos)
            for p in range(PARTICLES):
                room[p, :known] = w[row - known : row]
                drawn[p, :known] = values[row - known : row]
                logs[p] = -np.log(PARTICLES)
            for here in range(pos, end + 1):
                line, at = begins[e] + here, known + here - pos
                gap = (lines[line] - lines[line - 1]) / pace[STEP]
                for p in range(PARTICLES):
                    mine, own_values = room[p], drawn[p]
                    for k in range(context.shape[1]):
                        mine[at, CONTEXT + k] = context[e, k]
                    moment(pace, zone, columns, numbers, expected, mine, at, here, length, gap, lines[line])
                    seed = _hash(seeds[e], np.uint64((p + 1) << 40))
                    for c in range(n):
                        if holes[line, c]:
                            cell(
                                columns,
                                numbers,
                                terms,
                                weights,
                                pace,
                                features,
                                edges,
                                nodes,
                                start,
                                slope,
                                push,
                                split,
                                threshold,
                                leaf,
                                ranks,
                                knots,
                                bounds,
                                mine,
                                own_values,
                                at,
                                here,
                                c,
                                seed,
                                bins,
                                columns[c, NULLABLE] != 0 if columns[c, ON_LINE] else listed[c],
                                none,
                            )
                        else:
                            own_values[at, c] = values[line, c]
                            logs[p] += _fits(
                                columns,
                                numbers,
                                terms,
                                weights,
                                pace,
                                features,
                                edges,
                                nodes,
                                start,
                                slope,
                                push,
                                split,
                                threshold,
                                leaf,
                                ranks,
                                knots,
                                mine,
                                own_values,
                                at,
                                here,
                                c,
                                bins,
                            )
                        advance(columns, numbers[c, SHIFT], pace, mine, own_values, at, here, c)
                alive = _settle(logs)
                if here < end and alive < PARTICLES / 2:
                    u = (_hash(~seeds[e], np.uint64(here)) >> np.uint64(11)) * 2.0**-53
                    _spread(logs, u, own)
                    for p in range(PARTICLES):
                        if own[p] != p:
                            room[p, : at + 1] = room[own[p], : at + 1]
                            drawn[p, : at + 1] = drawn[own[p], : at + 1]
                        logs[p] = 1.0 / PARTICLES
                for p in range(PARTICLES):
                    logs[p] = np.log(max(logs[p], 1e-300))
            u, chosen = (_hash(~seeds[e], np.uint64((1 << 40) + pos)) >> np.uint64(11)) * 2.0**-53, 0
            for p in range(PARTICLES):
                u -= np.exp(logs[p])
                chosen = p
                if u < 0:
                    break
            many = last - pos + 1
            w[row : row + many] = room[chosen, known : known + many]
            values[row : row + many] = drawn[chosen, known : known + many]
            pos = last + 1
