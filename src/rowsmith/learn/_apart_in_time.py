"""Drawn spells of one row are moved apart, with the times that go along and those of the rows that hang on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import plain_values
from rowsmith.core.computed import flags
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, arrow_type
from rowsmith.learn._drawn import Drawn
from rowsmith.learn._lattices import storage_of, ticks_of
from rowsmith.learn._numbers import is_time
from rowsmith.learn._part import Part
from rowsmith.learn._relations import printed
from rowsmith.learn._spells import Spells, day_of

if TYPE_CHECKING:
    from rowsmith.learn.database import DatabaseTables

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]


def apart_in_time(model: DatabaseTables, drawn: dict[str, Drawn], key: Key) -> set[tuple[str, str]]:
    """Move spells, in place, so that none overlaps another one of the same parent.

    Args:
        model: the learnt tables.
        drawn: rows of all of them, with all links.
        key: random stream.

    Returns:
        Tables and columns that have changed.
    """
    changed = set[tuple[str, str]]()
    for name in model.order:
        part = model.parts[name]
        for number, spells in part.spells.items():
            rng = key.child("spells", number, spells.start).generator()
            away, day = _move(part, drawn[name], spells, drawn[name].up[number], rng)
            columns = {spells.start, spells.end, *spells.along, *spells.beside}
            changed |= {(name, column) for column in columns}
            _move_below(model, drawn, name, columns, away, day, changed)
    return changed


def _move(part: Part, rows: Drawn, spells: Spells, up: Index, rng: np.random.Generator) -> tuple[Index, int]:
    """Move the spells of one table; by how many ticks, shape (n,), and of how many a day is."""
    begins, none, kind = _times(part, rows, spells.start)
    ends, opened, _ = _times(part, rows, spells.end)
    day = day_of(kind)
    moves = spells.moved(begins, ends, opened, np.where(none, -1, up), rng)
    _set(part, rows, spells.start, begins + moves.away, none, kind)
    _set(part, rows, spells.end, moves.ends, moves.opened, kind)
    for name in spells.along:
        _shift(part, rows, name, moves.away, day)
    for name in (n for n in spells.beside if n in rows.columns):
        rows.columns[name] = rows.columns[name].take(pa.array(moves.like))
    return moves.away, day


def _move_below(
    model: DatabaseTables,
    drawn: dict[str, Drawn],
    name: str,
    moved: set[str],
    away: Index,
    day: int,
    changed: set[tuple[str, str]],
) -> None:
    """Move the times of rows that are bound to moved times of the rows above, and of those that are bound to these."""
    for below, part in model.parts.items():
        if part.above is None or part.above.depths or model.links[part.above.link].parent != name or below == name:
            continue
        rows, up = drawn[below], drawn[below].up[part.above.link]
        far, bound = np.where(up >= 0, np.append(away, 0)[up], 0), {f"↑{column}" for column in moved}
        ties = part.model.ties.each if part.model is not None else ()
        for _ in ties:
            bound |= {tie.column for tie in ties if bound.intersection(tie.reads)}
        mine = {c for c in part.schema.columns if c in bound and _is_time(rows.columns[c], part.schema.columns[c])}
        for column in sorted(mine):
            _shift(part, rows, column, far, day)
            changed.add((below, column))
        _move_below(model, drawn, below, mine, far, day, changed)


def _shift(part: Part, rows: Drawn, name: str, away: Index, day: int) -> None:
    """Move times by ticks of which a day has so many."""
    ticks, gone, kind = _times(part, rows, name)
    mine = day_of(kind)
    _set(part, rows, name, ticks + (away * (mine // day) if mine >= day else away // (day // mine)), gone, kind)


def _is_time(values: pa.Array, column: Column) -> bool:
    return is_time(plain_values("", values.slice(0, 0), arrow_type(column.type), column.form).type)


def _times(part: Part, rows: Drawn, name: str) -> tuple[Index, Flags, pa.DataType]:
    """A column of times as ticks, where it is missing, and its plain type."""
    column = part.schema.columns[name]
    plain = plain_values(name, rows.columns[name], arrow_type(column.type), column.form)
    return ticks_of(plain).fill_null(0).to_numpy(zero_copy_only=False), flags(plain.is_null()), plain.type


def _set(part: Part, rows: Drawn, name: str, ticks: Index, gone: Flags, kind: pa.DataType) -> None:
    """Have a column have times of ticks."""
    column = part.schema.columns[name]
    rows.columns[name] = printed(pa.array(ticks, mask=gone).cast(storage_of(kind)).cast(kind), column)
