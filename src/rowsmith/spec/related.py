"""Which columns of a table hang together by the way they are made, so that nobody need wonder."""

from __future__ import annotations

from collections.abc import Iterable, Set

from rowsmith.core.sql import references
from rowsmith.samplers._sourced import Sourced
from rowsmith.samplers.parent import Parent
from rowsmith.samplers.position import Position
from rowsmith.samplers.reference import Reference
from rowsmith.samplers.sequence import Sequence
from rowsmith.samplers.tree import Tree
from rowsmith.samplers.walk import Walk
from rowsmith.spec.links import place_of
from rowsmith.spec.model import ColumnSpec, Spec, TableSpec

Source = tuple[str, str]
"""Table and column; or `#row`, which row of the table it is, or `#place`, the row's place among those of its parent; or `#` and
the name of what makes several columns together."""


def related(spec: Spec, table: TableSpec) -> tuple[tuple[str, ...], ...]:
    """Groups of columns that share what they are made from; every two of a group may hang together.

    Args:
        spec: with the table.
        table: whose written columns are grouped.
    """
    found: dict[str, set[Source]] = {}
    for name in table.columns:
        found[name] = _sources(spec, table, name, {})
    names, _ = table.copula
    joint = [{(table.name, name) for name in names}]
    for (
        name,
        rule,
    ) in table.rules.items():  # rows are kept or drawn again by all that a rule reads, and what that is made from
        places = [place_of(spec, table, read) for read in references(rule, f"{table.path}.rules.{name}")]
        joint.append(set().union(*(_behind(spec, table, place, {}) for place in places)))
    bases = [{source} for source in sorted(set().union(*found.values()))] + joint
    groups = [tuple(name for name in table.written if found[name] & basis) for basis in bases]
    return tuple(dict.fromkeys(group for group in groups if len(group) > 1))


def kin(spec: Spec, table: TableSpec, names: Iterable[str]) -> tuple[str, ...]:
    """Written columns of a table that share what they are made from with one of some names."""
    basis = made_from(spec, table, names)
    return tuple(name for name in table.written if _sources(spec, table, name, {}) & basis)


def made_from(spec: Spec, table: TableSpec, names: Iterable[str]) -> set[Source]:
    """All that some names, as a column of a table would read them, are made from."""
    return set().union(*(_behind(spec, table, place_of(spec, table, name), {}) for name in names))


def made_of(spec: Spec, table: TableSpec, sources: Set[Source]) -> frozenset[str]:
    """Columns of a table that are among some, or made from one of them."""
    if not sources:
        return frozenset()
    return frozenset(name for name in table.columns if not sources.isdisjoint(_sources(spec, table, name, {})))


def needed(spec: Spec, table: TableSpec, names: Iterable[str]) -> set[Source]:
    """All that rows of a table need before some names can be read: what these are made from, and how many rows there are.

    Args:
        spec: with the table.
        table: whose rows are made.
        names: as a column of the table would read them.

    Returns:
        Columns, and `#row` of every table that has to be counted.
    """
    found = made_from(spec, table, names) | {(table.name, "#row")}
    waiting, counted = {name for name, _ in found}, set[str]()
    while waiting - counted:
        name = (waiting - counted).pop()
        counted.add(name)
        per = spec.tables[name].per
        if per is not None:
            found |= made_from(spec, spec.tables[per.table], per.count.reads)
            waiting |= {per.table, *(other for other, _ in found)}
    return found | {(name, "#row") for name in counted}


def numbered(spec: Spec, table: TableSpec, names: Iterable[str]) -> list[ColumnSpec]:
    """Columns by which what some names stand for hangs on the numbers of rows, of the table or one above, or on those before.

    Args:
        spec: with the table.
        table: whose rows are made.
        names: as a column of the table would read them.
    """
    family = {each.name for each in spec.family(spec.root(table.name).name)}
    return [
        spec.tables[name].columns[column]
        for name, column in sorted(needed(spec, table, names))
        if name in family and column in spec.tables[name].columns and _counts(spec.tables[name], column)
    ]


def counters(spec: Spec, table: TableSpec, name: str) -> tuple[str, ...]:
    """Columns of a table that are made by the row's number alone, and that one of its columns is, or is made from."""
    behind = {column for head, column in _sources(spec, table, name, {}) if head == table.name}
    found = tuple(column for column in table.columns if column in behind and table.columns[column].sampler.by_row)
    return (name,) if name in found else found


def _counts(table: TableSpec, name: str) -> bool:
    """Whether a column hangs on its row's number, or on the rows before."""
    sampler, together = table.columns[name].sampler, table.combined.get(name)
    return (
        sampler.by_row
        or isinstance(sampler, Sequence | Walk | Tree)
        or (isinstance(sampler, Sourced) and sampler.stays)
        or (together is not None and not together.within)
    )


def _sources(spec: Spec, table: TableSpec, name: str, seen: dict[Source, None]) -> set[Source]:
    """A column and all that it is made from."""
    node = (table.name, name)
    found = {node}
    if node in seen:
        return found
    seen[node] = None
    column = table.columns[name]
    found |= _chained(table, column)
    for read in column.reads:
        found |= _behind(spec, table, place_of(spec, table, read), seen)
    return found


def _chained(table: TableSpec, column: ColumnSpec) -> set[Source]:
    """What a column hangs on without reading it: the row of the parent, or the rows before."""
    sampler = column.sampler
    if isinstance(sampler, Parent) and table.per is not None:
        return {(table.per.table, "#row")}
    if isinstance(sampler, Reference):
        return {(str(sampler.table), "#row")} | ({(table.name, "#place")} if sampler.placed else set())
    if isinstance(sampler, Position | Sequence | Walk | Tree):
        return {(table.name, "#place")}
    if isinstance(sampler, Sourced):  # made together with the other columns of its source
        return {(table.name, f"#{sampler.source}")}
    return set()


def _behind(spec: Spec, table: TableSpec, place: tuple[str, str, str], seen: dict[Source, None]) -> set[Source]:
    """What a name stands for, and all that this is made from."""
    kind, head, column = place
    if kind == "own":
        return _sources(spec, table, column, seen)
    if kind == "place":
        return {(table.name, "#place")}
    if kind == "ancestor":  # rows of one parent are alike
        return {(head, "#row")} | _sources(spec, spec.tables[head], column, seen)
    if kind == "reference":
        other = str(table.columns[head].sampler.table)  # type: ignore[attr-defined]
        return _sources(spec, table, head, seen) | _sources(spec, spec.tables[other], column, seen)
    if kind == "child":  # an aggregate hangs on the children, and on how many there are
        child = spec.tables[head]
        assert child.per is not None
        found = {(head, "#row")} | _sources(spec, child, column, seen)
        for read in child.per.count.reads:
            found |= _behind(spec, table, place_of(spec, table, read), seen)
        return found
    return set()
