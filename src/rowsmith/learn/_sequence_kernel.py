"""Compiled core of sequences: what is known at each row, and the loop that draws row after row.

Everything that a classifier may look at stands in one matrix, a row for each event: parts of the time, what is constant
in the entity, and for each column its last known value, how long it has been so, running means and running sizes of
steps, and what the calendar lets expect. A feature is an entry of this matrix some rows ago, or the difference of two.
Learning and drawing fill the matrix with the same code, so a drawn row is judged by what a real one would be.

Random numbers are hashes of (seed of the entity, row, column, node): an entity does not hang on the others, nor on how
they are dealt to workers.
"""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit

from rowsmith.learn._boost import _hash
from rowsmith.learn._sequence_layout import (
    AGO,
    BOUND_AT,
    CELL,
    CONTEXT,
    DECAY,
    DECAY_SIZE,
    DRIFT,
    EDGES,
    ERA,
    FEATURE_AT,
    FILL,
    FIRST_STEP,
    GAPS,
    HIGH,
    HOME,
    KNOT_AT,
    LATTICE,
    LEFT,
    LESS,
    LESS_AGO,
    LEVELS,
    LOG,
    LOW,
    MEAN,
    MIDDLE,
    MISSING,
    NODE_AT,
    NULLABLE,
    ON_LINE,
    ORIGIN,
    OVERALL,
    PLACE,
    POSITION,
    RANK,
    RANKS,
    REMAINING,
    RIGHT,
    RUN,
    SHIFT,
    SIZE,
    STAYS,
    STEP,
    TAILS,
    TERM_AT,
    TIGHT,
    TREES,
    UNIT,
    VALUE,
)
from rowsmith.learn._sequence_moment import moment


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _advance(columns, shift, pace, w, values, row, pos, c):
    """The block of a column in a row whose value is there."""
    h, x = columns[c, HOME], values[row, c]
    if not columns[c, ON_LINE]:
        w[row, h] = x
        w[row, h + RUN] = w[row - 1, h + RUN] + 1 if pos and w[row - 1, h] == x else 0.0
        return
    known = not np.isnan(x)
    w[row, h + MISSING] = 0.0 if known else 1.0
    before = w[row - 1, h] if pos else np.nan
    now = before
    if known:
        now = np.log(x + shift) if columns[c, LOG] else x
    w[row, h] = now
    w[row, h + RUN] = w[row - 1, h + RUN] + 1 if pos and (now == before or not known) else 0.0
    for k in range(3):
        m = w[row - 1, h + MEAN + k] if pos else np.nan
        w[row, h + MEAN + k] = now if np.isnan(m) else m + pace[DECAY + k] * (now - m)
    for k in range(2):
        m = w[row - 1, h + SIZE + k] if pos else np.nan
        step = abs(now - before)
        w[row, h + SIZE + k] = step if np.isnan(m) else m if np.isnan(step) else m + pace[DECAY_SIZE + k] * (step - m)
    m = w[row - 1, h + OVERALL] if pos else np.nan
    w[row, h + OVERALL] = now if np.isnan(m) else m + (now - m) / (pos + 1)


@njit(cache=True, nogil=True, error_model="numpy")
def fill(columns, numbers, pace, zone, expected, w, values, begins, lines, context):
    """The matrix of rows that are all there.

    Args:
        columns: as the next ones, of the program.
        numbers: see there.
        pace: see there.
        zone: see there.
        expected: see there.
        w: the matrix, to be filled, [rows, places].
        values: the columns, [rows, columns].
        begins: first row of each entity, and the number of rows, [entities + 1].
        lines: the times, [rows].
        context: what is constant, [entities, context].
    """
    for e in range(begins.size - 1):
        length = begins[e + 1] - begins[e]
        for pos in range(length):
            row = begins[e] + pos
            gap = (lines[row] - lines[row - 1]) / pace[STEP] if pos else np.nan
            moment(pace, zone, columns, numbers, expected, w, row, pos, length, gap, lines[row])
            for k in range(context.shape[1]):
                w[row, CONTEXT + k] = context[e, k]
            for c in range(values.shape[1]):
                _advance(columns, numbers[c, SHIFT], pace, w, values, row, pos, c)


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _bins(features, edges, first, last, w, row, pos, out):
    """Features in a row, as bins; 0 is not known."""
    for f in range(first, last):
        i, b, j, levels = features[f, AGO], features[f, LESS], features[f, LESS_AGO], features[f, LEVELS]
        x = w[row - i, features[f, PLACE]] if pos >= i else np.nan
        if b >= 0:
            x -= w[row - j, b] if pos >= j else np.nan
        if np.isnan(x):
            out[f - first] = 0
        elif levels:
            out[f - first] = 1 + min(int(x), levels - 1)
        else:
            lo, hi = 0, features[f, EDGES]
            while lo < hi:
                m = (lo + hi) >> 1
                if edges[f, m] <= x:
                    lo = m + 1
                else:
                    hi = m
            out[f - first] = 1 + lo


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _base(terms, weights, first, last, tight, drift, w, row, pos):
    """What a step starts from; nan where there is nothing."""
    total = drift if first < last and not tight else np.nan
    for k in range(first, last):
        i, b, j = terms[k, AGO], terms[k, LESS], terms[k, LESS_AGO]
        x = w[row - i, terms[k, PLACE]] if pos >= i else np.nan
        if b >= 0:
            x -= w[row - j, b] if pos >= j else np.nan
        if tight:
            total = x if np.isnan(total) or tight * x > tight * total else total
        elif k == first or not np.isnan(x):
            total += weights[k] * x
    return total


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _code(
    features,
    nodes,
    start,
    era,
    slope,
    push,
    split,
    threshold,
    leaf,
    ranks,
    first,
    at,
    lonely,
    first_step,
    bins,
    seed,
    counter,
):
    """A code of a column, down its tree; where there is nothing to step from, no step."""
    inner, node = split.shape[1], at
    while True:
        goes = False
        if not (lonely and 0 < first_step <= nodes[node, MIDDLE]):
            margin = start[node, era] + push * slope[node]
            for t in range(nodes[node, TREES], nodes[node + 1, TREES]):
                k = 0
                while k < inner:
                    f = split[t, k]
                    x = bins[f]
                    rank = features[first + f, RANK]
                    if rank >= 0:
                        x = ranks[nodes[node, RANKS] + rank + min(x, features[first + f, LEVELS])]
                    k = 2 * k + 1 + (x > threshold[t, k])
                margin += leaf[t, k - inner]
            u = (_hash(seed, np.uint64(counter + node - at)) >> np.uint64(11)) * 2.0**-53
            goes = u < 1.0 / (1.0 + np.exp(-margin))
        child = nodes[node, RIGHT] if goes else nodes[node, LEFT]
        if child < 0:
            return ~child
        node = at + child


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _value(columns, numbers, knots, bounds, values, w, row, c, code, base, seed, counter):
    """The value that a code stands for."""
    if not columns[c, ON_LINE]:
        return float(code)
    if columns[c, NULLABLE] and code == 0:
        return np.nan
    pieces = knots.shape[1] - 1
    u = (_hash(~seed, np.uint64(counter)) >> np.uint64(11)) * 2.0**-53 * pieces
    piece, at = int(u), columns[c, KNOT_AT] + code
    x = knots[at, piece] + (u - piece) * (knots[at, piece + 1] - knots[at, piece])
    if columns[c, STAYS] and code == columns[c, NULLABLE]:
        x = w[row - 1, columns[c, HOME] + VALUE]
        x = numbers[c, FILL] if np.isnan(x) else np.exp(x) - numbers[c, SHIFT] if columns[c, LOG] else x
    elif code >= columns[c, FIRST_STEP]:
        side = 0 if code == columns[c, FIRST_STEP] else 1 if at + 1 == columns[c + 1, KNOT_AT] else 2
        if side < 2:
            tail = numbers[c, TAILS + 4 * side : TAILS + 4 * side + 4]
            if tail[1] > 0.0:
                u *= tail[3] / pieces
                far = -np.log(1.0 - u) if tail[2] == 0.0 else ((1.0 - u) ** -tail[2] - 1.0) / tail[2]
                x = tail[0] + (far if side else -far) * tail[1]
        if np.isnan(base):
            x = numbers[c, FILL]
        else:
            x += base
            if columns[c, LOG]:
                x = np.exp(x) - numbers[c, SHIFT]
    lattice = columns[c, LATTICE]
    if lattice:
        x = np.rint(x)
    x = min(max(x, numbers[c, LOW]), numbers[c, HIGH])
    for b in range(columns[c, BOUND_AT], columns[c + 1, BOUND_AT]):
        other = bounds[b, 0]
        y = values[row, other]
        if not np.isnan(y):
            y = numbers[other, ORIGIN] + y * numbers[other, UNIT]
            off = 4e-16 * (abs(y) + abs(numbers[c, ORIGIN])) / numbers[c, UNIT]  # by which rounding may be wrong
            y = (y - numbers[c, ORIGIN]) / numbers[c, UNIT]
            if bounds[b, 1]:
                x = min(x, np.floor(y + off) if lattice else y)
            else:
                x = max(x, np.ceil(y - off) if lattice else y)
    return x


@njit(cache=True, nogil=True, error_model="numpy")
def draw(
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
    firsts,
    starts,
    known,
    context,
    seeds,
    codes,
):
    """Draw all rows of some entities, by a program, whose arrays come first: see `Program`.

    `w` is room for the matrix, [rows, places]; `values`, [rows, columns], and the times `lines`, [rows], are filled. Of each
    entity there are the number of its first row, and at the end that of all rows, `begins`; the first time, `firsts`; the
    values of its first row, `starts`, [entities, columns]; how many of its rows are `known`, [entities], which stand in `values` and
    `lines` already, in place of the first; its constants, `context`, [entities, constants]; and its seed. `codes`, [rows, columns],
    is filled too, if it has rows.
    """
    n, gaps = values.shape[1], pace[GAPS] != 0.0
    bins = np.zeros(features.shape[0] + 1, np.uint8)
    for e in range(begins.size - 1):
        length, past = begins[e + 1] - begins[e], known[e]
        anchor = max(past - 1, 0)
        for pos in range(length):
            row, era = begins[e] + pos, min(int(pos / pace[ERA]), start.shape[1] - 1)
            for k in range(context.shape[1]):
                w[row, CONTEXT + k] = context[e, k]
            w[row, POSITION], w[row, REMAINING] = pos, length - 1 - pos
            if not gaps:
                if pos >= past:
                    begin = lines[begins[e] + anchor] if past else firsts[e]
                    lines[row] = begin + np.int64(np.rint((pos - anchor) * pace[STEP]))
                moment(pace, zone, columns, numbers, expected, w, row, pos, length, 1.0 if pos else np.nan, lines[row])
            for c in range(n):
                if past <= pos == 0:
                    values[row, c] = np.nan if gaps and c == 0 else starts[e, c]
                elif pos >= past:
                    first = columns[c, FEATURE_AT]
                    _bins(features, edges, first, columns[c + 1, FEATURE_AT], w, row, pos, bins)
                    at, end, tight = columns[c, TERM_AT], columns[c + 1, TERM_AT], columns[c, TIGHT]
                    base = _base(terms, weights, at, end, tight, numbers[c, DRIFT], w, row, pos)
                    counter, code = (pos * n + c) << 17, 0
                    if columns[c, NODE_AT] < columns[c + 1, NODE_AT]:
                        code = _code(
                            features,
                            nodes,
                            start,
                            era,
                            slope,
                            0.0 if gaps and c == 0 else push[c, min(int(w[row, CELL]), push.shape[1] - 1)],
                            split,
                            threshold,
                            leaf,
                            ranks,
                            first,
                            columns[c, NODE_AT],
                            np.isnan(base),
                            columns[c, FIRST_STEP],
                            bins,
                            seeds[e],
                            counter,
                        )
                    if codes.shape[0]:
                        codes[row, c] = code
                    values[row, c] = _value(
                        columns, numbers, knots, bounds, values, w, row, c, code, base, seeds[e], counter
                    )
                if gaps and c == 0:  # the gap comes first, and makes the time of the row
                    gap = values[row, 0]
                    if pos >= past:
                        lines[row] = lines[row - 1] + np.int64(np.rint(gap * pace[STEP])) if pos else firsts[e]
                    moment(pace, zone, columns, numbers, expected, w, row, pos, length, gap, lines[row])
                _advance(columns, numbers[c, SHIFT], pace, w, values, row, pos, c)
