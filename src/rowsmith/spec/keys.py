"""Keys and unique groups of a spec: which hold by the way rows are made, and which must be looked at when they are made."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.values import Sql
from rowsmith.samplers.constant import Constant
from rowsmith.samplers.parent import Parent
from rowsmith.samplers.position import Position
from rowsmith.samplers.reference import Reference
from rowsmith.spec.model import ColumnSpec, Combination, Spec, TableSpec


@dataclass(frozen=True, kw_only=True)
class UniqueGroup:
    """Columns in which no two rows of a table are the same.

    Attributes:
        table: its name.
        path: into the spec, for messages.
        columns: at least one.
        primary: whether they are the primary key, so that none is null.
    """

    table: str
    path: str
    columns: tuple[str, ...]
    primary: bool = False

    def __str__(self) -> str:
        return f"{self.path} ({', '.join(self.columns)})"


def unique_groups(table: TableSpec) -> Iterator[UniqueGroup]:
    """The primary key of a table, if it has one, and its unique groups."""
    if table.primary_key:
        path = f"{table.path}.primary_key"
        yield UniqueGroup(table=table.name, path=path, columns=table.primary_key, primary=True)
    for columns in table.unique:
        yield UniqueGroup(table=table.name, path=f"{table.path}.unique", columns=columns)


def check_group(table: TableSpec, columns: tuple[str, ...], *, primary: bool) -> None:
    """Refuse a key or unique group that cannot be one.

    Raises:
        SpecError: a column that is not there or stands twice, or may be null in a primary key.
    """
    for column in columns:
        if column not in table.written:
            raise SpecError(f"there is no column {column!r}{suggest(column, table.written)}")
        if columns.count(column) > 1:
            raise SpecError(f"column {column!r} stands twice; keep one of them.")
        null = table.columns[column].null
        if primary and (isinstance(null, Sql) or null > 0):
            shown = "{sql: …}" if isinstance(null, Sql) else f"{null:g}"
            raise SpecError(
                f"column {column!r} has null={shown}, and a key has a value in every row; leave `null` out."
            )


def combined(spec: Spec) -> Spec:
    """The spec with columns that are chosen together, where a group is not unique anyway and can be made so."""
    aimed = {(target.table, target.column) for target in spec.targets}
    tables = {}
    for table in spec.tables.values():
        free = {c for c in table.columns if (table.name, c) not in aimed and _chosen(spec, table, c)}
        found: dict[str, Combination] = {}
        for group in unique_groups(table):
            if by_construction(spec, table, group.columns):
                continue
            handed = {c for c in group.columns if _handed_down(table, c) is not None}
            within = _of_one_parent(spec, table, group.columns)
            columns = tuple(c for c in group.columns if not (within and c in handed))
            if columns and free.issuperset(columns) and found.keys().isdisjoint(columns):
                found |= dict.fromkeys(columns, Combination(columns=columns, within=within))
        tables[table.name] = dataclasses.replace(table, combined=found)
    return spec.but(tables=tables)


def to_check(spec: Spec) -> Mapping[str, tuple[UniqueGroup, ...]]:
    """By table, the groups that may turn out not to be unique, or a primary key not to be whole."""
    out = {}
    for table in spec.tables.values():
        left = tuple(g for g in unique_groups(table) if not _sure(spec, table, g))
        if left:
            out[table.name] = left
    return out


def by_construction(spec: Spec, table: TableSpec, columns: tuple[str, ...]) -> bool:
    """Whether no two rows can be the same in some columns, by what these are.

    That is so where one of them is made by row number, or they say whose child a row is, and which of its children.
    """
    if any(identifies(table, c) for c in columns):
        return True
    if not _of_one_parent(spec, table, columns):
        return False
    assert table.per is not None
    count = table.per.count
    if isinstance(count.sampler, Constant) and not count.by and count.sampler.value in (0, 1):
        return True
    return any(_tells_siblings_apart(spec, table.columns[c]) for c in columns)


def identifies(table: TableSpec, name: str) -> bool:
    """Whether no value of a column comes twice, for it is made by row number."""
    column = table.columns[name]
    return column.sampler.by_row and _plain(column)


def copies_a_key(spec: Spec, reference: Reference) -> bool:
    """Whether the column that is pointed to tells the rows of its table apart."""
    target, column = spec.tables[reference.table], str(reference.column)
    declared = (column,) in (target.primary_key, *target.unique) and _plain_null(target.columns[column])
    return identifies(target, column) or declared


def _sure(spec: Spec, table: TableSpec, group: UniqueGroup) -> bool:
    if any(t.table == table.name and t.column in group.columns for t in spec.targets):
        return False
    chosen = [table.combined.get(c) for c in group.columns]
    together = next((c for c in chosen if c is not None), None)
    if together is not None and set(together.columns).issubset(group.columns):
        return not together.within or _of_one_parent(spec, table, group.columns)
    if not by_construction(spec, table, group.columns):
        return False
    return not group.primary or all(_never_null(spec, table, c) for c in group.columns)


def _never_null(spec: Spec, table: TableSpec, name: str) -> bool:
    column = table.columns[name]
    if not _plain(column):
        return False
    if isinstance(column.sampler, Parent):
        head, _, above = str(column.sampler.column).partition(".")
        return _never_null(spec, spec.tables[head], above)
    if isinstance(column.sampler, Reference):
        return copies_a_key(spec, column.sampler)
    return column.sampler.by_row or isinstance(column.sampler, Position) or column.sampler.choices() is not None


def _plain(column: ColumnSpec) -> bool:
    """Whether a column's values are those of its sampler."""
    return _plain_null(column) and column.cast is None and column.digits is None and not column.by


def _plain_null(column: ColumnSpec) -> bool:
    return not isinstance(column.null, Sql) and column.null == 0


def _handed_down(table: TableSpec, name: str) -> str | None:
    """The parent's column whose values a column has."""
    column = table.columns[name]
    if table.per is None or not isinstance(column.sampler, Parent) or not _plain(column):
        return None
    head, _, above = str(column.sampler.column).partition(".")
    return above if head == table.per.table else None


def _of_one_parent(spec: Spec, table: TableSpec, columns: tuple[str, ...]) -> bool:
    """Whether rows that are the same in some columns have the same parent."""
    if table.per is None:
        return False
    parent = spec.tables[table.per.table]
    handed = {above for c in columns if (above := _handed_down(table, c)) is not None}
    if any(identifies(parent, c) for c in handed):
        return True
    keys = [parent.primary_key, *(g for g in parent.unique if all(_plain_null(parent.columns[c]) for c in g))]
    return any(key and handed.issuperset(key) for key in keys)


def _tells_siblings_apart(spec: Spec, column: ColumnSpec) -> bool:
    if not _plain(column):
        return False
    if isinstance(column.sampler, Reference):
        return column.sampler.distinct and copies_a_key(spec, column.sampler)
    return isinstance(column.sampler, Position)


def _chosen(spec: Spec, table: TableSpec, name: str) -> bool:
    """Whether the values of a column can be chosen together with others'."""
    column = table.columns[name]
    if not _plain(column) or name in table.copula[0]:
        return False
    if isinstance(column.sampler, Reference):
        law = not column.sampler.placed and column.sampler.table != table.name
        return law and copies_a_key(spec, column.sampler)
    return column.sampler.choices() is not None
