"""How a law of pairs is found: baskets are drawn on and on while its parameters move to where drawn baskets are as real ones.

Each parameter moves by the logarithm of the ratio of what is wanted to what was drawn, in ever smaller steps (stochastic
approximation, H. Robbins and S. Monro, 1951), over baskets that are drawn further and not anew (persistent chains,
T. Tieleman, "Training Restricted Boltzmann Machines using Approximations to the Likelihood Gradient", 2008).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.permutation import mix
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.learn._basket_pairs import (
    BINS,
    LIMIT,
    MOST_POWER,
    Floats,
    Ints,
    Pairs,
    Signs,
    classes_of,
    factors_of,
    tables,
)

CLASSES = (1, 2, 3, 4, 6, 9, 13, 19, 28, 40, 60, 100)
"""Least sizes of the classes, of which those with too few baskets are joined."""
CLASS_BASKETS = 200
SHRINK = 1.0
"""Baskets by which the excess of a pair over chance is made smaller: what one basket alone says is not learnt."""
CLASS_ITEMS = 20.0
"""Items' worth of the share in all baskets that an item's share in a class of size is mixed with."""
AGAIN = 5.0
"""Baskets' worth of what all items show that an item's return is mixed with."""
ROUNDS = 40
HELD = 10
"""Last rounds, over which parameters are averaged."""
DRAWN = (1_000, 100_000)
"""Fewest and most baskets that are drawn on and on."""
ENOUGH, TIMES = 10_000, 4
"""Of fewer baskets than these, so many times as many are drawn on and on."""
DENSE = 3_000
"""Items up to which all pairs are counted in a square."""
MOST_VISITS = 400.0
"""Partners that are looked at when a place is drawn, on average. Few pairs are too many for this in a shop of hundreds of items."""


class Coupled(NamedTuple):
    """Pairs that differ from chance.

    Attributes:
        first: an item or a sign.
        second: an item; the greater one of two.
        expected: baskets that would have both by chance.
        wanted: baskets that shall have both.
    """

    first: Ints
    second: Ints
    expected: Floats
    wanted: Floats


@dataclass(frozen=True)
class Baskets:
    """What is learnt from.

    Attributes:
        begins: first place of each basket, and the number of places.
        items: of the places, none twice in a basket, each from 0 to below `size`.
        size: how many items there are; the most frequent come first.
        signs: what else is known of the baskets.
        n_signs: how many signs there are besides those of what was bought before.
        remembered: whether there are such.
    """

    begins: Ints
    items: Ints
    size: int
    signs: Signs
    n_signs: int
    remembered: bool

    @property
    def sizes(self) -> Ints:
        """Of the baskets."""
        return np.diff(self.begins)

    def part(self, which: Ints) -> Baskets:
        """Some of the baskets."""
        begins, items = _taken(self.begins, self.items, which)
        told_begins, told = _taken(self.signs.begins, self.signs.told, which)
        signs = Signs(told_begins, told, self.signs.customers[which])
        return Baskets(begins, items, self.size, signs, self.n_signs, self.remembered)


def _taken(begins: Ints, values: Ints, which: Ints) -> tuple[Ints, Ints]:
    sizes = np.diff(begins)[which]
    own = np.append(0, np.cumsum(sizes))
    return own, values[np.repeat(begins[which] - own[:-1], sizes) + np.arange(own[-1])]


def fit_pairs(baskets: Baskets, least: int, *, key: Key, progress: Progress = silent) -> Pairs:
    """Learn the law of pairs.

    Args:
        baskets: at least one.
        least: baskets in which a pair must be, or be expected, to be looked at.
        key: random stream of the fit.
        progress: told what has been done.
    """
    from rowsmith.learn import _basket_kernel

    size, sizes = baskets.size, baskets.sizes
    lows = _lows(sizes)
    classes = classes_of(sizes, lows)
    of_items = np.zeros((len(lows), size))
    np.add.at(of_items, (np.repeat(classes, sizes), baskets.items), 1.0)
    pairs = _pairs(baskets, classes, least, of_items)
    starts, partners, place, mirror = _both_ways(pairs, size, size + baskets.n_signs + baskets.remembered * BINS * size)
    of_two = pairs.first < size
    log_factors = np.clip(np.log((pairs.wanted + 0.5) / (pairs.expected + 0.5)), -LIMIT, LIMIT)

    whole, inside = of_items.sum(axis=0), of_items.sum(axis=1, keepdims=True)
    share = (of_items + CLASS_ITEMS * whole / whole.sum()) / (inside + CLASS_ITEMS)
    target, log_chance = share * inside, np.log(np.maximum(share, 1e-12))

    n = len(sizes)
    m = int(np.clip(max(n, min(TIMES * n, ENOUGH)), *DRAWN))
    picked = np.sort(key.generator().permutation(n)[:m]) if m <= n else np.sort(np.arange(m) % n)
    real, mine = baskets.part(picked), classes[picked]
    drawn, here = np.full(len(real.items), -1, dtype=np.int64), np.bincount(mine, minlength=len(lows))
    scale = np.bincount(classes, minlength=len(lows)) / np.maximum(here, 1)
    ratio = _tied(sizes).sum() / max(_tied(real.sizes).sum(), 1.0)
    ratios = np.where(of_two, ratio, n / m)
    damp = 1.0 + ratios
    seeds, none = mix(np.arange(m, dtype=np.uint64), key.integer()), np.zeros(m, dtype=np.int64)
    alone = (real.signs.begins, real.signs.told, np.full(m, -1, dtype=np.int64), 0)
    power, mean_pairs, mean_items = np.ones(len(lows)), np.zeros(len(pairs.first)), np.zeros_like(of_items)
    found: list[tuple[Floats, Floats, Floats]] = []
    for turn in range(ROUNDS):
        both = _spread(log_factors, place, mirror, of_two)
        arrays = (*tables(log_chance), starts, partners, factors_of(both, power, int(starts[size])))
        _basket_kernel.draw(real.begins, drawn, none, *alone, mine, seeds, turn, 1, *arrays)
        counts = [_counted(real, items, mine, starts, partners, both, len(lows)) for items in (drawn, real.items)]
        of_pairs, counted, moments = counts[0]
        keep = min(turn / (turn + 1.0), 0.75)
        mean_pairs = keep * mean_pairs + (1 - keep) * of_pairs[place] * ratios
        mean_items = keep * mean_items + (1 - keep) * counted * scale[:, None]
        pace = min(0.5, 5.0 / (turn + 1))
        gap, spread = counts[1][2][:, 0] - moments[:, 0], moments[:, 1] - moments[:, 0] ** 2 / np.maximum(here, 1)
        power = np.clip(power + pace * gap / (spread + 10.0), 0.0, MOST_POWER)
        step = np.log((pairs.wanted + damp) / (mean_pairs + damp))
        log_factors = np.clip(log_factors + pace * step, -LIMIT, LIMIT)
        log_chance = log_chance + pace * np.log((target + scale[:, None] + 1) / (mean_items + scale[:, None] + 1))
        log_chance -= log_chance.max(axis=1, keepdims=True)
        if turn >= ROUNDS - HELD:
            found.append((log_chance, power, log_factors))
        progress("learning pairs", turn + 1, ROUNDS)
    log_chance, power, log_factors = (np.mean([each[i] for each in found], axis=0) for i in range(3))
    both = _spread(log_factors, place, mirror, of_two)
    return Pairs(lows, log_chance, power, baskets.n_signs, starts, partners, both)


def _tied(sizes: Ints) -> Floats:
    return np.asarray(sizes * (sizes - 1.0))


def _counted(
    real: Baskets, items: Ints, classes: Ints, starts: Ints, partners: Ints, logs: Floats, n_classes: int
) -> tuple[Ints, Ints, Floats]:
    """How often partners are together, how often each item is there by class, and moments of the coupling."""
    from rowsmith.learn import _basket_count

    of_pairs, of_items = np.zeros(len(partners), dtype=np.int64), np.zeros((n_classes, real.size), dtype=np.int64)
    moments = np.zeros((n_classes, 2))
    told = (real.signs.begins, real.signs.told)
    _basket_count.count(real.begins, items, *told, classes, starts, partners, logs, of_pairs, of_items, moments)
    return of_pairs, of_items, moments


def _lows(sizes: Ints) -> Ints:
    """Least sizes of the classes, each of enough baskets."""
    out = [CLASSES[0]]
    for low in CLASSES[1:]:
        here = ((sizes >= out[-1]) & (sizes < low)).sum()
        if here >= CLASS_BASKETS and (sizes >= low).sum() >= CLASS_BASKETS:
            out.append(low)
    return np.array(out, dtype=np.int64)


def _pairs(baskets: Baskets, classes: Ints, least: int, of_items: Floats) -> Coupled:
    """Pairs of items, of items and signs, and of items with their return."""
    n_classes = len(of_items)
    tied: Floats = np.bincount(classes, weights=_tied(baskets.sizes), minlength=n_classes).astype(np.float64)
    first, second, seen, expected = _of_items(baskets, least, of_items, tied)
    share = of_items.sum(axis=0) / len(classes)
    parts = [_differing(first, second, seen, expected, lambda one, two: share[one] + share[two])]
    if baskets.n_signs:
        parts.append(_of_signs(baskets, classes, least, of_items))
    if baskets.remembered:
        parts.append(_returns(baskets, classes, of_items))
    return Coupled(*(np.concatenate([part[i] for part in parts]) for i in range(4)))


def _differing(
    first: Ints, second: Ints, seen: Floats, expected: Floats, visits: Callable[[Ints, Ints], Floats]
) -> Coupled:
    """Pairs that differ from chance, their excess made smaller: the strongest for which there is time.

    Args:
        first: an item or a sign.
        second: an item.
        seen: baskets that have both.
        expected: baskets that would by chance.
        visits: how often each pair is looked at when a place is drawn.
    """
    excess = seen - expected
    kept = np.flatnonzero(np.abs(excess) > SHRINK)
    strength = np.abs(excess[kept]) / np.sqrt(expected[kept] + 1)
    kept = kept[np.argsort(-strength, kind="stable")]
    kept = np.sort(kept[np.cumsum(visits(first[kept], second[kept])) <= MOST_VISITS])
    wanted = expected + excess - SHRINK * np.sign(excess)
    return Coupled(first[kept], second[kept], expected[kept], wanted[kept])


def _expected(first: Ints, second: Ints, of_items: Floats, tied: Floats) -> Floats:
    """How often two items would be together by chance, given the sizes."""
    rate = tied / np.maximum(of_items.sum(axis=1), 1.0) ** 2
    return np.asarray(sum(r * row[first] * row[second] for r, row in zip(rate, of_items, strict=True)))


def _of_items(baskets: Baskets, least: int, of_items: Floats, tied: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Pairs of items that are often enough, or would be by chance: how often they are together, and would be."""
    from rowsmith.learn import _basket_count

    begins, items, size = baskets.begins, baskets.items, baskets.size
    first, second = np.triu_indices(min(size, DENSE), 1)
    expected = _expected(first, second, of_items, tied)
    if size <= DENSE:
        together = np.zeros((size, size), dtype=np.int64)
        _basket_count.pairs(begins, items, together)
        seen = together[first, second]
        kept = (seen >= least) | (expected >= least)
        return first[kept], second[kept], seen[kept].astype(np.float64), expected[kept]
    listed = np.empty(int(_tied(baskets.sizes).sum()) // 2, dtype=np.int64)
    _basket_count.list_pairs(begins, items, size, listed)
    listed, counts = np.unique(listed, return_counts=True)
    # What is expected often is among the most frequent items, which come first.
    codes = (first * size + second)[expected >= least]
    codes = np.union1d(listed[counts >= least], codes)
    at = np.minimum(np.searchsorted(listed, codes), max(len(listed) - 1, 0))
    found = np.where(listed[at] == codes, counts[at], 0) if len(listed) else np.zeros(len(codes), dtype=np.int64)
    first, second = codes // size, codes % size
    return first, second, found.astype(np.float64), _expected(first, second, of_items, tied)


def _of_signs(baskets: Baskets, classes: Ints, least: int, of_items: Floats) -> Coupled:
    """Signs and items that are together more often, or more seldom, than by chance."""
    from rowsmith.learn import _basket_count

    size, n, signs = baskets.size, baskets.n_signs, baskets.signs
    together = np.zeros((n, size), dtype=np.int64)
    whose = np.repeat(classes, np.diff(signs.begins))
    plain = signs.told < size + n
    told_begins = np.append(0, np.cumsum(plain))[signs.begins]
    _basket_count.tell(baskets.begins, baskets.items, told_begins, signs.told[plain], size, together)
    often = np.zeros((n, len(of_items)))
    np.add.at(often, (signs.told[plain] - size, whose[plain]), 1.0)
    expected = often @ (of_items / np.maximum(np.bincount(classes, minlength=len(of_items)), 1)[:, None])
    sign, item = np.nonzero((together >= least) | (expected >= least))
    share = often.sum(axis=1) / len(classes)
    seen = together[sign, item].astype(np.float64)
    return _differing(sign + size, item, seen, expected[sign, item], lambda one, _: share[one - size])


def _returns(baskets: Baskets, classes: Ints, of_items: Floats) -> Coupled:
    """Items that customers bought before: how often they take them again, each mixed with what all items show."""
    size, signs, first = baskets.size, baskets.signs, baskets.size + baskets.n_signs
    memory = signs.told >= first
    told = signs.told[memory] - first
    basket = np.repeat(np.arange(len(classes)), np.diff(signs.begins))[memory]
    item = told % size
    rate = of_items / np.maximum(np.bincount(classes, minlength=len(of_items)), 1)[:, None]
    expected: Floats = np.bincount(told, weights=rate[classes[basket], item], minlength=BINS * size).astype(np.float64)
    bought = np.repeat(np.arange(len(classes)), baskets.sizes) * size + baskets.items
    again = np.isin(basket * size + item, bought)
    seen = np.bincount(told[again], minlength=BINS * size).astype(np.float64)
    of_bin = (seen.reshape(BINS, size).sum(axis=1) + 1.0) / (expected.reshape(BINS, size).sum(axis=1) + 1.0)
    usual = np.repeat(of_bin, size)
    wanted = expected * usual * (seen + AGAIN) / (expected * usual + AGAIN)
    kept = np.flatnonzero(expected > 0)
    return Coupled(kept + first, kept % size, expected[kept], wanted[kept])


def _both_ways(pairs: Coupled, size: int, of_all: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Partners of each item and sign; where each pair stands among them, and, of two items, where it stands from the other."""
    of_two = pairs.first < size
    one = np.concatenate([pairs.first, pairs.second[of_two]])
    two = np.concatenate([pairs.second, pairs.first[of_two]])
    order = np.lexsort((two, one))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    starts = np.append(0, np.cumsum(np.bincount(one, minlength=of_all)))
    return starts, two[order], place[: len(pairs.first)], place[len(pairs.first) :]


def _spread(values: Floats, place: Ints, mirror: Ints, of_two: NDArray[np.bool_]) -> Floats:
    """Values of pairs where they stand among the partners."""
    out = np.empty(len(place) + len(mirror))
    out[place] = values
    out[mirror] = values[of_two]
    return out
