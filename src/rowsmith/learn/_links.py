"""Which row points to which: foreign keys as row numbers, with what is wrong with them counted or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import plain_values
from rowsmith.core.errors import DataError
from rowsmith.core.rowhash import complete, row_hashes
from rowsmith.core.schema import Schema, arrow_type
from rowsmith.core.state import State

Index = NDArray[np.int64]
NONE, LOST = -1, -2
"""What stands for the row pointed to, where there is none: the link is null, or it points to no row that is there."""
FEWEST, EXPECTED = 10, 20.0
"""Rows that must show that a link follows from others, and rows of which it would not be true by chance."""
MANY_LOST = 0.5
"""Share of dangling links from which on columns are taken for no foreign key at all."""
Tables = Mapping[str, Mapping[str, pa.Array]]


@dataclass(frozen=True)
class Link:
    """A foreign key between two tables.

    Attributes:
        child: table whose rows point.
        columns: of it, that point.
        parent: table that is pointed to; it may be the same.
        targets: its columns, one for each.
        declared: whether it is one of the schema's, or only follows from two of these.
    """

    child: str
    columns: tuple[str, ...]
    parent: str
    targets: tuple[str, ...]
    declared: bool = True

    @property
    def name(self) -> str:
        """For messages and streams."""
        return f"{self.child}({', '.join(self.columns)}) -> {self.parent}"

    @property
    def where(self) -> str:
        """Path into the schema, for messages."""
        return f"tables.{self.child}.foreign_keys.{', '.join(self.columns)}"

    def state(self) -> State:
        """Plain values."""
        return {n: list(v) if isinstance(v, tuple) else v for n, v in vars(self).items()}

    @classmethod
    def from_state(cls, state: State) -> Link:
        """The inverse of `state`."""
        return cls(
            str(state["child"]),
            tuple(state["columns"]),
            str(state["parent"]),
            tuple(state["targets"]),
            bool(state["declared"]),
        )


def links_of(schema: Schema) -> list[Link]:
    """The foreign keys of a schema, each once, in its order."""
    found = [
        Link(name, key.columns, key.table, key.targets)
        for name, table in schema.tables.items()
        for key in table.foreign_keys
    ]
    return list(dict.fromkeys(found))


def plain(schema: Schema, tables: Mapping[str, pa.Table]) -> Tables:
    """Key columns and those that point, as typed values: texts of one form parsed, dictionaries resolved."""
    wanted: dict[str, set[str]] = {name: set(table.primary_key) for name, table in schema.tables.items()}
    for link in links_of(schema):
        wanted[link.child].update(link.columns)
        wanted[link.parent].update(link.targets)
    out: dict[str, dict[str, pa.Array]] = {}
    for name, table in tables.items():
        columns = schema.tables[name].columns
        out[name] = {
            c: plain_values(c, table[c].combine_chunks(), arrow_type(columns[c].type), columns[c].form)
            for c in table.column_names
            if c in wanted[name]
        }
    return out


def rows_of(link: Link, tables: Tables) -> Index:
    """Number of the row of the parent that each row of the child points to, `NONE` or `LOST`; shape (rows,).

    Args:
        link: the foreign key.
        tables: typed values of the columns of keys.

    Raises:
        DataError: the columns cannot be compared, two rows of the parent have the same key, or most links dangle.
    """
    pairs = [_comparable(link, *pair, tables) for pair in zip(link.columns, link.targets, strict=True)]
    mine, its = [a for a, _ in pairs], [b for _, b in pairs]
    keys, points = row_hashes(its, 1)[:, 0], row_hashes(mine, 1)[:, 0]
    there = np.flatnonzero(complete(its))
    order = there[np.argsort(keys[there], kind="stable")]
    ranked = keys[order]
    twice = np.flatnonzero(ranked[1:] == ranked[:-1])
    linked = complete(mine)
    if len(twice):
        row = int(order[twice[0]])
        shown = ", ".join(repr(values[row].as_py()) for values in its)
        raise DataError(
            f"{link.where}: {link.parent} has several rows with {', '.join(link.targets)} = {shown}, so a link would not "
            "say which one is meant; point to a column that is unique, or take the foreign key out."
        )
    out = np.full(len(points), NONE, dtype=np.int64)
    if len(order):
        place = np.minimum(np.searchsorted(ranked, points), len(ranked) - 1)
        out[linked] = np.where(ranked[place] == points, order[place], LOST)[linked]
    else:
        out[linked] = LOST
    lost = int((out == LOST).sum())
    if lost > MANY_LOST * max(int(linked.sum()), 1):
        example = ", ".join(repr(values[int(np.argmax(out == LOST))].as_py()) for values in mine)
        raise DataError(
            f"{link.where}: {lost:,} of {int(linked.sum()):,} links point to no row of {link.parent} (such as {example}); "
            "is it the right table and column? Correct the foreign key, or take it out."
        )
    return out


def _comparable(link: Link, column: str, target: str, tables: Tables) -> tuple[pa.Array, pa.Array]:
    """Two columns in one type.

    Raises:
        DataError: their values are of different sorts.
    """
    a, b = tables[link.child][column], tables[link.parent][target]
    for mine, its in ((a, b), (b, a)):
        if pa.types.is_null(mine.type):
            return a.cast(its.type), b.cast(its.type)
    common = _common(a.type, b.type)
    if common is None:
        raise DataError(
            f"{link.where}: is of type {a.type}, and {link.parent}.{target}, which it points to, of type {b.type}; "
            "give both the same type in the schema or the data."
        )
    return a.cast(common, safe=False), b.cast(common, safe=False)


def _common(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    if a == b:
        return a
    if pa.types.is_integer(a) and pa.types.is_integer(b):
        return pa.int64()
    if all(map(_is_number, (a, b))):
        return pa.float64()
    if all(pa.types.is_timestamp(t) or pa.types.is_date(t) for t in (a, b)):
        return pa.timestamp("us")
    return pa.string() if all(map(_is_text, (a, b))) else None


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def without_loops(up: Index) -> tuple[Index, int]:
    """Links inside a table that form no loop, and how many had to be cut for that: one a loop.

    Args:
        up: row that each row points to, or a negative number, shape (rows,).
    """
    up = up.copy()
    left, cut = np.flatnonzero(up >= 0), 0
    state = np.where(up < 0, 0, -1)  # rows whose way up is known to end
    while len(left):
        ends = state[up[left]] == 0
        if ends.any():
            state[left[ends]] = 0
            left = left[~ends]
            continue
        here, seen = int(left[0]), set[int]()  # what is left goes round, or leads to what does
        while here not in seen:
            seen.add(here)
            here = int(up[here])
        up[here], state[here], cut = NONE, 0, cut + 1
        left = left[left != here]
    return up, cut


def depth_of(up: Index) -> Index:
    """How many rows are above each, in a table whose rows point to one another without a loop."""
    out = np.where(up < 0, 0, -1)
    while (out < 0).any():
        out = np.where(out < 0, np.where(out[up] >= 0, out[up] + 1, -1), out)
    return out


def implied(links: Sequence[Link], up: Mapping[Link, Index], tables: Tables) -> dict[Link, tuple[Link, Link]]:
    """Links that follow from others: `(origin)` from `(origin, hour)` and where that leads, a payment's customer from its order.

    Args:
        links: the declared ones.
        up: their rows.
        tables: typed values of the columns of keys.

    Returns:
        Link to the two that it is made of: from the same child to a table between, and from there to the same parent. The
        second may be one that nobody declared, but which all rows keep.
    """
    out = {}
    for link in links:
        for way in links:
            if way.child != link.child or way == link or way.parent == link.child:
                continue
            if not set(link.columns) < set(way.columns):
                continue
            middle = tuple(way.targets[way.columns.index(c)] for c in link.columns)
            second = Link(way.parent, middle, link.parent, link.targets)
            if second not in links:
                second = Link(way.parent, middle, link.parent, link.targets, declared=False)
                try:
                    found = rows_of(second, tables)
                except DataError:
                    continue
                if (found == LOST).any() or second.parent == second.child:
                    continue
            both = (up[link] >= 0) & (up[way] >= 0)
            if both.any():
                out[link] = (way, second)
                break
    for link in links:
        two = next(_twice_said(link, [k for k in links if k not in out], up), None)
        if link not in out and two is not None and all(way != link for way, _ in out.values()):
            out[link] = two
    return out


def inside(way: Link, links: Sequence[Link], up: Mapping[Link, Index]) -> bool:
    """Whether a link, where there is one, always stays with the row that another link of the child leads to, which more rows have."""
    rows = np.flatnonzero(up[way] >= 0)
    for link in links:
        if link.child != way.child or link == way or link.parent in (way.child, way.parent) or len(rows) < FEWEST:
            continue
        if (up[link] >= 0).sum() <= len(rows):
            continue
        if any(np.array_equal(up[second][up[way][rows]], up[link][rows]) for second in _onward(way, link, links)):
            return True
    return False


def _onward(way: Link, link: Link, links: Sequence[Link]) -> list[Link]:
    """Links that lead on from the row at the end of one to where another one leads."""
    wanted = way.parent, link.parent, link.targets
    return [second for second in links if (second.child, second.parent, second.targets) == wanted]


def _twice_said(link: Link, links: Sequence[Link], up: Mapping[Link, Index]) -> Iterator[tuple[Link, Link]]:
    """Two links that always lead where one does: a payment's customer is that of its order."""
    for way in links:
        if way.child != link.child or way == link or way.parent in (link.child, link.parent):
            continue
        rows = np.flatnonzero(up[way] >= 0)
        if len(rows) < FEWEST or (up[link][up[way] < 0] != NONE).any():
            continue
        for second in _onward(way, link, links):
            shares = np.bincount(up[link][rows] + 1) / len(rows)
            by_chance = len(rows) * (1 - (shares**2).sum()) < EXPECTED
            if not by_chance and np.array_equal(up[second][up[way][rows]], up[link][rows]):
                yield way, second
