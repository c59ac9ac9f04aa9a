"""Whether rows are always linked inside of one family, how deep they stand in it, or to earlier rows only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.shield import FEW
from rowsmith.core.ways import MOSTLY, Way, apart, end_of, ways_up
from rowsmith.learn._facts import Facts, coded
from rowsmith.learn._links import Link
from rowsmith.learn._moved import Moved
from rowsmith.learn._parent_times import bounds_of
from rowsmith.learn._relations import numbers_of, orders
from rowsmith.learn._tie_rules import computed
from rowsmith.learn._within import Sides, Within, families_of

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

LINKED = 0.5
"""Share of the rows of a table that hang on others of it from which on their times are made of those of the rows above."""


def within_of(found: Facts, name: str) -> dict[int, Within]:
    """What the rows of a table always have to do with those that further links lead to, by number of the link."""
    home, numbers, out = found.home.get(name), found.numbers, dict[int, Within]()
    family = {c.column for c in found.same[home]} if home is not None else set()  # the family says them
    before = {numbers[home]} if home is not None and home.parent != name else set[int]()
    for link in sorted(found.others(name), key=lambda link: link.parent == name):
        if link in found.through:
            continue
        public = found.schema.tables[link.parent].public
        ways, broken, exact = _ways(found, link, before)
        times, strict = ((), False) if public else _times(found, link)
        if not ways and not times and link.parent != name:
            ways, broken = _mostly(found, link, before)
        before.add(numbers[link])
        if not ways and not times:
            continue
        same = found.same[link] if link.parent == name and ways else ()
        if any(_half(found, each) for each in (link, *(found.links[mine[0]] for mine, _ in ways))):
            broken = 0.0  # the key holds only if what is no part of it follows from the others
        plain = Within(
            ways,
            broken,
            tuple(c.column for c in same if not c.add and c.column == c.source and c.column not in family),
            times,
            strict,
            bool((found.up[link] >= 0).all()),
            exact,
        )
        out[numbers[link]] = _with_steps(found, link, plain) if ways and times else plain
    return out


def _half(found: Facts, link: Link) -> bool:
    """Whether some columns of a link are part of the key, and others are not."""
    return 0 < len(set(found.schema.tables[link.child].primary_key) & set(link.columns)) < len(link.columns)


def inside_of(
    found: Facts, name: str, within: Mapping[int, Within], formulas: Mapping[str, str]
) -> tuple[int, Moved | None] | None:
    """The number of the link by which rows of a table hang on one another inside of their families, and times that hang on that.

    None where there is no such link, or it is also said by columns, by places in the key, or by times that cannot be moved who may
    lead whom.

    Args:
        found: the database.
        name: of the table.
        within: what its rows always have to do with those that further links lead to.
        formulas: of the table, beside its rules.
    """
    home = found.home.get(name)
    if all(link.parent != name for link in found.others(name)) or len(found.schema.tables[name].primary_key) > 1:
        return None
    for number, each in within.items():
        link = found.links[number]
        if link.parent != name or home is None or each.same or each.broken:
            continue
        if each.ways == (((found.numbers[home],),) * 2,):
            up, loose = found.up[link], found.up[home] < 0
            moved = _moved(found, link, each, formulas) if each.times else None
            led_outside = bool((up[loose] >= 0).any())
            return None if led_outside or (each.times and moved is None) else (number, moved)
    return None


def _moved(found: Facts, link: Link, within: Within, formulas: Mapping[str, str]) -> Moved | None:
    """Times of the rows of a tree that can be made of those of the rows above; None where other rows, or rules, say them.

    Nor where few rows hang on another: when they come is then no matter of the tree, and what counts is how many came between.
    """
    if (found.up[link] >= 0).mean() < LINKED:
        return None
    name, (column, source) = link.child, within.times
    table, typed = found.schema.tables[name], found.typed[name]
    copies = {same.column for each in found.links if each.child == name for same in found.same[each]}
    fixed = copies | set(table.primary_key) | computed({**table.rules, **formulas}, table.columns)
    for rule, expression in table.rules.items():  # what both keep to, but their own order
        read = set(sql.references(expression, rule))
        fixed |= read if len(read) == 1 and read <= {column, source} else set()
    home = found.home[name]
    starts, ends = ({b.column: b.source for b in bounds_of(found, name, home) if b.ends is e} for e in (False, True))
    ordered = [set(sql.references(e, rule)) for rule, e in found.schema.tables[home.parent].rules.items()]
    if column in starts and column in ends and not any({starts[column], ends[column]} <= read for read in ordered):
        ends.pop(column)  # the two may come in any order, and both cannot be kept
    if {column, source} & fixed or (source != column and source in ends) or typed[column].type != typed[source].type:
        return None
    moved = Moved(column, source, within.strict, ends.get(column))
    since = moved.since(typed, found.up[link]).drop_null().to_numpy()
    some = since[since > 0]
    return replace(moved, step=int(np.gcd.reduce(some)) if len(some) >= FEW else 1)


def _ways(found: Facts, link: Link, before: set[int]) -> tuple[tuple[tuple[Way, Way], ...], float, int]:
    """Ways up of the child and of the parent that lead to one row, the share of the rows of which they do not, and how many always do.

    Args:
        found: the database.
        link: to the parent.
        before: links of the child by which its rows point to something when they are dealt out by this one.
    """
    out, exact = list[tuple[Way, Way]](), list[tuple[Way, Way]]()
    wrong, likely = np.zeros(int((found.up[link] >= 0).sum()), dtype=bool), 1.0
    for its, above, ends in _meeting(found, link, before):
        if any(its[: len(way)] == way for _, way in exact) or any(found.links[i].child == link.child for i in its[1:]):
            continue  # it follows from a shorter one, or comes back
        for mine, end in ends.items():
            shares = apart(end, above)
            if shares is not None:
                out.append((mine, its))
                exact += [(mine, its)] if shares[0] == 0 else []
                wrong |= end != above
                likely = min(likely, shares[1])
                break
    rest = [pair for pair in out if pair not in exact]
    return (*exact, *rest), float(wrong.mean()) / likely if out else 0.0, len(exact)


def _mostly(found: Facts, link: Link, before: set[int]) -> tuple[tuple[tuple[Way, Way], ...], float]:
    """The two ways that lead to one row in most rows, the surest pair of those that are no rule; and as `_ways` has it."""
    best: tuple[float, tuple[tuple[Way, Way], ...]] = 1.0, ()
    for its, above, ends in _meeting(found, link, before):
        for mine, end in ends.items():
            shares = apart(end, above, MOSTLY)
            if shares is not None:
                best = min(best, (shares[0] / shares[1], ((mine, its),)))
    return best[1], best[0]


def _meeting(found: Facts, link: Link, before: set[int]) -> Iterator[tuple[Way, Index, dict[Way, Index]]]:
    """Ways up of the parent, the row at the end of each, and those of the child that come to the same table; see `_ways`.

    Rows at ends are of the rows that are linked, negative for none, shape (linked,); where one way has none, the other has none.
    """
    itself, rows = link.parent == link.child, np.flatnonzero(found.up[link] >= 0)
    through = {found.numbers[other] for other in found.through}
    up = {number: found.up[other] for number, other in enumerate(found.links)}
    ways = [way for way in ways_up(found.links, link.child) if way[0] in before and not through & set(way)]
    ways.sort(key=lambda way: (found.links[way[0]] != found.home.get(link.child), len(way)))
    theirs = ways if itself else [(), *(way for way in ways_up(found.links, link.parent) if not through & set(way))]
    ends = {way: end_of(way, up, len(found.up[link]))[rows] for way in ways}
    for its in theirs:
        above = end_of(its, up, found.tables[link.parent].num_rows)[found.up[link][rows]]
        last = found.links[its[-1]].parent if its else link.parent
        mine = [its] if itself else [way for way in ways if found.links[way[-1]].parent == last]
        yield its, above, {way: ends[way] for way in mine if np.array_equal(ends[way] < 0, above < 0)}


def _times(found: Facts, link: Link) -> tuple[tuple[str, ...], bool]:
    """A time of the child and the nearest one of the parent that never comes after it, and whether it always comes before."""
    mine, theirs = ({c: found.typed[t][c] for c in found.own(t)} for t in (link.child, link.parent))
    mine = {c: values for c, values in mine.items() if all(each.column != c for each in found.same[link])}
    up = found.up[link]
    rows = np.flatnonzero(up >= 0)
    best: tuple[float, tuple[str, ...], bool] = np.inf, (), False
    for column, source in orders(mine, theirs, up).items():
        away = _at(mine[column])[rows] - _at(theirs[source])[up[rows]]
        gap = float(np.nanmean(away))
        if gap < best[0]:
            best = gap, (column, source), bool((away[np.isfinite(away)] > 0).all())
    return best[1:]


def _at(values: pa.Array) -> Floats:
    numbers = numbers_of(values)
    assert numbers is not None, "it is a time"
    return numbers


def _with_steps(found: Facts, link: Link, within: Within) -> Within:
    """The same with the places of real parents among those that come before."""
    mine, theirs = found.typed[link.child], found.typed[link.parent]
    up, n, m = (
        dict(enumerate(found.up[each] for each in found.links)),
        len(found.up[link]),
        found.tables[link.parent].num_rows,
    )
    codes = [coded(mine[c])[0] for c in within.same]
    ends = [end_of(way, up, n) for way, _ in within.ways], [end_of(way, up, m) for _, way in within.ways]
    both = families_of(*([*each, *codes] for each in ends))
    sides = Sides(*both, _at(mine[within.times[0]]), _at(theirs[within.times[1]]), link.parent == link.child)
    order, _, behind = sides.candidates(within.strict, np.random.default_rng(0))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    rows = np.flatnonzero(found.up[link] >= 0)
    back = behind[rows] - place[found.up[link][rows]]
    counts = np.bincount(back[back > 0], minlength=2)[1:]
    return replace(within, steps=np.where(counts >= FEW, counts, 0))
