"""What a spec says of its tables to a database: keys, pointers, columns without nulls, and rules that it can check.

Everything here holds in every row by the way rows are made; what only may hold is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import pyarrow as pa

from rowsmith.core.definition import ForeignKey, TableDefinition
from rowsmith.core.portable import Condition, condition
from rowsmith.core.protocols import ColumnSampler
from rowsmith.core.sql import references
from rowsmith.core.values import Sql
from rowsmith.samplers._dated import Dated
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._entity import Entity
from rowsmith.samplers._sourced import Sourced
from rowsmith.samplers.boolean import Boolean
from rowsmith.samplers.category import Category
from rowsmith.samplers.duration import Duration
from rowsmith.samplers.parent import Parent
from rowsmith.samplers.position import Position
from rowsmith.samplers.reference import Reference
from rowsmith.samplers.regex import Regex
from rowsmith.samplers.tree import Tree
from rowsmith.spec.keys import identifies
from rowsmith.spec.links import single_key
from rowsmith.spec.model import ColumnSpec, Spec, TableSpec
from rowsmith.spec.truth import spoilt

Schemas = Mapping[str, pa.Schema]
COMPLETE = (Boolean, Category, Dated, Distribution, Duration, Entity, Position, Regex)
"""Kinds that have a value in every row, unless they depend on a column that has none."""


def definitions(spec: Spec, schemas: Schemas) -> dict[str, TableDefinition]:
    """Every table of a spec, as a database declares it.

    Args:
        spec: how they are made.
        schemas: columns and types of each.
    """
    pointers = {name: tuple(_foreign_keys(spec, table, schemas)) for name, table in spec.tables.items()}
    targets = {(key.table, key.targets) for keys in pointers.values() for key in keys}
    dirt, out = spoilt(spec), {}
    for name, table in spec.tables.items():
        columns, repeats = dirt.get(name, (frozenset[str](), False))
        complete = {c for c in table.written if _complete(spec, table, c)}
        unique = _unique(table, sorted(t for to, t in targets if to == name))
        out[name] = TableDefinition(
            schema=schemas[name],
            primary_key=() if repeats else table.primary_key,
            unique=() if repeats else tuple(group for group in unique if columns.isdisjoint(group)),
            not_null=(frozenset(table.primary_key) | complete) - columns,
            foreign_keys=tuple(key for key in pointers[name] if not dirt.get(key.table, (0, False))[1]),
            checks=tuple(_checks(spec, table, schemas[name], columns)),
        )
    free = {name for name, table in spec.tables.items() if not all(type(change).lawful for change in table.then)}
    for name, table in spec.tables.items():
        if not table.then:
            continue
        if name in free:  # changes that spoil or hide keep nothing of what it was
            out[name] = TableDefinition(schema=schemas[name])
        else:  # values may go missing, rows may be repeated: keys and rules stay
            out[name] = replace(out[name], not_null=frozenset(table.primary_key), unique=())
    for name, definition in out.items():
        pointing = tuple(key for key in definition.foreign_keys if key.table not in free)
        out[name] = replace(definition, foreign_keys=pointing)
    return out


def _unique(table: TableSpec, targets: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Groups of columns that are declared unique, and those that something points to, each once."""
    done = {frozenset(table.primary_key)}
    for columns in (*table.unique, *targets):
        if frozenset(columns) not in done:
            done.add(frozenset(columns))
            yield columns


def _checks(
    spec: Spec, table: TableSpec, schema: pa.Schema, without: frozenset[str]
) -> Iterator[tuple[str, Condition]]:
    types = {field.name: field.type for field in schema}
    parameters = {name: value for name, value in spec.parameters.items() if name not in table.columns}
    for name, rule in table.rules.items():
        if not without.isdisjoint(references(rule, name)):
            continue
        found = condition(rule, table.name, types, parameters)
        if found is not None:
            yield name, found


def _complete(spec: Spec, table: TableSpec, name: str) -> bool:
    """Whether a column can have no null."""
    column = table.columns[name]
    if isinstance(column.null, Sql) or column.null > 0:
        return False
    sampler = column.sampler
    above = _above(spec, table, column)
    if above is not None and not isinstance(sampler, Tree):
        return _complete(spec, spec.tables[above[0]], above[1])
    return all(_always(each) for each in (sampler, *column.groups.values()))


def _always(sampler: ColumnSampler) -> bool:
    if isinstance(sampler, Category) and (sampler.given or None in tuple(sampler.values)):
        return False
    if isinstance(sampler, Position):
        return True
    if isinstance(sampler, Sourced):
        return sampler.complete
    return not sampler.reads and (sampler.by_row or isinstance(sampler, COMPLETE))


def _above(spec: Spec, table: TableSpec, column: ColumnSpec) -> tuple[str, str] | None:
    """Table and column that a column's values are copied from, if they are."""
    sampler = column.sampler
    if column.by:
        return None
    if isinstance(sampler, Parent):
        head, _, name = str(sampler.column).partition(".")
        return head, name
    if isinstance(sampler, Reference):
        return str(sampler.table), str(sampler.column)
    if isinstance(sampler, Tree):
        return table.name, single_key(spec, table.name)
    return None


def _foreign_keys(spec: Spec, table: TableSpec, schemas: Schemas) -> Iterator[ForeignKey]:
    """What points to rows of a table, in the order of the columns."""
    left = list(table.written)
    if table.per is not None and len(key := spec.tables[table.per.table].primary_key) > 1:
        copied = {_copied(spec, table, name, schemas): name for name in reversed(left)}
        places = [(table.per.table, part) for part in key]
        if all(place in copied and _kept(spec, *place) for place in places):
            columns = tuple(copied[place] for place in places)
            left = [name for name in left if name not in columns]
            yield ForeignKey(columns=columns, table=table.per.table, targets=key)
    for name in left:
        at = _copied(spec, table, name, schemas)
        while at is not None and not _identifies(spec, *at):  # the key of the parent's parent, handed down
            at = _copied(spec, spec.tables[at[0]], at[1], schemas)
        if at is not None:
            yield ForeignKey(columns=(name,), table=at[0], targets=(at[1],))


def _copied(spec: Spec, table: TableSpec, name: str, schemas: Schemas) -> tuple[str, str] | None:
    """Table and column that a column's values are copied from just as they are."""
    column = table.columns[name]
    above = _above(spec, table, column)
    if above is None or above[1] not in schemas[above[0]].names:  # hidden
        return None
    mine, its = _type(schemas, table.name, name), _type(schemas, *above)
    # Rounded, or cast to another type, it may be another value.
    return above if mine == its and column.digits is None else None


def _type(schemas: Schemas, table: str, column: str) -> pa.DataType:
    kind = schemas[table].field(column).type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _kept(spec: Spec, table: str, name: str) -> bool:
    """Whether rows hold the very values that are looked up by row: no null in their place, no other group's key."""
    column = spec.tables[table].columns[name]
    return column.null == 0 and not column.by


def _identifies(spec: Spec, table: str, name: str) -> bool:
    """Whether no value of a column comes twice."""
    declared = (name,) in (spec.tables[table].primary_key, *spec.tables[table].unique)
    return identifies(spec.tables[table], name) or (declared and _kept(spec, table, name))
