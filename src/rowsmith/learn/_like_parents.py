"""Groups of parents that have like children: what a row is learnt to want of a parent that does not bring it forth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.learn._clusters import clusters, nominal, numeric, shares
from rowsmith.learn._facts import Facts, coded, is_single
from rowsmith.learn._families import agreement, by_chance
from rowsmith.learn._links import NONE, Link
from rowsmith.learn._part import taken
from rowsmith.learn._relations import numbers_of

Index = NDArray[np.int64]

GROUPS, LEAST, ROWS = 128, 5, 40
"""Groups of parents at most; parents, and children, of a group at least."""
WEIGHT = 50
"""Children from which on a parent with more counts no more than one with these."""
SURE = 4.0
"""Standard deviations of what strangers agree from which on siblings do so."""
OWN = 0.5
"""How much a parent's own columns count in grouping it, beside its children's."""


def grouped(found: Facts, link: Link, codes: Mapping[Link, Index]) -> Index:
    """The group of each parent by its children, shape (parents,); -1 for one that no group is needed for.

    Args:
        found: the database.
        link: to the parents.
        codes: groups of other parents of the children, by link.
    """
    rows = found.up[link]
    n = found.tables[link.parent].num_rows
    size = np.bincount(rows[rows >= 0], minlength=n)
    used = np.flatnonzero(size)
    out = np.full(n, -1, dtype=np.int64)
    linked = rows >= 0
    place = np.full(n, -1, dtype=np.int64)
    place[used] = np.arange(len(used))
    parent = place[rows[linked]]
    features, least = [], SURE * by_chance(rows)
    # What siblings have in common counts, so each column counts as much as they agree in it.
    for values in _beside(found, link):
        numbers, weight = numbers_of(values), agreement(*coded(values), rows)
        if weight < least:  # by chance
            continue
        if numbers is not None:
            ranks = numeric(numbers)[:, 0][linked]
            features.append(weight * (np.bincount(parent, weights=ranks, minlength=len(used)) / size[used])[:, None])
        else:
            features.append(weight * shares(coded(values)[0][linked], parent, len(used)))
    for other, groups in codes.items():
        above = found.up[other]
        seen = np.append(groups, -1)[above] + 1
        features.append(agreement(seen, False, rows) * shares(seen[linked], parent, len(used)))
    for name in found.telling(link.parent):
        values = found.typed[link.parent][name].take(pa.array(used))
        numbers = numbers_of(values)
        own = numeric(numbers) if numbers is not None else nominal(coded(values)[0])
        features.append(OWN * own)
    every = np.concatenate(features, axis=1) if features else np.zeros((len(used), 0))
    if is_single(found, link):  # in an order in which those that are like one another are near
        like = clusters(every, size[used].astype(np.float64), most=len(used), least=1)
        out[used[np.lexsort((-size[used], like))]] = np.arange(len(used))
    else:
        out[used] = group(every, size[used])
    return out


def _beside(found: Facts, link: Link) -> Iterator[pa.Array]:
    """What rows say of those that a link leads to, shape (rows,) each: their own columns, and those of rows that bring them forth."""
    table, up = link.child, np.arange(found.tables[link.child].num_rows)
    while True:
        for name in found.telling(table):
            yield taken(found.typed[table][name], up)
        home = found.home.get(table)
        if home is None or home == link or home.parent == home.child:
            return
        table, up = home.parent, np.where(up >= 0, np.append(found.up[home], NONE)[up], NONE)


def group(features: NDArray[np.float64], size: Index) -> Index:
    """Groups of parents with like features, shape (parents,); -1 for those without children.

    Args:
        features: shape (parents, features).
        size: children of each, shape (parents,).
    """
    out, used = np.full(len(size), -1, dtype=np.int64), np.flatnonzero(size)
    most = max(1, min(GROUPS, int(size.sum()) // ROWS))
    weights = np.minimum(size[used], WEIGHT).astype(np.float64)
    out[used] = clusters(features[used], weights, most=most, least=LEAST)
    return out
