"""Helpers of a database: what is learnt of rows beside their own columns, for the sake of the rows that hang on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.learn._clusters import nominal, numeric
from rowsmith.learn._depths import Trend, trends_of
from rowsmith.learn._facts import Facts, coded, is_single
from rowsmith.learn._families import Families, agreement, means, modes
from rowsmith.learn._find_running import running_of
from rowsmith.learn._find_within import inside_of, within_of
from rowsmith.learn._groups import group_text
from rowsmith.learn._like_parents import group, grouped
from rowsmith.learn._links import Link, depth_of
from rowsmith.learn._moved import SINCE, Moved, since_name
from rowsmith.learn._once import once
from rowsmith.learn._part import (
    COUNT,
    GROUP,
    MEAN,
    common_name,
    count_name,
    group_name,
    other_name,
    taken,
    usual_name,
)
from rowsmith.learn._relations import numbers_of
from rowsmith.learn._running import Running
from rowsmith.learn._told import Told
from rowsmith.learn._units import family_sizes
from rowsmith.learn._within import Within

Index = NDArray[np.int64]
Learnt = tuple[Column, pa.Array]

ALIKE = 0.03
"""Agreement of siblings in a column from which on it is learnt what they have in common."""
USUAL = 0.5
"""Agreement of siblings in the group of another parent from which on it is said what is usual for their own."""
SMALL = 1000
"""Rows of a table up to which new ones have a mean of their children, as one of a few ranges, from real ones."""
FEW = 20
"""Different numbers up to which siblings share their most frequent one rather than a mean."""
MOST = 10
"""Columns of a child of which this is learnt: those in which siblings agree most."""
SAME = 0.6
"""Correlation of ranks from which on families are steered by one of two numbers, as drawn means of both would not fit."""


@dataclass
class Helpers:
    """Helpers of all tables, and how they came about.

    Attributes:
        columns: by table and name, how each is learnt, and its values in the real rows.
        groups: of the parents, by link, where there are some.
        usual: by table and number of a link, other links whose parents are usually of one group for one parent.
        profiled: by table, helpers that new rows have from real ones, the most important first.
        within: by table, what its rows always have to do with those that further links lead to, by number of the link.
        inside: by table whose rows hang on one another inside of their families, the number of that link, and times that hang on it.
        depths: of these, and of those that are drawn as a hierarchy, how many rows are above each.
        trends: of these, numbers that hang on it.
        running: by table, what follows from the row before of the same family.
        shared: columns in which siblings agree, by table, helpers too: whether the family's mean or its mode is learnt.
    """

    columns: dict[str, dict[str, Learnt]] = field(default_factory=dict)
    groups: dict[Link, Index] = field(default_factory=dict)
    within: dict[str, dict[int, Within]] = field(default_factory=dict)
    inside: dict[str, tuple[int, Moved | None]] = field(default_factory=dict)
    depths: dict[str, Index] = field(default_factory=dict)
    trends: dict[str, dict[str, Trend]] = field(default_factory=dict)
    running: dict[str, Running] = field(default_factory=dict)
    shared: dict[str, dict[str, str]] = field(default_factory=dict)
    usual: dict[str, dict[int, list[int]]] = field(default_factory=dict)
    profiled: dict[str, list[str]] = field(default_factory=dict)


def helpers(found: Facts, said: Told) -> Helpers:
    """Everything that is learnt beside the tables' own columns.

    Args:
        found: the database.
        said: formulas over links.
    """
    out = Helpers({name: {} for name in found.tables}, shared={name: {} for name in found.tables})
    out.profiled = {name: [] for name in found.tables}
    for name in found.tables:
        out.within[name] = within_of(found, name)
        home, number = found.home.get(name), None
        inside = inside_of(found, name, out.within[name], said.habits(found, name))
        if inside is not None:
            number, moved = inside
            out.inside[name] = inside
            if moved is not None:
                up = found.up[found.links[number]]
                out.columns[name][since_name(number)] = SINCE, moved.since(found.typed[name], up)
        tree = home if home is not None and home.parent == name else None if number is None else found.links[number]
        if tree is not None:
            out.depths[name] = depth_of(found.up[tree])
            out.trends[name] = trends_of(found, name, out.depths[name], said.habits(found, name).values())
        elif (running := running_of(found, name, said.habits(found, name))) is not None:
            out.running[name] = running
    _group(found, out)
    for number, link in enumerate(found.links):
        rows, above = found.up[link], out.columns[link.parent]
        size = family_sizes(found, link)
        above[count_name(number)] = COUNT, pa.array(size, pa.int64())
        if link in out.groups:
            above[group_name(number)] = GROUP, group_text(out.groups[link])
            out.profiled[link.parent].append(group_name(number))
            if link != found.home.get(link.child):
                groups = np.append(out.groups[link], -1)[rows]
                out.columns[link.child][other_name(number)] = GROUP, group_text(groups)
    # What children have in common is a column of their parent, which it may have in common with its siblings.
    for link in sorted(found.links, key=lambda link: -_below(found, link.child)):
        number, at_home = found.numbers[link], link == found.home.get(link.child)
        if at_home and link.parent != link.child and not is_single(found, link):
            running = out.running.get(link.child)
            follow = set() if running is None else set(running.columns)
            _share(found, out, number, link, said.following(found, link, FEW) | follow)
        elif not at_home and not is_single(found, link):
            _usual(found, out, number, link)
    for number, link in enumerate(found.links):
        out.profiled[link.parent].append(count_name(number))
    return out


def _below(found: Facts, table: str) -> int:
    """How many tables are above one by which its rows are brought forth."""
    above = found.home.get(table)
    return 0 if above is None or above.parent == table else 1 + _below(found, above.parent)


def _usual(found: Facts, out: Helpers, number: int, link: Link) -> None:
    """Other parents that the children of one parent nearly always have in common, such as the one airline of a plane."""
    rows = found.up[link]
    families = Families.of(rows, found.tables[link.parent].num_rows)
    agree: dict[int, float] = {}
    for other, groups in out.groups.items():
        if other.child != link.child or other in (link, found.home.get(link.child)) or not is_single(found, other):
            continue
        above = found.up[other]
        seen = np.append(groups, -1)[above] + 1
        same = agreement(seen, False, rows)
        if same >= USUAL:
            usual, name = modes(seen[families.rows], families) - 1, usual_name(number, found.numbers[other])
            out.columns[link.parent][name] = GROUP, group_text(np.maximum(usual, -1))
            out.profiled[link.parent].append(name)
            agree[found.numbers[other]] = same
    if agree:
        out.usual.setdefault(link.child, {})[number] = sorted(agree, key=lambda other: -agree[other])


def _group(found: Facts, out: Helpers) -> None:
    """Group the parents of every link that needs it, those with few parents first: groups of the others build on them."""
    wanted = [link for link in found.links if link != found.home.get(link.child) or is_single(found, link)]
    for link in sorted(wanted, key=lambda link: not is_single(found, link)):
        before = {other: groups for other, groups in out.groups.items() if other.child == link.child}
        out.groups[link] = grouped(found, link, before)


def _share(found: Facts, out: Helpers, number: int, link: Link, known: set[str]) -> None:
    """What the children of each parent have in common, beside copies of its columns and numbers that are known to follow from it."""
    rows = found.up[link]
    families = Families.of(rows, found.tables[link.parent].num_rows)
    columns, running = found.schema.tables[link.child].columns, out.running.get(link.child)
    added = set() if running is None else set(running.read)  # what is off in one of them adds up
    every: dict[str, tuple[Column, pa.Array, pa.Array]] = {
        name: (columns[name], found.tables[link.child][name].combine_chunks(), found.typed[link.child][name])
        for name in found.telling(link.child)
    }
    for name, trend in out.trends.get(link.child, {}).items():
        rest = trend.rest(found.typed[link.child][name], out.depths[link.child])
        every[name] = MEAN, rest, rest
    every |= {n: (c, v, v) for n, (c, v) in out.columns[link.child].items() if n.startswith("↗") or " " in n}
    copies = {same.column for same in found.same[link]} | {
        n for n in known & set(every) if numbers_of(every[n][2]) is not None
    }
    alike = {name: agreement(*coded(typed), rows) for name, (_, _, typed) in every.items() if name not in copies}
    # Rows that links tell apart must not have the same one as a sibling, so that is to be seen.
    key, apart = set(found.schema.tables[link.child].primary_key), once(found, link.child)
    for i, other in enumerate(found.links):
        in_key = set(other.columns) <= key or any({link, other} <= set(links) for links in apart)
        if other.child == link.child and other != link and in_key:
            alike[other_name(i)] = 1.0
    best = sorted((name for name in alike if alike[name] >= ALIKE), key=lambda n: (-alike[n], list(every).index(n)))
    features = []
    donors = np.where(families.size > 0, np.arange(len(families.size)), -1)
    childless = np.flatnonzero(donors < 0)
    rng = Key(0).child(link.name).generator()
    if len(families.rows):  # a row without children says nothing here, and nothing is to be learnt of that
        donors[childless] = rng.choice(np.flatnonzero(families.size), len(childless))
    ranks: list[NDArray[np.float64]] = []
    profiled: list[str] = []
    for name in best[:MOST]:
        column, values, typed = every[name]
        numbers = numbers_of(typed)
        levels = int(pc.count_distinct(typed, mode="all").as_py()) if numbers is not None else 0
        if numbers is not None and (levels > FEW or column is MEAN):
            mine = numeric(numbers)[:, 0]
            if name not in added and any(abs(np.corrcoef(mine, other)[0, 1]) > SAME for other in ranks):
                continue
            ranks.append(mine)
            found_means = means(numbers[families.rows], families)
            column, array = MEAN, pa.array(found_means, mask=~np.isfinite(found_means))
            features.append(numeric(found_means))
        else:
            codes = coded(typed)[0][families.rows]
            first = np.full(int(codes.max(initial=-1)) + 1, -1)
            first[codes[::-1]] = families.rows[::-1]  # a row with each code
            mode = modes(codes, families)
            array = taken(values, np.where(mode >= 0, np.append(first, -1)[mode], -1))
            features.append(nominal(mode))
        helper = common_name(number, name)
        out.columns[link.parent][helper] = column, taken(array, donors)
        out.shared[link.child][name] = "mean" if column is MEAN else "mode"
        # In a small table the learner cannot tell what mean goes with what level, so rows have it from real ones too.
        seldom = found.tables[link.parent].num_rows <= SMALL and "mean" not in profiled
        if alike[name] >= USUAL and (column is not MEAN or seldom):
            profiled.append(out.shared[link.child][name])
            out.profiled[link.parent].append(helper)
    if features:
        groups = group(np.concatenate(features, axis=1), families.size)
        out.columns[link.parent][group_name(number)] = GROUP, taken(group_text(groups), donors)
        out.profiled[link.parent].insert(0, group_name(number))


def timed_in(link: int, moved: Moved) -> tuple[str, ...]:
    """Columns and helpers of a tree's rows that are drawn before all others, when it is not yet known who hangs on whom."""
    return (*moved.columns, since_name(link), other_name(link))


def numbers_in(found: Facts, columns: Mapping[str, Learnt], table: str, name: str) -> NDArray[np.float64]:
    """A column of a table, or one of its helpers, as numbers."""
    plain = name in found.typed[table] and columns[name][0] is not MEAN
    numbers = numbers_of(found.typed[table][name] if plain else columns[name][1])
    assert numbers is not None, "only of numbers a mean is learnt"
    return numbers
