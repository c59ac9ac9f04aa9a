"""Numbers and lengths that are the time between two dates or moments: days of a stay, minutes of a trip, years of age."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.learn._numbers import FEWEST, NEARLY, Floats, Numbers, Way, matrix
from rowsmith.learn._ties import Columns, quoted

VALUES, EXPECTED = 3, 20.0
"""Different values of a number, and rows in which it would be another one by chance, at least: a stay has few lengths."""
DAY = 86_400
UNITS = (DAY, 3_600, 60, 1)
"""Seconds of what lengths are counted in."""


def lengths(rows: Columns, times: list[str], at: Floats, numbers: Numbers) -> Iterator[list[Way]]:
    """Numbers and lengths that may be the time between two others.

    Args:
        rows: real rows.
        times: names of the dates and moments.
        at: their seconds, shape (times, rows looked at).
        numbers: the columns of numbers.
    """
    spans = [name for name, values in rows.items() if pa.types.is_duration(values.type)]
    long = matrix(rows, spans)
    wanted = [i for i, n in enumerate(numbers.values) if n >= VALUES and numbers.wanted[i]]
    for a, b in itertools.permutations(range(len(times)), 2):
        low, high = quoted(times[a]), quoted(times[b])
        away = at[b] - at[a]
        days = all(pa.types.is_date(rows[times[i]].type) for i in (a, b))
        if days:
            exact = whole = [(np.floor(away / DAY), f"date_diff('day', {low}, {high})")]
        else:
            exact = [(away / unit, f"epoch({high} - {low}) / {unit}") for unit in UNITS]
            whole = [(np.floor(made), f"floor({word})") for made, word in exact]
        whole = [*whole, *(_years(at[a], at[b], low, high) if wanted else [])]
        for target in wanted:
            fits = [
                (share, -place, numbers.told(target, formula))
                for place, (made, formula) in enumerate(exact if numbers.fractions[target] and not days else whole)
                if (share := _agrees(numbers, made, target)) >= NEARLY
            ]
            if fits:
                yield [max(fits, key=lambda fit: fit[:2])[2]]
        for name, length in zip(spans, long, strict=True):
            both = np.isfinite(away) & np.isfinite(length)
            if both.sum() >= FEWEST and (np.abs(away - length) < 1e-6)[both].mean() >= NEARLY:
                yield [Way(name, f"{high} - {low}")]


def _years(start: Floats, end: Floats, low: str, high: str) -> Iterator[tuple[Floats, str]]:
    """Whole years and months, by the calendar, and years of 365.25 days."""
    both = np.isfinite(start) & np.isfinite(end)
    one, other = (np.where(both, x, 0.0) for x in (start, end))
    (first, day), (last, then) = _months(one), _months(other)
    months = last - first - (then < day)
    for made, formula in (
        (months // 12, f"date_sub('year', {low}, {high})"),
        (months, f"date_sub('month', {low}, {high})"),
        ((other - one) // (365.25 * DAY), f"floor(date_diff('day', {low}, {high}) / 365.25)"),
        (last // 12 - first // 12, f"year({high}) - year({low})"),
    ):
        yield np.where(both, made, np.nan), formula


def _months(seconds: Floats) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Months since 1970, and the time within the month."""
    moments = seconds.astype("datetime64[s]")
    months = moments.astype("datetime64[M]")
    return months.astype(np.int64), moments - months.astype("datetime64[s]")


def _agrees(numbers: Numbers, made: Floats, target: int) -> float:
    """Share of the rows in which a number is what was worked out; 0 where chance would say it, too."""
    share = numbers.agreement(made, target, numbers.slack(target) if numbers.fractions[target] else 0.0)
    if share < NEARLY:
        return 0.0
    wanted = numbers.x[target]
    both = np.isfinite(made) & np.isfinite(wanted)
    values, place = np.unique(np.rint(np.concatenate([made[both], wanted[both]])), return_inverse=True)
    n = int(both.sum())
    shares = [np.bincount(part, minlength=len(values)) / n for part in (place[:n], place[n:])]
    return share if n * (1 - float(shares[0] @ shares[1])) >= EXPECTED else 0.0
