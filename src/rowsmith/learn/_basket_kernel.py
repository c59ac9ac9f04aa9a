"""Compiled core of baskets: items drawn one place at a time, each given the others of its basket.

The law of a basket of a given size is log-linear: the product of a chance for each item, which hangs on the size, and of a
factor for each coupled pair. Partners of an item are other items, and *signs*: what is known of the basket, such as a shop or
what its customer bought before. The law of one place given all else is then exact and cheap: items that are coupled to nothing
that is there keep their chance, so that only partners have to be looked at, and all others are one draw from a table
(A. Walker's alias method, 1977). Places are drawn in turn, again and again (Gibbs sampling).

Random numbers are hashes of (seed of the basket, step), so that a basket does not hang on those that are drawn beside it.
"""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit

from rowsmith.learn._boost import _hash

BINS = 4  # signs that an item was bought before: in the last basket or not, in half of the earlier ones or not
REMEMBERED = 200  # items a customer is remembered by, the first ones
TRIES = 500  # draws from the table that may hit items that are already there, before one is looked for


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _uniform(seed, step):
    return (_hash(seed, np.uint64(step)) >> np.uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _free(chance, mark, stamp, at):
    """An item that is not in the basket, of those that have a chance if there are some."""
    for wanted in range(2):
        for k in range(chance.size):
            v = (at + k) % chance.size
            if mark[v] != -stamp and (wanted or chance[v] > 0.0):
                return v
    return at


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _place(there, n, k, chance, accept, alias, starts, partners, factors, force, mark, touched, stamp, seed, step):
    """An item for place k, given the n that are there: signs and items, -1 where there is none yet; and the next step."""
    size = chance.size
    many, untouched, weight = 0, 1.0, 0.0
    for j in range(n):
        if j != k and 0 <= there[j] < size:
            mark[there[j]] = -stamp
            untouched -= chance[there[j]]
    for j in range(n):
        one = there[j]
        if j == k or one < 0:
            continue
        for p in range(starts[one], starts[one + 1]):
            v = partners[p]
            if mark[v] == stamp:
                force[v] *= factors[p]
            elif mark[v] != -stamp and chance[v] > 0.0:
                mark[v], force[v], touched[many] = stamp, factors[p], v
                many += 1
    for i in range(many):
        v = touched[i]
        untouched -= chance[v]
        force[v] *= chance[v]
        weight += force[v]
    untouched = max(untouched, 0.0)
    left = _uniform(seed, step) * (weight + untouched)
    step += 1
    if left < weight:
        for i in range(many):
            left -= force[touched[i]]
            if left < 0.0:
                return touched[i], step
        return touched[many - 1], step
    for _ in range(TRIES):
        u = _uniform(seed, step) * size
        step += 1
        v = min(int(u), size - 1)
        if u - v >= accept[v]:
            v = alias[v]
        if mark[v] != stamp and mark[v] != -stamp and chance[v] > 0.0:
            return v, step
    return _free(chance, mark, stamp, int(_uniform(seed, step) * size)), step + 1


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _signs(bought, many, times, last, earlier, size, first, out, n):
    """Signs of what a customer bought before, behind the n that are there; and how many there are then."""
    for i in range(many):
        v = bought[i]
        out[n] = first + ((last[v] == earlier) + 2 * (2 * times[v] >= earlier)) * size + v
        n += 1
    return n


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _remember(items, lo, hi, bought, many, times, last, earlier):
    for k in range(lo, hi):
        v = items[k]
        if times[v] == 0:
            if many == bought.size:
                continue
            bought[many] = v
            many += 1
        times[v] += 1
        last[v] = earlier + 1
    return many


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _forget(bought, many, times):
    for i in range(many):
        times[bought[i]] = 0


@njit(cache=True, nogil=True, error_model="numpy")
def draw(
    begins,
    items,
    known,
    told_begins,
    told,
    customers,
    first,
    classes,
    seeds,
    turn,
    sweeps,
    chance,
    accept,
    alias,
    starts,
    partners,
    factors,
):
    """Fill the places of baskets that are not known, then draw them in turn.

    Args:
        begins: first place of each basket, and the number of places, [baskets + 1].
        items: of the places; those after the known ones are drawn, and -1 where there is none yet.
        known: places of each basket, its first ones, that stay, [baskets].
        told_begins: first sign of each basket, and the number of signs, [baskets + 1].
        told: the signs.
        customers: of each basket, those of one stand together; -1 if what was bought before tells nothing, [baskets].
        first: the first sign of what was bought before.
        classes: row of `chance` of each basket, [baskets].
        seeds: of each basket.
        turn: number of this call, where the same baskets are drawn on and on.
        sweeps: times that each place is drawn once more.
        chance: of each item, by class of size, [classes, items]; sums to 1.
        accept: with `alias`, the same as tables to draw from.
        alias: see there.
        starts: where the partners of each item and sign begin, [items + signs + 1].
        partners: of these; all are items.
        factors: by which the chance of a partner changes, by class, [classes, partners].
    """
    size, most = chance.shape[1], 0
    for b in range(begins.size - 1):
        most = max(most, begins[b + 1] - begins[b] + told_begins[b + 1] - told_begins[b])
    there = np.empty(most + REMEMBERED, np.int64)
    force, mark, touched = np.empty(size), np.zeros(size, np.int64), np.empty(size, np.int64)
    bought, times, last = np.empty(REMEMBERED, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64)
    stamp, many, earlier = 0, 0, 0
    for b in range(begins.size - 1):
        lo, hi, c, step, n = begins[b], begins[b + 1], classes[b], np.int64(turn) << 32, 0
        for i in range(told_begins[b], told_begins[b + 1]):
            there[n] = told[i]
            n += 1
        if customers[b] >= 0:
            if b == 0 or customers[b] != customers[b - 1]:
                _forget(bought, many, times)
                many, earlier = 0, 0
            n = _signs(bought, many, times, last, earlier, size, first, there, n)
        begin = n
        for k in range(lo, hi):
            there[n] = items[k]
            n += 1
        for again in range(sweeps + 1):
            for k in range(begin + known[b], n):
                if again == 0 and there[k] >= 0:
                    continue
                stamp += 1
                there[k], step = _place(
                    *(there, n, k, chance[c], accept[c], alias[c], starts, partners, factors[c]),
                    *(force, mark, touched, stamp, seeds[b], step),
                )
        for k in range(lo, hi):
            items[k] = there[begin + k - lo]
        if customers[b] >= 0:
            many = _remember(items, lo, hi, bought, many, times, last, earlier)
            earlier += 1


@njit(cache=True, nogil=True, error_model="numpy")
def histories(begins, items, customers, size, first, ends, out):
    """Signs of what customers bought before each basket.

    Args:
        begins: first place of each basket, and the number of places, [baskets + 1].
        items: of the places.
        customers: of each basket, those of one stand together, [baskets].
        size: how many items there are.
        first: the first of the signs.
        ends: number of signs up to each basket, filled, [baskets].
        out: the signs, filled; empty to have them only counted.
    """
    bought, times, last = np.empty(REMEMBERED, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64)
    many, earlier, n = 0, 0, 0
    for b in range(begins.size - 1):
        if b == 0 or customers[b] != customers[b - 1]:
            _forget(bought, many, times)
            many, earlier = 0, 0
        if out.size:
            _signs(bought, many, times, last, earlier, size, first, out, n)
        n += many
        ends[b] = n
        many = _remember(items, begins[b], begins[b + 1], bought, many, times, last, earlier)
        earlier += 1


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _partner(one, other, starts, partners):
    """Where an item stands among the partners of another, or of a sign; -1 if it does not."""
    lo, hi = starts[one], starts[one + 1]
    while lo < hi:
        m = (lo + hi) >> 1
        if partners[m] < other:
            lo = m + 1
        else:
            hi = m
    return lo if lo < starts[one + 1] and partners[lo] == other else -1


@njit(cache=True, nogil=True, error_model="numpy")
def count(begins, items, told_begins, told, classes, starts, partners, logs, of_pairs, of_items, moments):
    """Add up what baskets hold.

    Args:
        begins: first place of each basket, and the number of places, [baskets + 1].
        items: of the places.
        told_begins: first sign of each basket, and the number of signs, [baskets + 1].
        told: the signs.
        classes: of each basket, [baskets].
        starts: where the partners of each item and sign begin, [items + signs + 1].
        partners: of these.
        logs: of the factors of the pairs.
        of_pairs: how often each two partners are together, at the sign or the smaller item; of the size of `partners`.
        of_items: how often each item is there, by class, [classes, items].
        moments: sums of the coupling of items of baskets, and of its square, by class, [classes, 2].
    """
    for b in range(begins.size - 1):
        coupling = 0.0
        for k in range(begins[b], begins[b + 1]):
            other = items[k]
            of_items[classes[b], other] += 1
            for j in range(begins[b], begins[b + 1]):
                if items[j] < other:
                    at = _partner(items[j], other, starts, partners)
                    if at >= 0:
                        of_pairs[at] += 1
                        coupling += logs[at]
            for j in range(told_begins[b], told_begins[b + 1]):
                at = _partner(told[j], other, starts, partners)
                if at >= 0:
                    of_pairs[at] += 1
        moments[classes[b], 0] += coupling
        moments[classes[b], 1] += coupling * coupling


@njit(cache=True, nogil=True, error_model="numpy")
def tell(begins, items, told_begins, told, size, together):
    """Add up how often each sign is with each item, [signs, items]; the sign `size` is the first."""
    for b in range(begins.size - 1):
        for j in range(told_begins[b], told_begins[b + 1]):
            for k in range(begins[b], begins[b + 1]):
                together[told[j] - size, items[k]] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def pairs(begins, items, together):
    """Add up how often each two items are together, [items, items], the smaller first."""
    for b in range(begins.size - 1):
        for j in range(begins[b], begins[b + 1]):
            for k in range(j + 1, begins[b + 1]):
                together[min(items[j], items[k]), max(items[j], items[k])] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def list_pairs(begins, items, size, out):
    """Each two items of each basket as one number, the smaller times `size` and the greater."""
    at = 0
    for b in range(begins.size - 1):
        for j in range(begins[b], begins[b + 1]):
            for k in range(j + 1, begins[b + 1]):
                out[at] = min(items[j], items[k]) * np.int64(size) + max(items[j], items[k])
                at += 1


@njit(cache=True, nogil=True, error_model="numpy")
def tables(chance, accept, alias):
    """Tables to draw from (M. Vose, 1991), a row each."""
    n = chance.shape[1]
    small, large = np.empty(n, np.int64), np.empty(n, np.int64)
    for c in range(chance.shape[0]):
        few, many = 0, 0
        for v in range(n):
            accept[c, v], alias[c, v] = chance[c, v] * n, v
            if accept[c, v] < 1.0:
                small[few] = v
                few += 1
            else:
                large[many] = v
                many += 1
        while few and many:
            few -= 1
            a, b = small[few], large[many - 1]
            alias[c, a] = b
            accept[c, b] -= 1.0 - accept[c, a]
            if accept[c, b] < 1.0:
                many -= 1
                small[few] = b
                few += 1
        for i in range(few):
            accept[c, small[i]] = 1.0
        for i in range(many):
            accept[c, large[i]] = 1.0
