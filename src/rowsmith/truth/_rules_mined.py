"""Association rules out of baskets, as an analyst mines them.

All pairs of items are counted. Sets of three to five items are counted level by level where they are frequent
(Apriori: R. Agrawal and R. Srikant, VLDB 1994), as bits of 64 baskets a word; the usual package for it, in plain
Python, takes 40 times as long for 100,000 baskets of 500 items and cannot tell that items shun one another. A set is kept if no
way of cutting it in two leaves independent parts (G. I. Webb, "Self-Sufficient Itemsets", ACM TKDD 4, 2010), since
else one of its items only happened to be there. What is beyond chance is judged by the likelihood ratio, which also
holds for rare items (T. Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence", Computational
Linguistics 19, 1993), with at most 1 % false discoveries expected (Y. Benjamini and Y. Hochberg, 1995).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.itemsets import Levels, shared
from rowsmith.truth._basket_table import Purchases, purchases
from rowsmith.truth._itemsets import frequent
from rowsmith.truth._plant import Finding, Z
from rowsmith.truth._rule import AGAINST_THEN, AGAINST_WHEN, title

_FALSE = 0.01
_LEAST = 5  # baskets
_MOST_ITEMS = 2000
_MOST_SETS = 1000  # of each size, the furthest from chance
_NOTE = "mined: likelihood ratio, 1 % false discoveries"

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """Baskets with all of a rule, with its first side, with its second, and in all."""

    both: float
    when: float
    then: float
    n: int


def mined(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
    """Support, confidence and lift of every rule that is beyond chance.

    Args:
        question: where the baskets are; see `purchases`.
        table: it.

    Raises:
        DataError: there are no baskets in it.
    """
    bought = purchases(question, table)
    items = followed(bought)
    names = [bought.names[i] for i in items]
    both = bought.together(items)
    rules: dict[tuple[tuple[str, ...], tuple[str, ...]], Counted] = {}
    for when, then, counted in itertools.chain(
        _pairs(both, bought.n), _sets(frequent(bought, items, both)), _against(bought, items, both)
    ):
        sides = (tuple(names[i] for i in when), tuple(names[i] for i in then))
        rules[sides] = counted
    return [finding for (when, then), counted in rules.items() for finding in findings(when, then, counted)]


def followed(bought: Purchases) -> Counts:
    """Items that are worth counting: those in five baskets at least, not in all, and no more than the 2,000 most frequent."""
    items = np.flatnonzero((bought.counts >= _LEAST) & (bought.counts < bought.n))
    return np.sort(items[np.argsort(-bought.counts[items], kind="stable")[:_MOST_ITEMS]])


def findings(when: Sequence[str], then: Sequence[str], counted: Counted) -> list[Finding]:
    """Support and confidence with Wilson's intervals (1927), and lift with that of the delta method on its logarithm."""
    name, n = title(when, then), counted.n
    both = max(counted.both, 0.5)  # so that what was never seen has an interval too
    a, x, y = both / n, counted.when / n, counted.then / n
    lift = counted.both * n / (counted.when * counted.then)
    # of the influence function of log lift, 1(both)/a - 1(when)/x - 1(then)/y + 1
    se = float(np.sqrt(max(1 / a - 1 / x - 1 / y + 2 * a / (x * y) - 1, 0.0) / n))
    middle = both * n / (counted.when * counted.then)
    return [
        _share(f"{name}: support", counted.both, n),
        _share(f"{name}: confidence", counted.both, counted.when),
        Finding(
            name=f"{name}: lift",
            estimate=float(lift),
            error=float(middle * se),
            low=float(middle * np.exp(-Z * se)) if counted.both else 0.0,
            high=float(middle * np.exp(Z * se)),
            note=_NOTE,
        ),
    ]


def beyond_chance(both: Any, when: Any, then: Any, n: Any) -> NDArray[np.float64]:
    """Signed root of the likelihood ratio of two events in n baskets: normal if they are independent."""
    both, when, then, n = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (both, when, then, n)))
    table = np.stack([both, when - both, then - both, n - when - then + both])
    by_chance = np.stack([when * then, when * (n - then), (n - when) * then, (n - when) * (n - then)]) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(table > 0, table * np.log(table / by_chance), 0.0)
    return np.asarray(np.sign(both - by_chance[0]) * np.sqrt(2 * np.maximum(terms.sum(axis=0), 0.0)))


def discovered(z: NDArray[np.float64], tests: int | None = None) -> NDArray[np.bool_]:
    """Which two-sided tests stand if 1 % of those that stand may be false.

    Args:
        z: normal by chance.
        tests: how many there are, if those in `z` were picked for being in many baskets; the others do not stand.
    """
    from scipy import special

    p = 2 * special.ndtr(-np.abs(z))
    order = np.argsort(p, kind="stable")
    good = np.flatnonzero(p[order] <= _FALSE * np.arange(1, len(p) + 1) / max(len(p) if tests is None else tests, 1))
    out = np.zeros(len(p), dtype=bool)
    out[order[: good[-1] + 1 if len(good) else 0]] = True
    return out


_Rules = Iterator[tuple[tuple[int, ...], tuple[int, ...], Counted]]


def _pairs(both: Counts, n: int) -> _Rules:
    counts = np.diag(both)
    i, j = np.triu_indices(len(both), 1)
    z = beyond_chance(both[i, j], counts[i], counts[j], n)
    often = counts[i] * counts[j] >= _LEAST * n
    found = np.zeros(len(z), dtype=bool)
    for family in (often, ~often):  # so that the many pairs of rare items do not hide the others
        found[family] = discovered(z[family])
    for a, b in zip(i[found].tolist(), j[found].tolist(), strict=True):
        yield (a,), (b,), Counted(both[a, b], counts[a], counts[b], n)
        yield (b,), (a,), Counted(both[a, b], counts[b], counts[a], n)


def _sets(levels: Levels) -> _Rules:
    """Rules of all sets of three items and more that hang together whichever way they are cut."""
    for size in range(3, levels.deepest + 1):
        sets = levels.sets[size]
        weakest = np.full(len(sets), np.inf)
        for when, then in _cuts(size):
            z = beyond_chance(levels.counts[size], levels.of(sets[:, when]), levels.of(sets[:, then]), levels.n)
            weakest = np.minimum(weakest, z)
        # Sets that would be frequent by chance are tests whatever came of them. Of the others only those that are frequent are
        # known, and count as picked from all sets of frequent items.
        often = _by_chance(levels, sets) >= _LEAST
        tests = int((_by_chance(levels, levels.tried[size]) >= _LEAST).sum())
        stands = np.zeros(len(sets), dtype=bool)
        stands[often] = discovered(weakest[often], tests)
        stands[~often] = discovered(weakest[~often], math.comb(len(levels.sets[1]), size))
        found = np.flatnonzero(stands & (weakest > 0))
        found = np.sort(found[np.argsort(-weakest[found], kind="stable")[:_MOST_SETS]])
        both = levels.counts[size][found]
        for when, then in _cuts(size):
            first, second = sets[found][:, when], sets[found][:, then]
            sides = zip(first.tolist(), second.tolist(), both, levels.of(first), levels.of(second), strict=True)
            for a, b, all_, in_a, in_b in sides:
                yield tuple(a), tuple(b), Counted(all_, in_a, in_b, levels.n)
                yield tuple(b), tuple(a), Counted(all_, in_b, in_a, levels.n)


def _by_chance(levels: Levels, sets: Counts) -> NDArray[np.float64]:
    """Baskets that would hold each set if the parts of one of its cuts were independent; of the cut with the most."""
    cuts = [levels.of(sets[:, when]) * levels.of(sets[:, then]) / levels.n for when, then in _cuts(sets.shape[1])]
    return np.asarray(np.max(cuts, axis=0))


def _cuts(size: int) -> list[tuple[list[int], list[int]]]:
    """Ways to cut a set in two, each once."""
    places = range(size)
    return [
        (list(some), [p for p in places if p not in some])
        for taken in range(1, size)
        for some in itertools.combinations(places, taken)
        if 0 in some
    ]


def _against(bought: Purchases, items: Counts, both: Counts) -> _Rules:
    """Pairs of items that keep a third away, and more so than each of the two does by itself."""
    n, counts = bought.n, np.diag(both)
    i, j = np.triu_indices(len(items), 1)
    often = both[i, j] >= max(AGAINST_WHEN * n, _LEAST)
    i, j = i[often], j[often]
    thirds = np.flatnonzero(counts >= AGAINST_THEN * n)
    pair, third = np.repeat(np.arange(len(i)), len(thirds)), np.tile(thirds, len(i))
    other = (third != i[pair]) & (third != j[pair])
    pair, third = pair[other], third[other]
    i, j = i[pair], j[pair]
    all_ = shared(bought.bits(items), np.stack([i, j, third], axis=1))
    weakest = beyond_chance(all_, both[i, j], counts[third], n)
    for one in (i, j):  # among the baskets with one of the two
        weakest = np.maximum(weakest, beyond_chance(all_, both[i, j], both[one, third], counts[one]))
    for at in np.flatnonzero(discovered(np.minimum(weakest, 0.0))):
        yield (
            (int(i[at]), int(j[at])),
            (int(third[at]),),
            Counted(all_[at], both[i[at], j[at]], counts[third[at]], n),
        )


def _share(name: str, hits: float, n: float) -> Finding:
    near, more = (hits + Z**2 / 2) / (n + Z**2), n + Z**2
    width = Z * np.sqrt(hits * (n - hits) / n + Z**2 / 4) / more
    return Finding(
        name=name,
        estimate=float(hits / n),
        error=float(np.sqrt(near * (1 - near) / more)),
        low=float(near - width),
        high=float(near + width),
        note=_NOTE,
    )
