"""Dealing rows out to parents that they were not drawn for: by group, with as many for each parent as it shall have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.apportion import fair
from rowsmith.core.matching import matched, together
from rowsmith.core.permutation import mix

Index = NDArray[np.int64]

STRETCH = 1.25
"""Times as many rows, or as few, as parents shall have, that they get so that rows find one that has the same as they."""
FINENESS = 1000
"""Parts of a row that count in sharing out."""
ROUNDS = 100
"""Turns in which rows that repeat a key change places with others."""
EXCHANGES = 3
"""Times that parents exchange what they shall have, so that there is as much in each class as it has rows."""


def to_sum(weights: Index, total: int, rng: np.random.Generator) -> Index:
    """Whole numbers in proportion to weights, of a sum; even where all weights are 0. Shape (n,).

    >>> to_sum(np.array([3, 0, 1]), 8, np.random.default_rng(0)).tolist()
    [6, 0, 2]
    """
    if not len(weights):
        return weights.astype(np.int64)
    if not weights.any():
        weights = np.ones(len(weights), dtype=np.int64)
    return fair(weights.astype(np.int64), np.zeros(len(weights), dtype=np.int64), [total], rng)


def room_for(counts: Index, wanted: NDArray[np.bool_], mine: Index, its: Index, rng: np.random.Generator) -> Index:
    """Rows of each parent, about as many as it shall have, so that rows find room with those that have the same as they; (parents,).

    Args:
        counts: rows that parents shall have, shape (parents,).
        wanted: which rows have a parent, shape (rows,).
        mine: what rows want their parent to have, as numbers; -1 for what no parent has, shape (rows,).
        its: what parents have, shape (parents,).
        rng: decides between equal ones.

    >>> rng = np.random.default_rng(0)
    >>> room_for(np.array([4, 4, 8]), np.ones(17, bool), np.repeat([0, 1], [9, 8]), np.array([0, 0, 1]), rng).tolist()
    [5, 4, 8]
    """
    n, classes = int(wanted.sum()), np.unique(its, return_inverse=True)[1]
    values = np.unique(its)
    place = np.searchsorted(values, mine[wanted & (mine >= 0)])
    asked = np.bincount(place, minlength=len(values)).astype(np.float64)
    own = np.bincount(classes, weights=counts, minlength=len(values)) * n / max(int(counts.sum()), 1)
    goal = np.where(own > 0, np.clip(asked, own / STRETCH, own * STRETCH), 0.0)
    goal += max(n - goal.sum(), 0.0) * own / max(own.sum(), 1.0)  # what may go to any
    if not own.any():
        return to_sum(counts, n, rng)
    totals = to_sum(np.rint(goal * FINENESS).astype(np.int64), n, rng)
    return fair(counts, classes, totals.tolist(), rng)


def room_in(mine: Index, its: Index, counts: Index, may: NDArray[np.bool_], rng: np.random.Generator) -> Index:
    """Rows of each parent, as many in each class as there are rows of it, and about as many each as parents shall have; (parents,).

    Parents exchange what they shall have with those of other classes, so that in a class that has more rows there are those with
    more, and numbers of children come as often as they should.

    Args:
        mine: class of each row that has a parent, shape (rows,).
        its: class of each parent, shape (parents,).
        counts: rows that parents shall have, shape (parents,).
        may: which may have any; some may in every class with rows, shape (parents,).
        rng: decides between equal ones.

    >>> rng = np.random.default_rng(0)
    >>> some = np.array([True, True, False, True])
    >>> room_in(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), np.array([4, 2, 0, 0]), some, rng).tolist()
    [2, 1, 0, 1]
    """
    n = int(max(mine.max(initial=-1), its.max(initial=-1))) + 1
    totals, shall = np.bincount(mine, minlength=n), np.sort(counts[may])
    weights = np.where(may, counts, 0)
    for turn in range(EXCHANGES + 1):
        held = np.bincount(its, weights=weights, minlength=n)
        weights = np.where(held[its] == 0, may, weights)
        if turn == EXCHANGES or not may.any():
            break
        per = totals / np.maximum(np.bincount(its, weights=weights, minlength=n), 1)
        weights[may] = ranked((weights * per[its])[may], shall, rng)
    return fair(weights, its, totals.tolist(), rng)


def swapped(sizes: Index, most: Index, rng: np.random.Generator) -> Index:
    """Sizes of families of which none is above its limit: families exchange them, so that each comes as often; shape (n,).

    What no other one takes is cut off, and given to families that have room: to those with rows, up to twice as many, and what is
    then left to all. The sum stays, unless that of the limits is smaller.

    Args:
        sizes: shape (n,).
        most: limits, shape (n,).
        rng: which families exchange.

    >>> sorted(swapped(np.array([3, 1, 2, 0]), np.array([1, 3, 2, 0]), np.random.default_rng(0)).tolist())
    [0, 1, 2, 3]
    """
    out = sizes.copy()
    for _ in range(ROUNDS):
        over = rng.permutation(np.flatnonzero(out > most))
        if not len(over):
            return out
        other = rng.integers(0, len(out), len(over))
        good = (out[over] <= most[other]) & (out[other] <= most[over]) & _first(other) & ~np.isin(other, over)
        over, other = over[good], other[good]
        out[over], out[other] = out[other], out[over]
    kept = np.minimum(out, most)
    room = np.where(kept > 0, np.minimum(most - kept, kept), 0)
    rest = int((out - kept).sum())
    slots = rng.permutation(np.repeat(np.arange(len(kept)), room))[:rest]
    kept += np.bincount(slots, minlength=len(kept))
    rest -= len(slots)
    if not rest:
        return kept
    room = np.minimum(most - kept, rest)
    return kept + fair(room, np.zeros(len(room), dtype=np.int64), [min(rest, int(room.sum()))], rng)


def ranked(drawn: NDArray[np.float64], real: Index, rng: np.random.Generator) -> Index:
    """Numbers with the histogram of real ones, in the order of drawn ones, shape (n,).

    Args:
        drawn: shape (n,); NaN counts as the least.
        real: sorted, at least one.
        rng: decides between equal ones, and which of the real ones come where there are more or fewer.
    """
    n = len(drawn)
    order = np.lexsort((rng.random(n), np.nan_to_num(drawn, nan=-1.0)))
    out = np.empty(n, dtype=np.int64)
    out[order] = real[spread(n, len(real), rng)]
    return out


def spread(n: int, of: int, rng: np.random.Generator) -> Index:
    """Places of n out of some in a row, evenly: each as often as every other one, or once more; rising, shape (n,)."""
    return np.minimum(((np.arange(n) + rng.random()) * of / max(n, 1)).astype(np.int64), of - 1)


def dealt(
    wanted: Index,
    groups: Index,
    alike: Sequence[tuple[Index, Index]],
    room: Index,
    family: Index,
    rng: np.random.Generator,
    classes: tuple[Index, Index] | None = None,
) -> Index:
    """A parent for each row, shape (rows,): of its group where there is room, of a near one otherwise.

    Args:
        wanted: number of the group of each row; -1 for rows without a parent, shape (rows,).
        groups: of each parent, shape (parents,).
        alike: what else a row wants its parent to have, and what parents have, as numbers, shape (rows,) and (parents,); -1 for
            what no parent has. The most important comes first, and counts more than the group.
        room: rows of each parent; they sum up to the rows with one, shape (parents,).
        family: number of each row's family, shape (rows,): where there is not enough room, all of some families go without.
        rng: which of the parents of a group.
        classes: of the rows and of the parents, of which both must be of one; there is as much room in each as it has rows.
    """
    out = np.full(len(wanted), -1, dtype=np.int64)
    of, held = classes if classes is not None else (np.zeros(len(each), dtype=np.int64) for each in (wanted, groups))
    rows = rng.permutation(np.flatnonzero(wanted >= 0))
    turn = rng.permutation(int(family.max(initial=0)) + 1)
    rows = rows[np.argsort(turn[family[rows]], kind="stable")]
    slots = rng.permutation(np.repeat(np.arange(len(room)), room))
    assert len(rows) == len(slots), "rows are dealt out to as many places"
    some_of = [list(alike[:n]) for n in range(len(alike), 0, -1)]
    for keys in (*(way for some in some_of for way in ([*some, (wanted, groups)], some)), [(wanted, groups)]):
        every = [(of, held), *keys]
        codes = together([np.concatenate([mine[rows], its[slots]]) for mine, its in every], len(rows) + len(slots))
        a, b = codes[: len(rows)], codes[len(rows) :]
        some = np.all([mine[rows] >= 0 for mine, _ in keys], axis=0)
        which, chosen = equals(np.where(some, a, -1), b)
        out[rows[which]] = slots[chosen]
        rows, slots = np.delete(rows, which), np.delete(slots, chosen)
    # What is left over goes to the nearest group with room, since near numbers are near groups; in classes, which are small, to any,
    # as siblings would get the same parent.
    near, nearest = (wanted, groups) if classes is None else classes
    rows, slots = rows[np.argsort(near[rows], kind="stable")], slots[np.argsort(nearest[slots], kind="stable")]
    if classes is not None:
        rows = rows[np.lexsort((rng.random(len(rows)), near[rows]))]
    out[rows] = slots
    return out


def aligned(drawn: Sequence[Index], real: Sequence[Index], rng: np.random.Generator) -> Index:
    """A real row for each drawn one, each used once: one with the same numbers, as many of them as can be, or near ones.

    Args:
        drawn: numbers of the drawn rows, the most important first, shape (n,) each.
        real: the same of n real rows, or more.
        rng: decides between equal rows.
    """
    n = len(drawn[0])
    out, rows, free = np.empty(n, dtype=np.int64), rng.permutation(n), rng.permutation(len(real[0]))
    for known in range(len(drawn), 0, -1):
        a, b = combined([d[rows] for d in drawn[:known]]), combined([r[free] for r in real[:known]])
        which, chosen = equals(a, b)
        out[rows[which]] = free[chosen]
        rows, free = np.delete(rows, which), np.delete(free, chosen)
    free = free[: len(rows)]
    order = [np.lexsort([values[left] for values in reversed(of)]) for of, left in ((drawn, rows), (real, free))]
    out[rows[order[0]]] = free[order[1]]
    return out


def likely(drawn: Sequence[Index], real: Sequence[Index], rng: np.random.Generator) -> Index:
    """A real row for each drawn one, of any number of these: one with the same numbers, as many of them as can be, else any.

    Args:
        drawn: numbers of the drawn rows, the most important first, shape (n,) each.
        real: the same of the real rows.
        rng: which one of several.
    """
    out, left = rng.integers(0, len(real[0]), len(drawn[0])), np.arange(len(drawn[0]))
    for known in range(len(drawn), 0, -1):
        a, b = combined([d[left] for d in drawn[:known]]), combined(real[:known])
        order = np.argsort(b, kind="stable")
        first, end = (np.searchsorted(b[order], a, side) for side in ("left", "right"))
        some = end > first
        chosen = first + (rng.random(len(left)) * (end - first)).astype(np.int64)
        out[left[some]] = order[chosen[some]]
        left = left[~some]
    return out


def equals(a: NDArray[Any], b: NDArray[Any]) -> tuple[Index, Index]:
    """Places of equal numbers in two lists, each used once."""
    _, together = np.unique(np.concatenate([a, b]), return_inverse=True)
    return matched(together[: len(a)], together[len(a) :])


def distinct(
    columns: Sequence[Index],
    free: int,
    rng: np.random.Generator,
    among: Index | None = None,
    fits: Callable[[Index, Index], NDArray[np.bool_]] | None = None,
    rounds: int = ROUNDS,
) -> NDArray[np.bool_]:
    """Exchange parents between rows until no combination comes twice, as far as that goes.

    Args:
        columns: numbers that a row's key is made of, shape (rows,) each; one is changed in place.
        free: position of the column whose numbers rows may exchange: how often each comes stays the same.
        rng: which rows.
        among: class of each row, shape (rows,): only those of one exchange parents.
        fits: of rows and parents, both shape (n,), which may come together, all of them at once; any may without.
        rounds: turns in which they do, at most.

    Returns:
        Which rows still repeat an earlier one, shape (rows,).
    """
    values, n = columns[free], len(columns[0])
    of = np.zeros(n, dtype=np.int64) if among is None else among
    order = np.argsort(of, kind="stable")
    low, high = (np.searchsorted(of[order], of, side=side) for side in ("left", "right"))
    for _ in range(rounds):
        again = np.flatnonzero(repeated(columns))
        if not len(again):
            break
        partner = order[rng.integers(low[again], high[again])]
        there = np.unique(combined(columns))
        moved = [column[again].copy() for column in columns], [column[partner].copy() for column in columns]
        moved[0][free], moved[1][free] = moved[1][free], moved[0][free]
        new = np.stack([combined(each) for each in moved])
        # An exchange is made if both rows get what no row has, and no other exchange gives or takes.
        fresh = ~np.isin(new, there).any(axis=0) & ~np.isin(partner, again)
        for these in (*new, partner):
            fresh &= _first(these)
        fresh &= ~np.isin(new[0], new[1])
        _exchange(values, again[fresh], partner[fresh], fits)
    return repeated(columns)


def mended(
    values: Index,
    wrong: Callable[[], NDArray[np.bool_]],
    among: NDArray[Any],
    rng: np.random.Generator,
    fits: Callable[[Index, Index], NDArray[np.bool_]] | None,
    rounds: int,
) -> None:
    """Exchange parents, in place, between rows that have a wrong one and any others, where both may have the other's then.

    Args:
        values: number of each row's parent, shape (rows,).
        wrong: tells which rows have a wrong one by now, shape (rows,).
        among: class of each row: only those of one exchange parents.
        rng: which rows.
        fits: as in `distinct`.
        rounds: turns in which they do, at most.
    """
    order = np.argsort(among, kind="stable")
    low, high = (np.searchsorted(among[order], among, side=side) for side in ("left", "right"))
    for _ in range(rounds):
        some = np.flatnonzero(wrong())
        if not len(some):
            return
        partner = order[rng.integers(low[some], high[some])]
        fresh = _first(partner) & ~np.isin(partner, some)
        _exchange(values, some[fresh], partner[fresh], fits)


def _exchange(
    values: Index, some: Index, others: Index, fits: Callable[[Index, Index], NDArray[np.bool_]] | None
) -> None:
    """Exchange parents, in place, between pairs of rows of which both may have the other's."""
    if fits is not None:
        both = np.concatenate([some, others]), values[np.concatenate([others, some])]
        fresh = np.logical_and(*np.split(fits(*both), 2))
        some, others = some[fresh], others[fresh]
    values[some], values[others] = values[others].copy(), values[some].copy()


def redealt(
    others: Index,
    parents: Index,
    room: Index,
    wanted: Index,
    groups: Index,
    rng: np.random.Generator,
    barred: Index | None = None,
) -> Index:
    """Parents of rows anew, so that rows with the same other parent have different ones, shape (rows,).

    Each other parent in turn gets those with most room left, which finds an order wherever there is one (D. Gale, "A theorem on
    flows in networks", 1957; H. Ryser, "Combinatorial properties of matrices of zeros and ones", 1957). A row for which
    there is no further parent has the same as another one.

    Args:
        others: number of each row's other parent, shape (rows,).
        parents: that may be had, at least one.
        room: rows that each shall have, shape (parents,).
        wanted: group of the parent that each row wants, shape (rows,).
        groups: of the parents, shape (parents,).
        rng: decides between equal ones.
        barred: the parent that each row may not have, the same for rows with one other parent, shape (rows,).

    >>> redealt(np.array([0, 0, 1]), np.array([7, 9]), np.array([2, 1]), np.array([1, 0, 0]), np.array([0, 1]),
    ...         np.random.default_rng(0)).tolist()
    [9, 7, 7]
    """
    out, left = np.empty(len(others), dtype=np.int64), room.copy()
    order = np.lexsort((wanted, others))
    for rows in np.split(order, np.flatnonzero(np.diff(others[order])) + 1):
        chosen = np.lexsort((rng.random(len(left)), -left))
        if barred is not None:
            chosen = chosen[parents[chosen] != barred[rows[0]]] if len(left) > 1 else chosen
        chosen = chosen[: len(rows)]
        left[chosen] -= 1
        chosen = chosen[np.argsort(groups[chosen], kind="stable")]
        out[rows] = parents[chosen[np.minimum(np.arange(len(rows)), len(chosen) - 1)]]
    return out


def _first(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which of some values are the first of their kind, shape (n,)."""
    out = np.zeros(len(values), dtype=bool)
    out[np.unique(values, return_index=True)[1]] = True
    return out


def repeated(columns: Sequence[Index]) -> NDArray[np.bool_]:
    """Which rows have a combination that a row before them has, shape (rows,)."""
    return ~_first(combined(columns))


def others_of(columns: Sequence[Index], free: int) -> Index:
    """One number for what each row has in all columns but one, shape (rows,)."""
    rest = [column for place, column in enumerate(columns) if place != free]
    return np.unique(combined(rest), return_inverse=True)[1].reshape(-1)


def firsts(columns: Sequence[Index]) -> Index:
    """The first row with the combination of each, shape (rows,)."""
    _, first, back = np.unique(combined(columns), return_index=True, return_inverse=True)
    return np.asarray(first[back])


def combined(columns: Sequence[Index]) -> NDArray[np.uint64]:
    """A hash of each row's combination."""
    out = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        out = mix(out ^ column.astype(np.uint64), 1)
    return out
