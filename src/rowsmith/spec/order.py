"""In what order a spec's numbers of rows and exact targets are found, and which columns wait for a target.

Each is found by a pass over all chunks, and one pass can hang on what another one found: a total on the numbers of rows, a
group on another column's total.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rowsmith.core.errors import SpecError
from rowsmith.core.sql import references
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers.boolean import Boolean
from rowsmith.samplers.category import Category
from rowsmith.samplers.constant import Constant
from rowsmith.samplers.formula import Formula
from rowsmith.samplers.parent import Parent
from rowsmith.samplers.position import Position
from rowsmith.samplers.reference import Reference
from rowsmith.samplers.tree import Tree
from rowsmith.samplers.walk import Walk
from rowsmith.spec.links import Node, needs, place_of
from rowsmith.spec.model import ColumnSpec, Spec, TableSpec
from rowsmith.spec.target import Target

SETTLED = "#settled"
"""Stands for the columns of a table that are drawn again where its rules are broken, all at once."""
NUMBERLESS = (Distribution, Boolean, Category, Constant, Formula, Parent, Position, Walk)
"""Kinds whose values, unless they are unique, do not hang on the row's number in its table."""

Fact = str | Target
"""What a pass finds: the number of rows of a table, by its name; or what a target comes to without it."""


@dataclass(frozen=True)
class Stage:
    """What is found after the stages before: numbers of rows, and then targets.

    Attributes:
        sizes: tables whose rows are counted.
        targets: which are found then.
    """

    sizes: tuple[str, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Order:
    """The order of a spec.

    Attributes:
        stages: one after the other.
        moved: by table, columns of numbers with a target, and its columns that are made from such.
        first: by table, those of them that are drawn before the rules are looked at, like all other columns.
        circling: by table with rules, columns that need other rows of it, which may be drawn again.
    """

    stages: tuple[Stage, ...]
    moved: Mapping[str, frozenset[str]]
    first: Mapping[str, frozenset[str]]
    circling: Mapping[str, frozenset[str]]

    def waiting(self, table: str) -> frozenset[str]:
        """Columns that are made after the table's rules were looked at."""
        return self.circling[table] | self.moved[table] - self.first[table]


def order_of(spec: Spec) -> Order:
    """The order in which numbers of rows and targets are found.

    Raises:
        SpecError: one of them needs itself.
    """
    graph, tables = _Graph(spec), spec.tables.values()
    moved = {t.name: graph.moved(t) for t in tables}
    circling = {t.name: graph.circling(t) for t in tables}
    first = {t.name: graph.first(t) - circling[t.name] for t in tables}
    graph = _Graph(spec, {t.name: circling[t.name] | moved[t.name] - first[t.name] for t in tables}, first)
    left: dict[Fact, set[Fact]] = {t.name: graph.facts(t.name) for t in tables if t.per is not None}
    left |= {target: graph.facts(target) for target in spec.targets}
    stages: list[Stage] = []
    while left:
        sizes = tuple(f for f, waits in left.items() if isinstance(f, str) and not waits.intersection(left))
        left = {f: waits for f, waits in left.items() if f not in sizes}
        found = tuple(f for f, waits in left.items() if isinstance(f, Target) and not waits.intersection(left))
        left = {f: waits for f, waits in left.items() if f not in found}
        if not sizes and not found:
            raise SpecError(f"{' and '.join(map(_named, left))}: need one another; let one hang on other columns.")
        stages.append(Stage(sizes, found))
    return Order(tuple(stages), moved, first, circling)


class _Graph:
    """Which columns need which, and what needs what is found by a pass.

    Args:
        spec: the tables.
        waiting: by table, columns that wait for a target; None to leave rules out of account.
        first: by table, columns that the rules see without their target.
    """

    def __init__(
        self,
        spec: Spec,
        waiting: Mapping[str, frozenset[str]] | None = None,
        first: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.spec, self.waiting, self.seen = spec, waiting, first or {}
        self.targets = {_node(target): target for target in spec.targets}

    def moved(self, table: TableSpec) -> frozenset[str]:
        """Columns of numbers with a target, and all columns of the table that need one."""
        aims = self._aims(table)
        nodes = {c: (table.name, c) for c in table.columns}
        return frozenset(c for c, n in nodes.items() if n in aims or not aims.isdisjoint(self._reached(self._ahead(n))))

    def first(self, table: TableSpec) -> frozenset[str]:
        """Those with a target whose own values, before it, need no other one of the table's."""
        aims = self._aims(table)
        own = [c for c in table.columns.values() if (table.name, c.name) in aims and c.name not in table.late]
        return frozenset(c.name for c in own if aims.isdisjoint(self._reached(needs(self.spec, table, c))))

    def circling(self, table: TableSpec) -> frozenset[str]:
        """Columns that need columns of other rows of the table, which has rules.

        Raises:
            SpecError: a rule needs such itself.
        """
        if not table.rules:
            return frozenset()
        for rule, expression in table.rules.items():
            for name in references(expression, rule):
                if self._points_inside(table, name):
                    raise SpecError(
                        f"{table.path}.rules.{rule}: {name} is of another row of {table.name}, which may be drawn again "
                        "for the rule itself; a rule can be about rows of other tables."
                    )
        found = {c.name for c in table.columns.values() if self._needs_others(table, c)}
        while more := {c.name for c in table.columns.values() if found.intersection(c.reads)} - found:
            found |= more
        return frozenset(found)

    def _needs_others(self, table: TableSpec, column: ColumnSpec) -> bool:
        sampler = column.sampler
        if isinstance(sampler, Tree) or (isinstance(sampler, Reference) and sampler.table == table.name):
            name = sampler.column if isinstance(sampler, Reference) else table.primary_key[0]
            key = table.columns[str(name)]
            if not key.sampler.by_row or key.cast is not None:
                return True
        if any(self._points_inside(table, name) for name in column.reads):
            return True
        elsewhere = [node for node in self._ahead((table.name, column.name)) if node[0] != table.name]
        return any(name == table.name and at in table.columns for name, at in self._reached(elsewhere))

    def _points_inside(self, table: TableSpec, name: str) -> bool:
        kind, head, _ = place_of(self.spec, table, name)
        return kind == "reference" and table.columns[head].sampler.table == table.name  # type: ignore[attr-defined]

    def facts(self, fact: Fact) -> set[Fact]:
        """What must be found before a number of rows, or a target.

        Raises:
            SpecError: it needs itself.
        """
        if isinstance(fact, Target) and fact.dealt:
            return self._size(fact.table)
        nodes = self._reached([(fact, f"#{fact}")] if isinstance(fact, str) else self._ahead(_node(fact)))
        found: dict[Fact, Node] = {}
        for node in nodes:
            found |= dict.fromkeys(self._needed(node, isinstance(fact, Target)), node)
        if fact in found:
            trail: list[Node] = [found[fact]]
            while (before := nodes[trail[0]]) is not None:
                trail.insert(0, before)
            shown = " → ".join(".".join(node) for node in trail if node[1] in self.spec.tables[node[0]].columns)
            raise SpecError(f"{_named(fact)}: needs itself, by {shown}; let it hang on other columns.")
        return set(found) | (self._size(fact.table) if isinstance(fact, Target) else set())

    def _needed(self, node: Node, of_target: bool) -> Iterator[Fact]:
        """What must be found before a column can be made: its target, numbers of rows."""
        name, column = node
        target = self.targets.get(node)
        if target is not None:
            yield target
        described = self.spec.tables[name].columns.get(column)
        if described is None:
            return
        sampler = described.sampler
        together = self.spec.tables[name].combined.get(column)
        numbered = sampler.by_row or not isinstance(sampler, NUMBERLESS) or (target is not None and target.dealt)
        if numbered or of_target or together is not None:
            yield from self._size(name)
        for each in together.columns if together is not None else (column,):
            pointer = self.spec.tables[name].columns[each].sampler
            if isinstance(pointer, Reference):
                yield from self._size(pointer.table)

    def _size(self, table: str) -> set[Fact]:
        return set() if self.spec.tables[table].per is None else {table}

    def _aims(self, table: TableSpec) -> set[Node]:
        return {node for node, t in self.targets.items() if node[0] == table.name and not t.dealt and t.rows_of is None}

    def _ahead(self, node: Node) -> list[Node]:
        """What a column, with its target, is made from. The numbers of a table's rows are a column of its parent."""
        table = owner = self.spec.tables[node[0]]
        if node[1] == SETTLED:
            return list(self._drawn_again(table))
        column = table.columns.get(node[1])
        fixed = node[1] in table.fixed
        if column is None:
            assert table.per is not None
            column, owner = table.per.count, self.spec.tables[table.per.table]
            fixed = not column.reads
        found = list(needs(self.spec, owner, column))
        target = self.targets.get(node)
        if target is not None and target.by is not None:
            found += self._named(owner, references(target.by, "by"))
        if owner.per is not None:
            found.append((owner.name, f"#{owner.name}"))
        if self.waiting is not None and owner.rules and (not fixed or target is not None):
            found.append((owner.name, SETTLED))
        return found

    def _drawn_again(self, table: TableSpec) -> Iterator[Node]:
        assert self.waiting is not None
        later = table.late | self.waiting[table.name]
        for column in table.columns.values():
            if column.name in self.seen[table.name]:
                yield from needs(self.spec, table, column)
            elif column.name not in later:
                yield table.name, column.name
        for rule, expression in table.rules.items():
            for head, at in self._named(table, references(expression, rule)):
                if head != table.name or at not in later | self.seen[table.name]:
                    yield head, at

    def _named(self, table: TableSpec, names: Iterable[str]) -> Iterator[Node]:
        """The columns that names stand for."""
        for name in names:
            kind, head, at = place_of(self.spec, table, name)
            if kind == "reference":
                yield table.name, head
                yield table.columns[head].sampler.table, at  # type: ignore[attr-defined]
            elif kind in ("own", "ancestor", "child"):
                yield head, at

    def _reached(self, start: Iterable[Node]) -> dict[Node, Node | None]:
        """Some columns and all that they need, each with one that needs it."""
        found: dict[Node, Node | None] = dict.fromkeys(start)
        todo = list(found)
        while todo:
            node = todo.pop()
            more = [after for after in self._ahead(node) if after not in found]
            found |= dict.fromkeys(more, node)
            todo += more
        return found


def _node(target: Target) -> Node:
    return (target.table, target.column) if target.rows_of is None else (target.rows_of, target.column)


def _named(fact: Fact) -> str:
    return f"tables.{fact}.per.count" if isinstance(fact, str) else fact.path
