"""What there is to learn in a database: which link brings a table's rows forth, what its other parents are like."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.codecs import plain_values
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.schema import Column, Schema, Table, arrow_type, not_null_of
from rowsmith.core.shield import FEWEST_UNITS
from rowsmith.core.ways import end_of, ways_up
from rowsmith.learn import _links
from rowsmith.learn._families import agreement
from rowsmith.learn._kept_keys import KIND
from rowsmith.learn._links import EXPECTED, FEWEST, LOST, NONE, Link
from rowsmith.learn._orphans import Lost, may_dangle
from rowsmith.learn._relations import Copied, copied, numbers_of
from rowsmith.learn._repeated import without_repeats

Index = NDArray[np.int64]

UNTOLD = ("constant", "identifier", "null", "personal", "text")
"""Kinds whose values tell nothing of others."""
LEVELS = 64
"""Different values up to which a column without order tells something."""
INSIDE = 0.5
"""Share of the links of a tree inside of another link's families from which on these hold it together."""
SINGLE, CHILDREN = 128, 20
"""Parents, and children of each on average, up to and from which on every parent is a group of its own."""


@dataclass
class Facts:
    """A database as it is learnt.

    Attributes:
        schema: with all columns.
        tables: rows that are learnt.
        typed: their columns as typed values.
        links: the declared foreign keys, and those that follow.
        up: the parent's row of each child row, by link; NONE where there is none.
        through: links that follow from two others.
        home: the link that brings forth a table's rows, by table.
        same: columns of the child that are the parent's, by link.
        lost: links that point to no row and may do so, by link.
        notes: what a person must be told.
    """

    schema: Schema
    tables: dict[str, pa.Table]
    typed: dict[str, dict[str, pa.Array]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    up: dict[Link, Index] = field(default_factory=dict)
    through: dict[Link, tuple[Link, Link]] = field(default_factory=dict)
    home: dict[str, Link] = field(default_factory=dict)
    same: dict[Link, list[Copied]] = field(default_factory=dict)
    lost: dict[Link, Lost] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def numbers(self) -> dict[Link, int]:
        """Positions of the links."""
        return {link: i for i, link in enumerate(self.links)}

    def below(self, table: str) -> list[Link]:
        """Links to a table, from others."""
        return [link for link in self.links if link.parent == table]

    def others(self, table: str) -> list[Link]:
        """Links of a table but that which brings forth its rows."""
        return [link for link in self.links if link.child == table and link != self.home.get(table)]

    def pointing(self, table: str) -> set[str]:
        """Columns that get their values from another row."""
        return {c for link in self.links if link.child == table for c in link.columns}

    def made(self, table: str) -> list[str]:
        """Columns that are made by the number of the row: keys, and what looks like some; where it is missing, something may say so."""
        known, pointing = self.schema.tables[table], self.pointing(table)
        targets = {link.targets[0] for link in self.below(table) if len(link.targets) == 1}
        key = set(known.primary_key) if len(known.primary_key) == 1 else set()
        return [
            name
            for name, column in known.columns.items()
            if name not in pointing
            and (name in key | targets or (column.kind == "identifier" and not self.tables[table][name].null_count))
        ]

    def own(self, table: str) -> list[str]:
        """Columns that are learnt."""
        others = self.pointing(table) | set(self.made(table))
        return [name for name in self.schema.tables[table].columns if name not in others]

    def telling(self, table: str) -> list[str]:
        """Those of them that tell something of others."""
        return [
            name for name in self.own(table) if tells(self.schema.tables[table].columns[name], self.typed[table][name])
        ]


def tells(column: Column, values: pa.Array) -> bool:
    """Whether a column's values tell something of others: numbers, times, a few levels."""
    if column.kind in UNTOLD or pa.types.is_nested(values.type):
        return False
    several = int(pc.count_distinct(values, mode="all").as_py())
    return several > 1 and (numbers_of(values) is not None or several <= LEVELS)


def facts(schema: Schema, tables: Mapping[str, pa.Table]) -> Facts:
    """Look at a database; the homes are left open, see `homes`.

    Args:
        schema: with all columns, and foreign keys.
        tables: the rows, columns as in the schema.

    Raises:
        DataError: a foreign key cannot be one.
        SpecError: rows that come as they are point to others that do not.
    """
    tables, notes = without_repeats(schema, tables)
    found = Facts(schema, tables, notes=notes)
    for name, table in schema.tables.items():
        for key in table.foreign_keys:
            if table.public and not schema.tables[key.table].public:
                raise SpecError(
                    f"tables.{name}.public: its rows point to {key.table}, whose rows are drawn anew; say `public: true` of both."
                )
    _resolve(found)
    for name, table in found.tables.items():
        columns = schema.tables[name].columns
        found.typed[name] = {
            c: plain_values(c, table[c].combine_chunks(), arrow_type(columns[c].type), columns[c].form)
            for c in table.column_names
        }
    for link in found.links:
        mine, its = ({c: found.typed[t][c] for c in found.own(t)} for t in (link.child, link.parent))
        found.same[link] = [each for each in copied(mine, its, found.up[link]) if _printed_alike(found, link, each)]
    return found


def _printed_alike(found: Facts, link: Link, same: Copied) -> bool:
    """Whether values can be taken as they stand: two columns may print one time in different ways."""
    a, b = found.schema.tables[link.child].columns[same.column], found.schema.tables[link.parent].columns[same.source]
    whole = all(pa.types.is_integer(arrow_type(c.type)) for c in (a, b))
    return whole or (a.type == b.type and a.form == b.form and not same.add)


def _resolve(found: Facts) -> None:
    """Rows of all links: dangling ones as they are where they may be, else as null, or left out where there can be no null."""
    declared = _links.links_of(found.schema)
    while True:
        keys = _links.plain(found.schema, found.tables)
        up = {link: _links.rows_of(link, keys) for link in declared}
        lost = {link: rows == LOST for link, rows in up.items() if (rows == LOST).any()}
        kept = {link for link in lost if may_dangle(found.schema, found.tables, link)}
        table = next((link.child for link in lost if link not in kept and _never_null(found, link)), None)
        if table is None:
            break
        out = np.zeros(found.tables[table].num_rows, dtype=bool)
        for link, gone in lost.items():
            if link.child == table and link not in kept and _never_null(found, link):
                out |= gone
                found.notes.append(
                    f"{link.name}: {int(gone.sum()):,} of {len(gone):,} rows point to no row that is there; they are left out, "
                    "since the column is never null."
                )
        found.tables[table] = found.tables[table].filter(pa.array(~out))
    for link, gone in lost.items():
        found.notes.append(
            f"{link.name}: {int(gone.sum()):,} of {int((up[link] != NONE).sum()):,} links point to no row that is there; "
            + ("as many do in what is drawn." if link in kept else "they are taken for null.")
        )
        if link in kept:
            found.lost[link] = Lost.found(found.tables[link.child][link.columns[0]].combine_chunks(), up[link])
    for link in declared:
        rows = np.maximum(up[link], NONE)
        if link.parent == link.child:
            rows, cut = _links.without_loops(rows)
            if cut:
                found.notes.append(
                    f"{link.name}: {cut:,} links close a loop, so that rows are above themselves; they are taken for null."
                )
        up[link] = rows
    found.through = _links.implied(declared, up, keys)
    more = [second for _, second in found.through.values() if second not in declared]
    found.links = declared + list(dict.fromkeys(more))
    found.up = up | {link: _links.rows_of(link, keys) for link in found.links if link not in up}


def _never_null(found: Facts, link: Link) -> bool:
    """Whether a row without the link cannot be: its column is part of the key, or declared so."""
    table = found.schema.tables[link.child]
    declared = not_null_of(found.tables[link.child])
    return any(c in table.primary_key or c in declared for c in link.columns)


def is_single(found: Facts, link: Link) -> bool:
    """Whether every parent is a group of its own: few parents with many children each."""
    rows = found.up[link]
    used = len(np.unique(rows[rows >= 0]))
    return link.parent != link.child and 0 < used <= SINGLE and int((rows >= 0).sum()) >= CHILDREN * used


def is_word(found: Facts, link: Link) -> bool:
    """Whether a link is a word of a list that is kept: one more column of its child, by which rows are not brought forth.

    Rows of a longer list are taken for persons (`units_above`): these bring forth theirs, so that each counts once.
    """
    target, few = (
        found.schema.tables[link.parent].columns[link.targets[0]],
        found.tables[link.parent].num_rows < FEWEST_UNITS,
    )
    return few and len(link.targets) == 1 and target.kind == KIND and is_single(found, link)


def homes(found: Facts, told: Mapping[Link, Collection[str]]) -> None:
    """Choose, for each table, the link by which its rows are drawn: that whose siblings agree most.

    Parents that are groups of their own can be told from the child alone, so another link is better used here. Rows that form a tree
    hang on each other first, unless more of them hang on rows of another table and the tree stays inside of these: visits are a patient's,
    and only some follow from another; but who leads whom goes across the rooms where people sit. Where a tree never leaves a
    family, as who leads whom in a branch, families come first of all.

    Args:
        found: the database; its homes are set.
        told: columns that follow from the row that a link points to, beside those that are copied from it.
    """
    scores, trees = [], [link for link in found.links if link.parent == link.child]
    holds = {tree: _holds(found, tree) for tree in trees}
    for number, link in enumerate(found.links):
        rows = found.up[link]
        linked = float((rows >= 0).mean()) if len(rows) else 0.0
        if (
            linked == 0
            or link in found.through
            or found.schema.tables[link.child].public
            or (is_word(found, link) and link not in holds.values())
        ):
            continue
        copies = {each.column for each in found.same[link]} | set(told.get(link, ()))
        own = [c for c in found.telling(link.child) if c not in copies]
        size = np.bincount(rows[rows >= 0])
        several = float(size[size > 1].sum() / size.sum())
        alike = several * (0.01 + sum(agreement(*coded(found.typed[link.child][c]), rows) for c in own))
        itself = link.parent == link.child
        if itself:
            first = 2 if holds[link] is None and linked > _around(found, link) else 0
        elif link in holds.values():
            first = 2
        else:
            own_way = [other for other in found.links if other not in found.through]
            first = 0 if _links.inside(link, own_way, found.up) else 1
        scores.append((first, not is_single(found, link), linked * alike, -number, link))
    for *_, link in sorted(scores, key=lambda each: each[:-1], reverse=True):
        itself = link.parent == link.child
        if link.child not in found.home and (itself or not _leads(found, link.parent, link.child)):
            found.home[link.child] = link


def _holds(found: Facts, tree: Link) -> Link | None:
    """The link whose families a tree never leaves, where chance would not have it so; of several that of most families.

    Where there is none, the first link of a longer way up that always leads to the same row as from the row above.
    """
    up, most, out = found.up[tree], 0, None
    rows = np.flatnonzero(up >= 0)
    by_number = dict(enumerate(found.up[link] for link in found.links))
    for way in ways_up(found.links, tree.child):
        link = found.links[way[0]]
        if any(found.links[i] in found.through for i in way) or len(rows) < FEWEST:
            continue
        if len(way) > 1 and (out is not None or is_single(found, link)):
            continue
        other = end_of(way, by_number, len(up))
        families = np.bincount(np.maximum(other[rows], NONE) + 1)
        by_chance = len(rows) * (1 - (families**2).sum() / len(rows) ** 2) < EXPECTED
        if not by_chance and (families > 0).sum() > most and np.array_equal(other[rows], other[up[rows]]):
            most, out = int((families > 0).sum()), link
    return out


def _around(found: Facts, tree: Link) -> float:
    """Of links whose families the rows of a tree mostly stay in, the largest share of rows that have one; 0 for none."""
    up = found.up[tree]
    rows = np.flatnonzero(up >= 0)
    shares = [0.0]
    for link in found.links:
        if link.child == tree.child and link.parent != link.child and not is_single(found, link):
            other = found.up[link]
            if np.mean(other[rows] == other[up[rows]]) >= INSIDE:
                shares.append(float((other >= 0).mean()))
    return max(shares)


def _leads(found: Facts, table: str, target: str) -> bool:
    """Whether a table's rows are brought forth, in one step or more, by those of another one."""
    while table != target:
        if table not in found.home or found.home[table].parent == table:
            return False
        table = found.home[table].parent
    return True


def coded(values: pa.Array) -> tuple[Index, bool]:
    """A column as whole numbers with the order of its values, if they have one; null is one of them."""
    numbers = numbers_of(values)
    if numbers is not None:
        return np.unique(numbers, return_inverse=True)[1], True
    plain = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    codes = plain.dictionary_encode(null_encoding="encode").indices
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64), False


def check_rules(schema: Table, name: str, made: set[str]) -> None:
    """Refuse rules on columns that are made rather than learnt.

    Raises:
        DataError: a rule reads a key.
    """
    from rowsmith.core import sql

    for rule, expression in schema.rules.items():
        keys = made.intersection(sql.references(expression, rule))
        if keys:
            raise DataError(
                f"tables.{name}.rules.{rule}={expression!r}: reads {', '.join(sorted(keys))}, which is made anew as a key and "
                "not learnt; take the rule out."
            )
