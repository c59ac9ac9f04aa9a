"""Columns that are sums of others by constants, with a product or a time span among them, found by least squares.

A rate by the hour, a fee beside the price of what was used, a code put together from a year and a number, balances of many parts:
such constants cannot be guessed, but where a formula holds to the last digit, few rows give them away.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.learn._linear import short, shown
from rowsmith.learn._numbers import NEARLY, Floats, Numbers, Way
from rowsmith.learn._ties import Columns, quoted

Index = NDArray[np.int64]

MOST, MOST_TIMES = 20, 5
"""Terms of a sum that are tried together, those first that go most with the column; times between which spans are."""
SPARE = 30
"""Rows for a trial beyond two for each term: a formula of as many constants as rows holds for anything."""
TRIALS = 3
"""Parts of the rows that are tried: one without a row that breaks the formula is enough."""
THERE = 0.9
"""Share of the rows in which a term must have a value."""
CLEAR = 20
"""Times that a column must spread wider than it is rounded."""
DAY, HOUR = 86_400, 3_600


@dataclass(frozen=True)
class _Term:
    """What may stand in a sum.

    Attributes:
        word: in SQL.
        x: values in the rows looked at, nan for none.
        columns: that it reads.
        plain: whether it is a column as it is.
    """

    word: str
    x: Floats
    columns: frozenset[str]
    plain: bool


def fitted(rows: Columns, times: Sequence[str], at: Floats, numbers: Numbers) -> Iterator[list[Way]]:
    """Columns that are sums with constants of few digits, of other columns, of spans, and of a product of two of these.

    Columns of most values come first, of these those that spread most: what is put together from others does more than they do.

    Args:
        rows: real rows.
        times: names of the dates and moments.
        at: their seconds, shape (times, rows looked at).
        numbers: the columns of numbers.
    """
    terms = [
        _Term(word, x, frozenset([name]), True)
        for name, word, x, values in zip(numbers.names, numbers.words, numbers.x, numbers.values, strict=True)
        if values > 1
    ]
    terms += _spans(rows, times, at)
    if len(terms) < 2:
        return
    spread = {i: (numbers.values[i], float(np.nanstd(numbers.x[i]))) for i in numbers.usable}
    for target in sorted(spread, key=spread.__getitem__, reverse=True):
        others = [t for t in terms if numbers.names[target] not in t.columns]
        whole = numbers.places[target] == 0  # a sum of whole numbers is not rounded: points are 3 for each game won
        for slack in (0.0, numbers.slack(target)) if whole else (numbers.slack(target),):
            if (way := _sum(numbers, target, others, slack)) is not None:
                yield [way]
                break


def _spans(rows: Columns, times: Sequence[str], at: Floats) -> Iterator[_Term]:
    """Hours between moments, days between dates."""
    for a, b in itertools.combinations(range(min(len(times), MOST_TIMES)), 2):
        away = at[b] - at[a]
        if not np.isfinite(away).any() or np.nanmin(away) == np.nanmax(away):
            continue
        if np.nanmean(away) < 0:
            a, b, away = b, a, -away
        low, high = quoted(times[a]), quoted(times[b])
        both = frozenset([times[a], times[b]])
        if all(pa.types.is_date(rows[times[i]].type) for i in (a, b)):
            yield _Term(f"date_diff('day', {low}, {high})", np.floor(away / DAY), both, False)
        else:
            yield _Term(f"epoch({high} - {low}) / {HOUR}", away / HOUR, both, False)


def _sum(numbers: Numbers, target: int, terms: Sequence[_Term], slack: float) -> Way | None:
    """The column as a sum of some of the terms, with a product of two of them if there is none without."""
    y = numbers.x[target]
    there = np.isfinite(y)
    some = [t for t in terms if there.any() and np.isfinite(t.x[there]).mean() >= THERE]
    usable = np.flatnonzero(there & np.isfinite([t.x for t in some]).all(axis=0)) if some else np.array([], int)
    rough = 2 * slack + 1e-9 * float(np.abs(y[usable]).max(initial=0.0))
    if len(usable) < 2 * SPARE or np.std(y[usable]) < CLEAR * rough:
        return None
    x = np.array([t.x[usable] for t in some])
    x, some = x[x.std(axis=1) > 0], [t for t, values in zip(some, x, strict=True) if values.std() > 0]
    if not some:
        return None
    best = np.argsort(-np.abs(np.corrcoef(x, y[usable])[-1, :-1]), kind="stable")[:MOST]
    some = [some[i] for i in sorted(best)]
    size = 2 * len(some) + SPARE
    for trial in range(TRIALS):
        chosen = usable[trial::TRIALS][:size]
        if len(chosen) < size:
            break
        found = _terms(some, y, chosen, rough)
        if found and (way := _told(numbers, target, found, chosen, slack)) is not None:
            return way
    return None


def _terms(terms: Sequence[_Term], y: Floats, chosen: Index, rough: float) -> list[_Term]:
    """As few terms as make up a column in some rows, but for rounding; none where they do not."""
    every = _basis(terms, chosen)
    left = y[chosen] - every @ (every.T @ y[chosen])
    found = list(terms)
    if np.abs(left).max() > rough:
        pairs = [
            _Term(f"{a.word} * {b.word}", a.x * b.x, a.columns | b.columns, False)
            for a, b in itertools.combinations(terms, 2)
        ]
        if not pairs:
            return []
        made = np.array([p.x[chosen] for p in pairs])
        beyond = made - (made @ every) @ every.T
        size = (beyond**2).sum(axis=1)
        own = size > 1e-9 * (made**2).sum(axis=1)
        times = np.where(own, beyond @ left / np.where(own, size, 1.0), 0.0)
        worst = np.abs(left - times[:, None] * beyond).max(axis=1)
        hit = int(np.argmin(worst))
        if worst[hit] > rough:
            return []
        found.append(pairs[hit])
    for term in sorted(found, key=lambda t: not t.plain):  # a product is the last to be left out
        rest = [t for t in found if t is not term]
        basis = _basis(rest, chosen)
        if np.abs(y[chosen] - basis @ (basis.T @ y[chosen])).max() <= rough:
            found = rest
    return found


def _basis(terms: Sequence[_Term], chosen: Index) -> Floats:
    """Orthonormal columns that span terms and a constant, shape (rows chosen, rank)."""
    columns = [(c - c.mean()) / (c.std() or 1.0) for c in (t.x[chosen] for t in terms)]
    u, s, _ = np.linalg.svd(np.column_stack([np.ones(len(chosen)), *columns]), full_matrices=False)
    return np.asarray(u[:, s > 1e-9 * s[0]])


def _told(numbers: Numbers, target: int, terms: Sequence[_Term], chosen: Index, slack: float) -> Way | None:
    """The sum with constants of few digits, if the rows bear it out, and it is no line of one column, which is found before."""
    if len(terms) == 1 and terms[0].plain:
        return None
    y, x = numbers.x[target], np.array([t.x[chosen] for t in terms])
    centre = x.mean(axis=1, keepdims=True)
    ks = np.linalg.lstsq((x - centre).T, y[chosen] - y[chosen].mean(), rcond=None)[0]
    unsure = np.abs(np.linalg.pinv((x - centre).T)).sum(axis=1) * slack + 1e-9 * np.abs(ks)
    constants = [short(k - off, k + off) for k, off in zip(ks, unsure, strict=True)]
    if any(not k for k in constants):
        return None
    made = np.sum([k * t.x for k, t in zip(constants, terms, strict=True) if k is not None], axis=0)
    m = short(
        *(float(np.median((y - made)[chosen])) + off * (slack + 1e-9 * np.abs(y[chosen]).max()) for off in (-1, 1))
    )
    if m is None or numbers.agreement(made + m, target, slack) < NEARLY:
        return None
    formula = " ".join(_signed(k, t.word) for k, t in zip(constants, terms, strict=True) if k is not None)
    formula = formula.removeprefix("+ ") + (f" {'+' if m > 0 else '-'} {shown(abs(m))}" if m else "")
    if formula.startswith("- "):
        formula = f"0 {formula}"
    return numbers.told(target, formula, numbers.agreement(made + m, target, 0.0) < NEARLY)


def _signed(k: float, word: str) -> str:
    """A term with its constant and its sign."""
    return f"{'+' if k > 0 else '-'} {word if abs(k) == 1 else f'{word} * {shown(abs(k))}'}"
