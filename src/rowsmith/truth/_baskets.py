"""Baskets from the law of some items and a background of others: made ready once, drawn in any number of rows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key, stable_hash
from rowsmith.truth._groceries import MOST_NAMES
from rowsmith.truth._groceries import names as groceries
from rowsmith.truth._quest import Patterns, fill
from rowsmith.truth._rules_law import Group

_FULL = 0.6  # of the other items: the most that a basket holds of them, on average
_DIGITS = 12  # of shares, so that the last bits of a machine's arithmetic cannot move a row


@dataclass(frozen=True, kw_only=True)
class Others:
    """Items that no rule names.

    Attributes:
        items: how many different items there are in all, those of the rules among them.
        size: mean number of items in a basket.
        names: of items, or none to have them invented.
        skew: how much more often the popular ones are bought (exponent of Zipf's law).
        empty: whether a basket may hold nothing.
        patterns: sets that are bought together, or a count of 0.
        seed: of those sets.
    """

    items: int
    size: float
    names: tuple[str, ...]
    skew: float
    empty: bool
    patterns: Patterns
    seed: int


def usual_items(groups: Sequence[Group], names: Sequence[str], difficulty: float) -> int:
    """How many items there are if nobody says: more of them, the harder it is to see through."""
    named = {item for group in groups for item in group.items}
    return len(named.union(names)) if names else len(named) + round(40 + 110 * difficulty)


def usual_size(groups: Sequence[Group], items: int, difficulty: float) -> float:
    """How many items a basket holds if nobody says."""
    own, named, _ = _of_rules(groups)
    return own + min(3 + 5 * difficulty, 0.3 * max(items - named, 0))


def ready(groups: Sequence[Group], others: Others) -> dict[str, Any]:
    """All that drawing needs, as plain values.

    Args:
        groups: laws of the items that rules name.
        others: the other items.

    Raises:
        SpecError: there are too few items or names, or baskets too small or too large.
    """
    own, named, nothing = _of_rules(groups)
    rest = _names_of_others({item for group in groups for item in group.items}, others)
    every = sorted([*rest, *(item for group in groups for item in group.items)])
    code = {item: place for place, item in enumerate(every)}
    out: dict[str, Any] = {
        "items": every,
        "groups": [_cumulated(group, code) for group in groups],
        "named": named,
        "empty": others.empty,
    }
    mean = others.size - own
    least = 0.0 if others.empty else nothing
    if not rest:
        if nothing > 1e-9 and not others.empty:
            raise SpecError(
                f"items={others.items}: all are of rules, and {nothing:.2%} of the baskets would be empty; expected at least "
                f"{named + 1} items, or empty=true."
            )
        if abs(mean) > 1e-6 + 0.01 * own:
            raise SpecError(
                f"size={others.size:g}: a basket of the rules' items alone holds {own:.2f}; there are no others."
            )
        return out
    if not least <= mean + 1e-9 or not mean <= _FULL * len(rest):
        low, high = own + least, own + _FULL * len(rest)
        raise SpecError(
            f"size={others.size:g}: a basket holds {own:.2f} items of rules on average, beside {len(rest)} others; expected a mean from "
            f"{low:.2f} to {high:.2f}; the nearest is {min(max(others.size, low), high):.2f}."
        )
    # an order that says nothing: who is popular must not follow from the alphabet
    mixed = np.array([code[item] for item in sorted(rest, key=lambda item: stable_hash("popular", item))])
    if others.patterns.count:
        sets = others.patterns.draw(np.sort(mixed), Key(others.seed).child("patterns").generator())
        return out | {"sets": sets, "mean": float(mean)}
    weights = np.arange(1, len(mixed) + 1) ** -float(others.skew)
    weights /= weights.sum()
    upto = [*np.round(np.cumsum(weights)[:-1], _DIGITS).tolist(), 1.0]
    rate = round(_rate(weights, mean, least), _DIGITS)
    return out | {"others": mixed.tolist(), "upto": upto, "mean": rate}


def draw(n: int, key: Key, calibration: Mapping[str, Any]) -> pa.ListArray:
    """Draw n baskets: the items of each in alphabetical order, so that their order says nothing.

    Purchases of other items are Poisson, so that each of them is in a basket independently of all others.
    """
    items = len(calibration["items"])
    parts, filled = [np.empty(0, dtype=np.int64)], np.zeros(n, dtype=bool)
    for group in calibration["groups"]:
        u = key.child("rules", *(calibration["items"][code] for code in group["codes"])).generator().random(n)
        cell = np.array(group["cells"], dtype=np.int64)[np.searchsorted(group["upto"], u, side="right")]
        filled |= cell > 0
        parts.extend(np.flatnonzero(cell >> bit & 1) * items + code for bit, code in enumerate(group["codes"]))
    if "sets" in calibration:
        rows, bought = fill(n, calibration["mean"], calibration["sets"], key.child("patterns").generator())
    elif "others" in calibration:
        rows, bought = _independent(n, calibration, key.child("others").generator())
    else:
        rows, bought = np.empty((2, 0), dtype=np.int64)
    parts.append(rows * items + bought)
    filled[rows] = True
    if not calibration["empty"] and not filled.all():
        # one other item, so that the shares of the rules' items stay what they are
        bare = np.flatnonzero(~filled)
        parts.append(bare * items + _one(len(bare), calibration, key.child("one").generator()))
    return _lists(np.concatenate(parts), n, calibration["items"])


def _lists(bought: NDArray[np.int64], n: int, items: Sequence[str]) -> pa.ListArray:
    """Lists from numbers that stand for a basket and an item, each purchase counted once."""
    small = bought.astype(np.int32) if n * len(items) < 2**31 else bought  # half the time to sort
    small.sort()
    new = np.ones(len(small), dtype=bool)
    new[1:] = small[1:] != small[:-1]
    once = small[new].astype(np.int64)
    offsets = np.searchsorted(once, np.arange(n + 1) * len(items))
    names = pa.array(items, pa.string()).take(pa.array(once % max(len(items), 1)))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names)


def _independent(
    n: int, calibration: Mapping[str, Any], generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    count = generator.poisson(calibration["mean"], n)
    place = np.searchsorted(calibration["upto"], generator.random(int(count.sum())), side="right")
    return np.repeat(np.arange(n), count), np.array(calibration["others"], dtype=np.int64)[place]


def _one(n: int, calibration: Mapping[str, Any], generator: np.random.Generator) -> NDArray[np.int64]:
    u = generator.random(n)
    if "others" in calibration:
        return np.array(calibration["others"], dtype=np.int64)[np.searchsorted(calibration["upto"], u, side="right")]
    sets = calibration["sets"]["sets"]
    chosen = np.searchsorted(calibration["sets"]["upto"], u, side="right")
    return np.array([one[0] for one in sets], dtype=np.int64)[chosen]


def _cumulated(group: Group, code: Mapping[str, int]) -> dict[str, Any]:
    cells = np.flatnonzero(group.cells > 1e-15)
    upto = np.round(np.cumsum(group.cells[cells]), _DIGITS)
    return {
        "codes": [code[item] for item in group.items],
        "cells": cells.tolist(),
        "upto": [*upto[:-1].tolist(), 1.0],
    }


def _of_rules(groups: Sequence[Group]) -> tuple[float, int, float]:
    """Mean number of the rules' items in a basket, how many there are, and the share of baskets without any."""
    own = sum(group.share([item]) for group in groups for item in group.items)
    nothing = float(np.prod([group.cells[0] for group in groups]))
    return float(own), sum(len(group.items) for group in groups), nothing


def _names_of_others(named: set[str], others: Others) -> list[str]:
    if others.names:
        twice = sorted({name for name in others.names if others.names.count(name) > 1})
        if twice or "" in others.names:
            raise SpecError(f"names: {', '.join(map(repr, twice or ['']))} cannot be there; expected texts, each once.")
        every = list(dict.fromkeys([*sorted(named), *others.names]))
        if len(every) != others.items:
            raise SpecError(
                f"items={others.items}: there are {len(every)} in `names` and the rules together; leave out one of the two settings."
            )
        return every[len(named) :]
    most = MOST_NAMES - len(named)
    if not len(named) <= others.items <= most:
        raise SpecError(
            f"items={others.items}: expected at least the {len(named)} of the rules, and at most {most} unless they have "
            "names of yours in `names`."
        )
    fresh = (name for name in groceries() if name not in named)
    return list(itertools.islice(fresh, others.items - len(named)))


def _rate(weights: NDArray[np.floating[Any]], mean: float, least: float) -> float:
    """Purchases at which baskets hold so many different items; with one more in baskets that would be empty."""
    low, high = 0.0, 1.0

    def held(rate: float) -> float:
        return float((1 - np.exp(-rate * weights)).sum() + least * np.exp(-rate))

    while held(high) < mean:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if held(middle) < mean else (low, middle)
    return (low + high) / 2
