"""Who a row of a database belongs to: the entity that is one, however many rows it has in the tables below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.shield import FEW, FEWEST_UNITS, Units, fewest, persons
from rowsmith.learn._facts import Facts, Index
from rowsmith.learn._links import NONE, Link

COPIED = 0.99
"""Share of rows that have what the row pointed to has, from which on a column copies it."""


def units_of(found: Facts, table: str) -> Units | None:
    """The entity of each row, shape (rows,): that of `units_above`, or each row itself where others hang on it; else None.

    Args:
        found: the database.
        table: name of the table.
    """
    units, n = units_above(found, table), found.tables[table].num_rows
    if units is not None or found.schema.tables[table].public:
        return units
    some = any(home.parent == table != home.child for home in found.home.values())
    return persons(np.arange(n)) if some else None


def units_above(found: Facts, table: str) -> Units | None:
    """The entity above each row, shape (rows,); None where each row is one of its own.

    It is the row that is highest above it along the links by which rows are brought forth, in a table that is not public
    and has `FEWEST_UNITS` rows: a table of fewer is a list of shops or genres, and no one's.

    Args:
        found: the database.
        table: name of the table.
    """
    n = found.tables[table].num_rows
    at, units, first, some = np.arange(n), np.arange(n), n, False
    while (home := found.home.get(table)) is not None and home.parent != table:
        table = home.parent
        at = np.append(np.maximum(found.up[home], NONE), NONE)[at]  # a row without a parent ends here
        rows = found.tables[table].num_rows
        if rows >= FEWEST_UNITS and not found.schema.tables[table].public:
            units, some = np.where(at >= 0, first + at, units), True
        first += rows
    return persons(np.unique(units, return_inverse=True)[1]) if some else None


def family_sizes(found: Facts, link: Link) -> Index:
    """Rows that each parent has by a link, shape (parents,).

    Where these are brought forth by entities, the few largest families are as large as they are on average: the most
    orders of all are those of one person.
    """
    up, n = found.up[link], found.tables[link.parent].num_rows
    size = np.bincount(up[up >= 0], minlength=n)
    if link == found.home.get(link.child) and link.parent != link.child and units_above(found, link.child) is not None:
        k = fewest(FEW, n)
        top = np.argsort(-size, kind="stable")[:k]
        total = int(size[top].sum())
        size[top] = total // k + (np.arange(k) < total % k)
    return size


def sharing(found: Facts, table: str, name: str) -> Index:
    """Rows of other tables that have each value of a key, or the entities that these belong to, shape (rows,)."""
    return _most(found, table, [(link.child, found.up[link]) for link in found.below(table) if link.targets == (name,)])


def copying(found: Facts, table: str, name: str) -> Index:
    """Rows of tables one or two links below, or their entities, that have each row's value in a column which copies it; shape (rows,)."""
    its, copies = found.typed[table][name], []
    for child, up in _below(found, table):
        rows = np.flatnonzero(up >= 0)
        wanted = its.take(pa.array(up[rows]))
        for column in found.own(child):
            mine = found.typed[child][column]
            if mine.type == its.type and len(rows):
                same = pc.equal(mine.take(pa.array(rows)), wanted).fill_null(False).to_numpy(zero_copy_only=False)
                if same.mean() >= COPIED:
                    copies.append((child, np.where(np.isin(np.arange(len(up)), rows[same]), up, NONE)))
    return _most(found, table, copies)


def _below(found: Facts, table: str) -> Iterator[tuple[str, Index]]:
    """Tables one or two links below, and the row that each of their rows leads to."""
    for link in found.below(table):
        if link.child != table:
            yield link.child, found.up[link]
            for second in found.below(link.child):
                if second.child not in (table, link.child):
                    yield second.child, np.append(found.up[link], NONE)[np.maximum(found.up[second], NONE)]


def _most(found: Facts, table: str, ways: Iterable[tuple[str, Index]]) -> Index:
    """Rows of another table that lead to each row, or their entities: the most by any way; shape (rows,)."""
    out = np.zeros(found.tables[table].num_rows, dtype=np.int64)
    for child, up in ways:
        units = units_of(found, child)
        pairs = np.stack([up, np.arange(len(up)) if units is None else units], axis=1)[up >= 0]
        out = np.maximum(out, np.bincount(np.unique(pairs, axis=0)[:, 0], minlength=len(out)))
    return out
