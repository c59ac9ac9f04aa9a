"""Compiled core of sequences: what is known at each row, and the loop that draws row after row.

Everything that a classifier may look at stands in one matrix, a row for each event: parts of the time, what is constant
in the entity, and for each column its last known value, how long it has been so, running means and running sizes of
steps, and what the calendar lets expect. A feature is an entry of this matrix some rows ago, or the difference of two.
Learning and drawing fill the matrix with the same code, so a drawn row is judged by what a real one would be.
"""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit

from rowsmith.learn._sequence_cell import cell
from rowsmith.learn._sequence_layout import (
    BEYOND,
    CONTEXT,
    DECAY,
    DECAY_SIZE,
    EXPECTED,
    GAPS,
    HOME,
    LOG,
    MEAN,
    MEANS,
    MISSING,
    ON_LINE,
    OVERALL,
    PACES,
    POSITION,
    REMAINING,
    ROOM,
    RUN,
    SHIFT,
    SIZE,
    STEP,
)
from rowsmith.learn._sequence_moment import moment, room
from rowsmith.learn._sequence_timed import timed


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def advance(columns, shift, pace, w, values, row, pos, c):
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
    for k in range(MEANS):
        m = w[row - 1, h + MEAN + k] if pos else np.nan
        w[row, h + MEAN + k] = now if np.isnan(m) else m + pace[DECAY + k] * (now - m)
        away, m = now - w[row, h + EXPECTED], w[row - 1, h + BEYOND + k] if pos else np.nan
        w[row, h + BEYOND + k] = away if np.isnan(m) else m + pace[DECAY + k] * (away - m)
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
            for k in range(context.shape[1]):
                w[row, CONTEXT + k] = context[e, k]
            moment(pace, zone, columns, numbers, expected, w, row, pos, length, gap, lines[row])
            for c in range(values.shape[1]):
                advance(columns, numbers[c, SHIFT], pace, w, values, row, pos, c)


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
    soft,
):
    """Draw all rows of some entities, by a program, whose arrays come first: see `Program`.

    `w` is room for the matrix, [rows, places]; `values`, [rows, columns], and the times `lines`, [rows], are filled. Of each
    entity there are the number of its first row, and at the end that of all rows, `begins`; the first time, `firsts`; the
    values of its first row, `starts`, [entities, columns]; how many of its rows are `known`, [entities], which stand in `values` and
    `lines` already, in place of the first; its constants, `context`, [entities, constants]; and its seed. `codes`, [rows, columns],
    is filled too, if it has rows; and to `soft`, [columns] or empty, is added by how much a unit of a tilt moves each step.
    """
    n, gaps = values.shape[1], pace[GAPS] != 0.0
    bins = np.zeros(features.shape[0] + 1, np.uint8)
    for e in range(begins.size - 1):
        length, past = begins[e + 1] - begins[e], known[e]
        anchor = max(past - 1, 0)
        for pos in range(length):
            row = begins[e] + pos
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
                    if gaps and c == 0:
                        w[row, ROOM] = room(pace, lines[row - 1], length - 1 - pos)
                    code = cell(
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
                        seeds[e],
                        bins,
                        False,
                        soft,
                    )
                    if codes.shape[0]:
                        codes[row, c] = code
                    if c == 0 and pace.shape[0] > PACES:
                        timed(
                            columns,
                            numbers,
                            terms,
                            weights,
                            pace,
                            zone,
                            knots,
                            bounds,
                            w,
                            values,
                            lines,
                            row,
                            pos,
                            code,
                            seeds[e],
                        )
                if gaps and c == 0:  # the gap comes first, and makes the time of the row
                    gap = values[row, 0]
                    if pos >= past:
                        lines[row] = lines[row - 1] + np.int64(np.rint(gap * pace[STEP])) if pos else firsts[e]
                    moment(pace, zone, columns, numbers, expected, w, row, pos, length, gap, lines[row])
                advance(columns, numbers[c, SHIFT], pace, w, values, row, pos, c)
