"""Foreign keys of two or three columns that data show: those that have the names of columns which tell a table's rows apart together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.matching import codes_of, together
from rowsmith.core.schema import ForeignKey

Index = NDArray[np.int64]

EXPECTED = 20.0
"""Rows that would repeat a key, and links that would lead nowhere, if columns were independent, at least."""
SHARED = 6
"""Columns of one name in two tables up to which keys are looked for among them."""
LARGEST = 3
"""Columns of a key, at most."""


def composite(
    tables: Mapping[str, Mapping[str, pa.Array]], child: str, parent: str, inside: float, said: Collection[str]
) -> ForeignKey | None:
    """A foreign key of the fewest columns that a table has in common with another one, of which no column tells its rows apart.

    Args:
        tables: columns that may be part of a key, by table.
        child: the table that may point.
        parent: the one that may be pointed to.
        inside: share of the rows that must point to one that is there.
        said: columns by which both tables point to one more: a key of these may have all values that there can be.
    """
    mine, its = tables[child], tables[parent]
    shared = [n for n in its if n in mine and mine[n].type == its[n].type and its[n].null_count == 0]
    if len(shared) > SHARED:
        return None
    codes = {}
    for n in shared:
        both = codes_of(pa.chunked_array([mine[n], its[n]]))
        codes[n] = both[: len(mine[n])], both[len(mine[n]) :]
    for size in range(2, LARGEST + 1):
        best: tuple[float, ForeignKey] | None = None
        for names in itertools.combinations(shared, size):
            found = _links([codes[n] for n in names], inside, set(names) <= set(said))
            if found is not None and (best is None or found[0] > best[0]):
                known, all_of = found[1:]
                share = "all" if known == all_of else f"{known:,} of"
                columns = ", ".join(names)
                why = f"{share} {all_of:,} rows have values that stand together in {parent} ({columns}), whose rows these tell apart"
                best = found[0], ForeignKey(columns=names, table=parent, targets=names, why=why)
        if best is not None:
            return best[1]
    return None


def _links(columns: Sequence[tuple[Index, Index]], inside: float, said: bool) -> tuple[float, int, int] | None:
    """How many rows would repeat a key by chance, how many point to a row, and how many could; None where there is no link."""
    there = np.all([mine >= 0 for mine, _ in columns], axis=0)
    mine, its = [mine[there] for mine, _ in columns], [its for _, its in columns]
    n = len(its[0])
    repeated = n * (n - 1) / 2 * math.prod(float(((np.bincount(c) / n) ** 2).sum()) for c in its) if n else 0.0
    both = together([np.concatenate(each) for each in zip(its, mine, strict=True)], n + len(mine[0]))
    keys, points = both[:n], both[n:]
    if repeated < EXPECTED or len(np.unique(keys)) < n or not len(points):
        return None
    known = np.isin(points, keys)
    if known.mean() < inside:
        return None
    # Of all that the values could make together, the keys are a part: links that were chance would lead out of it.
    among = int(np.all([np.isin(c, own) for c, own in zip(its, mine, strict=True)], axis=0).sum())
    filled = among / math.prod(len(np.unique(c)) for c in mine)
    by_chance = len(np.unique(points)) * (1 - filled) < EXPECTED and not said
    return None if by_chance else (repeated, int(known.sum()), len(points))
