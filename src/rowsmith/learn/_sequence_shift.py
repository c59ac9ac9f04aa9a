"""Scenarios: sequences in which a column is higher or lower on average, and all that hangs on it follows.

First values are moved, and steps are tilted (p(x) exp(t x)) as calibration does it, by what brings the mean of drawn rows to where it
is asked for: a secant search over draws with the same random numbers. So a warmer winter has the days and the rain of warm weather,
where adding two degrees to every row would leave all else as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.learn import _sequence_layout as layout
from rowsmith.learn._sequence_components import Components
from rowsmith.learn._sequence_ties import split
from rowsmith.learn._sequence_values import NUMBERS, Values
from rowsmith.learn._sequence_walk import Walk
from rowsmith.learn._tie_absent import Absent
from rowsmith.learn.sequence import SequenceTable

Floats = NDArray[np.float64]

PILOT, ROUNDS, NEAR, ENOUGH = 20_000, 14, 0.03, 0.1
"""Rows that are drawn to see what a mean comes to, about; how many times; how near it shall come, of what is asked for, and how near
the best of all must be."""
COPIES = 100
"""Times that the table is drawn for that, at most."""
FEWEST, LEAST = 50, 0.02
"""Rows that say how columns follow, and the part of its spread by which one moves that follows."""
FIRST, FASTEST = 0.05, 3.0
"""Change of log-odds that is tried first, and how many times as large a change may be as the one before."""


def shifted(table: SequenceTable, by: Mapping[str, float], key: Key) -> SequenceTable:
    """A table of sequences whose means are others.

    Args:
        table: as learnt.
        by: how much higher the mean of a column shall be than it is in drawn rows, by its name.
        key: random stream of the rows that are drawn to find out.

    Raises:
        SpecError: no such column of numbers, or its mean cannot be moved so far.
    """
    shown = {hidden: tie.column for tie in table.ties.each for hidden in tie.learns if isinstance(tie, Absent)}
    places = {shown.get(c.name, c.name): k for k, c in enumerate(table.columns) if c is not None}
    for name, wanted in by.items():
        column = table.columns[places[name]] if name in places else None
        if column is None or not column.on_line or column.kind not in NUMBERS:
            known = [n for n, k in places.items() if (c := table.columns[k]) and c.on_line and c.kind in NUMBERS]
            raise SpecError(f"shift={name!r}: is no column of numbers that are drawn{suggest(name, known)}")
        if places[name] in {each.place for each in table.sums} or name in {each.column for each in table.late}:
            raise SpecError(
                f"shift: {name}={wanted}: is computed from the row before; name a column that it adds up instead."
            )
        if not np.isfinite(wanted):
            raise SpecError(f"shift: {name}={wanted}: expected a number.")
    rows = _rows(table, key)
    asked = {places[name]: more for name, more in by.items()}
    if isinstance(table.law, Components):
        every = range(len(table.columns))
        raised = replace(table, law=_raised(table.law, asked | _followers(table, asked, rows, every), rows))
        gained = np.nanmean(_rows(raised, key), axis=0) - np.nanmean(rows, axis=0)
        for k, more in asked.items():
            if abs(gained[k] - more) > ENOUGH * abs(more):
                raise _too_far(table.law.columns[k], more, float(gained[k]))
        return raised
    moves = asked | _followers(table, asked, rows, range(max(asked)))
    columns = {k: column for k in moves if (column := table.columns[k]) is not None}
    steps = {columns[k].name: more / columns[k].scale for k, more in moves.items()}
    return _tilted(replace(table, moved=steps), table.law, columns, asked, rows, np.array(list(moves.values())), key)


def _raised(law: Components, asked: Mapping[int, float], rows: Floats) -> Components:
    """Components around other trends."""
    around = list(law.around)
    for k, wanted in asked.items():
        column = law.columns[k]
        add = wanted / column.scale
        if column.log:
            mean = float(np.nanmean(rows[:, k]) - column.zero) / column.scale + column.shift
            if mean + add <= 0:
                raise _too_far(column, wanted, -mean * column.scale)
            add = float(np.log1p(add / mean))
        around[k] = replace(around[k], trend=around[k].trend + add)
    return replace(law, around=tuple(around))


def _followers(table: SequenceTable, asked: Mapping[int, float], rows: Floats, among: range) -> dict[int, float]:
    """How much columns move that do not follow those that are asked for by themselves: of trees, those drawn before them in a row.

    By the regression on these over usual rows, which is where a tilt of the law of whole rows would bring them.
    """
    known = np.isfinite(rows).all(axis=1)
    others = [
        k
        for k in among
        if k not in asked and (column := table.columns[k]) is not None and column.on_line and column.kind in NUMBERS
    ]
    if not others or known.sum() < FEWEST:
        return {}
    x, y = rows[known][:, list(asked)], rows[known][:, others]
    rate = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean(axis=0), rcond=1e-6)[0]
    moved = np.array(list(asked.values())) @ rate
    spread = y.std(axis=0)
    return {k: float(m) for k, m, s in zip(others, moved, spread, strict=True) if abs(m) > LEAST * s > 0}


def _tilted(
    table: SequenceTable,
    law: Walk,
    columns: Mapping[int, Values],
    asked: Mapping[int, float],
    rows: Floats,
    wanted: Floats,
    key: Key,
) -> SequenceTable:
    """Trees whose steps are tilted until the means of columns, those asked for first, come to what is wanted."""
    at, base = list(columns), np.nanmean(rows, axis=0)
    tilt, before, last = np.zeros(len(at)), np.zeros(len(at)), np.zeros(len(at))
    size = np.maximum(np.abs(wanted), 1e-300)
    best, off, came = table, np.inf, last
    for turn in range(ROUNDS):
        push = law.program.push.copy()
        push[at] += tilt[:, None]
        found = replace(table, law=Walk(law.program._replace(push=push)))
        gained = (np.nanmean(_rows(found, key), axis=0) - base)[at]
        away = (np.abs(gained - wanted) / size)[: len(asked)].max()
        if away < off:
            best, off, came = found, away, gained
        if away <= NEAR:
            break
        if turn == 0:
            slopes = np.array([_slope(law, k) for k in at])
            change = FIRST * np.sign(wanted - gained) / slopes
        else:
            rate = (gained - last) / np.where(tilt == before, np.inf, tilt - before)
            most, rises = FASTEST * np.abs(tilt - before), rate > 0
            newton = np.clip((wanted - gained) / np.where(rises, rate, 1.0), -most, most)
            change = np.where(rises, newton, most * np.sign(wanted - gained))
        before, last, tilt = tilt, gained, tilt + change
    if off > ENOUGH:
        worst = int(np.argmax((np.abs(came - wanted) / size)[: len(asked)]))
        raise _too_far(columns[at[worst]], float(wanted[worst]), float(came[worst]))
    return best


def _slope(law: Walk, k: int) -> float:
    """By how much steps on two sides of a node differ, on average."""
    a, b = law.program.columns[k : k + 2, layout.NODE_AT].tolist()
    slopes = law.program.slope[a:b]
    return float(slopes[slopes > 0].mean()) if (slopes > 0).any() else np.inf


def _too_far(column: Values, wanted: float, came: float) -> SpecError:
    short = abs(came) < abs(wanted)
    why = (
        f"its mean moves by {came:+.4g} at most, for it jumps to its values or is at an end of them; ask for less."
        if short
        else f"its mean moves by {came:+.4g} or not at all; ask for that, or for another column."
    )
    return SpecError(f"shift: {column.name}={wanted:+.4g}: {why}")


def _rows(table: SequenceTable, key: Key) -> Floats:
    """Some drawn rows, columns on a line as they are printed and others 0, shape (rows, columns): as many copies as make enough."""
    parts: list[Floats] = []
    while sum(map(len, parts)) < PILOT and len(parts) < COPIES:
        parts.append(_copy(table, key.child("copy", len(parts))))
    return np.concatenate(parts)


def _copy(table: SequenceTable, key: Key) -> Floats:
    entities = None
    if table.entities is not None:
        some = table.entities.sample(Rows(0, min(table.n_entities, PILOT)), key.child("entities"), {})
        ends = np.cumsum(table.lengths(some, None))
        entities = some.slice(0, int(np.searchsorted(ends, PILOT)) + 1)
    lengths = table.lengths(entities, None)
    drawn = table.rows(entities, lengths, Rows(0, int(lengths.sum())), 0, key)
    arrays = dict(zip(drawn.schema.names, drawn.columns, strict=True))
    arrays |= {name: part.values for name, part in split(table.ties, arrays).items()}
    out = np.zeros((drawn.num_rows, len(table.columns)))
    for k, column in enumerate(table.columns):
        if column is not None and column.on_line:
            out[:, k] = column.zero + column.scale * column.numbers(arrays[column.name])
    return out
