"""Compiled: how one value of a sequence's row is drawn, of which the rows before and the columns before it are there.

Random numbers are hashes of (seed of the entity, row, column, node): an entity does not hang on the others, nor on how
they are dealt to workers.
"""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit

from rowsmith.learn._boost import _hash
from rowsmith.learn._sequence_computed import is_sum, room_for, unmoved
from rowsmith.learn._sequence_layout import (
    AGO,
    AWAY,
    BEYOND,
    BOUND_AT,
    CELL,
    DRIFT,
    EDGES,
    ERA,
    EXPECTED,
    FEATURE_AT,
    FILL,
    FIRST_STEP,
    GAPS,
    HOME,
    KNOT_AT,
    LATTICE,
    LEFT,
    LESS,
    LESS_AGO,
    LEVELS,
    LOG,
    MEANS,
    MIDDLE,
    NODE_AT,
    NULLABLE,
    ON_LINE,
    ORIGIN,
    PLACE,
    RANK,
    RANKS,
    REMAINING,
    RIGHT,
    ROOM,
    SHIFT,
    STAYS,
    SUM,
    TAILS,
    TERM_AT,
    TIGHT,
    TREES,
    UNIT,
    VALUE,
)


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def bins_of(features, edges, first, last, w, row, pos, out):
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
def base_of(terms, weights, first, last, tight, drift, w, values, row, pos):
    """What a step starts from; nan where there is nothing."""
    total = drift if first < last and (not tight or tight >= SUM) else np.nan
    for k in range(first, last):
        if tight >= SUM:
            x = values[row - terms[k, AGO], terms[k, PLACE]] if pos >= terms[k, AGO] else np.nan
            if k == first or not np.isnan(x):
                total += weights[k] * x
            continue
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
def era(pace, start, pos):
    """The part of a series in which a row is."""
    return min(int(pos / pace[ERA]), start.shape[1] - 1)


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def pushed(columns, numbers, pace, push, w, row, pos, c):
    """What is added to log-odds of a column in a row, times the slope; nothing of gaps."""
    if pace[GAPS] != 0.0 and c == 0:
        return 0.0
    out = push[c, min(int(w[row, CELL]), push.shape[1] - 1)]
    if pos:
        last = columns[c, HOME]
        for k in range(MEANS):
            away = w[row - 1, last + VALUE] - w[row - 1, last + EXPECTED] - w[row - 1, last + BEYOND + k]
            if numbers[c, AWAY + k] != 0.0 and not np.isnan(away):
                out += numbers[c, AWAY + k] * away
    return out


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def margin(features, nodes, start, era, slope, push, split, threshold, leaf, ranks, first, node, bins):
    """Log-odds that a code is on the right side of a node."""
    inner = split.shape[1]
    out = start[node, era] + push * slope[node]
    for t in range(nodes[node, TREES], nodes[node + 1, TREES]):
        k = 0
        while k < inner:
            f = split[t, k]
            x = bins[f]
            rank = features[first + f, RANK]
            if rank >= 0:
                x = ranks[nodes[node, RANKS] + rank + min(x, features[first + f, LEVELS])]
            k = 2 * k + 1 + (x > threshold[t, k])
        out += leaf[t, k - inner]
    return out


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
    knots,
    knot_at,
    least,
    most,
    longest,
    stepping,
    bins,
    seed,
    counter,
    there,
    soft,
    c,
):
    """A code of a column, down its tree; where there is nothing to step from, no step; where a value is to be there, no null.

    Nor do all steps of a side count that are below `least`, or above `most`: they would lead out of what the column may hold; nor all
    levels above `longest`, nor any where what is drawn must be `stepping`. Where no ends are given, there may be no knots.
    """
    node, lowest, last = at, 0, knots.shape[1] - 1
    while True:
        middle = nodes[node, MIDDLE]
        below = lowest >= first_step and least > -np.inf and knots[knot_at + middle - 1, last] < least
        end = most if middle >= first_step else longest
        above = end < np.inf and knots[knot_at + middle, 0] > end
        goes = (there and nodes[node, LEFT] == ~0) or (below and not above) or (stepping and middle <= first_step)
        if not goes and not (above and not below) and not (lonely and 0 < first_step <= middle):
            odds = margin(features, nodes, start, era, slope, push, split, threshold, leaf, ranks, first, node, bins)
            u = (_hash(seed, np.uint64(counter + node - at)) >> np.uint64(11)) * 2.0**-53
            chance = 1.0 / (1.0 + np.exp(-odds))
            goes = u < chance
            if soft.size:
                soft[c] += chance * (1.0 - chance) * slope[node] ** 2
        child = nodes[node, RIGHT] if goes else nodes[node, LEFT]
        if child < 0:
            return ~child
        if goes:
            lowest = middle
        node = at + child


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _ends(columns, numbers, c, base, low, high):
    """The least and the greatest step from a base that does not lead out of what a column may hold; no ends where there is no base."""
    if np.isnan(base) or not columns[c, ON_LINE]:
        return -np.inf, np.inf
    room = 0.5 if columns[c, LATTICE] else 0.0
    low, high = low - room, high + room
    if columns[c, LOG]:
        low, high = np.log(max(low + numbers[c, SHIFT], 1e-300)), np.log(max(high + numbers[c, SHIFT], 1e-300))
    return low - base, high - base


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def longest_gap(columns, knots, w, row):
    """The longest gap before a row that leaves room for the rows after it before the close, if theirs are the shortest."""
    left, least = w[row, REMAINING], max(knots[columns[0, KNOT_AT], 0], 0.0)
    most = np.expm1(w[row, ROOM]) * (left + 2.0) - left * least
    return np.inf if np.isnan(most) else max(most, least)


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _value(columns, numbers, knots, bounds, values, w, row, c, code, base, seed, counter, low, high):
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
    x = min(max(x, low), high)
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


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def cell(
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
    w,
    values,
    row,
    pos,
    c,
    seed,
    bins,
    there,
    soft,
):
    """Draw the value of a column in a row, of which the columns before it are there: its code.

    `bins` is room for features; to `soft`, [columns] or empty, is added by how much a unit of a tilt moves the step on average.
    """
    first, at = columns[c, FEATURE_AT], columns[c, NODE_AT]
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
    if is_sum(columns, terms, values, row, pos, c):
        values[row, c] = np.rint(base) if columns[c, LATTICE] else base
        return unmoved(columns, knots, c)
    low, high = room_for(columns, numbers, terms, weights, values, row, pos, c)
    counter, code, gap = (pos * values.shape[1] + c) << 17, 0, c == 0 and pace[GAPS] != 0.0
    least, most = _ends(columns, numbers, c, base, low, high)
    longest = longest_gap(columns, knots, w, row) if gap else np.inf
    if longest < np.inf and not np.isnan(base):
        most = np.log(longest + numbers[c, SHIFT]) - base
    if at < columns[c + 1, NODE_AT]:
        code = _code(
            features,
            nodes,
            start,
            era(pace, start, pos),
            slope,
            pushed(columns, numbers, pace, push, w, row, pos, c),
            split,
            threshold,
            leaf,
            ranks,
            first,
            at,
            np.isnan(base),
            columns[c, FIRST_STEP],
            knots,
            columns[c, KNOT_AT],
            least,
            most,
            longest,
            gap and not np.isnan(base),
            bins,
            seed,
            counter,
            there,
            soft,
            c,
        )
    values[row, c] = _value(columns, numbers, knots, bounds, values, w, row, c, code, base, seed, counter, low, high)
    if gap:
        values[row, c] = min(values[row, c], np.floor(longest))
    return code
