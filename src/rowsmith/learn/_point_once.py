"""Rows that differ by the parents that they have: no two have the same key, nor the same of links that go once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.learn._deal import ROUNDS, distinct, firsts, others_of, redealt, repeated
from rowsmith.learn._drawn import Drawn
from rowsmith.learn._facts import coded
from rowsmith.learn._groups import groups_of
from rowsmith.learn._part import group_name, other_name
from rowsmith.learn._sides import sides_of, within_of
from rowsmith.learn._within import Sides

if TYPE_CHECKING:
    from rowsmith.learn.database import DatabaseTables

Index = NDArray[np.int64]

SOON = 20
"""Turns in which rows of one class that repeat others exchange parents, before all parents of the class are dealt out anew."""


def apart(model: DatabaseTables, drawn: dict[str, Drawn], name: str, dealt: Sequence[int], key: Key) -> None:
    """See to it that no two rows have the same key, where it is made of links to several parents, nor the same of links that go once.

    Args:
        model: the learnt tables.
        drawn: their rows; those of one are changed in place, and left out where nothing else helps.
        name: of the table.
        dealt: numbers of its links that are dealt out by now; what hangs on others is left for later.
        key: random stream.
    """
    part, rows = model.parts[name], drawn[name]
    wanted = set(part.schema.primary_key)
    leaning = {*part.within, *(mine[0] for each in part.within.values() for mine, _ in each.ways if mine)}
    numbers = [
        i
        for i, link in enumerate(model.links)
        if link.child == name and wanted & set(link.columns) and (set(link.columns) <= wanted or i in leaning)
    ]  # what else such a link is made of follows from the other parents
    covered = {c for i in numbers for c in model.links[i].columns} & wanted
    own = [c for c in part.schema.primary_key if c in rows.columns and c not in covered]
    if wanted and len(covered) + len(own) >= len(wanted) and set(numbers) <= set(dealt):
        _told_apart(model, drawn, name, numbers, own, key)
    for links in part.once:
        if set(links) <= set(dealt):
            _told_apart(model, drawn, name, links, (), key.child("once", *links))


def _told_apart(
    model: DatabaseTables, drawn: dict[str, Drawn], name: str, numbers: Sequence[int], own: Sequence[str], key: Key
) -> None:
    """Rows that differ by links, and columns of their own: they exchange parents, and what cannot is left out."""
    part, rows = model.parts[name], drawn[name]
    fixed = {i for i, each in part.within.items() if each.same or model.links[i].parent == name}
    leant_on = {way[0] for i, each in part.within.items() if i in rows.up for way, _ in each.ways}
    fixed |= {*model.through, *leant_on}
    free = [i for i in numbers if i not in fixed and (part.above is None or part.above.link != i)]
    if not free:
        return
    there = np.flatnonzero(np.all([rows.up[i] >= 0 for i in numbers], axis=0))
    columns = [*(rows.up[i][there] for i in numbers), *(coded(rows.columns[c])[0][there] for c in own)]
    again = np.zeros(len(there), dtype=bool)
    for number in free:
        place, rng = numbers.index(number), key.child("exchange", number).generator()
        within = within_of(model, drawn, number)
        if within is None:
            again = distinct(columns, place, rng)
        else:
            sides = sides_of(model, drawn, number, within)
            fits = partial(_in_time, sides, there, within.strict) if within.times else None
            anew = bool(within.ways) and not within.times
            rounds = SOON if anew else ROUNDS
            again = distinct(columns, place, rng, sides.families[columns[place]], fits, rounds)
            if anew and again.any():
                again = _dealt_anew(model, drawn, name, number, columns, place, there, sides.families, rng)
        rows.up[number][there] = columns[place]
    if again.any():
        kept = np.delete(np.arange(rows.n), there[again])
        first = np.arange(rows.n)
        first[there] = there[firsts(columns)]
        drawn[name] = rows.taken(kept)
        place_of = np.searchsorted(kept, first)
        for i, link in enumerate(model.links):  # what points to a row that is left out points to the one it repeats
            up = drawn[link.child].up
            if link.parent == name and i in up:
                up[i] = np.where(up[i] >= 0, np.append(place_of, -1)[up[i]], -1)


def _in_time(sides: Sides, there: Index, strict: bool, rows: Index, parents: Index) -> NDArray[np.bool_]:
    """Which parents do not come after rows, which are numbered by their places among others."""
    return ~sides.late(there[rows], parents, strict)


def _dealt_anew(
    model: DatabaseTables,
    drawn: dict[str, Drawn],
    name: str,
    number: int,
    columns: list[Index],
    place: int,
    there: Index,
    classes: Index,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Deal parents out anew, in place, in classes in which rows still repeat others; which rows do then, shape (rows,)."""
    rows, parents = drawn[name], drawn[model.links[number].parent]
    values, others = columns[place], others_of(columns, place)
    wanted = groups_of(rows.columns[other_name(number)])[there]
    groups = groups_of(parents.columns[group_name(number)])
    room = np.bincount(values, minlength=parents.n)
    found = np.unique(classes[values[repeated(columns)]])
    some, every = (_members(of, found) for of in (classes[values], classes))
    for here, may in zip(some, every, strict=True):
        values[here] = redealt(others[here], may, room[may], wanted[here], groups[may], rng)
    return repeated(columns)


def _members(of: Index, classes: Index) -> list[Index]:
    """Places of the members of each of some classes."""
    order = np.argsort(of, kind="stable")
    low, high = (np.searchsorted(of[order], classes, side=side) for side in ("left", "right"))
    return [order[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True)]
