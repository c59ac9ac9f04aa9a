"""Which row each drawn row points to, by every link: table by table, each after those that its ways up lead through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.core.ways import BROKEN, end_of
from rowsmith.learn._deal import dealt, room_for, room_in, to_sum
from rowsmith.learn._drawn import Drawn
from rowsmith.learn._exchange import exchange
from rowsmith.learn._facts import coded
from rowsmith.learn._groups import groups_of
from rowsmith.learn._links import without_loops
from rowsmith.learn._part import (
    count_name,
    counts_of,
    flat,
    group_name,
    other_name,
    read_name,
    usual_name,
)
from rowsmith.learn._point_once import apart
from rowsmith.learn._relations import numbers_of
from rowsmith.learn._sides import sides_of, ups, within_by_now
from rowsmith.learn._within import Sides, Within, in_time

if TYPE_CHECKING:
    from rowsmith.learn.database import DatabaseTables

Index = NDArray[np.int64]

FINE = 50
"""Different values of a parent's column up to which children that have it too are dealt out by it."""

OTHERS = 4
"""Times that a row that breaks what is usual asks for a parent of which this is so."""

RANGES = 20
"""Ranges of a number with more of them."""


def point(model: DatabaseTables, drawn: dict[str, Drawn], key: Key) -> None:
    """Deal out, in place, the parents that did not bring rows forth.

    Args:
        model: the learnt tables.
        drawn: rows of all of them.
        key: random stream.
    """
    pointing = _Pointing(model, drawn, key)
    for name in pointing.order():
        pointing.table(name)


@dataclass
class _Pointing:
    """Links that are dealt out.

    Attributes:
        model: the learnt tables.
        drawn: their rows.
        key: random stream.
        begun: numbers of the links that are dealt, or being so.
    """

    model: DatabaseTables
    drawn: dict[str, Drawn]
    key: Key
    begun: set[int] = field(default_factory=set)

    def order(self) -> list[str]:
        """Tables, each after those that its ways up lead through; in a circle, in any order."""
        links, through = self.model.links, self.model.through
        out: list[str] = []
        seen = set[str]()

        def add(name: str) -> None:
            if name in seen:
                return
            seen.add(name)
            ways = [way for each in self.model.parts[name].within.values() for pair in each.ways for way in pair]
            ways += [through[i] for i in self._of(name) if i in through]
            for i in dict.fromkeys(i for way in ways for i in way):
                add(links[i].child)
            out.append(name)

        for name in self.model.parts:
            add(name)
        return out

    def _of(self, name: str) -> list[int]:
        return [i for i, link in enumerate(self.model.links) if link.child == name]

    def table(self, name: str) -> None:
        """Deal out all links of a table."""
        part, mine = self.model.parts[name], self._of(name)
        ways = {way for way, _ in self.model.through.values()}
        # Links whose parents' other parents are usually of one group come when it is known of which these are; those that lean on
        # other links of the same row come last.
        usual = {i for i in part.usual if i not in ways}
        late = {i for i in mine if self._leans(i) & set(mine)}
        late |= {i for i in mine if i in self.model.through and self.model.through[i][0] in late}
        self._settle(i for i in mine if i not in usual | late)
        exchange(self.model, self.drawn, name, self.key.child("exchange", name).generator())
        self._settle(i for i in mine if i not in late)
        apart(self.model, self.drawn, name, [i for i in mine if i not in late], self.key.child("apart", name))
        self._follow(mine)
        if late:
            self._settle(mine)
            apart(self.model, self.drawn, name, mine, self.key.child("apart", name, "late"))
            self._follow(mine)

    def _leans(self, number: int) -> set[int]:
        """Links that are dealt out and that say which parents by a link a row may have."""
        link = self.model.links[number]
        part = self.model.parts[link.child]
        if number not in part.within:
            return set()
        home = part.above.link if part.above is not None else None
        return {i for pair in part.within[number].ways for way in pair for i in way} - {home, number}

    def _settle(self, numbers: Iterable[int]) -> None:
        """Deal out links, each after those that it leans on."""
        for number in sorted(numbers, key=lambda i: i in self.model.through):
            rows = self.drawn[self.model.links[number].child]
            if number in rows.up or number in self.begun:
                continue
            self.begun.add(number)
            if number in self.model.through:
                rows.up[number] = self._through(number)
            else:
                self._settle(i for i in self._leans(number))
                rows.up[number] = self._dealt(number, np.ones(rows.n, dtype=bool))

    def _through(self, number: int) -> Index:
        """Parents by a link that follows from two others."""
        way, second = self.model.through[number]
        self._settle([way, second])
        rows = self.drawn[self.model.links[number].child]
        if (
            way not in rows.up or second not in self.drawn[self.model.links[second].child].up
        ):  # they go round in a circle
            return self._dealt(number, np.ones(rows.n, dtype=bool))
        return self._followed(number, self._dealt(number, rows.up[way] < 0))

    def _followed(self, number: int, alone: Index) -> Index:
        """Parents by a link that follows from two others, and those of rows without one by the first of these."""
        way, second = self.model.through[number]
        rows = self.drawn[self.model.links[number].child]
        return np.where(rows.up[way] >= 0, end_of((way, second), ups(self.drawn), rows.n), alone)

    def _follow(self, numbers: Iterable[int]) -> None:
        """Have links follow from others, as these have come to be."""
        for number in numbers:
            if number in self.model.through:
                rows = self.drawn[self.model.links[number].child]
                if self.model.through[number][0] in rows.up and number in rows.up:
                    rows.up[number] = self._followed(number, rows.up[number])

    def _dealt(self, number: int, free: NDArray[np.bool_]) -> Index:
        """A parent by a link for the rows that are free."""
        link = self.model.links[number]
        rows, parents, part = self.drawn[link.child], self.drawn[link.parent], self.model.parts[link.child]
        rng = self.key.child("deal", number).generator()
        wanted = np.full(rows.n, -1, dtype=np.int64)
        if other_name(number) in rows.columns and parents.n:
            wanted = np.where(free, groups_of(rows.columns[other_name(number)]), -1)
        shall = counts_of(parents.columns[count_name(number)]) if parents.n else np.zeros(0)
        counts = np.nan_to_num(shall).astype(np.int64)
        groups = groups_of(parents.columns[group_name(number)]) if parents.n else np.zeros(0, dtype=np.int64)
        within, above = within_by_now(self.model, self.drawn, number), part.above
        alike = _likeness(self.model, self.drawn, number)
        up_ = np.arange(rows.n) if above is None else rows.up[above.link]
        family = np.where(up_ >= 0, up_, int(up_.max(initial=-1)) + 1 + np.arange(rows.n))
        if within is not None and within.ways and parents.n:
            sides = sides_of(self.model, self.drawn, number, within)
            if within.times or link.parent == link.child:
                out = sides.dealt(within, wanted, groups, counts, rng)
                if within.always:
                    none = np.flatnonzero((out < 0) & free)
                    out[none] = sides.any_of(none, rng)
                return without_loops(out)[0] if link.parent == link.child else out
            if within.broken > BROKEN:
                return _mostly_within(sides, within.broken, wanted, groups, alike, counts, family, rng)
            sides, linked = self._in_reach(number, within, sides, wanted >= 0, rng)
            wanted = np.where(linked, np.maximum(wanted, 0), -1)
            room = room_in(sides.family[linked], sides.families, counts, np.ones(parents.n, dtype=bool), rng)
            return dealt(wanted, groups, alike, room, family, rng, (sides.family, sides.families))
        if number in part.usual and alike and not (number in part.matched or number in part.reads):
            room = room_for(counts, wanted >= 0, *alike[0], rng)
        else:  # what is copied of a parent fits wherever a row goes
            room = to_sum(counts, int((wanted >= 0).sum()), rng)
        out = dealt(wanted, groups, alike, room, family, rng)
        if within is not None and within.times:
            out = in_time(
                out, wanted, sides_of(self.model, self.drawn, number, within), within.strict, bool((out < 0).any()), rng
            )
        return without_loops(out)[0] if link.parent == link.child else out

    def _in_reach(
        self, number: int, within: Within, sides: Sides, wanted: NDArray[np.bool_], rng: np.random.Generator
    ) -> tuple[Sides, NDArray[np.bool_]]:
        """Sides, and which rows have a parent, so that there is one in the family of each of these."""
        link = self.model.links[number]
        rows, part, there = self.drawn[link.child], self.model.parts[link.child], _there(sides)
        if not wanted.all():
            wanted = sides.linked(wanted, there, rng)
        firsts = {mine[0] for mine, _ in within.ways if mine[0] in self._leans(number) and mine[0] not in part.within}
        for first in sorted(firsts):
            bad, good = (np.flatnonzero(wanted & each) for each in (~there, there))
            if len(bad) and len(good):  # they take another one's parent by the link that leads there
                rows.up[first][bad] = rows.up[first][rng.choice(good, len(bad))]
                sides = sides_of(self.model, self.drawn, number, within)
                there = _there(sides)
        # Some rows may have any parent; others have to.
        good, free = np.flatnonzero(there), np.flatnonzero((rng.random(rows.n) < within.broken) | ~there)
        family = sides.family.copy()
        if within.exact:  # what every row keeps, these do, too
            near = sides_of(self.model, self.drawn, number, replace(within, ways=within.ways[: within.exact]))
            for _ in range(OTHERS):
                family[free] = sides.families[near.any_of(free, rng)]
                free = free[family[free] == sides.family[free]]
        else:
            family[free] = family[rng.choice(good, len(free))] if len(good) else rng.choice(sides.families, len(free))
        return replace(sides, family=family), wanted


def _mostly_within(
    sides: Sides,
    broken: float,
    wanted: Index,
    groups: Index,
    alike: list[tuple[Index, Index]],
    counts: Index,
    family: Index,
    rng: np.random.Generator,
) -> Index:
    """Parents of which as many as in real rows are of the row's family, and others of any; see `dealt` for the rest.

    Args:
        sides: families of the rows and of the parents.
        broken: share of the rows of which the parent is of another family, of those of which it would be by chance.
        wanted: group of the parent that each row wants, -1 for none.
        groups: of the parents.
        alike: what both must have the same of.
        counts: rows of each parent.
        family: of the row that brought each row forth.
        rng: decides between equal ones.
    """
    linked = wanted >= 0
    n = int(max(sides.family.max(initial=-1), sides.families.max(initial=-1))) + 2
    mine = np.bincount(sides.family[linked] + 1, minlength=n) / max(int(linked.sum()), 1)
    its = np.bincount(sides.families + 1, weights=counts, minlength=n) / max(int(counts.sum()), 1)
    inside = 1 - broken * (1 - float(mine[1:] @ its[1:]))
    # Groups may tell who comes together, too: only what they do not is seen to.
    out = dealt(wanted, groups, alike, to_sum(counts, int(linked.sum()), rng), family, rng)
    already = float((sides.families[out] == sides.family)[out >= 0].mean()) if (out >= 0).any() else 0.0
    if already >= inside:
        return out
    kept = linked & _there(sides) & (rng.random(len(wanted)) < (inside - already) / (1 - already))
    room = room_in(sides.family[kept], sides.families, counts, np.ones(len(counts), dtype=bool), rng)
    out = dealt(np.where(kept, wanted, -1), groups, alike, room, family, rng, (sides.family, sides.families))
    wanted = np.where(out < 0, wanted, -1)
    counts = np.maximum(counts - np.bincount(out[out >= 0], minlength=len(counts)), 0)
    room = to_sum(counts, int((wanted >= 0).sum()), rng)
    return np.where(out >= 0, out, dealt(wanted, groups, alike, room, family, rng))


def _there(sides: Sides) -> NDArray[np.bool_]:
    """Whether there is a parent in the family of each row, shape (rows,)."""
    return np.isin(sides.family, sides.families)


def _likeness(model: DatabaseTables, drawn: dict[str, Drawn], number: int) -> list[tuple[Index, Index]]:
    """What children and parents of a link must have the same of, as numbers, the most important first; -1 for what no parent has."""
    link, part = model.links[number], model.parts[model.links[number].child]
    child, parent = drawn[link.child], drawn[link.parent]
    pairs = [
        (child.columns[same.column], parent.columns[same.source])
        for same in part.matched.get(number, ())
        if not same.add and same.column in child.columns
    ]
    pairs += [
        (child.columns[read_name(number, column)], parent.columns[column])
        for column in part.reads.get(number, ())
        if read_name(number, column) in child.columns
    ]
    pairs += [
        (child.columns[other_name(other)], parent.columns[usual_name(number, other)])
        for other in part.usual.get(number, ())
    ]
    out = []
    for mine, its in pairs:
        both = _alike(mine, its)
        if both is not None:
            one, two = both[: child.n], both[child.n :]
            out.append((np.where(np.isin(one, two), one, -1), two))
    return out


def _alike(mine: pa.Array, its: pa.Array) -> Index | None:
    """Values of children, and behind them of parents, as numbers; of numbers with many values their range among the parents'."""
    both = pa.chunked_array([flat(mine), flat(its)]).combine_chunks()
    codes = coded(both)[0]
    if len(np.unique(codes[len(mine) :])) <= FINE:
        return codes
    numbers = numbers_of(both)
    if numbers is None:
        return None
    edges = np.unique(np.nanquantile(numbers[len(mine) :], np.linspace(0, 1, RANGES + 1)[1:-1]))
    return np.where(np.isfinite(numbers), np.searchsorted(edges, numbers) + 1, 0)
