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
def _free(chance, inside, at):
    """An item that is not in the basket, of those that have a chance if there are some."""
    for wanted in range(2):
        for k in range(chance.size):
            v = (at + k) % chance.size
            if not inside[v] and (wanted or chance[v] > 0.0):
                return v
    return at


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _put(one, many, chance, starts, partners, factors, inside, where, near, held, force, plain, mass):
    """An item or sign comes into the basket; how many partners there are then.

    Partners of what is in the basket stand in a list, `near`, an item's place in it in `where`, -1 for none. Beside it: how many it is
    a partner of, the product of their factors, its chance (0 if it is in the basket itself), and the product of these two.
    """
    if one < chance.size:
        inside[one] = True
        if where[one] >= 0:
            plain[where[one]] = mass[where[one]] = 0.0
    for p in range(starts[one], starts[one + 1]):
        v = partners[p]
        i = where[v]
        if i < 0:
            i = where[v] = many
            near[i], held[i], force[i] = v, 1, factors[p]
            plain[i] = 0.0 if inside[v] else chance[v]
            many += 1
        else:
            held[i] += 1
            force[i] *= factors[p]
        mass[i] = plain[i] * force[i]
    return many


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _take(one, many, chance, starts, partners, factors, inside, where, near, held, force, plain, mass):
    """An item leaves the basket; how many partners there are then."""
    inside[one] = False
    if where[one] >= 0:
        plain[where[one]] = chance[one]
        mass[where[one]] = chance[one] * force[where[one]]
    for p in range(starts[one], starts[one + 1]):
        v = partners[p]
        i = where[v]
        held[i] -= 1
        if held[i]:
            force[i] /= factors[p]
            mass[i] = plain[i] * force[i]
        else:  # the last one of the list takes its place
            many -= 1
            near[i], held[i], force[i], plain[i], mass[i] = near[many], held[many], force[many], plain[many], mass[many]
            where[near[i]] = i
            where[v] = -1
    return many


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _sum(values, n):
    """Of the first n; four sums that do not wait for one another."""
    a = b = c = d = 0.0
    whole = n - n % 4
    for i in range(0, whole, 4):
        a, b, c, d = a + values[i], b + values[i + 1], c + values[i + 2], d + values[i + 3]
    for i in range(whole, n):
        a += values[i]
    return (a + b) + (c + d)


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _choose(many, untouched, chance, accept, alias, inside, where, near, plain, mass, seed, step):
    """An item for a free place of the basket; and the next step.

    `untouched` is the chance of all items that are not in the basket, of which those are taken off that have partners in it.
    """
    weight = _sum(mass, many)
    untouched = max(untouched - _sum(plain, many), 0.0)
    left = _uniform(seed, step) * (weight + untouched)
    step += 1
    if left < weight:
        last = -1
        for i in range(many):
            if mass[i] > 0.0:
                left -= mass[i]
                last = near[i]
                if left < 0.0:
                    break
        if last >= 0:
            return last, step
    for _ in range(TRIES):
        u = _uniform(seed, step) * chance.size
        step += 1
        v = min(int(u), chance.size - 1)
        if u - v >= accept[v]:
            v = alias[v]
        if where[v] < 0 and not inside[v] and chance[v] > 0.0:
            return v, step
    return _free(chance, inside, int(_uniform(seed, step) * chance.size)), step + 1


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
    inside, where = np.zeros(size, np.bool_), np.full(size, -1)
    near, held = np.empty(size, np.int64), np.empty(size, np.int64)
    force, plain, mass = np.empty(size), np.empty(size), np.empty(size)
    bought, times, last = np.empty(REMEMBERED, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64)
    many, earlier = 0, 0
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
        begin, coupled, free = n, 0, 1.0
        own, accepted, other, factor = chance[c], accept[c], alias[c], factors[c]
        for k in range(lo, hi):
            there[n] = items[k]
            n += 1
        for j in range(n):
            if there[j] >= 0:
                free -= own[there[j]] if there[j] < size else 0.0
                coupled = _put(
                    *(there[j], coupled, own, starts, partners, factor),
                    *(inside, where, near, held, force, plain, mass),
                )
        for again in range(sweeps + 1):
            for k in range(begin + known[b], n):
                old = there[k]
                if old >= 0:
                    if again == 0:
                        continue
                    free += own[old]
                    coupled = _take(
                        *(old, coupled, own, starts, partners, factor),
                        *(inside, where, near, held, force, plain, mass),
                    )
                there[k], step = _choose(
                    *(coupled, free, own, accepted, other, inside, where, near, plain, mass, seeds[b], step)
                )
                free -= own[there[k]]
                coupled = _put(
                    *(there[k], coupled, own, starts, partners, factor),
                    *(inside, where, near, held, force, plain, mass),
                )
        for i in range(coupled):
            where[near[i]] = -1
        for j in range(begin, n):
            inside[there[j]] = False
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
