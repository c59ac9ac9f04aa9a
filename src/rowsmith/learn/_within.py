"""What rows have always to do with those that a further link leads to: a visit is referred from an earlier one of the same patient.

Rows come forth along their home; parents by another link are dealt out. Where these hang on the home's rows themselves, and real rows
are always linked inside of one family, or to earlier rows only, they are dealt out so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.matching import matched, together
from rowsmith.core.state import State
from rowsmith.core.ways import Way
from rowsmith.learn._deal import room_in

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

TURNS = 12
"""Times that rows ask for a parent that has room left; for half of them it must be of their group too."""
EXCHANGES = 30
"""Times that rows with a parent that comes after them change parents with others."""


@dataclass(frozen=True)
class Within:
    """What real rows and their parents by a link have in common, all of them, or nearly all.

    Attributes:
        ways: pairs of ways up, of the child and of the parent, that lead to one row, by numbers of links.
        broken: share of the rows of which the parent's ways may lead anywhere.
        same: columns in which they agree, where both are of one table.
        times: a time of the child, and one of the parent that never comes after it; none without.
        strict: whether it always comes before.
        always: whether every row has a parent.
        exact: how many of the ways, the first ones, lead to one row from every row.
        steps: how many rows have the last parent that there is before them in the family, the last but one, …; those of few are 0.
    """

    ways: tuple[tuple[Way, Way], ...] = ()
    broken: float = 0.0
    same: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    strict: bool = False
    always: bool = False
    exact: int = 0
    steps: Index = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def state(self) -> State:
        """Plain values and an array."""
        ways = [[list(mine), list(its)] for mine, its in self.ways]
        return {**vars(self), "ways": ways, "same": list(self.same), "times": list(self.times)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        ways = tuple((tuple(map(int, mine)), tuple(map(int, its))) for mine, its in state["ways"])
        steps = state["steps"].astype(np.int64)
        same, times = (tuple(state[n]) for n in ("same", "times"))
        truths = bool(state["strict"]), bool(state["always"])
        return cls(ways, float(state["broken"]), same, times, *truths, int(state["exact"]), steps)


@dataclass(frozen=True)
class Sides:
    """Rows and those that they may be linked to.

    Attributes:
        family: number of each row's family, shape (rows,).
        families: the same of the parents, shape (parents,).
        at: time of each row, NaN for none, shape (rows,); None where the order does not matter.
        ends: the same of the parents.
        itself: whether both are the same rows.
    """

    family: Index
    families: Index
    at: Floats | None
    ends: Floats | None
    itself: bool

    def candidates(self, strict: bool, rng: np.random.Generator) -> tuple[Index, Index, Index]:
        """Who may be whose parent.

        Returns:
            The parents by family and time, shape (parents,), and for each row the places of the first of its candidates there
            and behind the last one, shape (rows,) each.
        """
        n, m = len(self.family), len(self.families)
        if self.at is None or self.ends is None:
            ends = rng.permutation(m) if self.itself else np.zeros(m, dtype=np.int64)
            at = ends if self.itself else np.zeros(n, dtype=np.int64)
        else:  # what has no time may be before or after any
            times = np.concatenate([np.nan_to_num(self.at, nan=np.inf), np.nan_to_num(self.ends, nan=-np.inf)])
            ranks = np.unique(times, return_inverse=True)[1].ravel()
            at, ends = ranks[:n], ranks[n:]
        base = int(max(at.max(initial=0), ends.max(initial=0))) + 2
        order = np.lexsort((np.arange(m), ends, self.families))
        keys = (self.families * base + ends + 1)[order]
        first = np.searchsorted(keys, self.family * base)
        behind = np.searchsorted(keys, self.family * base + at + 1, side="left" if strict else "right")
        if self.itself and not strict:  # of two at one time the earlier row comes first
            place = np.empty(m, dtype=np.int64)
            place[order] = np.arange(m)
            behind = np.minimum(behind, place)
        return order, first, behind

    def dealt(self, within: Within, wanted: Index, groups: Index, counts: Index, rng: np.random.Generator) -> Index:
        """A parent for each row, inside of its family, -1 for none; shape (rows,).

        Where a row can have none, another one, of its family if possible, has one instead.

        Args:
            within: what is always so.
            wanted: group of the parent that each row wants; -1 for none, shape (rows,).
            groups: of each parent, shape (parents,).
            counts: children that each parent shall have, shape (parents,).
            rng: random numbers.
        """
        order, first, behind = self.candidates(within.strict and bool(within.times), rng)
        some = np.maximum(behind - first, 0)
        linked = self.linked(wanted >= 0, some > 0, rng)
        able = np.zeros(len(order) + 1, dtype=np.int64)
        np.add.at(able, first[linked], 1)
        np.add.at(able, behind[linked], -1)
        may = np.zeros(len(order), dtype=bool)
        may[order] = np.cumsum(able)[:-1] > 0
        room = room_in(self.family[linked], self.families, counts, may, rng)
        total = np.concatenate([[0], np.cumsum(within.steps)])
        out, left = np.full(len(wanted), -1, dtype=np.int64), rng.permutation(np.flatnonzero(linked))
        for turn in range(TURNS):
            if not len(left):
                break
            chance, most = rng.random(len(left)), total[np.minimum(some[left], len(total) - 1)]
            back = np.where(
                most > 0,
                np.searchsorted(total, chance * most, side="right"),
                (chance * some[left]).astype(np.int64) + 1,
            )
            parent = order[behind[left] - np.minimum(back, some[left])]
            fits = np.ones(len(left), dtype=bool)
            if turn < TURNS - 1:
                fits = _rank(parent) < room[parent]
            if turn < TURNS // 2:
                fits &= (groups[parent] == wanted[left]) | (wanted[left] < 0)
            out[left[fits]] = parent[fits]
            room = np.maximum(room - np.bincount(parent[fits], minlength=len(room)), 0)
            left = left[~fits]
        return out

    def late(self, rows: Index, parents: Index, strict: bool) -> NDArray[np.bool_]:
        """Which parents come after their rows, or with them, where they must come before; shape (n,)."""
        if self.at is None or self.ends is None:
            return np.zeros(len(rows), dtype=bool)
        a, b = self.at[rows], self.ends[parents]
        return np.asarray(np.isfinite(a) & np.isfinite(b) & ((b >= a) if strict else (b > a)))

    def any_of(self, rows: Index, rng: np.random.Generator) -> Index:
        """A parent of their family for each of some rows, at whatever time; any one, where there is none; shape (n,)."""
        order = np.argsort(self.families, kind="stable")
        low, high = (np.searchsorted(self.families[order], self.family[rows], side=s) for s in ("left", "right"))
        low, high = np.where(high > low, low, 0), np.where(high > low, high, len(order))
        return order[rng.integers(low, high)] if len(rows) else rows

    def linked(self, wanted: NDArray[np.bool_], able: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
        """Which rows are linked: as many as are wanted, of those that can be."""
        out = wanted & able
        lost = np.flatnonzero(wanted & ~able)
        pool = rng.permutation(np.flatnonzero(able & ~wanted))
        which, chosen = matched(self.family[lost], self.family[pool])
        out[pool[chosen]] = True
        more = np.delete(pool, chosen)[: len(lost) - len(which)]
        out[more] = True
        return out


def in_time(up: Index, wanted: Index, sides: Sides, strict: bool, nullable: bool, rng: np.random.Generator) -> Index:
    """Parents of rows, none of which comes after its row, shape (rows,).

    Rows change parents with others, of their group first. What is left over gets any parent that comes before it, or none if
    none does and it may have none.

    Args:
        up: parent of each row, -1 for none, shape (rows,).
        wanted: group of each row's parent, shape (rows,).
        sides: rows and parents, and their times.
        strict: whether it must come before.
        nullable: whether a row may have no parent.
        rng: random numbers.
    """
    out = up.copy()

    assert sides.at is not None and sides.ends is not None, "there is an order"
    at, ends = sides.at, sides.ends

    def late(rows: Index, parents: Index) -> NDArray[np.bool_]:
        return sides.late(rows, parents, strict)

    linked = np.flatnonzero(up >= 0)
    for turn in range(EXCHANGES):
        wrong = linked[late(linked, out[linked])]
        if not len(wrong):
            return out
        if turn < EXCHANGES // 2:
            ranked = linked[np.lexsort((rng.random(len(linked)), wanted[linked]))]
            low, high = (np.searchsorted(wanted[ranked], wanted[wrong], side=side) for side in ("left", "right"))
            other = ranked[low + (rng.random(len(wrong)) * (high - low)).astype(np.int64)]
        else:
            other = linked[rng.integers(0, len(linked), len(wrong))]
        good = ~late(wrong, out[other]) & ~late(other, out[wrong]) & ~np.isin(other, wrong) & (_rank(other) == 0)
        out[wrong[good]], out[other[good]] = out[other[good]], out[wrong[good]]
    wrong = linked[late(linked, out[linked])]
    order = np.argsort(np.nan_to_num(ends, nan=-np.inf), kind="stable")
    before = np.searchsorted(np.nan_to_num(ends, nan=-np.inf)[order], at[wrong], side="left" if strict else "right")
    some = before > 0
    out[wrong[some]] = order[(rng.random(int(some.sum())) * before[some]).astype(np.int64)]
    if nullable:
        out[wrong[~some]] = -1
    return out


def families_of(mine: Sequence[Index], its: Sequence[Index]) -> tuple[Index, Index]:
    """Numbers of the families of rows and of those that they may be linked to, equal where all ends of ways are.

    Args:
        mine: the rows at the ends of the ways of rows, and values that count, as numbers, negative for none, shape (rows,) each.
        its: the same of the others, shape (parents,) each.
    """
    n, m = len(mine[0]), len(its[0])
    codes = together([np.maximum(np.concatenate([a, b]), -1) for a, b in zip(mine, its, strict=True)], n + m)
    return codes[:n], codes[n:]


def _rank(values: Index) -> Index:
    """How many equal values stand before each, shape (n,)."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    out = np.empty(len(values), dtype=np.int64)
    out[order] = np.arange(len(values)) - np.searchsorted(ranked, ranked)
    return out
