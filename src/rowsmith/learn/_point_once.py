"""Rows that differ by the parents that they have: no two have the same key, nor the same of links that go once.

And rows whose own parents differ: no team plays itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.learn._deal import ROUNDS, combined, distinct, firsts, mended, others_of, redealt, repeated
from rowsmith.learn._drawn import Drawn
from rowsmith.learn._facts import coded
from rowsmith.learn._groups import groups_of
from rowsmith.learn._part import group_name, other_name
from rowsmith.learn._sides import sides_of, within_by_now
from rowsmith.learn._within import Sides

if TYPE_CHECKING:
    from rowsmith.learn.database import DatabaseTables

Index = NDArray[np.int64]

Fits = Callable[[Index, Index], NDArray[np.bool_]]
"""Of rows, by their places, and parents: which may come together."""
SOON = 20
"""Turns in which rows of one class that repeat others exchange parents, before all parents of the class are dealt out anew."""


def apart(model: DatabaseTables, drawn: dict[str, Drawn], name: str, dealt: Sequence[int], key: Key) -> None:
    """See to it that no two rows have the same key, where it is made of links to several parents, nor the same of links that go once.

    Before that, that links lead to different rows which always do.

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
    groups = [_Group(links, (), key.child("once", *links)) for links in part.once]
    if wanted and len(covered) + len(own) >= len(wanted):
        groups.append(_Group(tuple(numbers), tuple(own), key))  # last, as a key must hold
    groups = [group for group in groups if set(group.links) <= set(dealt)]
    for one, other in part.never:
        if {one, other} <= set(dealt):
            _parted(model, drawn, name, (one, other), groups, key.child("never", one, other))
    turns = min(len(groups), 2)  # what is dealt out anew for one may repeat what another says
    for turn in range(turns):
        for group in groups:
            others = [each for each in groups if each is not group]
            _told_apart(model, drawn, name, group, others, first=turn == 0, last=turn == turns - 1)


@dataclass(frozen=True)
class _Group:
    """What no two rows have the same of.

    Attributes:
        links: by number.
        own: columns of the rows.
        key: random stream of their exchanges.
    """

    links: tuple[int, ...]
    own: tuple[str, ...]
    key: Key

    def columns(self, rows: Drawn, there: Index) -> list[Index]:
        """What some of the rows have, as numbers, shape (n,) each."""
        return [*(rows.up[i][there] for i in self.links), *(coded(rows.columns[c])[0][there] for c in self.own)]


def _told_apart(
    model: DatabaseTables,
    drawn: dict[str, Drawn],
    name: str,
    group: _Group,
    others: Sequence[_Group],
    *,
    first: bool,
    last: bool,
) -> None:
    """Rows that differ by links, and columns of their own: they exchange parents, and what cannot is left out in the last turn.

    No exchange makes rows repeat others in what other groups say. In the first turn parents are also dealt out anew, inside of
    classes where exchanges do not help.
    """
    rows, free = drawn[name], _free(model, drawn, name, group.links)
    if not free:
        return
    there = np.flatnonzero(np.all([rows.up[i] >= 0 for i in group.links], axis=0))
    columns = group.columns(rows, there)
    again = np.zeros(len(there), dtype=bool)
    for number in free:
        place, rng = group.links.index(number), group.key.child("exchange" if first else "again", number).generator()
        classes, fits = _may(model, drawn, name, number, there, others, columns[place])
        within = within_by_now(model, drawn, number)
        barred = _barred(model, rows, name, number)
        if within is None or classes is None:
            again = distinct(columns, place, rng, None, fits)
            if first and again.any() and barred is not None:  # each plays each: hardly an exchange is left
                one = np.zeros(drawn[model.links[number].parent].n, dtype=np.int64)
                again = _dealt_anew(model, drawn, name, number, columns, place, there, one, rng, barred[there])
        else:
            anew = first and bool(within.ways) and not within.times
            rounds = SOON if anew else ROUNDS
            again = distinct(columns, place, rng, classes[columns[place]], fits, rounds)
            if anew and again.any():
                again = _dealt_anew(model, drawn, name, number, columns, place, there, classes, rng)
        rows.up[number][there] = columns[place]
    if last and again.any():
        kept = np.delete(np.arange(rows.n), there[again])
        same = np.arange(rows.n)
        same[there] = there[firsts(columns)]
        drawn[name] = rows.taken(kept)
        place_of = np.searchsorted(kept, same)
        for i, link in enumerate(model.links):  # what points to a row that is left out points to the one it repeats
            up = drawn[link.child].up
            if link.parent == name and i in up:
                up[i] = np.where(up[i] >= 0, np.append(place_of, -1)[up[i]], -1)


def _free(model: DatabaseTables, drawn: dict[str, Drawn], name: str, links: Sequence[int]) -> list[int]:
    """Which links of a table rows may exchange parents by: what brings them forth, and what others lean on, stays."""
    part = model.parts[name]
    fixed = {i for i, each in part.within.items() if each.same or model.links[i].parent == name}
    leant_on = {way[0] for i, each in part.within.items() if i in drawn[name].up for way, _ in each.ways}
    fixed |= {*model.through, *leant_on, *(() if part.above is None else (part.above.link,))}
    return [i for i in links if i not in fixed]


def _may(
    model: DatabaseTables,
    drawn: dict[str, Drawn],
    name: str,
    number: int,
    there: Index,
    groups: Sequence[_Group],
    parents: Index,
) -> tuple[Index | None, Fits | None]:
    """The class of each parent by a link, inside of which rows exchange them, None for one of all; and what they may have."""
    rows, within = drawn[name], within_by_now(model, drawn, number)
    fits = _fresh(rows, there, number, groups, parents)
    if (barred := _barred(model, rows, name, number)) is not None:
        fits = _both(fits, partial(_differ, barred[there]))
    if within is None:
        return None, fits
    sides = sides_of(model, drawn, number, within)
    return sides.families, _both(fits, partial(_in_time, sides, there, within.strict) if within.times else None)


def _barred(model: DatabaseTables, rows: Drawn, name: str, number: int) -> Index | None:
    """The parent that each row may not have by a link, as it has it by another one, shape (rows,)."""
    others = [pair[pair[0] == number] for pair in model.parts[name].never if number in pair]
    return next((rows.up[other] for other in others if other in rows.up), None)


def _parted(
    model: DatabaseTables, drawn: dict[str, Drawn], name: str, pair: tuple[int, int], groups: Sequence[_Group], key: Key
) -> None:
    """Exchange parents between rows until two links lead to different rows, as far as that goes; first among rows that are alike."""
    rows, rng = drawn[name], key.generator()
    there = np.flatnonzero((rows.up[pair[0]] >= 0) & (rows.up[pair[1]] >= 0))
    for number in _free(model, drawn, name, pair[::-1]):
        mine, its = rows.up[number][there], rows.up[pair[pair[0] == number]][there]
        classes, fits = _may(model, drawn, name, number, there, groups, mine)
        of = np.zeros(len(there), dtype=np.int64) if classes is None else classes[mine]
        alike = groups_of(rows.columns[other_name(number)])[there] if other_name(number) in rows.columns else of
        wrong = partial(np.equal, mine, its)
        mended(mine, wrong, combined([of, alike]), rng, fits, SOON)
        mended(mine, wrong, of, rng, fits, ROUNDS)
        rows.up[number][there] = mine


def _fresh(rows: Drawn, there: Index, number: int, groups: Sequence[_Group], parents: Index) -> Fits | None:
    """Which rows may have other parents by a link, as no row has the same by other groups; None where no group has a say.

    Args:
        rows: of the table.
        there: places of the rows that exchange parents.
        number: of the link.
        groups: the other groups.
        parents: that the rows have; they change with each exchange.
    """
    said = [each for each in groups if number in each.links and all(i in rows.up for i in each.links)]
    if not said:
        return None
    rest = [others_of(each.columns(rows, there), each.links.index(number)) for each in said]

    def fits(some: Index, new: Index) -> NDArray[np.bool_]:
        held = [~np.isin(combined([each[some], new]), combined([each, parents])) for each in rest]
        once = [
            ~repeated([each[some], new]) for each in rest
        ]  # nor does one get what another one gets in the same turn
        return np.asarray(np.all([*held, *once], axis=0))

    return fits


def _differ(others: Index, rows: Index, parents: Index) -> NDArray[np.bool_]:
    """Which parents are not those that rows have by another link."""
    return np.asarray(others[rows] != parents)


def _both(one: Fits | None, other: Fits | None) -> Fits | None:
    """What both allow."""
    if one is None or other is None:
        return one or other
    return lambda rows, parents: one(rows, parents) & other(rows, parents)


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
    barred: Index | None = None,
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
        not_these = None if barred is None else barred[here]
        values[here] = redealt(others[here], may, room[may], wanted[here], groups[may], rng, not_these)
    return repeated(columns)


def _members(of: Index, classes: Index) -> list[Index]:
    """Places of the members of each of some classes."""
    order = np.argsort(of, kind="stable")
    low, high = (np.searchsorted(of[order], classes, side=side) for side in ("left", "right"))
    return [order[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True)]
