"""Columns that formulas tell from those of rows that are pointed to: a price is the pieces times the product's unit price.

These may be two links away: the rate of a rental is that of the tariff of its car. Then the row between them has it as a helper.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core import sql
from rowsmith.core.errors import RowsmithError
from rowsmith.core.graph import leads_to
from rowsmith.core.schema import Column
from rowsmith.core.ways import end_of, ways_up
from rowsmith.learn._facts import UNTOLD, Facts
from rowsmith.learn._links import EXPECTED, NONE, Index, Link
from rowsmith.learn._numbers import is_float, is_number, is_time, places_of
from rowsmith.learn._part import read_name, taken
from rowsmith.learn._picked import Picked, picked
from rowsmith.learn._proposals import propose_over
from rowsmith.learn._relations import Rollup, copied, rollups
from rowsmith.learn._tie_rules import computed
from rowsmith.learn._ties import quoted

Place = tuple[str, str]
"""A table and a column of it."""
Graph = dict[Place, set[Place]]


@dataclass(frozen=True)
class Source:
    """A column of a row that is pointed to.

    Attributes:
        link: to the row, or to that between.
        column: its name.
        second: from the row between, of a row that is two links away.
    """

    link: Link
    column: str
    second: Link | None = None

    @property
    def place(self) -> Place:
        """Where the column is."""
        return (self.link if self.second is None else self.second).parent, self.column

    def at(self, found: Facts) -> str:
        """Name that the row which the link points to has it by."""
        if self.second is None:
            return self.column
        at_home = found.home.get(self.link.parent) == self.second
        return f"↑{self.column}" if at_home else read_name(found.numbers[self.second], self.column)

    def name(self, found: Facts) -> str:
        """Name in formulas, while it is open along which links rows are brought forth."""
        column = self.column if self.second is None else read_name(found.numbers[self.second], self.column)
        return read_name(found.numbers[self.link], column)

    def learnt_as(self, found: Facts) -> str:
        """Name that the row which points has it by."""
        column = self.at(found)
        at_home = self.link == found.home.get(self.link.child)
        return f"↑{column}" if at_home else read_name(found.numbers[self.link], column)

    def known(self, found: Facts) -> Column:
        """How the column is learnt."""
        table, column = self.place
        return found.schema.tables[table].columns[column]

    def at_source(self, found: Facts) -> pa.Array:
        """Its values, where it is."""
        table, column = self.place
        return found.typed[table][column]

    def up(self, found: Facts) -> Index:
        """The row that each row points to, a negative number for none, shape (rows,)."""
        up = found.up[self.link]
        return up if self.second is None else np.where(up >= 0, np.append(found.up[self.second], NONE)[up], NONE)

    def values(self, found: Facts) -> pa.Array:
        """Its values, by the row that points."""
        return taken(self.at_source(found), self.up(found))


@dataclass
class Told:
    """What rows of a database say of columns of others.

    Attributes:
        said: by table and name, SQL over its columns and helpers, which all rows keep or nearly all.
        sources: by table, the helpers that these read.
        by_link: columns that follow from the row that a link points to.
        sums: columns that sum up the rows that point to one.
        picked: columns that are those of one of the rows that point to one.
    """

    said: dict[str, dict[str, str]] = field(default_factory=dict)
    sources: dict[str, dict[str, Source]] = field(default_factory=dict)
    by_link: dict[Link, set[str]] = field(default_factory=dict)
    sums: dict[Link, list[Rollup]] = field(default_factory=dict)
    picked: dict[Link, list[Picked]] = field(default_factory=dict)

    def formulas(self, found: Facts, table: str) -> dict[str, str]:
        """Formulas of a table, in which columns of other rows have the names that they are learnt by."""
        names = {quoted(n): quoted(source.learnt_as(found)) for n, source in self.sources.get(table, {}).items()}
        out = dict(self.said.get(table, {}))
        for helper, name in names.items():
            out = {rule: expression.replace(helper, name) for rule, expression in out.items()}
        return out

    def habits(self, found: Facts, table: str) -> dict[str, str]:
        """Formulas that nearly all rows of a table keep: over links, and those that are proposed."""
        proposed = found.schema.tables[table].proposed
        return self.formulas(found, table) | {n: str(e["sql"]) for n, e in proposed.items() if "sql" in e}

    def following(self, found: Facts, link: Link, levels: int) -> set[str]:
        """Columns that are those of the row that a link points to, or of one above it, or are computed from such.

        Args:
            found: the database.
            link: to the row.
            levels: different values of such a column, from which on it counts: of fewer, all that follows is learnt by each.
        """
        columns = found.schema.tables[link.child].columns
        above = {each.column: found.typed[link.child][each.column] for each in found.same[link]}
        mine = self.sources.get(link.child, {}).values()
        above |= {source.learnt_as(found): source.at_source(found) for source in mine if source.link == link}
        out = {name for name, values in above.items() if int(pc.count_distinct(values).as_py()) > levels}
        formulas = {**found.schema.tables[link.child].rules, **self.habits(found, link.child)}
        read = {n: set(sql.references(e, n)) for n, e in formulas.items()}
        told = {n: computed({n: e}, columns) for n, e in formulas.items()}
        for _ in formulas:
            out |= {column for n, targets in told.items() for column in targets if out & (read[n] - targets)}
        return out

    def above(self, found: Facts, table: str) -> tuple[str, ...]:
        """Columns of the row that brings one forth, that formulas read."""
        mine = self.sources.get(table, {}).values()
        return tuple(source.at(found) for source in mine if source.link == found.home.get(table))

    def reads(self, found: Facts, table: str) -> dict[int, tuple[str, ...]]:
        """Columns of other rows that one points to, that formulas read, by number of the link."""
        out: dict[int, tuple[str, ...]] = {}
        for source in self.sources.get(table, {}).values():
            if source.link != found.home.get(table):
                number = found.numbers[source.link]
                out[number] = (*out.get(number, ()), source.at(found))
        return out

    def helpers(self, found: Facts, table: str) -> dict[str, tuple[Column, pa.Array]]:
        """The latter as they are learnt, and their values."""
        return {
            source.learnt_as(found): (source.known(found), source.values(found))
            for source in self.sources.get(table, {}).values()
            if source.link != found.home.get(table)
        }


def told(found: Facts) -> Told:
    """Look for such columns in a database."""
    out = Told()
    graph, ups = _graph(found), {number: found.up[each] for number, each in enumerate(found.links)}
    for link in sorted(
        found.links, key=lambda each: _without(found, each)
    ):  # first those by which all rows have children
        if link.parent != link.child and not found.schema.tables[link.parent].public:
            mine, its = ({c: found.typed[t][c] for c in found.own(t)} for t in (link.child, link.parent))
            units = [end_of(way, ups, len(found.up[link])) for way in ways_up(found.links, link.child)]
            for each in rollups(mine, its, found.up[link], units):
                whole, terms = (link.parent, each.column), [(link.child, term) for term in each.reads]
                shared = each.column in _told_already(found, out, link.parent) or (
                    len(each.terms) == 1 and _finer(mine[each.terms[0]], its[each.column])
                )
                if shared and (
                    len(each.terms) != 1
                    or each.some is not None
                    or each.terms[0] in _told_already(found, out, link.child)
                ):
                    continue
                if _adds(terms[0], {whole}, graph) if shared else _adds(whole, set(terms), graph):
                    out.sums.setdefault(link, []).append(replace(each, shared=shared))
            _pick(found, out, link, mine, its, units, graph)
    for name, table in found.schema.tables.items():
        sources = {} if table.public else {s.name(found): s for s in _sources(found, name)}
        if found.tables[name].num_rows:
            if sources:
                _tell(found, out, name, *_plain(found, out, name), sources, graph)
            _tell_further(found, out, name, sources, graph)
    return out


def _finer(part: pa.Array, whole: pa.Array) -> bool:
    """Whether parts have more decimals than what they sum up to: they share it, and were not there before."""
    digits = [places_of(values) if is_float(values.type) else None for values in (part, whole)]
    return digits[0] is not None and digits[1] is not None and digits[0] > digits[1]


def _without(found: Facts, link: Link) -> int:
    """How many rows no row points to by a link."""
    up = found.up[link]
    return int(found.tables[link.parent].num_rows) - len(np.unique(up[up >= 0]))


def _pick(
    found: Facts,
    out: Told,
    link: Link,
    mine: Mapping[str, pa.Array],
    its: Mapping[str, pa.Array],
    units: Sequence[Index],
    graph: Graph,
) -> None:
    """Columns of the row above that are those of one of the rows that point to it, if that breaks no rule.

    Where an order holds it together with other columns of its row, as a departure is after an arrival, the row below follows it instead.
    """
    name, below = link.parent, link.child
    rules, kinds = found.schema.tables[name].rules, found.schema.tables[name].columns
    settled = {each.source for each in found.same[link]} | _told_already(found, out, name)
    free = {c: values for c, values in its.items() if c not in settled}
    some = {each.column: each for each in picked(mine, free, found.up[link], units)}
    held = [set(sql.references(e, rule)) for rule, e in rules.items() if not computed({rule: e}, kinds)]
    up = set(some)
    for _ in held:
        up -= {c for read in held for c in read & up if not read <= up}
    fixed = {c for rule, e in found.schema.tables[below].rules.items() for c in sql.references(e, rule)}
    for column, each in some.items():
        down = column not in up
        if down and (
            each.some is not None or each.source != each.by or not is_time(free[column].type) or each.source in fixed
        ):
            continue
        its_place, reads = (name, column), {(below, c) for c in each.reads}
        if _adds((below, each.source), {its_place}, graph) if down else _adds(its_place, reads, graph):
            out.picked.setdefault(link, []).append(replace(each, down=down))


def _told_already(found: Facts, out: Told, name: str) -> set[str]:
    """Columns of a table that its formulas, a parent's columns or rows that point to it tell."""
    table = found.schema.tables[name]
    copies = {each.column for link in found.links if link.child == name for each in found.same[link]}
    sums = {each.column for link, some in out.sums.items() if link.parent == name for each in some if not each.shared}
    sums |= {each.column for link, some in out.picked.items() if link.parent == name for each in some if not each.down}
    return computed(table.rules, table.columns) | copies | sums


def _tell(
    found: Facts,
    out: Told,
    name: str,
    plain: Mapping[str, pa.Array],
    free: Collection[str],
    sources: Mapping[str, Source],
    graph: Graph,
) -> None:
    """Formulas of one table, of those of its columns that are free."""
    rows = dict(plain) | {helper: source.values(found) for helper, source in sources.items()}
    kinds = {c: found.schema.tables[name].columns[c] for c in plain}
    kinds |= {helper: source.known(found) for helper, source in sources.items()}
    for each in propose_over(rows, kinds, free) if free else ():
        (column,) = computed({each.name: each.expression}, {c: kinds[c] for c in free})
        _say(found, out, (name, column), each.name, each.expression, sources, graph)


def _tell_further(found: Facts, out: Told, name: str, nearer: Mapping[str, Source], graph: Graph) -> None:
    """Columns of one table that are those of a row two links away, or that formulas tell from such, where nothing nearer does."""
    further = {} if found.schema.tables[name].public else {s.name(found): s for s in _further(found, name)}
    for way in dict.fromkeys((source.link, source.second) for source in further.values()):
        plain, free = _plain(found, out, name)
        its = {helper: s for helper, s in further.items() if (s.link, s.second) == way}
        up = next(iter(its.values())).up(found)
        typed = {helper: s.at_source(found) for helper, s in its.items()}
        for same in copied({c: plain[c] for c in plain if c in free}, typed, up) if free else ():
            if not same.add and _several(plain[same.column].filter(pa.array(up >= 0))):
                expression = f"{quoted(same.column)} = {quoted(same.source)}"
                _say(found, out, (name, same.column), f"{same.column} computed", expression, its, graph)
    plain, free = _plain(found, out, name)
    mine = {c: values for c, values in plain.items() if is_number(values.type)}
    sources = {n: s for n, s in {**further, **nearer}.items() if is_number(s.at_source(found).type)}
    if further.keys() & sources.keys():
        _tell(found, out, name, mine, free & mine.keys(), sources, graph)


def _plain(found: Facts, out: Told, name: str) -> tuple[dict[str, pa.Array], set[str]]:
    """Columns of a table that SQL can read, and which of them nothing says yet."""
    table = found.schema.tables[name]
    settled = computed(table.rules, table.columns) | set(table.primary_key)
    settled |= {each.column for link in found.links if link.child == name for each in found.same[link]}
    settled |= computed(out.said.get(name, {}), table.columns)
    plain = {c: found.typed[name][c] for c in found.own(name) if _as_read(found, name, c)}
    return plain, {c for c in plain if c not in settled}


def _several(values: pa.Array) -> bool:
    """Whether a column would hardly be another one by chance."""
    counts = np.asarray(values.value_counts().field("counts").to_numpy(zero_copy_only=False))
    return bool(len(values) * (1 - ((counts / max(len(values), 1)) ** 2).sum()) >= EXPECTED)


def _say(
    found: Facts, out: Told, place: Place, rule: str, expression: str, sources: Mapping[str, Source], graph: Graph
) -> None:
    """Keep a formula of a column, unless what it reads follows from the column."""
    name, column = place
    read = set(sql.references(expression, rule)) - {column}
    if not _adds(place, {sources[n].place if n in sources else (name, n) for n in read}, graph):
        return
    out.said.setdefault(name, {})[f"{rule} over links"] = expression
    for helper, source in sources.items():
        if helper in read:
            out.sources.setdefault(name, {})[helper] = source
            out.by_link.setdefault(source.link, set()).add(column)
            if source.second is not None:  # the row between has it as well
                between = Source(source.second, source.column)
                helper = read_name(found.numbers[source.second], source.column)
                out.sources.setdefault(source.link.parent, {})[helper] = between


def _adds(place: Place, reads: set[Place], graph: Graph) -> bool:
    """Have a column follow from others; False if these follow from itself."""
    if any(leads_to(read, place, graph) for read in reads):
        return False
    graph.setdefault(place, set()).update(reads)
    return True


def _sources(found: Facts, name: str) -> Iterator[Source]:
    """Columns of rows that a table points to."""
    for link in found.links:
        if link.child == name and link.parent != name:
            yield from (Source(link, column) for column in _readable(found, link))


def _further(found: Facts, name: str) -> Iterator[Source]:
    """Columns of rows that are two links away, where no other link leads there."""
    through = set(found.through.values())
    for link in found.links:
        if link.child != name or link.parent == name:
            continue
        for second in found.links:
            if (
                second.child == link.parent
                and second.parent not in (name, link.parent)
                and (link, second) not in through
            ):
                yield from (Source(link, column, second) for column in _readable(found, second))


def _readable(found: Facts, link: Link) -> Iterator[str]:
    """Columns of the rows that a link leads to, which SQL can read and the rows that point do not have themselves."""
    here = {each.source for each in found.same[link] if not each.add}
    for column in found.own(link.parent):
        known = found.schema.tables[link.parent].columns[column]
        if column not in here and known.kind not in UNTOLD and _as_read(found, link.parent, column):
            yield column


def _as_read(found: Facts, table: str, column: str) -> bool:
    """Whether SQL reads a column as it stands: not so numbers and times that are text of some form."""
    return bool(found.tables[table][column].type == found.typed[table][column].type)


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
