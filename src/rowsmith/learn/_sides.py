"""Drawn rows and those that they may be linked to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.ways import end_of
from rowsmith.learn._drawn import Drawn
from rowsmith.learn._facts import coded
from rowsmith.learn._relations import numbers_as
from rowsmith.learn._within import Sides, Within, families_of

if TYPE_CHECKING:
    from rowsmith.learn.database import DatabaseTables

Index = NDArray[np.int64]

MANY = 2**40
"""More rows than any has."""


def ups(drawn: Mapping[str, Drawn]) -> dict[int, Index]:
    """Where rows point to, by number of the link, as far as it is known."""
    return {number: up for rows in drawn.values() for number, up in rows.up.items()}


def within_by_now(model: DatabaseTables, drawn: Mapping[str, Drawn], number: int) -> Within | None:
    """What rows always have to do with those that a link leads to, by ways that are known by now."""
    within, up = model.parts[model.links[number].child].within.get(number), ups(drawn)
    if within is None:
        return None
    return replace(within, ways=tuple(both for both in within.ways if all(i in up for way in both for i in way)))


def sides_of(model: DatabaseTables, drawn: Mapping[str, Drawn], number: int, within: Within) -> Sides:
    """Rows and those that they may be linked to, as what is always so has them.

    Args:
        model: the learnt tables.
        drawn: their rows.
        number: of the link.
        within: what is always so.
    """
    link, up = model.links[number], ups(drawn)
    child, parent = drawn[link.child], drawn[link.parent]
    same = [coded(child.columns[c])[0] for c in within.same]
    mine = [end_of(way, up, child.n) for way, _ in within.ways] or [np.zeros(child.n, dtype=np.int64)]
    its = [end_of(way, up, parent.n) for _, way in within.ways] or [np.zeros(parent.n, dtype=np.int64)]
    at, ends = (
        numbers_as(rows.columns[time], model.parts[table].schema.columns[time]) if within.times else None
        for rows, table, time in zip((child, parent), (link.child, link.parent), within.times or ("", ""), strict=True)
    )
    return Sides(*families_of([*mine, *same], [*its, *same]), at, ends, link.parent == link.child)


def most_of(model: DatabaseTables, drawn: Mapping[str, Drawn], name: str) -> Index:
    """How many rows each row may bring forth at most, so that all find other parents that they may have; shape (parents,).

    Args:
        model: the learnt tables.
        drawn: rows of those that are drawn by now.
        name: of the table whose rows are brought forth.
    """
    part = model.parts[name]
    assert part.above is not None, "another table brings its rows forth"
    home = part.above.link
    n = drawn[model.links[home].parent].n
    up = ups(drawn)
    out, key = np.full(n, MANY), set(part.schema.primary_key)
    for number, within in part.within.items():
        link = model.links[number]
        ways = [(mine[1:], its) for mine, its in within.ways if mine[0] == home and {*mine[1:], *its} <= up.keys()]
        if not ways or not within.always or link.parent not in drawn or link.parent == name:
            continue
        m = drawn[link.parent].n
        mine, its = families_of([end_of(way, up, n) for way, _ in ways], [end_of(way, up, m) for _, way in ways])
        some = np.bincount(its, minlength=int(mine.max(initial=0)) + 1)[mine]
        once = any({home, number} <= set(links) for links in part.once)
        once |= bool(key) and key <= {*model.links[home].columns, *link.columns}
        out = np.minimum(out, some if once else np.where(some > 0, MANY, 0))
    return out
