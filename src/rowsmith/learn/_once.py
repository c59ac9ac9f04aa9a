"""Links that together tell rows apart, beside the key, and links that never lead to the same row.

No student takes a course twice, no order has a product in two lines; no team plays itself, nobody pays into the account that he pays from.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.definition import declared_of, indexes_of
from rowsmith.learn._deal import repeated
from rowsmith.learn._facts import Facts
from rowsmith.learn._links import Link

Index = NDArray[np.int64]

EXPECTED, EXPECTED_SAME = 3.0, 5.0
"""Pairs of rows that would be alike, and rows that would have one parent twice, if parents were dealt out at random, from which on it is
no chance that none are."""


def once(found: Facts, name: str) -> tuple[tuple[Link, ...], ...]:
    """Pairs of links of a table that no two rows have the same, as is declared or as the data show it.

    Those are left out of which one alone, or the key, says as much.

    Args:
        found: the database.
        name: of the table.
    """
    links = [link for link in found.links if link.child == name]
    key = set(found.schema.tables[name].primary_key)
    schema = found.tables[name].schema
    declared = declared_of(schema)
    groups = [set(each) for each in (declared.unique if declared is not None else ())]
    groups += [set(index.columns) for index in indexes_of(schema) if index.unique]
    out = []
    for pair in combinations(links, 2):
        columns = {column for link in pair for column in link.columns}
        ups = [found.up[link] for link in pair]
        there = np.all([up >= 0 for up in ups], axis=0)
        some = [up[there] for up in ups]
        if (
            (key and key <= columns)
            or not len(some[0])
            or repeated(some).any()
            or not all(repeated([up]).any() for up in some)
        ):
            continue
        nothing_else = columns == set(schema.names)  # a row that repeats another would say nothing
        if columns in groups or nothing_else or _alike(*some) >= EXPECTED:
            out.append(pair)
    return tuple(out)


def never_same(found: Facts, name: str) -> tuple[tuple[Link, Link], ...]:
    """Pairs of links of a table to another one that lead to two different rows in all of its rows.

    Args:
        found: the database.
        name: of the table.
    """
    links = [link for link in found.links if link.child == name and link.parent != name]
    out = []
    for one, other in combinations(links, 2):
        if one.parent != other.parent:
            continue
        there = (found.up[one] >= 0) & (found.up[other] >= 0)
        a, b = found.up[one][there], found.up[other][there]
        n = int(max(a.max(initial=-1), b.max(initial=-1))) + 1
        same = np.bincount(a, minlength=n) @ np.bincount(b, minlength=n) / max(len(a), 1)
        if not (a == b).any() and same >= EXPECTED_SAME:
            out.append((one, other))
    return tuple(out)


def _alike(one: Index, other: Index) -> float:
    """Pairs of rows with the same parents by both links that are expected where the two are dealt out independently."""
    same = [float((count * (count - 1.0)).sum()) for count in (np.bincount(one), np.bincount(other))]
    n = len(one)
    return same[0] * same[1] / (2.0 * n * (n - 1)) if n > 1 else 0.0
