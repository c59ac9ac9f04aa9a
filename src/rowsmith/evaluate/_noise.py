"""How far a number may lie from where it stands by chance: 95 % intervals, cheaply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._stats import Floats, Ints

GROUPS = 10
STUDENT = 2.26
"""The 97.5 % point of Student's t with GROUPS - 1 degrees of freedom."""
NORMAL = 1.96
FEWEST = 2 * GROUPS


def jackknife(
    statistic: Callable[..., Floats | None], tables: Sequence[Columns], rng: np.random.Generator, most: int = 5_000
) -> Floats | None:
    """Half the 95 % intervals of numbers, by leaving out a tenth of every table's rows at a time.

    Of large tables a random part is looked at, and the result scaled by the root of its share: the noise of
    means, shares and distances shrinks so.
    Source: J. Shao, D. Tu, "The Jackknife and Bootstrap" (1995), section 2.3 (delete-d, in groups).

    Args:
        statistic: k numbers of as many tables as are given, shape (k,).
        tables: what it is taken of.
        rng: deals the rows into tenths.
        most: rows of the largest table that are looked at.

    Returns:
        Shape (k,); None where there are too few rows, or a part of the rows has no such numbers.
    """
    if min(t.n for t in tables) < FEWEST:
        return None
    share = min(1.0, most / max(t.n for t in tables))
    parts = [t.take(rng.permutation(t.n)[: max(FEWEST, round(share * t.n))]) for t in tables]
    left = ([t.take(np.arange(t.n) % GROUPS != k) for t in parts] for k in range(GROUPS))
    found = _half([statistic(*some) for some in left])
    return None if found is None else found * share**0.5


def jackknife_rows(statistic: Callable[[Ints], Floats | None], n: int, rng: np.random.Generator) -> Floats | None:
    """The same for numbers of n rows that are held elsewhere.

    Args:
        statistic: k numbers of the rows whose places it is given.
        n: how many rows there are.
        rng: deals the rows into tenths.
    """
    if n < FEWEST:
        return None
    group = rng.permutation(n) % GROUPS
    return jackknife_parts(lambda k: statistic(np.flatnonzero(group != k)))


def jackknife_parts(statistic: Callable[[int], Floats | None]) -> Floats | None:
    """The same for numbers that are taken without the part of a number, from 0 to below `GROUPS`."""
    return _half([statistic(k) for k in range(GROUPS)])


def _half(values: Sequence[Floats | None]) -> Floats | None:
    known = np.array([v for v in values if v is not None])
    if len(known) < len(values) or not np.isfinite(known).all():
        return None
    variance = (GROUPS - 1) / GROUPS * ((known - known.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(STUDENT * variance**0.5, dtype=np.float64)


def of_share(value: float, n: int) -> float:
    """Half the 95 % interval of a share of n rows; of none or all as if a quarter of a row were the other way."""
    p = min(max(value, 0.25 / n), 1 - 0.25 / n)
    return float(NORMAL * (p * (1 - p) / n) ** 0.5)


def of_auc(value: float, n: int, m: int) -> float:
    """Half the 95 % interval of an AUC of n positive and m negative rows.

    Source: J. Hanley, B. McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC)
    curve" (1982), equations 1 and 2.
    """
    a = min(max(value, 1 - value), 1 - 0.25 / max(n, m))
    q, r = a / (2 - a), 2 * a * a / (1 + a)
    variance = (a * (1 - a) + (n - 1) * (q - a * a) + (m - 1) * (r - a * a)) / (n * m)
    return float(NORMAL * max(variance, 0.0) ** 0.5)


def apart(value: float | None, ceiling: float | None) -> float | None:
    """How far two numbers may lie apart by chance, from half the interval of each, if both are known."""
    return None if value is None or ceiling is None else float(np.hypot(value, ceiling))


def interval(value: float | None, half: float | None, low: float = -np.inf, high: float = np.inf) -> dict[str, Any]:
    """`low` and `high` of a `Figure`, within what is possible; nothing where the noise is not known."""
    if value is None or half is None or not np.isfinite(half):
        return {}
    return {"low": max(low, value - half), "high": min(high, value + half)}
