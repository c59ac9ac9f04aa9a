"""Columns that are another one by constants, and runs of columns with a total.

A tax of 19 %, degrees of two scales, a year of birth and an age; shares that make 100, months that make a year.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from rowsmith.learn._numbers import EXACT, FEWEST, LOOKED, NEARLY, Floats, Numbers, Way

MOST_COLUMNS = 60
"""Numbers of a table among which lines are looked for; the first of a wider one."""
LOOK = 200
"""Rows that a line is tried on first."""
STRAIGHT = 0.999
"""Correlation in these rows from which two columns may lie on a line."""
DIGITS = 6
"""Decimals of a constant, at most."""
MOST_OF_FOUR = 24
"""Numbers of a table in which two that sum up to what two others do are looked for."""
LONGEST = 12
"""Columns of a run, at most."""


def lines(numbers: Numbers) -> Iterator[list[Way]]:
    """Columns that are `a * k + m`, rounded, with constants of few digits; each as it can be told, the best way first.

    Ways from what is missing in rows that the column has come last: such rows would be told nothing.
    """
    usable, later, there = numbers.usable[:MOST_COLUMNS], list[list[Way]](), np.isfinite(numbers.x)
    for a, b in itertools.combinations(usable, 2):
        if not _straight(numbers.x[a][:LOOK], numbers.x[b][:LOOK]):
            continue
        whole = _composed(numbers, a, b) or _composed(numbers, b, a)
        if whole is not None:  # says more than that the high part is the whole one, rounded
            yield [whole]
            continue
        ways = [(s, t, way) for s, t in ((a, b), (b, a)) if (way := _line(numbers, s, t)) is not None]
        ways.sort(
            key=lambda each: -numbers.values[each[1]]
        )  # what has more values cannot be told from what has fewer; then the later one
        lacks = [bool((there[t] & ~there[s]).any()) for s, t, _ in ways]
        first, last = (
            [way for (*_, way), late in zip(ways, lacks, strict=True) if late == side] for side in (False, True)
        )
        if first:
            yield first
        if last:
            later.append(last)
    yield from later


def runs(numbers: Numbers) -> Iterator[list[Way]]:
    """Neighbouring columns whose sum is another column (of four or more), or the same in all rows (of three or more)."""
    x, parts = numbers.x, numbers.parts
    sums = np.vstack([np.zeros(x.shape[1]), np.cumsum(x[parts], axis=0)])
    for low, high in itertools.combinations(range(len(parts) + 1), 2):
        if not 3 <= high - low <= LONGEST:
            continue
        some, total = parts[low:high], sums[high] - sums[low]
        if high - low >= 4:
            for target in numbers.like(total[numbers.telling[:LOOKED]], some, high + 1):
                if numbers.agreement(x[some].sum(axis=0), target, 0.0) >= NEARLY:
                    yield [numbers.told(target, " + ".join(numbers.words[i] for i in some))]
        if set(some) <= set(numbers.usable) and (constant := _constant(x[some].sum(axis=0))) is not None:
            left = " - ".join([shown(constant), *(numbers.words[i] for i in some[:-1])])
            yield [numbers.told(some[-1], left)]


def balances(numbers: Numbers) -> Iterator[list[Way]]:
    """Columns of which two sum up to what two others do: what was there, with what came, is what went and what is left.

    The last column follows if it can: an account is closed after all that is booked.
    """
    parts = numbers.parts if len(numbers.parts) <= MOST_OF_FOUR else []
    pairs = list(itertools.combinations(parts, 2))
    if not pairs:
        return
    sums = numbers.probe[[a for a, _ in pairs]] + numbers.probe[[b for _, b in pairs]]
    for place, one in enumerate(pairs):
        near = np.abs(sums[place + 1 :] - sums[place]) <= EXACT * np.spacing(np.abs(sums[place]))
        for other in (pairs[place + 1 + hit] for hit in np.flatnonzero(near.sum(axis=1) >= 2)):
            if set(one) & set(other):
                continue
            sides = [(*way, its) for mine, its in ((one, other), (other, one)) for way in (mine, mine[::-1])]
            sides.sort(reverse=True)
            x, word, (last, beside, its) = numbers.x, numbers.words, sides[0]
            if numbers.agreement(x[list(its)].sum(axis=0) - x[beside], last, numbers.slack(last)) < NEARLY:
                continue
            ways = [
                numbers.told(t, f"{word[a]} + {word[b]} - {word[c]}") for t, c, (a, b) in sides if t in numbers.usable
            ]
            if ways:
                yield ways


def _straight(x: Floats, y: Floats) -> bool:
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both], y[both]
    if len(x) < FEWEST or not x.std() or not y.std():
        return False
    return bool(abs(np.corrcoef(x, y)[0, 1]) >= STRAIGHT)


def _line(numbers: Numbers, source: int, target: int) -> Way | None:
    """The target as a line of the source, if there is one with constants of few digits."""
    x, y, slack = numbers.x[source], numbers.x[target], numbers.slack(target)
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both], y[both]
    low, high = int(np.argmin(x)), int(np.argmax(x))
    slope, off = (y[high] - y[low]) / (x[high] - x[low]), 2 * slack / (x[high] - x[low])
    k = short(slope - off, slope + off)
    if not k:
        return None
    left = y - k * x
    far = EXACT * float(np.spacing(np.abs(y).max()))
    # Some rows may break the rule: the constant that most rows bear out, of these the one with the fewest decimals.
    middles = [round(float(np.median(left)), places) for places in range(DIGITS + 1)]
    m = max(middles, key=lambda middle: np.mean(np.abs(left - middle) <= slack + far))
    made = numbers.x[source] * k + m
    if (k == 1 and m == 0) or numbers.agreement(made, target, slack) < NEARLY:
        return None
    return numbers.told(target, _formula(numbers.words[source], k, m), numbers.agreement(made, target, 0.0) < NEARLY)


def _composed(numbers: Numbers, whole: int, high: int) -> Way | None:
    """A number as another one times a whole constant and a third: 1430 of 14 and 30, 202611 of 2026 and 11, cents of euros."""
    x, y = numbers.x[whole], numbers.x[high]
    both = np.isfinite(x) & np.isfinite(y)
    low, top = int(np.argmin(y[both])), int(np.argmax(y[both]))
    k = round((x[both][top] - x[both][low]) / (y[both][top] - y[both][low]))
    near = {k, 10 ** round(math.log10(k))} if k > 1 else set[int]()  # the third number may bend the slope
    for times in sorted(near - {1}):
        for third in numbers.usable:
            if third not in (whole, high) and numbers.agreement(y * times + numbers.x[third], whole, 0.0) >= NEARLY:
                return numbers.told(whole, f"{numbers.words[high]} * {times} + {numbers.words[third]}")
    return None


def short(low: float, high: float) -> float | None:
    """The number with the fewest decimals between two; None if it has many."""
    if low > high:
        return None
    for places in range(DIGITS + 1):
        step = 10.0**-places
        at = round(math.ceil(low / step - 1e-9) * step, places)
        if low - 1e-9 * step <= at <= high + 1e-9 * step:
            middle = round((low + high) / 2, places)
            return middle if low <= middle <= high else at
    return None


def _formula(word: str, k: float, m: float) -> str:
    if k == -1:
        return f"{shown(m)} - {word}"
    line = word if k == 1 else f"{word} * {shown(k)}" if k > 0 else f"{word} * ({shown(k)})"
    return line if m == 0 else f"{line} {'+' if m > 0 else '-'} {shown(abs(m))}"


def shown(number: float) -> str:
    """A constant as SQL has it."""
    return f"{number:.{DIGITS}f}".rstrip("0").rstrip(".")


def _constant(total: Floats) -> float | None:
    """What a sum always is, if it is the same in all rows that have one."""
    there = total[np.isfinite(total)]
    if len(there) < FEWEST:
        return None
    middle = float(np.median(there))
    near = np.abs(there - middle) <= 4 * EXACT * np.spacing(max(abs(middle), float(np.abs(there).max())))
    short = round(middle, DIGITS)
    return short if near.mean() >= NEARLY and abs(short - middle) <= 1e-9 * max(1.0, abs(middle)) else None
