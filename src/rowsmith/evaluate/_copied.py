"""Columns of a table that are those of the row it points to, in every database: they are judged there, and along the link."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Aligned, Columns, Feature
from rowsmith.evaluate._links import Linked

FEWEST, SEVERAL = 10, 20
"""Linked rows that must show it, and different values, below which a column is judged as any other: what it holds is nobody's."""


def without_copies(linked: Linked, table: str) -> tuple[Aligned, tuple[str, ...]]:
    """The columns of a table but those that are a parent's.

    New parents have new prices, and every row that points to one has its price: to a classifier, which finds the few prices
    of the real parents, all rows then give themselves away, though each is as right as its parent is.

    Args:
        linked: the databases.
        table: name of one that can be compared.

    Returns:
        The columns that are left, and what to say of the others.
    """
    aligned = linked.aligned[table]
    found = {f.name: whose for f in aligned.features if not f.identifier and (whose := _source(linked, table, f))}
    kept = [i for i, f in enumerate(aligned.features) if f.name not in found]
    if not found or not any(not aligned.features[i].identifier for i in kept):
        return aligned, ()
    tables = {role: columns.pick(kept) for role, columns in aligned.tables.items()}
    notes = tuple(
        f"{table}.{name} is {whose} of the row that it points to: it is judged there." for name, whose in found.items()
    )
    return replace(aligned, features=tuple(aligned.features[i] for i in kept), tables=tables), notes


def _source(linked: Linked, table: str, column: Feature) -> str | None:
    """The column of a parent that a column equals in all linked rows of every database."""
    for number, link in enumerate(linked.links):
        if link.child != table or link.parent == table:
            continue
        for place, source in enumerate(linked.features[link.parent]):
            if source.kind != column.kind or source.identifier:
                continue
            if all(_equal(linked, role, number, column, place) for role in linked.sides):
                return f"{link.parent}.{source.name}"
    return None


def _equal(linked: Linked, role: str, number: int, column: Feature, place: int) -> bool:
    link, side = linked.links[number], linked.sides[role]
    up = side.up[number]
    rows = np.flatnonzero(up >= 0)
    mine = next(i for i, f in enumerate(linked.features[link.child]) if f.name == column.name)
    a = _plain(linked.features[link.child][mine], side.tables[link.child], mine)[rows]
    b = _plain(linked.features[link.parent][place], side.tables[link.parent], place)[up[rows]]
    return len(rows) >= FEWEST and len(rows) == len(up) and bool(_same(a, b).all()) and len(np.unique(b)) >= SEVERAL


def _same(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray((a == b) | ((a != a) & (b != b)))


def _plain(feature: Feature, columns: Columns, place: int) -> NDArray[Any]:
    """Values that can be compared with those of another table."""
    values = columns.arrays[place]
    return values if feature.kind != "category" else np.array([*feature.levels, ""], dtype=object)[values]
