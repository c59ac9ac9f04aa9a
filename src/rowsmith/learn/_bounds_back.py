"""What a number that is there says of bounds of it that are not: where a trip began, if it is known where it ended.

A number that is tied to another by its distance is not learnt itself. So where its bound is missing, rows are drawn without
the number, and of those that are drawn for a row the one is taken that comes nearest to it. What is left is added to the
bound, so that the distance is the one that was drawn.

Source: rejection sampling by what is observed, with the nearest taken and an adjustment; see `_backward`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.computed import flags
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.sql import references
from rowsmith.learn._numbers import floats_of, is_number
from rowsmith.learn._rules import Rules
from rowsmith.learn._tie_bounded import Bounded
from rowsmith.learn._ties import Columns

if TYPE_CHECKING:
    from rowsmith.learn.table import TableModel

TRIES = 64
"""Rows that are drawn for one."""
BLOCK = 32_768
"""Rows that are drawn at a time."""
DECIMALS = 9
"""Of floats that are moved."""

Draw = Callable[[dict[str, pa.Array], Key], pa.RecordBatch]
Mask = NDArray[np.bool_]


def with_bounds(table: TableModel, given: Columns, key: Key) -> dict[str, pa.Array]:
    """The given columns, and bounds of given numbers. A null is a value here, and in its place any may be drawn.

    Args:
        table: the model.
        given: n values each, of some columns.
        key: random stream of the choice.
    """
    n = len(next(iter(given.values())))

    def draw(some: dict[str, pa.Array], stream: Key) -> pa.RecordBatch:
        kept = {name: v for name, v in some.items() if v.null_count < len(v) or given[name].null_count == n}
        size = len(next(iter(some.values())))
        return table.drawn_codes(Rows(0, size), stream, table.given_codes(kept), kept)[1]

    return _with(table, given, lambda name: np.full(n, name in given), draw, key)


def with_missing_bounds(table: TableModel, given: Columns, rows: Rows, key: Key) -> dict[str, pa.Array]:
    """Rows with holes, of which those are filled that a number says something of which is there.

    Args:
        table: the model.
        given: all columns, n values each, null where a value is wanted.
        rows: how many, and the number of the first.
        key: random stream of the choice.
    """

    def draw(some: dict[str, pa.Array], stream: Key) -> pa.RecordBatch:
        return table.filled(Rows(rows.first, len(next(iter(some.values())))), stream, some)

    return _with(table, given, lambda name: flags(given[name].is_valid()), draw, key)


def _with(table: TableModel, given: Columns, there: Callable[[str], Mask], draw: Draw, key: Key) -> dict[str, pa.Array]:
    """The given columns with what is asked for: `there` says in which rows a column is known, `draw` makes whole rows of such."""
    ties = [tie for tie in table.ties.each if isinstance(tie, Bounded) and not _is_time(tie)]
    out = dict(given)
    for turn, name in enumerate(tie.column for tie in reversed(ties)):
        asks = {t.column: mask for t in ties if t.column in out and (mask := _asks(t, out, there)).any()}
        if name in asks:
            mine = _together(ties, asks, name, there)
            out = _answered(table, ties, out, asks, mine, there, draw, key.child(turn))
    return out


def _answered(
    table: TableModel,
    ties: Sequence[Bounded],
    given: Columns,
    asks: Mapping[str, Mask],
    mine: Collection[str],
    there: Callable[[str], Mask],
    draw: Draw,
    key: Key,
) -> dict[str, pa.Array]:
    """The given columns with all that some of the asking ones lack."""
    lacks, rows = _lacking(ties, mine, there), np.flatnonzero(np.any([asks[name] for name in mine], axis=0))
    found: list[pa.RecordBatch] = []
    for first in range(0, len(rows), BLOCK // TRIES):
        here = rows[first : first + BLOCK // TRIES]
        some = {name: values.take(pa.array(here)) for name, values in given.items()}
        masks = {name: mask[here] for name, mask in asks.items()}
        found.append(_nearest(table, some, masks, mine, lacks, draw, key.child(first)))
    out = dict(given)
    for name in lacks:
        values = pa.concat_arrays([each[name] for each in found])
        old = given[name] if name in given else pa.nulls(len(there(name)), values.type)
        index = np.arange(len(old))
        wanted = ~there(name)[rows]
        index[rows[wanted]] = len(old) + np.flatnonzero(wanted)
        out[name] = pa.concat_arrays([old, values.cast(old.type)]).take(pa.array(index))
    return out


def _together(ties: Sequence[Bounded], asks: Collection[str], name: str, there: Callable[[str], Mask]) -> list[str]:
    """Asking columns that lack the same ones as one of them, directly or by others."""
    group, wanted = [name], set(_lacking(ties, [name], there))
    left = [other for other in asks if other != name]
    while near := [other for other in left if wanted.intersection(_lacking(ties, [other], there))]:
        group += near
        wanted.update(*(_lacking(ties, [other], there) for other in near))
        left = [other for other in left if other not in near]
    return group


def _nearest(
    table: TableModel,
    given: Columns,
    asks: Mapping[str, Mask],
    mine: Collection[str],
    lacks: Sequence[str],
    draw: Draw,
    key: Key,
) -> pa.RecordBatch:
    """Whole rows, each the nearest of those drawn for it, with bounds moved as far as the number was off."""
    n = len(next(iter(given.values())))
    index = np.repeat(np.arange(n), TRIES)
    blank = {
        name: pc.if_else(pa.array(mask), pa.scalar(None, given[name].type), given[name]) for name, mask in asks.items()
    }
    tried = draw({name: values.take(pa.array(index)) for name, values in {**given, **blank}.items()}, key)
    far = np.zeros(len(index))
    asks = {name: asks[name] for name in mine}
    for name, mask in asks.items():
        off = floats_of(given[name])[index] - floats_of(tried[name])
        scale = np.nanstd(floats_of(tried[name])) + 1e-300
        far += np.where(mask[index], np.nan_to_num((off / scale) ** 2, nan=np.inf), 0.0)
    best = np.arange(n) * TRIES + far.reshape(n, TRIES).argmin(axis=1)
    chosen = tried.take(pa.array(best))
    moves = _moves(table, given, asks, lacks, chosen)
    moved = {name: _shifted(chosen[name], away) for name, away in moves.items()}
    rules = Rules(table.name, _about(table.schema.rules, {*lacks, *mine}))
    best_of = {name: chosen[name] for name in lacks}
    inside = {name: _inside(values, tried[name]) for name, values in moved.items()}
    # the surest first, which is written over by what is nearer to the law
    for ways in (_touching(table, given, mine, inside), inside, moved):
        whole = {name: chosen[name] for name in chosen.schema.names} | ways
        whole |= {name: pc.if_else(pa.array(mask), given[name], chosen[name]) for name, mask in asks.items()}
        keep = ~rules.broken(pa.RecordBatch.from_pydict(whole))
        for name, values in ways.items() if ways is moved else ():
            keep &= floats_of(values) == floats_of(inside[name])
        best_of |= {name: pc.if_else(pa.array(keep), values, best_of[name]) for name, values in ways.items()}
    return pa.RecordBatch.from_pydict(best_of)


def _touching(table: TableModel, given: Columns, mine: Collection[str], moved: Columns) -> dict[str, pa.Array]:
    """Bounds that are no further than the numbers that are known: of one beyond all that is drawn."""
    out = dict(moved)
    for tie in table.ties.each:
        if isinstance(tie, Bounded) and tie.column in mine:
            nearer = pc.max_element_wise if tie.upper else pc.min_element_wise
            for name in set(tie.reads) & set(out):
                with contextlib.suppress(pa.ArrowInvalid):
                    found = nearer(out[name], given[tie.column].cast(out[name].type))
                    out[name] = pc.if_else(out[name].is_valid(), found, out[name])
    return out


def _about(rules: Mapping[str, str], names: set[str]) -> dict[str, str]:
    """Rules that read one of some columns."""
    return {rule: said for rule, said in rules.items() if names & set(references(said, rule))}


def _inside(values: pa.Array, seen: pa.Array) -> pa.Array:
    """Values no further out than those that were drawn."""
    ends = pc.min_max(seen)
    found = pc.min_element_wise(pc.max_element_wise(values, ends["min"]), ends["max"])
    return pc.if_else(values.is_valid(), found, values)


def _moves(
    table: TableModel, given: Columns, asks: Mapping[str, Mask], lacks: Sequence[str], chosen: pa.RecordBatch
) -> dict[str, NDArray[np.float64]]:
    """What is to be added to columns that are lacking, shape (n,) each, so that distances stay those that were drawn."""
    out: dict[str, NDArray[np.float64]] = {}
    places = {name: i for i, name in enumerate(table.schema.columns)}
    for tie in reversed([each for each in table.ties.each if isinstance(each, Bounded)]):
        if tie.column in asks:
            away = np.where(asks[tie.column], floats_of(given[tie.column]) - floats_of(chosen[tie.column]), np.nan)
        elif tie.column in out:
            away = out[tie.column]
        else:
            continue
        nearer = np.fmax if tie.upper else np.fmin  # of several numbers that a bound is of, all must stay beyond it
        for name in tie.reads:
            if name in lacks and not table.codecs[places[name]].exact and is_number(chosen[name].type):
                out[name] = nearer(out[name], away) if name in out else away
    return out


def _asks(tie: Bounded, given: Columns, there: Callable[[str], Mask]) -> Mask:
    known = np.all([there(name) for name in tie.reads], axis=0)
    return np.asarray(there(tie.column) & flags(given[tie.column].is_valid()) & ~known)


def _lacking(ties: Sequence[Bounded], asks: Collection[str], there: Callable[[str], Mask]) -> list[str]:
    """Columns that asking ties read, and what these are tied to, as far as they are not all there."""
    by_column, todo, out = (
        {tie.column: tie for tie in ties},
        [n for tie in ties if tie.column in asks for n in tie.reads],
        list[str](),
    )
    while todo:
        name = todo.pop()
        if name not in out and not there(name).all():
            out.append(name)
            todo += by_column[name].reads if name in by_column else ()
    return out


def _shifted(values: pa.Array, away: NDArray[np.float64]) -> pa.Array:
    x = floats_of(values) + np.nan_to_num(away)
    there = np.isfinite(x)
    if pa.types.is_integer(values.type):
        return pa.array(np.where(there, np.rint(x), 0).astype(np.int64), mask=~there).cast(values.type, safe=False)
    if pa.types.is_decimal(values.type):
        return pc.round(pa.array(x, mask=~there), ndigits=values.type.scale).cast(values.type)
    return pa.array(np.round(x, DECIMALS), mask=~there).cast(values.type)


def _is_time(tie: Bounded) -> bool:
    return tie.kind.kind not in ("decimal", "float", "integer")
