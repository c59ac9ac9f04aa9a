"""Columns that follow from other rows, worked out when it is known which rows those are: each after all that it reads.

A line's price is its pieces times the product's unit price, an order's total sums up its lines, an invoice has the total of
its order: so prices come first, then totals, then what is copied of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.codecs import plain_values
from rowsmith.core.computed import flags
from rowsmith.core.schema import Column, arrow_type
from rowsmith.learn._drawn import Drawn
from rowsmith.learn._part import chosen, read_name, taken
from rowsmith.learn._picked import Picked, as_column
from rowsmith.learn._relations import Copied, Rollup, as_type, printed
from rowsmith.learn._tie_derived import Derived

if TYPE_CHECKING:
    from rowsmith.learn.database import DatabaseTables

Place = tuple[str, str]
"""A table and a column of it."""


@dataclass(frozen=True)
class _Step:
    """One column that follows.

    Attributes:
        place: the column.
        reads: what it follows from.
        make: its values.
        always: whether it is to be worked out although nothing that it reads has changed.
    """

    place: Place
    reads: frozenset[Place]
    make: Callable[[], pa.Array]
    always: bool


def settle(model: DatabaseTables, drawn: dict[str, Drawn], changed: set[Place]) -> None:
    """Work out, in place, what follows from the rows that rows point to, and from those that point to them.

    Args:
        model: the learnt tables.
        drawn: rows of all of them, with all links.
        changed: tables and columns that have changed since they were drawn; what is worked out is added.
    """
    steps: dict[Place, list[_Step]] = {}
    for step in _steps(model, drawn):
        steps.setdefault(step.place, []).append(step)
    for step in _in_order(steps):
        table, column = step.place
        if step.always or changed & step.reads:
            drawn[table].columns[column] = step.make()
            changed.add(step.place)


def _in_order(steps: dict[Place, list[_Step]]) -> list[_Step]:
    """Steps, each after those that make what it reads; of a circle, which nothing learnt makes, in any order."""
    out: list[_Step] = []
    seen = set[Place]()

    def add(place: Place) -> None:
        if place in steps and place not in seen:
            seen.add(place)
            for read in sorted(read for step in steps[place] for read in step.reads):
                add(read)
            out.extend(steps[place])

    for place in steps:
        add(place)
    return out


def _steps(model: DatabaseTables, drawn: dict[str, Drawn]) -> Iterator[_Step]:
    for name, part in model.parts.items():
        rows = drawn[name]
        above = part.above
        if above is not None and not above.depths:
            parent = model.links[above.link].parent
            for column in above.context:
                yield _helper(drawn, (name, f"↑{column}"), above.link, (parent, column), False)
            for same in above.copied:
                yield _copy(model, drawn, name, above.link, same, False)
        for number, columns in part.reads.items():
            for column in columns:
                place = name, read_name(number, column)
                yield _helper(drawn, place, number, (model.links[number].parent, column), True)
        for number, each in part.matched.items():
            for same in each:
                if same.column not in part.given and same.source in drawn[model.links[number].parent].columns:
                    yield _copy(model, drawn, name, number, same, True)
        for number, sums in part.rollups.items():
            for rollup in sums:
                if rollup.shared:
                    yield _parts(model, drawn, name, number, rollup)
                elif rollup.column not in part.given:
                    yield _sum(model, drawn, name, number, rollup)
        for number, picks in part.picked.items():
            for pick in picks:
                if pick.down:
                    yield _led(model, drawn, name, number, pick)
                    if pick.none:
                        yield _without(model, drawn, name, number, pick)
                elif pick.column not in part.given:
                    yield _picked(model, drawn, name, number, pick)
        for tie in part.model.ties.each if part.model is not None else ():
            if isinstance(tie, Derived) and tie.column not in part.given:
                yield _Step((name, tie.column), frozenset((name, n) for n in tie.reads), _joined(tie, rows), False)


def _joined(tie: Derived, rows: Drawn) -> Callable[[], pa.Array]:
    """A formula, of which it is kept where it is missing or broken as it was drawn."""
    before = {name: part.values for name, part in tie.split(rows.columns).items()} if tie.learns else {}
    return lambda: tie.join({**rows.columns, **before})


def _helper(drawn: dict[str, Drawn], place: Place, number: int, source: Place, always: bool) -> _Step:
    """A column of the row that one points to."""

    def make() -> pa.Array:
        return taken(drawn[source[0]].columns[source[1]], drawn[place[0]].up[number])

    return _Step(place, frozenset([source]), make, always)


def _copy(model: DatabaseTables, drawn: dict[str, Drawn], name: str, number: int, same: Copied, always: bool) -> _Step:
    """A column that is that of the row that one points to; its own where there is none."""
    parent, column = model.links[number].parent, model.parts[name].schema.columns[same.column]

    def make() -> pa.Array:
        up = drawn[name].up[number]
        values = same.of(taken(drawn[parent].columns[same.source], up), arrow_type(column.type))
        return chosen(up >= 0, values, drawn[name].columns[same.column])

    return _Step((name, same.column), frozenset([(parent, same.source)]), make, always)


def _sum(model: DatabaseTables, drawn: dict[str, Drawn], name: str, number: int, rollup: Rollup) -> _Step:
    """A column that sums up the rows that point to one; its own where there are none."""
    child, column = model.links[number].child, model.parts[name].schema.columns[rollup.column]
    columns = model.parts[child].schema.columns

    def make() -> pa.Array:
        up, n = drawn[child].up[number], drawn[name].n
        typed = {t: _plain(t, drawn[child].columns[t], columns[t]) for t in rollup.reads}
        shown, own = _shown(rollup.totals(typed, up, n), column), drawn[name].columns[rollup.column]
        has = np.bincount(up[up >= 0], minlength=n) > 0
        if rollup.none == "null":
            own = pa.nulls(n, own.type)
        return chosen(has | (rollup.none == "zero"), shown, own)

    return _Step((name, rollup.column), frozenset((child, t) for t in rollup.reads), make, True)


def _picked(model: DatabaseTables, drawn: dict[str, Drawn], name: str, number: int, pick: Picked) -> _Step:
    """A column that is that of one of the rows that point to one; its own where there are none."""
    child, column = model.links[number].child, model.parts[name].schema.columns[pick.column]
    columns = model.parts[child].schema.columns

    def make() -> pa.Array:
        typed = {c: _plain(c, drawn[child].columns[c], columns[c]) for c in pick.reads}
        rows = pick.rows(typed[pick.by], pick.among(typed, drawn[child].up[number]), drawn[name].n)
        kind = _plain("", pa.array([], arrow_type(column.type)), column).type
        values = as_column(taken(typed[pick.source], rows), kind)
        return chosen((rows >= 0) | pick.none, printed(values, column), drawn[name].columns[pick.column])

    return _Step((name, pick.column), frozenset((child, c) for c in pick.reads), make, True)


def _without(model: DatabaseTables, drawn: dict[str, Drawn], name: str, number: int, pick: Picked) -> _Step:
    """A column that is missing where no row points to one."""

    def make() -> pa.Array:
        up, own = drawn[model.links[number].child].up[number], drawn[name].columns[pick.column]
        has = np.bincount(up[up >= 0], minlength=drawn[name].n) > 0
        return chosen(~has, pa.nulls(len(own), own.type), own)

    return _Step((name, pick.column), frozenset(), make, True)


def _led(model: DatabaseTables, drawn: dict[str, Drawn], name: str, number: int, pick: Picked) -> _Step:
    """A time of the rows that point to one: of the last one, or the first, it is that one's, of others none is beyond."""
    child, column = model.links[number].child, model.parts[name].schema.columns[pick.column]
    mine = model.parts[child].schema.columns[pick.source]

    def make() -> pa.Array:
        values, up = drawn[child].columns[pick.source], drawn[child].up[number]
        own = _plain(pick.source, values, mine)
        its = as_column(taken(_plain(pick.column, drawn[name].columns[pick.column], column), up), own.type)
        nearest = (pc.min_element_wise if pick.last else pc.max_element_wise)(own, its, skip_nulls=False)
        rows = pick.rows(nearest, up, drawn[name].n)
        which = np.zeros(len(own), dtype=bool)
        which[rows[rows >= 0]] = True
        found = pc.if_else(pa.array(which), its, nearest)
        return chosen((up >= 0) & flags(found.is_valid()), printed(found, mine), values)

    return _Step((child, pick.source), frozenset([(name, pick.column)]), make, True)


def _parts(model: DatabaseTables, drawn: dict[str, Drawn], name: str, number: int, rollup: Rollup) -> _Step:
    """A column of the rows that point to one, of which they share what that one says."""
    child, (term,) = model.links[number].child, rollup.terms
    mine, its = model.parts[child].schema.columns[term], model.parts[name].schema.columns[rollup.column]

    def make() -> pa.Array:
        values, up = drawn[child].columns[term], drawn[child].up[number]
        totals = _plain(rollup.column, drawn[name].columns[rollup.column], its)
        shares = rollup.parts(_plain(term, values, mine), totals, up)
        return chosen((up >= 0) & np.isfinite(shares), _shown(np.nan_to_num(shares), mine), values)

    return _Step((child, term), frozenset([(name, rollup.column)]), make, True)


def _shown(numbers: NDArray[np.float64], column: Column) -> pa.Array:
    """Numbers as a column has them."""
    return printed(as_type(numbers, _plain("", pa.array([], arrow_type(column.type)), column).type), column)


def _plain(name: str, values: pa.Array, column: Column) -> pa.Array:
    return plain_values(name, values, arrow_type(column.type), column.form)
