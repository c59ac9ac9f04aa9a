"""How columns and tables of a spec hang together: every name is found, nothing goes in a cycle, keys exist."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.sql import references
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._sourced import Sourced
from rowsmith.samplers.formula import Formula
from rowsmith.samplers.parent import Parent
from rowsmith.samplers.position import POSITION
from rowsmith.samplers.reference import Reference
from rowsmith.samplers.tree import Tree
from rowsmith.spec.keys import check_group
from rowsmith.spec.model import ColumnSpec, Spec, TableSpec

if TYPE_CHECKING:
    from rowsmith.spec.check import Checker

Node = tuple[str, str]
"""Table and column; the number of a table's rows is the column `#` and its name, of its parent."""


def link(spec: Spec, checker: Checker) -> Spec:
    """The spec with keys filled in, roll-ups known and tables in order, parents first. Faults go to the checker."""
    from rowsmith.spec.truth_checks import check_structures

    tables = {name: _with_key(table, checker) for name, table in spec.tables.items()}
    spec = spec.but(tables=_parents_first(tables, checker))
    checker.finish()
    done: dict[str, TableSpec] = {}
    for table in spec.tables.values():
        columns = {}
        for name, column in table.columns.items():
            with checker.at("tables", table.name, "columns", name):
                columns[name] = _resolved(spec, table, column)
        done[table.name] = dataclasses.replace(table, columns=columns)
    checker.finish()
    spec = spec.but(tables=done)
    check_structures(spec, checker)
    for table in spec.tables.values():
        _check_names(spec, table, checker)
    checker.finish()
    with checker.at():
        _refuse_cycles(spec)
    for table in spec.tables.values():
        with checker.at("tables", table.name):
            _ = table.copula
    return spec


def place_of(spec: Spec, table: TableSpec, name: str) -> tuple[str, str, str]:
    """Where a name that a column reads comes from.

    Returns:
        What it is (`place`, `parameter`, `own`, `ancestor`, `reference` or `child`), and table and column, where there are such;
        for a reference, the column that points.

    Raises:
        SpecError: nothing has that name.
    """
    if name == POSITION and table.per is not None:
        return "place", table.name, name
    if name in table.columns:
        return "own", table.name, name
    head, _, column = name.partition(".")
    if not column:
        if name in spec.parameters:
            return "parameter", "", name
        raise SpecError(f"there is no column {name!r}{suggest(name, [*table.columns, *spec.parameters])}")
    if head == table.name and column in table.columns:
        return "own", table.name, column
    pointers = [
        c.name for c in table.columns.values() if isinstance(c.sampler, Reference) and head in (c.name, c.sampler.table)
    ]
    if head in ancestors(spec, table):
        found = ("ancestor", head, column)
    elif len(pointers) == 1:
        found = ("reference", pointers[0], column)
        head = table.columns[pointers[0]].sampler.table  # type: ignore[attr-defined]
    elif len(pointers) > 1:
        raise SpecError(
            f"{name!r}: {', '.join(pointers)} all point to {head}; write which, as in {pointers[0]}.{column}."
        )
    elif head in spec.tables and spec.tables[head].per is not None and spec.tables[head].per.table == table.name:  # type: ignore[union-attr]
        found = ("child", head, column)
    elif head in spec.tables:
        raise SpecError(f"{name!r}: table {head!r} is no parent, no child and not referred to by table {table.name!r}.")
    else:
        if head in table.columns:
            raise SpecError(
                f"{name!r}: column {head!r} does not point to rows whose columns can be read; a reference would."
            )
        raise SpecError(f"there is no table {head!r}{suggest(head, spec.tables)}")
    if column not in spec.tables[head].columns:
        raise SpecError(f"table {head!r} has no column {column!r}{suggest(column, spec.tables[head].columns)}")
    return found


def ancestors(spec: Spec, table: TableSpec) -> list[str]:
    """The parent of a table, its parent, and so on."""
    return [] if table.per is None else [table.per.table, *ancestors(spec, spec.tables[table.per.table])]


def _with_key(table: TableSpec, checker: Checker) -> TableSpec:
    """The table with its primary key: as declared, or its first column that counts or shuffles row numbers."""
    key = tuple(k for k in table.primary_key)
    with checker.at("tables", table.name, "primary_key"):
        check_group(table, key, primary=True)
        if not key:
            numbered = (c for c in table.columns.values() if c.sampler.by_row and c.null == 0 and not c.hidden)
            key = tuple(c.name for c in numbered)[:1]
    with checker.at("tables", table.name, "unique"):
        for group in table.unique:
            check_group(table, group, primary=False)
    return dataclasses.replace(table, primary_key=key)


def _parents_first(tables: dict[str, TableSpec], checker: Checker) -> dict[str, TableSpec]:
    ordered: dict[str, TableSpec] = {}
    for name, table in tables.items():
        with checker.at("tables", name, "per"):
            chain = [name]
            while (per := tables[chain[-1]].per) is not None:
                if per.table not in tables:
                    raise SpecError(f"table={per.table!r}: there is no such table{suggest(per.table, tables)}")
                if per.table in chain:
                    raise SpecError(f"goes in a cycle: {' → '.join([*chain, per.table])}.")
                chain.append(per.table)
            for each in reversed(chain):
                ordered.setdefault(each, tables[each])
        assert table is not None
    return ordered


def _resolved(spec: Spec, table: TableSpec, column: ColumnSpec) -> ColumnSpec:
    """The column with what it leaves out: the parent's key, the key it refers to, whether it is a roll-up."""
    sampler = column.sampler
    if isinstance(sampler, Parent):
        if table.per is None:
            raise SpecError("kind='parent': the table has no `per`, so its rows have no parent.")
        key = sampler.column if sampler.column is not None else single_key(spec, table.per.table)
        return dataclasses.replace(column, sampler=Parent(column=f"{table.per.table}.{key}"))
    if isinstance(sampler, Reference):
        if sampler.table not in spec.tables:
            raise SpecError(f"table={sampler.table!r}: there is no such table{suggest(sampler.table, spec.tables)}")
        key = sampler.column if sampler.column is not None else single_key(spec, sampler.table)
        if key not in spec.tables[sampler.table].columns:
            raise SpecError(f"column={key!r}: table {sampler.table!r} has no such column.")
        return dataclasses.replace(column, sampler=dataclasses.replace(sampler, column=key))
    if isinstance(sampler, Tree):
        single_key(spec, table.name)
    if isinstance(sampler, Formula):
        places = {place_of(spec, table, name)[:2] for name in sampler.reads}
        children = {head for kind, head in places if kind == "child"}
        if children:
            if len(places) > 1:
                raise SpecError(
                    f"sql={sampler.sql!r}: an aggregate over {children.pop()} can read nothing else besides."
                )
            return dataclasses.replace(column, rollup=children.pop())
    return column


def single_key(spec: Spec, table: str) -> str:
    """The primary key of a table, where that is one column.

    Raises:
        SpecError: it has none, or one of several columns.
    """
    key = spec.tables[table].primary_key
    if len(key) != 1:
        raise SpecError(f"table {table!r} has {'no' if not key else 'a composite'} primary key; name the `column`.")
    return key[0]


def _check_names(spec: Spec, table: TableSpec, checker: Checker) -> None:
    for column in table.columns.values():
        made = isinstance(column.sampler, Sourced) and column.path.startswith("truth.")  # looked at in its own place
        for name in column.reads if not made else ():
            with checker.at("tables", table.name, "columns", column.name):
                kind, _, _ = place_of(spec, table, name)
                if kind == "child" and column.rollup is None:
                    raise SpecError(f"{name!r} is a column of a child table; only an aggregate can read it.")
        with checker.at("tables", table.name, "columns", column.name, "correlate"):
            for other in column.correlate:
                if other not in table.columns or other == column.name:
                    raise SpecError(f"there is no other column {other!r}{suggest(other, table.columns)}")
                for end in (column.name, other):
                    if not isinstance(table.columns[end].sampler, Distribution):
                        raise SpecError(f"{end!r} is no distribution of numbers; only such can be correlated.")
    if table.per is not None:
        with checker.at("tables", table.name, "per", "count"):
            parent = spec.tables[table.per.table]
            for name in table.per.count.reads:
                if place_of(spec, parent, name)[0] == "child":
                    raise SpecError(f"{name!r} is a column of a child table, and is made later.")
    for rule, expression in table.rules.items():
        with checker.at("tables", table.name, "rules", rule):
            for name in references(expression, rule):
                if place_of(spec, table, name)[0] == "child":
                    raise SpecError(f"{expression!r}: reads a child's column; make a column of the aggregate first.")


def needs(spec: Spec, table: TableSpec, column: ColumnSpec) -> Iterator[Node]:
    """Columns that must be made before a column."""
    if column.rollup is not None:
        yield column.rollup, f"#{column.rollup}"
    for name in column.reads:
        kind, head, at = place_of(spec, table, name)
        if kind == "reference":
            yield table.name, head
            yield table.columns[head].sampler.table, at  # type: ignore[attr-defined]
        elif kind in ("own", "ancestor", "child"):
            yield head, at
    if isinstance(column.sampler, Reference):
        yield column.sampler.table, str(column.sampler.column)


def _refuse_cycles(spec: Spec) -> None:
    """Raise a SpecError that shows a cycle of columns, if there is one."""
    edges: dict[Node, list[Node]] = {}
    for table in spec.tables.values():
        for column in table.columns.values():
            edges[table.name, column.name] = list(needs(spec, table, column))
        if table.per is not None:
            parent = spec.tables[table.per.table]
            edges[table.name, f"#{table.name}"] = list(needs(spec, parent, table.per.count))
        # a row that breaks a rule is drawn again before anything outside of the table sees it
        ruled = [place_of(spec, table, name) for r in table.rules.values() for name in references(r, "rule")]
        for kind, head, at in ruled:
            if kind == "ancestor" and at in spec.tables[head].late:
                raise SpecError(
                    f"tables.{table.name}.rules: {head}.{at} is an aggregate over the rows that the rule is about."
                )
    done: set[Node] = set()
    for start in edges:
        trail: list[tuple[Node, Iterator[Node]]] = [(start, iter(edges[start]))] if start not in done else []
        on_trail = {start}
        while trail:
            node, ahead = trail[-1]
            after = next((n for n in ahead if n not in done), None)
            if after is None:
                done.add(node)
                on_trail.discard(node)
                trail.pop()
            elif after in on_trail:
                names = [".".join(n) for n, _ in trail]
                cycle = [*names[names.index(".".join(after)) :], ".".join(after)]
                raise SpecError(f"tables: columns need one another in a cycle: {' → '.join(cycle)}.")
            else:
                on_trail.add(after)
                trail.append((after, iter(edges.get(after, ()))))
