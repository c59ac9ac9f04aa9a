"""Times of rows that keep to those of the row that brings them forth: a treatment is given between admission and discharge."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from rowsmith.core import sql
from rowsmith.core.schema import arrow_type
from rowsmith.learn._facts import Facts
from rowsmith.learn._links import Link
from rowsmith.learn._relations import orders
from rowsmith.learn._tie_rules import ties_of
from rowsmith.learn._ties import quoted

if TYPE_CHECKING:
    from rowsmith.learn._helpers import Learnt


@dataclass(frozen=True)
class Bound:
    """A time that never precedes, or never comes after, one of the parent's.

    Attributes:
        column: of the child.
        source: of the parent.
        ends: whether it never comes after it.
        date: whether the child's is a date.
        source_date: whether the parent's is one.
    """

    column: str
    source: str
    ends: bool
    date: bool
    source_date: bool

    @property
    def plain(self) -> bool:
        """Whether times of one type are in order, as they stand."""
        return not self.ends and self.date == self.source_date

    def name(self, parent: str) -> str:
        """What the rule is called."""
        its = f"{self.source} of {parent}"
        return f"{self.column} before {its}" if self.ends else f"{its} before {self.column}"

    @property
    def rule(self) -> str:
        """SQL over the columns that are learnt; of a date and a moment, by their days."""
        mine, its = quoted(self.column), quoted(f"↑{self.source}")
        if self.date and not self.source_date:
            its = f"cast({its} as date)"
        if not self.ends:
            return f"{its} <= {mine}"
        return f"{mine} < {its} + interval 1 day" if self.source_date and not self.date else f"{mine} <= {its}"


def bounds_of(found: Facts, name: str, home: Link) -> list[Bound]:
    """Times of a table that never precede one of the parent's, or never come after one. None that stand as text."""
    mine, theirs = (
        {c: found.typed[t][c] for c in found.own(t) if found.tables[t][c].type == found.typed[t][c].type}
        for t in (name, home.parent)
    )
    out = []
    for ends in (False, True):
        for column, source in orders(mine, theirs, found.up[home], ends=ends, by_day=True).items():
            dates = tuple(pa.types.is_date(each.type) for each in (mine[column], theirs[source]))
            out.append(Bound(column, source, ends, *dates))
    return out


def rules_of(
    bounds: Sequence[Bound], columns: Mapping[str, Learnt], parent: str, kept: Collection[str]
) -> dict[str, str]:
    """Rules that keep bounds in every row, by name; of those that no tie keeps by construction only that none precedes.

    A row that is drawn again until it lies between two times of its parent, which may be near to each other, may never do so;
    nor may any where the two are not in order.

    Args:
        bounds: of the columns.
        columns: that are learnt, those of the parent, whose names begin with an arrow, too.
        parent: name of its table.
        kept: rules of that table.
    """
    ordered = _chains([set(sql.references(rule, parent)) for rule in kept])
    out: dict[str, str] = {}
    for column in dict.fromkeys(bound.column for bound in bounds):
        for some in _ways([bound for bound in bounds if bound.column == column]):
            sources = {bound.source for bound in some}
            if len(sources) > 1 and not any(sources <= names for names in ordered):
                continue
            if _tied(some, columns) or all(bound.plain for bound in some):
                out |= {bound.name(parent): bound.rule for bound in some}
                break
    return out


def _chains(pairs: Sequence[set[str]]) -> list[set[str]]:
    """Columns that orders hold together, each with the next: booked, arrived, left."""
    out: list[set[str]] = []
    for pair in (each for each in pairs if len(each) == 2):
        joined = [chain for chain in out if chain & pair]
        out = [chain for chain in out if not chain & pair] + [pair.union(*joined)]
    return out


def _ways(bounds: Sequence[Bound]) -> Iterator[Sequence[Bound]]:
    """All bounds of a column; else one of them, first that which it never precedes."""
    yield bounds
    if len(bounds) > 1:
        yield from ([bound] for bound in bounds)


def _tied(bounds: Sequence[Bound], columns: Mapping[str, Learnt]) -> bool:
    names = [bounds[0].column, *(f"↑{bound.source}" for bound in bounds)]
    kinds = {name: columns[name][0] for name in names}
    rows = {name: columns[name][1] for name in names}
    if any(rows[name].type != arrow_type(kind.type) for name, kind in kinds.items()):
        return False
    ties = ties_of({bound.name(""): bound.rule for bound in bounds}, kinds, rows, frozenset(names[1:]))
    return any(set(tie.reads) == set(names[1:]) for tie in ties.each)
