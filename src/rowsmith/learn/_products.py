"""Columns that are products of others, with a discount or a tax, or the ratio of two."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rowsmith.learn._numbers import EXACT, LOOKED, NEARLY, Floats, Numbers, Way

MOST_FACTORS = 30
"""Numbers of a table among which products with a rate, and of three, are looked for."""
MOST_AMENDED = 20
"""Numbers among which products are looked for that something is added to, or taken off."""


@dataclass(frozen=True)
class _Factor:
    """A number, or what a rate leaves or makes of one.

    Attributes:
        column: of the number.
        word: in SQL.
        x: values in the rows looked at.
        part: whether what it makes is only a part: a percentage, a ratio.
        rate: whether it is what a rate leaves or adds.
    """

    column: int
    word: str
    x: Floats
    part: bool = False
    rate: bool = False


def products(numbers: Numbers) -> tuple[list[Way], list[Way]]:
    """Columns that a product explains, each with the formula that explains the most rows with the fewest factors.

    Looked for are a * b, a * b * c, a * b * (1 - rate), a * (1 + percent / 100), a * percent / 100, a / b, 100 * a / b and
    a / (b * b).

    Returns:
        Wholes, and parts, such as a tax. A part is better told as what a whole has more than the rest, if a sum says so:
        sums hold to the last digit. What is told by a rate that has more values than itself is a part too, and comes last:
        the rate was worked out from it, and not the other way round.
    """
    found: dict[int, tuple[float, int, bool, str, bool]] = {}
    with np.errstate(all="ignore"):
        for factors, target, made, word in _candidates(numbers):
            share = numbers.agreement(made, target, numbers.slack(target))
            if share >= NEARLY:
                rates = [f for f in factors if f.rate and numbers.values[f.column] > numbers.values[target]]
                part = bool(rates) or any(factor.part for factor in factors)
                rounded = numbers.agreement(made, target, 0.0) < NEARLY
                way = (1 - share, len(factors), part, word, rounded)
                found[target] = min(found.get(target, way), way)
    ways = [
        (part, numbers.values[target], numbers.told(target, word, rounded))
        for target, (_, _, part, word, rounded) in found.items()
    ]
    shares = sorted((each for each in ways if each[0]), key=lambda each: -each[1])
    return [way for part, _, way in ways if not part], [way for _, _, way in shares]


def amended(numbers: Numbers) -> Iterator[Way]:
    """Columns that are a product of two others and a third one, or less a third one: pieces * price - discount, plus postage."""
    x, probe = numbers.x, numbers.probe
    varied = [i for i in numbers.parts if np.nanstd(x[i]) > 0]
    slack = np.array([[numbers.slack(target)] for target in numbers.usable])
    for a, b in itertools.combinations(varied if len(varied) <= MOST_AMENDED else [], 2):
        for c, sign in itertools.product(varied, (-1, 1)):
            value = probe[a] * probe[b] + sign * probe[c]
            near = np.abs(probe[numbers.usable] - value) <= slack + EXACT * np.spacing(np.abs(probe[a] * probe[b]))
            for hit in np.flatnonzero(near.sum(axis=1) >= 2):
                target = numbers.usable[hit]
                if c in (a, b) or target in (a, b, c) or np.mean(x[c] != 0) <= 1 - NEARLY:
                    continue
                made = x[a] * x[b] + sign * x[c]
                if numbers.agreement(made, target, numbers.slack(target)) >= NEARLY:
                    word = numbers.words
                    rounded = numbers.agreement(made, target, 0.0) < NEARLY
                    yield numbers.told(target, f"{word[a]} * {word[b]} {'+' if sign > 0 else '-'} {word[c]}", rounded)


def _candidates(numbers: Numbers) -> Iterator[tuple[list[_Factor], int, Floats, str]]:
    """Factors, the column they may make, what they make, and how this is written: right in rows that tell most."""
    plain = [_Factor(i, numbers.words[i], numbers.x[i]) for i in numbers.parts if np.nanstd(numbers.x[i]) > 0]
    few = len(plain) if len(plain) <= MOST_FACTORS else 0
    factors = plain + [rate for each in plain[:few] for rate in _rates(each)]
    pairs = list(itertools.combinations(range(len(plain)), 2))
    rates = range(len(plain), len(factors))
    triples = [(*pair, rate) for pair in pairs for rate in rates] if few else []
    triples += itertools.combinations(range(few), 3)
    squares = [_Factor(each.column, f"({each.word} * {each.word})", each.x**2) for each in plain[:few]]
    inverse = [_Factor(each.column, each.word, 1 / each.x, part=True) for each in plain[:few] + squares]
    hundreds = [_Factor(each.column, f"100 * {each.word}", 100 * each.x, part=True) for each in plain[:few]]
    ratios = list(itertools.product(range(2 * few), range(2 * few, 2 * few + len(inverse))))
    groups: tuple[tuple[str, list[_Factor], Sequence[tuple[int, ...]]], ...] = (
        (" * ", factors, pairs + list(itertools.product(range(few), rates))),
        (" * ", factors, triples),
        (" / ", plain[:few] + hundreds + inverse, ratios),
    )
    for sign, each, places in groups:
        for chosen, target in _near(numbers, each, places):
            if sign == " * " or numbers.fractions[target]:
                yield chosen, target, np.prod([f.x for f in chosen], axis=0), sign.join(f.word for f in chosen)


def _rates(factor: _Factor) -> Iterator[_Factor]:
    """What a percentage is, and what a discount or a tax makes of 1, if a column may be one."""
    x = factor.x[np.isfinite(factor.x)]
    if 1 < x.max() <= 100:
        yield _Factor(factor.column, f"{factor.word} / 100", factor.x / 100, part=True)
    for most, share in ((1.0, factor.word), (100.0, f"{factor.word} / 100")):
        if x.min() >= 0 and x.max() <= most and (most == 1 or x.max() > 1):
            yield _Factor(factor.column, f"(1 - {share})", 1 - factor.x / most, rate=True)
            yield _Factor(factor.column, f"(1 + {share})", 1 + factor.x / most, rate=True)


def _near(
    numbers: Numbers, factors: Sequence[_Factor], places: Sequence[tuple[int, ...]]
) -> Iterator[tuple[list[_Factor], int]]:
    """Which products are those of another column in two of the rows that tell most, but for rounding."""
    if not places:
        return
    group, rows = np.array(places), numbers.telling[:LOOKED]
    columns = np.array([f.column for f in factors])[group]
    value = np.array([f.x[rows] for f in factors])[group].prod(axis=1)
    own = (np.diff(np.sort(columns, axis=1), axis=1) == 0).any(axis=1)
    for target in numbers.usable:
        near = np.abs(value - numbers.x[target, rows]) <= numbers.slack(target) + EXACT * np.spacing(np.abs(value))
        for number in np.flatnonzero((near.sum(axis=1) >= 2) & ~own & (columns != target).all(axis=1)):
            yield [factors[place] for place in group[number]], target
