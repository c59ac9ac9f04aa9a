"""Other parents that come together: of a few airlines and a few airports, most pairs never do, so that they must not in a twin.

Rows with a pair that does not come are drawn again. Where parents are then dealt out and one has no room left, the row
changes places with another one that may have the parent that is left over. Where none does, it takes another parent, and what
parents then have too many or too few is handed on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.shield import FEW, Units, too_few
from rowsmith.core.state import State
from rowsmith.learn._groups import groups_of

Index = NDArray[np.int64]

NEARLY_ALL = 0.95
"""Share of the rows whose pair enough of them share, for the others to be left out."""
EXCHANGES = 80
"""Times that rows with a pair that does not come ask another one to change places."""
TURNS = 4
"""Times that rows with a pair that does not come are drawn again; what still has one after that stays."""


@dataclass(frozen=True)
class Pairs:
    """Groups of two columns that come together.

    Attributes:
        columns: names of both.
        pairs: of their groups, shape (pairs, 2).
    """

    columns: tuple[str, str]
    pairs: Index

    def breaks(self, rows: Mapping[str, pa.Array]) -> NDArray[np.bool_]:
        """Whether rows have another pair, shape (rows,)."""
        return self.missing(*(groups_of(rows[name]) for name in self.columns))

    def missing(self, a: Index, b: Index) -> NDArray[np.bool_]:
        """Whether pairs of groups are others, shape (n,). One of which a group is missing is none."""
        base = int(max(self.pairs.max(initial=0), b.max(initial=0))) + 1
        return (a >= 0) & (b >= 0) & ~np.isin(a * base + b, self.pairs[:, 0] * base + self.pairs[:, 1])

    def state(self) -> State:
        """Arrays and JSON."""
        return {"columns": list(self.columns), "pairs": self.pairs}

    @classmethod
    def from_state(cls, state: State) -> Pairs:
        """The inverse of `state`."""
        a, b = state["columns"]
        return cls((str(a), str(b)), state["pairs"].astype(np.int64).reshape(-1, 2))


@dataclass(frozen=True)
class Beside:
    """The other parents that those by one link must come together with.

    Attributes:
        pairs: which come together.
        others: group of each row's parent by the other link, shape (rows,).
        second: whether the link is the second of the two.
    """

    pairs: Pairs
    others: Index
    second: bool

    def missing(self, mine: Index, rows: Index) -> NDArray[np.bool_]:
        """Whether groups do not come together with what rows have by the other link, shape (n,)."""
        other = self.others[rows]
        return self.pairs.missing(*((other, mine) if self.second else (mine, other)))


def exchanged(
    up: Index, groups: Index, wanted: Index, beside: Sequence[Beside], rng: np.random.Generator, *, swap: bool = True
) -> Index:
    """The rows' parents by one link, of which rows with a pair that does not come have changed places with others.

    Both rows then have pairs that come, as far as such are found: first among rows with a parent as it was wanted, then any.
    Without swapping, a row takes the parent of the other one, which keeps it: parents then have a few rows more or less.

    Args:
        up: parent of each row, -1 for none, shape (rows,).
        groups: of the parents.
        wanted: group of each row's parent, as it was drawn, shape (rows,).
        beside: what must come together.
        rng: with which rows they change.
        swap: whether the other row gets the parent that is left.
    """
    out, every = up.copy(), np.append(groups, -1)
    linked = np.flatnonzero(every[up] >= 0)

    def missing(mine: Index, rows: Index) -> NDArray[np.bool_]:
        return np.asarray(np.any([each.missing(mine, rows) for each in beside], axis=0))

    left = linked[missing(every[up[linked]], linked)]
    for turn in range(EXCHANGES):
        has = every[out]
        left = left[missing(has[left], left)]  # two that have changed places are right
        if not len(left):
            break
        other = linked[rng.integers(0, len(linked), len(left))]
        if turn < EXCHANGES // 2:
            ranked = linked[np.argsort(has[linked], kind="stable")]
            low, high = (np.searchsorted(has[ranked], wanted[left], side=side) for side in ("left", "right"))
            found = ranked[np.minimum(low + (rng.random(len(left)) * (high - low)).astype(np.int64), len(ranked) - 1)]
            other = np.where(high > low, found, other)
        good = ~missing(has[other], left)
        if not swap:
            out[left[good]] = out[other[good]]
            continue
        good &= ~missing(has[left], other)
        once = np.zeros(len(other), dtype=bool)
        once[np.unique(other, return_index=True)[1]] = True
        good &= once & ~np.isin(other, left)
        out[left[good]], out[other[good]] = out[other[good]], out[left[good]]
    return out


def evened(
    up: Index, goal: Index, groups: Index, wanted: Index, beside: Sequence[Beside], rng: np.random.Generator
) -> Index:
    """The rows' parents by one link, with as many rows each as they shall have, as far as pairs that come allow it.

    Parents with rows too many hand some on to others, these to others again, down to one that lacks some: an augmenting path of the
    flow of rows (R. Ahuja, T. Magnanti and J. Orlin, Network Flows, 1993, section 6.4).

    Args:
        up: parent of each row, -1 for none, shape (rows,).
        goal: rows that parents shall have, shape (parents,).
        groups: of the parents.
        wanted: group of each row's parent, as it was drawn, shape (rows,): rows that get it go first.
        beside: what must come together.
        rng: which rows go.
    """
    out, off = up.copy(), np.bincount(up[up >= 0], minlength=len(goal)) - goal
    kinds, first, kind = np.unique(
        np.stack([each.others for each in beside], axis=1), axis=0, return_index=True, return_inverse=True
    )
    may, kind = rng.permutation(np.flatnonzero((groups >= 0) & (goal > 0))), kind.reshape(-1)

    def fits(parent: int) -> NDArray[np.bool_]:
        """Kinds of rows that a parent has, and parents that may have them too, shape (kinds, may)."""
        those = np.flatnonzero(np.bincount(kind[out == parent], minlength=len(kinds)))
        rows, mine = np.repeat(first[those], len(may)), np.tile(groups[may], len(those))
        found = np.zeros((len(kinds), len(may)), dtype=bool)
        found[those] = ~np.any([each.missing(mine, rows) for each in beside], axis=0).reshape(len(those), len(may))
        return found

    shut: set[int] = set()
    for start in np.flatnonzero((off > 0) & (groups >= 0)).tolist():
        while off[start] > 0 and start not in shut:
            way = _way(start, may, off, fits, shut)
            if not way:
                break
            rows = [np.flatnonzero((out == one) & these[kind]) for one, _, these in way]
            n = min(int(off[start]), int(-off[way[-1][1]]), *map(len, rows))
            for those, (_, other, _) in zip(rows, way, strict=True):
                those = rng.permutation(those)
                out[those[np.argsort(wanted[those] != groups[other], kind="stable")[:n]]] = other
            off[start] -= n
            off[way[-1][1]] += n
    return out


def _way(
    start: int, may: Index, off: Index, fits: Callable[[int], NDArray[np.bool_]], shut: set[int]
) -> list[tuple[int, int, NDArray[np.bool_]]]:
    """The shortest way from a parent with too many rows to one with too few: from which to which, and the kinds of rows that may go.

    Where there is none, all that was reached is added to what is shut: nothing leads out of it, so that no later way comes through it.
    """
    came: dict[int, tuple[int, NDArray[np.bool_]] | None] = {start: None}
    queue = deque([start])
    while queue:
        one = queue.popleft()
        found = fits(one)
        for place in np.flatnonzero(found.any(axis=0)).tolist():
            other = int(may[place])
            if other in came or other in shut:
                continue
            came[other] = one, found[:, place]
            if off[other] < 0:
                way = []
                while (step := came[other]) is not None:
                    way.append((step[0], other, step[1]))
                    other = step[0]
                return way[::-1]
            queue.append(other)
    shut |= came.keys()
    return []


def pairs_of(columns: Mapping[str, pa.Array], units: Units | None = None) -> tuple[Pairs, ...]:
    """Pairs of columns of which only few groups come together.

    Args:
        columns: groups of parents that are groups of their own, by name.
        units: entities of the rows, if they belong to some.
    """
    found = []
    for one, two in combinations(columns, 2):
        both = np.stack([groups_of(columns[one]), groups_of(columns[two])], axis=1)
        there = (both >= 0).all(axis=1)
        both, of = both[there], None if units is None else units[there]
        pairs, codes, counts = np.unique(both, axis=0, return_inverse=True, return_counts=True)
        kept = ~too_few(codes.ravel(), len(pairs), FEW, of)
        if len(pairs) and counts[kept].sum() >= NEARLY_ALL * len(both):
            found.append(Pairs((one, two), pairs[kept]))
    return tuple(found)
