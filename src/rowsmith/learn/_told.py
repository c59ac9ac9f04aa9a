"""Columns that formulas tell from those of rows that are pointed to: a price is the pieces times the product's unit price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from rowsmith.core import sql
from rowsmith.core.errors import RowsmithError
from rowsmith.core.graph import leads_to
from rowsmith.core.schema import Column
from rowsmith.learn._facts import UNTOLD, Facts
from rowsmith.learn._links import Link
from rowsmith.learn._part import read_name, taken
from rowsmith.learn._proposals import propose_over
from rowsmith.learn._relations import Rollup, rollups
from rowsmith.learn._tie_rules import computed
from rowsmith.learn._ties import quoted

Place = tuple[str, str]
"""A table and a column of it."""
Graph = dict[Place, set[Place]]


@dataclass
class Told:
    """What rows of a database say of columns of others.

    Attributes:
        said: by table and name, SQL over its columns and helpers, which all rows keep or nearly all.
        sources: by table, the helpers that these read: the link and the column of the row that it points to.
        by_link: columns that follow from the row that a link points to.
        sums: columns that sum up the rows that point to one.
    """

    said: dict[str, dict[str, str]] = field(default_factory=dict)
    sources: dict[str, dict[str, tuple[Link, str]]] = field(default_factory=dict)
    by_link: dict[Link, set[str]] = field(default_factory=dict)
    sums: dict[Link, list[Rollup]] = field(default_factory=dict)

    def formulas(self, found: Facts, table: str) -> dict[str, str]:
        """Formulas of a table, in which columns of the row that brings one forth have the names that they have there."""
        names = {
            quoted(helper): quoted(f"↑{column}")
            for helper, (link, column) in self.sources.get(table, {}).items()
            if link == found.home.get(table)
        }
        out = dict(self.said.get(table, {}))
        for helper, name in names.items():
            out = {rule: expression.replace(helper, name) for rule, expression in out.items()}
        return out

    def habits(self, found: Facts, table: str) -> dict[str, str]:
        """Formulas that nearly all rows of a table keep: over links, and those that are proposed."""
        proposed = found.schema.tables[table].proposed
        return self.formulas(found, table) | {n: str(e["sql"]) for n, e in proposed.items() if "sql" in e}

    def above(self, found: Facts, table: str) -> tuple[str, ...]:
        """Columns of the row that brings one forth, that formulas read."""
        mine = self.sources.get(table, {}).values()
        return tuple(column for link, column in mine if link == found.home.get(table))

    def reads(self, found: Facts, table: str) -> dict[int, tuple[str, ...]]:
        """Columns of other rows that one points to, that formulas read, by number of the link."""
        out: dict[int, tuple[str, ...]] = {}
        for link, column in self.sources.get(table, {}).values():
            if link != found.home.get(table):
                number = found.numbers[link]
                out[number] = (*out.get(number, ()), column)
        return out

    def helpers(self, found: Facts, table: str) -> dict[str, tuple[Column, pa.Array]]:
        """The latter as they are learnt, and their values."""
        return {
            name: (found.schema.tables[link.parent].columns[column], _values(found, link, column))
            for name, (link, column) in self.sources.get(table, {}).items()
            if link != found.home.get(table)
        }


def told(found: Facts) -> Told:
    """Look for such columns in a database."""
    out = Told()
    graph = _graph(found)
    for link in found.links:
        if link.parent != link.child and not found.schema.tables[link.parent].public:
            mine, its = ({c: found.typed[t][c] for c in found.own(t)} for t in (link.child, link.parent))
            for each in rollups(mine, its, found.up[link]):
                terms = {(link.child, term) for term in each.terms}
                if _adds((link.parent, each.column), terms, graph):
                    out.sums.setdefault(link, []).append(each)
    for name, table in found.schema.tables.items():
        sources = {} if table.public else dict(_sources(found, name))
        if sources and found.tables[name].num_rows:
            _tell(found, out, name, sources, graph)
    return out


def _tell(found: Facts, out: Told, name: str, sources: dict[str, tuple[Link, str]], graph: Graph) -> None:
    """Formulas of one table."""
    table = found.schema.tables[name]
    settled = computed(table.rules, table.columns) | set(table.primary_key)
    settled |= {each.column for link in found.links if link.child == name for each in found.same[link]}
    plain = {c: found.typed[name][c] for c in found.own(name) if _as_read(found, name, c)}
    free = {c for c in plain if c not in settled}
    rows = plain | {helper: _values(found, link, column) for helper, (link, column) in sources.items()}
    kinds = {c: table.columns[c] for c in plain}
    kinds |= {n: found.schema.tables[link.parent].columns[column] for n, (link, column) in sources.items()}
    for each in propose_over(rows, kinds, free) if free else ():
        (column,) = computed({each.name: each.expression}, {c: kinds[c] for c in free})
        read = set(sql.references(each.expression, each.name)) - {column}
        places = {(sources[n][0].parent, sources[n][1]) if n in sources else (name, n) for n in read}
        if not _adds((name, column), places, graph):
            continue
        out.said.setdefault(name, {})[f"{each.name} over links"] = each.expression
        out.sources.setdefault(name, {}).update({n: sources[n] for n in rows if n in read and n in sources})
        for link in {sources[n][0] for n in read if n in sources}:
            out.by_link.setdefault(link, set()).add(column)


def _adds(place: Place, reads: set[Place], graph: Graph) -> bool:
    """Have a column follow from others; False if these follow from itself."""
    if any(leads_to(read, place, graph) for read in reads):
        return False
    graph.setdefault(place, set()).update(reads)
    return True


def _sources(found: Facts, name: str) -> Iterator[tuple[str, tuple[Link, str]]]:
    """Columns of rows that a table points to: the helper's name, the link and the column."""
    for link in found.links:
        if link.child != name or link.parent == name:
            continue
        here = {each.source for each in found.same[link] if not each.add}  # the child has them itself
        for column in found.own(link.parent):
            known = found.schema.tables[link.parent].columns[column]
            if column not in here and known.kind not in UNTOLD and _as_read(found, link.parent, column):
                yield read_name(found.numbers[link], column), (link, column)


def _as_read(found: Facts, table: str, column: str) -> bool:
    """Whether SQL reads a column as it stands: not so numbers and times that are text of some form."""
    return bool(found.tables[table][column].type == found.typed[table][column].type)


def _values(found: Facts, link: Link, column: str) -> pa.Array:
    return taken(found.typed[link.parent][column], found.up[link])


def _graph(found: Facts) -> Graph:
    """What follows from what already."""
    graph: Graph = {}
    for link in found.links:
        for same in found.same[link]:
            graph.setdefault((link.child, same.column), set()).add((link.parent, same.source))
    for name, table in found.schema.tables.items():
        for rule, expression in table.rules.items():
            try:
                read = sql.references(expression, rule)
            except RowsmithError:  # said where the rule is checked
                continue
            for column in computed({rule: expression}, table.columns):
                graph.setdefault((name, column), set()).update((name, n) for n in read if n != column)
    return graph
