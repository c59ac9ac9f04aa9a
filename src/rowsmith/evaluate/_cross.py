"""Pairs of columns of two groups, such as a parent's and a child's; rarer levels of categories count as one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._pairs import Grid, Pair, compare


def pooled(
    features: Sequence[Feature], levels: int, real: Columns, other: Columns
) -> tuple[tuple[Feature, ...], Columns, Columns]:
    """The same columns, each category with at most so many levels, the most frequent real ones, and one for the rest."""
    few = tuple(
        replace(f, levels=(*f.levels[:levels], "others")) if f.kind == "category" and len(f.levels) > levels else f
        for f in features
    )
    tables = [
        Columns(
            tuple(np.minimum(a, levels) if f.kind == "category" else a for f, a in zip(few, t.arrays, strict=True)), t.n
        )
        for t in (real, other)
    ]
    return few, tables[0], tables[1]


def cross(features: tuple[Feature, ...], first: int, real: Columns, other: Columns, levels: int) -> float | None:
    """Mean error of the pairs of one of the first columns and one of the rest, in per cent.

    Args:
        features: of all columns.
        first: how many are of the first group.
        real: rows of the real database.
        other: rows of another one.
        levels: of a category that are told apart.

    Returns:
        None where the real side has no rows, or nothing varies; 100 where only the other has none.
    """
    if real.n == 0 or other.n == 0:
        return None if real.n == 0 else 100.0
    found = pairs_of(features, first, real, other, levels)
    return float(100 * np.mean([p.error for p in found])) if found else None


def pairs_of(features: tuple[Feature, ...], first: int, real: Columns, other: Columns, levels: int) -> list[Pair]:
    """The pairs of one of the first columns and one of the rest; see `cross`."""
    features, real, other = pooled(features, levels, real, other)
    pairs = itertools.product(range(first), range(first, len(features)))
    return compare(features, Grid.fit(features, real), real, other, pairs=pairs)
