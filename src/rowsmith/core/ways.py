"""Ways up through linked tables, and whether two of them lead to one row: the class of a grade's pupil is that of its course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Way = tuple[int, ...]
"""Numbers of links, each from the table that the one before leads to."""

STEPS, WAYS = 3, 64
"""Links of a way, and ways up from a table, at most."""
PROBE, FAR = 1000, 0.2
"""Rows that are looked at first, and share of those that lead apart from which on no more are."""
FEWEST, EXPECTED = 10, 20.0
"""Rows that must show that two ways lead to one row, and rows of which it would not be true by chance."""
BROKEN = 0.05
"""Share of the rows that would break it by chance, up to which rows that do are exceptions to a rule."""
MOSTLY = 0.8
"""The same, up to which ways lead to one row usually, though that is no rule: most orders are sent to who pays for them."""


class Pointer(Protocol):
    """A link between two tables."""

    @property
    def child(self) -> str:
        """Table whose rows point."""

    @property
    def parent(self) -> str:
        """Table that is pointed to."""


def ways_up(links: Sequence[Pointer], table: str, most: int = STEPS) -> list[Way]:
    """Ways up from a table, the shorter ones first, `WAYS` at most. None comes to a table twice.

    Args:
        links: between tables.
        table: where ways begin.
        most: links of a way.

    >>> from types import SimpleNamespace as Link
    >>> grade = [Link(child="grades", parent="pupils"), Link(child="grades", parent="courses")]
    >>> ways_up([*grade, Link(child="pupils", parent="classes")], "grades")
    [(0,), (1,), (0, 2)]
    """
    out: list[Way] = []
    last: list[tuple[Way, tuple[str, ...]]] = [((), (table,))]
    for _ in range(most):
        last = [
            ((*way, number), (*seen, link.parent))
            for way, seen in last
            for number, link in enumerate(links)
            if link.child == seen[-1] and link.parent not in seen
        ]
        out += [way for way, _ in last]
    return out[:WAYS]


def end_of(way: Way, up: Mapping[int, Index] | Sequence[Index], n: int) -> Index:
    """The row at the end of a way from each of n rows, negative where there is none, shape (n,).

    Args:
        way: the links.
        up: by number of the link, the row that each row points to, negative for none.
        n: rows of the table where the way begins.
    """
    out = np.arange(n)
    for number in way:
        out = np.where(out >= 0, np.append(up[number], -1)[out], -1)
    return out


def apart(one: Index, other: Index, most: float = BROKEN) -> tuple[float, float] | None:
    """Share of the rows that two ways lead to different rows from, and what it would be by chance; None where it is no rule.

    Args:
        one: the row at the end of a way, negative for none, shape (rows,).
        other: the same of another way.
        most: share of those that would by chance, from which on it is none.
    """
    both = np.flatnonzero((one >= 0) & (other >= 0))
    n = len(both)
    some = both[:: max(1, n // PROBE)]
    if n < FEWEST or (one[some] != other[some]).mean() > max(FAR, most):
        return None
    one, other = one[both], other[both]
    ends = int(max(one.max(), other.max())) + 1
    counts = [np.bincount(each, minlength=ends) / n for each in (one, other)]
    chance = 1 - float((counts[0] * counts[1]).sum())
    broken = float((one != other).mean())
    return (broken, chance) if n * chance >= EXPECTED and broken <= most * chance else None
