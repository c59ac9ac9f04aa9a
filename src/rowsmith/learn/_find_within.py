"""Whether rows are always linked inside of one family, how deep they stand in it, or to earlier rows only."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.shield import FEW
from rowsmith.learn._facts import Facts, coded
from rowsmith.learn._links import Link
from rowsmith.learn._relations import EXPECTED, FEWEST, numbers_of, orders
from rowsmith.learn._within import Sides, Within, family_of

Index = NDArray[np.int64]
Floats = NDArray[np.float64]


def within_of(found: Facts, name: str) -> dict[int, Within]:
    """What the rows of a table always have to do with those that further links lead to, by number of the link."""
    home, out = found.home.get(name), {}
    for link in found.others(name):
        if link in found.through or found.schema.tables[link.parent].public:
            continue
        second = _second(found, link, home)
        times, strict = _times(found, link)
        if second is None and not times:
            continue
        same = found.same[link] if link.parent == name and second is not None else ()
        family = {c.column for c in found.same[home]} if home is not None else set()  # the family says them
        plain = Within(
            None if second is None else found.numbers[second],
            tuple(c.column for c in same if not c.add and c.column == c.source and c.column not in family),
            times,
            strict,
        )
        out[found.numbers[link]] = plain if second is None or not times else _with_steps(found, link, plain)
    return out


def inside_of(found: Facts, name: str) -> int | None:
    """The number of the link by which rows of a table hang on one another inside of their families.

    None where there is no such link, or it is also said by columns, times or places in the key who may lead whom.
    """
    if all(link.parent != name for link in found.others(name)) or len(found.schema.tables[name].primary_key) > 1:
        return None
    for number, each in within_of(found, name).items():
        link = found.links[number]
        if link.parent == name and each.second is not None and not each.same and not each.times:
            up, loose = found.up[link], found.up[found.home[name]] < 0
            return None if (up[loose] >= 0).any() else number
    return None


def _second(found: Facts, link: Link, home: Link | None) -> Link | None:
    """The link of the parent that always leads where the child's home does."""
    if home is None or home.parent == link.child:
        return None
    second = home if link.parent == link.child else found.home.get(link.parent)
    if second is None or second.parent != home.parent or second.targets != home.targets:
        return None
    up, mine = found.up[link], found.up[home]
    rows = np.flatnonzero(up >= 0)
    above = found.up[second][up[rows]]
    if len(rows) < FEWEST or not np.array_equal(above, mine[rows]):
        return None
    shares = np.bincount(above + 1) / len(above)
    return second if len(rows) * (1 - (shares**2).sum()) >= EXPECTED else None


def _times(found: Facts, link: Link) -> tuple[tuple[str, ...], bool]:
    """A time of the child and the nearest one of the parent that never comes after it, and whether it always comes before."""
    mine, theirs = ({c: found.typed[t][c] for c in found.own(t)} for t in (link.child, link.parent))
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
    assert within.second is not None
    mine, theirs = found.typed[link.child], found.typed[link.parent]
    home = found.up[found.home[link.child]]
    codes = [coded(mine[c])[0] for c in within.same]
    both = family_of(home, found.up[found.links[within.second]], codes)
    sides = Sides(*both, _at(mine[within.times[0]]), _at(theirs[within.times[1]]), link.parent == link.child)
    order, _, behind = sides.candidates(within.strict, np.random.default_rng(0))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    up = found.up[link]
    rows = np.flatnonzero(up >= 0)
    back = behind[rows] - place[up[rows]]
    counts = np.bincount(back[back > 0], minlength=2)[1:]
    return Within(within.second, within.same, within.times, within.strict, np.where(counts >= FEW, counts, 0))
