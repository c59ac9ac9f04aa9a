"""Helpers of a database: what is learnt of rows beside their own columns, for the sake of the rows that hang on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.schema import Column
from rowsmith.learn._facts import Facts, coded, grouped, is_single
from rowsmith.learn._families import Families, agreement, means, modes
from rowsmith.learn._links import Link
from rowsmith.learn._part import (
    COUNT,
    GROUP,
    MEAN,
    common_name,
    count_name,
    group_name,
    group_text,
    other_name,
    taken,
)
from rowsmith.learn._relations import numbers_of

Index = NDArray[np.int64]
Learnt = tuple[Column, pa.Array]

ALIKE = 0.03
"""Agreement of siblings in a column from which on it is learnt what they have in common."""
MOST = 10
"""Columns of a child of which this is learnt: those in which siblings agree most."""


@dataclass
class Helpers:
    """Helpers of all tables, and how they came about.

    Attributes:
        columns: by table and name, how each is learnt, and its values in the real rows.
        groups: of the parents, by link, where there are some.
        shared: columns in which siblings agree, by table, helpers too: whether the family's mean or its mode is learnt.
    """

    columns: dict[str, dict[str, Learnt]] = field(default_factory=dict)
    groups: dict[Link, Index] = field(default_factory=dict)
    shared: dict[str, dict[str, str]] = field(default_factory=dict)


def helpers(found: Facts) -> Helpers:
    """Everything that is learnt beside the tables' own columns."""
    out = Helpers({name: {} for name in found.tables}, {}, {name: {} for name in found.tables})
    _group(found, out)
    for number, link in enumerate(found.links):
        rows, above = found.up[link], out.columns[link.parent]
        size = np.bincount(rows[rows >= 0], minlength=found.tables[link.parent].num_rows)
        above[count_name(number)] = COUNT, pa.array(size, pa.int64())
        if link in out.groups:
            above[group_name(number)] = GROUP, group_text(out.groups[link])
            if link != found.home.get(link.child):
                groups = np.where(rows >= 0, np.append(out.groups[link], -1)[rows], -1)
                out.columns[link.child][other_name(number)] = GROUP, group_text(groups)
    for number, link in enumerate(found.links):
        if link == found.home.get(link.child) and link.parent != link.child and not is_single(found, link):
            _share(found, out, number, link)
    return out


def _group(found: Facts, out: Helpers) -> None:
    """Group the parents of every link that needs it, those with few parents first: groups of the others build on them."""
    wanted = [
        link for link in found.links if link != found.home.get(link.child) or is_single(found, link)
    ]
    for link in sorted(wanted, key=lambda link: not is_single(found, link)):
        before = {other: groups for other, groups in out.groups.items() if other.child == link.child}
        out.groups[link] = grouped(found, link, before)


def _share(found: Facts, out: Helpers, number: int, link: Link) -> None:
    """What the children of each parent have in common."""
    rows = found.up[link]
    families = Families.of(rows, found.tables[link.parent].num_rows)
    columns = found.schema.tables[link.child].columns
    every: dict[str, tuple[Column, pa.Array, pa.Array]] = {
        name: (columns[name], found.tables[link.child][name].combine_chunks(), found.typed[link.child][name])
        for name in found.telling(link.child)
    }
    every |= {n: (c, v, v) for n, (c, v) in out.columns[link.child].items() if n.startswith("↗")}
    copies = {same.column for same in found.same[link]}
    alike = {name: agreement(*coded(typed), rows) for name, (_, _, typed) in every.items() if name not in copies}
    # Rows whose key is made of links must not have the same one as a sibling, so that is to be seen.
    key = set(found.schema.tables[link.child].primary_key)
    for i, other in enumerate(found.links):
        if other.child == link.child and other != link and set(other.columns) <= key:
            alike[other_name(i)] = 1.0
    best = sorted((name for name in alike if alike[name] >= ALIKE), key=lambda n: (-alike[n], list(every).index(n)))
    for name in best[:MOST]:
        column, values, typed = every[name]
        numbers = numbers_of(typed)
        helper = common_name(number, name)
        if numbers is not None:
            found_means = means(numbers[families.rows], families)
            array = pa.array(found_means, mask=~np.isfinite(found_means))
            out.columns[link.parent][helper] = MEAN, array
        else:
            codes = coded(typed)[0][families.rows]
            first = np.full(int(codes.max(initial=-1)) + 1, -1)
            first[codes[::-1]] = families.rows[::-1]  # a row with each code
            mode = modes(codes, families)
            array = taken(values, np.where(mode >= 0, np.append(first, -1)[mode], -1))
            out.columns[link.parent][helper] = column, array
        out.shared[link.child][name] = "mode" if numbers is None else "mean"


def numbers_in(found: Facts, columns: Mapping[str, Learnt], table: str, name: str) -> NDArray[np.float64]:
    """A column of a table, or one of its helpers, as numbers."""
    numbers = numbers_of(found.typed[table][name] if name in found.typed[table] else columns[name][1])
    assert numbers is not None, "only of numbers a mean is learnt"
    return numbers
