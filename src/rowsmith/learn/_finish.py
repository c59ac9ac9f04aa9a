"""From drawn rows to tables: their order, parents by other links, keys, and what follows from other rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import text
from rowsmith.core.codecs import plain_values
from rowsmith.core.errors import DataError
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, arrow_type
from rowsmith.learn._deal import dealt, distinct, firsts, room_for, to_sum
from rowsmith.learn._drawn import Drawn
from rowsmith.learn._exchange import exchange
from rowsmith.learn._facts import Facts, coded
from rowsmith.learn._groups import groups_of
from rowsmith.learn._links import Link, without_loops
from rowsmith.learn._part import (
    Part,
    count_name,
    counts_of,
    depth_name,
    flat,
    group_name,
    other_name,
    read_name,
    taken,
    usual_name,
)
from rowsmith.learn._relations import numbers_of
from rowsmith.learn._settle import settle
from rowsmith.learn._tiers import led
from rowsmith.learn._within import Sides, Within, family_of, in_time

if TYPE_CHECKING:
    from rowsmith.learn.database import DatabaseTables

Index = NDArray[np.int64]

FINE = 50
"""Different values of a parent's column up to which children that have it too are dealt out by it."""

RANGES = 20
"""Ranges of a number with more of them."""


def check_keys(found: Facts) -> None:
    """Refuse keys that say nothing: repeated ones, and columns that only point to one another.

    Raises:
        DataError: one of these.
    """
    for name, table in found.schema.tables.items():
        key = table.primary_key
        if not key:
            continue
        values = found.tables[name].select(list(key))
        missing = [c for c in key if values[c].null_count]
        if missing:
            raise DataError(
                f"tables.{name}.primary_key: {missing[0]} has {values[missing[0]].null_count:,} missing values; a key has none. "
                "Take it out of the key, or the rows out of the data."
            )
        different = values.group_by(list(key)).aggregate([]).num_rows
        if different < values.num_rows:
            raise DataError(
                f"tables.{name}.primary_key ({', '.join(key)}): {values.num_rows - different:,} of {values.num_rows:,} rows "
                "repeat the key of another one; name columns that tell rows apart, or leave the key out."
            )
    for link in found.links:
        for column in link.columns:
            _check_circle(found, link.child, column, ())


def _check_circle(found: Facts, table: str, column: str, way: tuple[tuple[str, str], ...]) -> None:
    if (table, column) in way:
        names = " -> ".join(".".join(each) for each in (*way, (table, column)))
        raise DataError(f"foreign keys go round in a circle ({names}), so that no column says what the values are.")
    for link in found.links:
        if link.child == table and column in link.columns:
            target = link.targets[link.columns.index(column)]
            _check_circle(found, link.parent, target, (*way, (table, column)))


def in_order(part: Part, drawn: Drawn, rng: np.random.Generator) -> Drawn:
    """Rows in the order that those of the real table have: by a column, by parents, or any."""
    if part.above is not None and part.above.depths:
        return drawn  # from the roots down
    if part.sorted_by is not None and part.sorted_by in drawn.columns:
        column = part.schema.columns[part.sorted_by]
        numbers = _numbers(drawn.columns[part.sorted_by], column)
        # Rows of one time in any order, unless those of a parent stand together.
        ties = np.arange(drawn.n) if part.kept_together else rng.permutation(drawn.n)
        return drawn.taken(np.lexsort((ties, numbers)))
    if part.above is None or part.kept_together:
        return drawn
    return drawn.taken(rng.permutation(drawn.n))


def tables(model: DatabaseTables, drawn: dict[str, Drawn], key: Key) -> dict[str, pa.Table]:
    """Whole tables of drawn rows.

    Args:
        model: the learnt tables.
        drawn: rows of all of them.
        key: random stream.
    """
    ways = {way for way, _ in model.through.values()}
    # whose other parents are of usual groups comes last, when it is known of which they are
    last = {i for part in model.parts.values() for i in part.usual if i not in ways}
    _deal(model, drawn, [i for i in range(len(model.links)) if i not in last], key)
    for number in _through(model):
        way, second = model.through[number]
        rows = drawn[model.links[number].child]
        if number in rows.up:
            continue
        above = drawn[model.links[second].child].up[second]
        first = rows.up[way]
        by_way = np.where(first >= 0, np.append(above, -1)[first], -1)
        alone = _dealt(model, drawn, number, first < 0, key.child("deal", number))
        rows.up[number] = np.where(first >= 0, by_way, alone)
    for name in model.parts:
        exchange(model, drawn, name, key.child("exchange", name).generator())
    _deal(model, drawn, sorted(last), key)
    for name in model.parts:
        _apart(model, drawn, name, key.child("apart", name))
    settle(model, drawn)
    return _Writer(model, drawn, key.child("keys")).tables()


def _deal(model: DatabaseTables, drawn: dict[str, Drawn], numbers: list[int], key: Key) -> None:
    """Parents by links that do not follow from others."""
    for number in numbers:
        rows = drawn[model.links[number].child]
        if number not in rows.up and number not in model.through:
            rows.up[number] = _dealt(model, drawn, number, np.ones(rows.n, dtype=bool), key.child("deal", number))


def _through(model: DatabaseTables) -> list[int]:
    """Links that follow from others, each after those of these that follow themselves."""
    out: list[int] = []

    def add(number: int, way: tuple[int, ...] = ()) -> None:
        if number in model.through and number not in (*out, *way):
            for other in model.through[number]:
                add(other, (*way, number))
            out.append(number)

    for number in model.through:
        add(number)
    return out


def _dealt(model: DatabaseTables, drawn: dict[str, Drawn], number: int, free: NDArray[np.bool_], key: Key) -> Index:
    """A parent by a link for the rows that are free."""
    link = model.links[number]
    rows, parents = drawn[link.child], drawn[link.parent]
    wanted = np.full(rows.n, -1, dtype=np.int64)
    if other_name(number) in rows.columns and parents.n:
        wanted = np.where(free, groups_of(rows.columns[other_name(number)]), -1)
    rng = key.generator()
    counts = np.nan_to_num(counts_of(parents.columns[count_name(number)]) if parents.n else np.zeros(0)).astype(
        np.int64
    )
    groups = groups_of(parents.columns[group_name(number)]) if parents.n else np.zeros(0, dtype=np.int64)
    within, above = model.parts[link.child].within.get(number), model.parts[link.child].above
    tiers = model.parts[link.child].tiers
    if tiers is not None and tiers.link == number and above is not None:
        depth = counts_of(rows.columns[depth_name(number)]).astype(np.int64)
        return led(rows.up[above.link], depth, wanted, groups, counts, rng)
    if within is not None and within.second is not None and parents.n:
        out = _sides(model, drawn, number, within).dealt(within, wanted, groups, counts, rng)
        return without_loops(out)[0] if link.parent == link.child else out
    alike = _likeness(model, drawn, number)
    part = model.parts[link.child]
    if number in part.usual and alike and not (number in part.matched or number in part.reads):
        room = room_for(counts, wanted >= 0, *alike[0], rng)
    else:  # what is copied of a parent fits wherever a row goes
        room = to_sum(counts, int((wanted >= 0).sum()), rng)
    up = np.arange(rows.n) if above is None else rows.up[above.link]
    family = np.where(up >= 0, up, int(up.max(initial=-1)) + 1 + np.arange(rows.n))
    out = dealt(wanted, groups, alike, room, family, rng)
    if within is not None:
        sides = _sides(model, drawn, number, within)
        assert sides.at is not None and sides.ends is not None, "there is an order"
        out = in_time(out, wanted, sides.at, sides.ends, within.strict, bool((out < 0).any()), rng)
    return without_loops(out)[0] if link.parent == link.child else out


def _sides(model: DatabaseTables, drawn: dict[str, Drawn], number: int, within: Within) -> Sides:
    """Rows and those that they may be linked to, as what is always so has them."""
    link = model.links[number]
    child, parent, above = drawn[link.child], drawn[link.parent], model.parts[link.child].above
    home = np.zeros(child.n, dtype=np.int64) if above is None else child.up[above.link]
    second = np.zeros(parent.n, dtype=np.int64) if within.second is None else parent.up[within.second]
    family = family_of(home, second, [coded(child.columns[c])[0] for c in within.same])
    at, ends = (
        _numbers(rows.columns[time], model.parts[table].schema.columns[time]) if within.times else None
        for rows, table, time in zip((child, parent), (link.child, link.parent), within.times or ("", ""), strict=True)
    )
    return Sides(*family, at, ends, link.parent == link.child)


def _likeness(model: DatabaseTables, drawn: dict[str, Drawn], number: int) -> list[tuple[Index, Index]]:
    """What children and parents of a link must have the same of, as numbers, the most important first; -1 for what no parent has."""
    link, part = model.links[number], model.parts[model.links[number].child]
    child, parent = drawn[link.child], drawn[link.parent]
    pairs = [
        (child.columns[same.column], parent.columns[same.source])
        for same in part.matched.get(number, ())
        if not same.add and same.column in child.columns
    ]
    pairs += [
        (child.columns[read_name(number, column)], parent.columns[column])
        for column in part.reads.get(number, ())
        if read_name(number, column) in child.columns
    ]
    pairs += [
        (child.columns[other_name(other)], parent.columns[usual_name(number, other)])
        for other in part.usual.get(number, ())
    ]
    out = []
    for mine, its in pairs:
        both = _alike(mine, its)
        if both is not None:
            one, two = both[: child.n], both[child.n :]
            out.append((np.where(np.isin(one, two), one, -1), two))
    return out


def _alike(mine: pa.Array, its: pa.Array) -> Index | None:
    """Values of children, and behind them of parents, as numbers; of numbers with many values their range among the parents'."""
    both = pa.chunked_array([flat(mine), flat(its)]).combine_chunks()
    codes = coded(both)[0]
    if len(np.unique(codes[len(mine) :])) <= FINE:
        return codes
    numbers = numbers_of(both)
    if numbers is None:
        return None
    edges = np.unique(np.nanquantile(numbers[len(mine) :], np.linspace(0, 1, RANGES + 1)[1:-1]))
    return np.where(np.isfinite(numbers), np.searchsorted(edges, numbers) + 1, 0)


def _apart(model: DatabaseTables, drawn: dict[str, Drawn], name: str, key: Key) -> None:
    """See to it that no two rows have the same key, where it is made of links to several parents, nor the same of links that go once."""
    part, rows = model.parts[name], drawn[name]
    wanted = set(part.schema.primary_key)
    numbers = [i for i, link in enumerate(model.links) if link.child == name and set(link.columns) <= wanted]
    covered = {c for i in numbers for c in model.links[i].columns}
    own = [c for c in part.schema.primary_key if c in rows.columns and c not in covered]
    if wanted and len(covered) + len(own) >= len(wanted):
        _told_apart(model, drawn, name, numbers, own, key)
    for links in part.once:
        _told_apart(model, drawn, name, links, (), key.child("once", *links))


def _told_apart(
    model: DatabaseTables, drawn: dict[str, Drawn], name: str, numbers: Sequence[int], own: Sequence[str], key: Key
) -> None:
    """Rows that differ by links, and columns of their own: they exchange parents, and what cannot is left out."""
    part, rows = model.parts[name], drawn[name]
    bound = {*model.through, *part.within}
    free = [i for i in numbers if i not in bound and (part.above is None or part.above.link != i)]
    if not free:
        return
    there = np.flatnonzero(np.all([rows.up[i] >= 0 for i in numbers], axis=0))
    columns = [*(rows.up[i][there] for i in numbers), *(coded(rows.columns[c])[0][there] for c in own)]
    again = np.zeros(len(there), dtype=bool)
    for number in free:
        again = distinct(columns, numbers.index(number), key.child("exchange", number).generator())
        rows.up[number][there] = columns[numbers.index(number)]
    if again.any():
        kept = np.delete(np.arange(rows.n), there[again])
        first = np.arange(rows.n)
        first[there] = there[firsts(columns)]
        drawn[name] = rows.taken(kept)
        place_of = np.searchsorted(kept, first)
        for i, link in enumerate(model.links):  # what points to a row that is left out points to the one it repeats
            up = drawn[link.child].up
            if link.parent == name and i in up:
                up[i] = np.where(up[i] >= 0, np.append(place_of, -1)[up[i]], -1)


def _plain(values: pa.Array) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _numbers(values: pa.Array, column: Column) -> NDArray[np.float64]:
    numbers = numbers_of(plain_values("", values, arrow_type(column.type), column.form))
    assert numbers is not None, "rows are in order of numbers or times"
    return numbers


@dataclass
class _Writer:
    """Makes keys, hands them to the rows that point to them, and puts the columns together.

    Attributes:
        model: the learnt tables.
        drawn: their rows.
        key: random stream of what is made.
        known: columns of keys that are there.
    """

    model: DatabaseTables
    drawn: dict[str, Drawn]
    key: Key
    known: dict[tuple[str, str], pa.Array] = field(default_factory=dict)

    def tables(self) -> dict[str, pa.Table]:
        """All tables, in the order of the schema."""
        out = {}
        for name, part in self.model.parts.items():
            arrays = [self.column(name, c) for c in part.schema.columns]
            fields = [
                pa.field(c, a.type, metadata=_metadata(column, a.type))
                for (c, column), a in zip(part.schema.columns.items(), arrays, strict=True)
            ]
            out[name] = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
        return out

    def column(self, table: str, name: str) -> pa.Array:
        """A column of a table, in its type and form."""
        if (table, name) not in self.known:
            self.known[table, name] = self._column(table, name)
        return self.known[table, name]

    def _column(self, table: str, name: str) -> pa.Array:
        part, rows = self.model.parts[table], self.drawn[table]
        if part.public:
            return rows.columns[name]
        if name in part.made:
            return part.made[name].make(rows.n, self.key.child(table, name))
        links = [i for i, link in enumerate(self.model.links) if link.child == table and name in link.columns]
        if not links:
            return (
                rows.columns[name]
                if name in rows.columns
                else pa.nulls(rows.n, arrow_type(part.schema.columns[name].type))
            )
        column = part.schema.columns[name]
        kind = arrow_type(column.type)
        out = pa.nulls(rows.n, kind)
        # A link that follows from another one says the same where both are there.
        for number in sorted(links, key=lambda i: i not in self.model.through, reverse=True):
            out = pc.coalesce(out, self._pointed(self.model.links[number], name, rows.up[number], column))
            if number in self.model.orphans:
                out = pc.coalesce(out, self._orphans(number, rows.up[number], column))
        return out.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else out

    def _pointed(self, link: Link, name: str, up: Index, column: Column) -> pa.Array:
        """Values of the parents' key, as they stand in the column of the child."""
        target = link.targets[link.columns.index(name)]
        return self._as_in(column, link.parent, target, taken(flat(self.column(link.parent, target)), up))

    def _orphans(self, number: int, up: Index, column: Column) -> pa.Array:
        """Values that are those of no parent, for a share of the rows without one; null for the others."""
        link, key = self.model.links[number], self.key.child("orphans", number)
        (target,) = link.targets
        keys = self.column(link.parent, target)
        rows, values = self.model.orphans[number].of(
            len(up), np.flatnonzero(up < 0), keys, key, key.child("rows").generator()
        )
        place = np.full(len(up), -1)
        place[rows] = np.arange(len(rows))
        return self._as_in(column, link.parent, target, taken(values, place))

    def _as_in(self, column: Column, parent: str, target: str, values: pa.Array) -> pa.Array:
        """Values of a parent's key as they stand in a column of the child."""
        theirs = self.model.parts[parent].schema.columns[target]
        kind = arrow_type(column.type)
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if values.type == kind and theirs.form == column.form:
            return values
        plain = plain_values(target, values, values.type, theirs.form)
        wanted = plain_values(target, pa.array([], kind), kind, column.form).type
        typed = plain.cast(wanted, safe=False)
        return typed if wanted == kind else text.show(typed, column.form or {})


def _metadata(column: Column, kind: pa.DataType) -> dict[bytes, bytes] | None:
    """What a sink needs to print a column like the real one."""
    left_to_sink = column.form is not None and (not pa.types.is_string(kind) or column.form.get("as") == "json")
    return dict(text.with_form(pa.field("", kind), column.form or {}).metadata) if left_to_sink else None
