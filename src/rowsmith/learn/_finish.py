"""From drawn rows to tables: their order, parents by other links, keys, and what follows from other rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
from rowsmith.learn._apart_in_time import apart_in_time
from rowsmith.learn._drawn import Drawn
from rowsmith.learn._facts import Facts
from rowsmith.learn._links import Link
from rowsmith.learn._part import Part, flat, taken
from rowsmith.learn._pointing import point
from rowsmith.learn._relations import numbers_as
from rowsmith.learn._settle import settle

if TYPE_CHECKING:
    from rowsmith.learn.database import DatabaseTables

Index = NDArray[np.int64]


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
        numbers = numbers_as(drawn.columns[part.sorted_by], column)
        # Rows of one time in any order, unless those of a parent stand together.
        ties = np.arange(drawn.n) if part.kept_together or part.running is not None else rng.permutation(drawn.n)
        return _in_places(part, drawn, np.lexsort((ties, numbers)))
    if part.above is None or part.kept_together:
        return drawn
    order = rng.permutation(drawn.n)
    if part.running is not None:  # those of a family stay in theirs
        place = np.argsort(order)
        up = drawn.up[part.above.link]
        rows = np.argsort(up, kind="stable")
        place[rows] = place[rows][np.lexsort((place[rows], up[rows]))]
        order = np.argsort(place)
    return _in_places(part, drawn, order)


def _in_order_again(model: DatabaseTables, drawn: dict[str, Drawn], name: str) -> None:
    """Rows whose times were moved in the order of these, in place; what points to them still does."""
    part, rows = model.parts[name], drawn[name]
    assert part.sorted_by is not None, "the real rows are in its order"
    numbers = numbers_as(rows.columns[part.sorted_by], part.schema.columns[part.sorted_by])
    order = np.argsort(numbers, kind="stable")
    drawn[name], place = _in_places(part, rows, order), np.append(np.argsort(order), -1)
    for i, link in enumerate(model.links):
        up = drawn[link.child].up
        if link.parent == name and i in up and (part.tiers is None or part.tiers.link != i):
            up[i] = np.where(up[i] >= 0, place[up[i]], up[i])


def _in_places(part: Part, drawn: Drawn, order: Index) -> Drawn:
    """Rows in another order; what hangs on other rows of the table still does."""
    out = drawn.taken(order)
    if part.tiers is not None:
        place, up = np.argsort(order), out.up[part.tiers.link]
        out.up[part.tiers.link] = np.where(up >= 0, np.append(place, -1)[up], -1)
    return out


def tables(model: DatabaseTables, drawn: dict[str, Drawn], key: Key) -> dict[str, pa.Table]:
    """Whole tables of drawn rows.

    Args:
        model: the learnt tables.
        drawn: rows of all of them.
        key: random stream.
    """
    point(model, drawn, key)
    moved = apart_in_time(model, drawn, key)
    for name, part in model.parts.items():
        if part.sorted_by is not None and (name, part.sorted_by) in moved:
            _in_order_again(model, drawn, name)
    settle(model, drawn, moved)
    changed = set[tuple[str, str]]()
    for name, part in model.parts.items():
        if part.running is not None and part.above is not None:  # what was settled adds up, whatever it comes to
            rows = drawn[name]
            rows.columns = replace(part.running, ends={}).whole(
                rows.columns, part.schema.columns, rows.up[part.above.link]
            )
            changed |= {(name, column) for column in part.running.columns}
    if changed:  # what is told of the last statement
        settle(model, drawn, changed)
    return _Writer(model, drawn, key.child("keys")).tables()


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
            if name in part.kept:
                return rows.columns[name]
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
