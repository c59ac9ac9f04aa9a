"""A distance of two tables, as a figure between its floor and its ceiling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Figure
from rowsmith.evaluate._noise import apart, interval, jackknife
from rowsmith.evaluate._stats import Floats

Statistic = Callable[[Columns, Columns], "Floats | None"]


def between(
    context: Context,
    statistic: Statistic,
    use: str,
    *figures: dict[str, Any],
    most: int,
    even: bool = False,
    noisy: int = 5_000,
    rough: Statistic | None = None,
) -> tuple[Figure, ...]:
    """Figures of the synthetic table against the real one, with floor, ceiling, interval and noise.

    Args:
        context: the tables.
        statistic: k distances of a real table and another, shape (k,); None if they cannot be taken.
        use: names the random streams.
        figures: k dicts of a `Figure`'s other fields.
        most: rows of each table that are looked at.
        even: whether all tables are cut to one size, for distances that shrink with the number of rows.
        noisy: rows from which the noise is taken.
        rough: the same distances of a part of the columns, from which the noise is taken where that is quicker.
    """
    base, unseen = context.unseen
    pairs = {
        "value": (context.real, context.synthetic),
        "floor": (context.real, context.floor),
        "ceiling": (base, unseen),
    }
    if even:
        most = min(most, *(t.n for pair in pairs.values() for t in pair if t.n))
    taken = {
        role: tuple(part(context, t, most, use, role, side) for side, t in enumerate(pair))
        for role, pair in pairs.items()
    }
    found = {role: statistic(a, b) if a.n and b.n else None for role, (a, b) in taken.items()}
    halves = {
        role: jackknife(rough or statistic, taken[role], context.rng(use, "noise", role), noisy)
        for role in ("value", "ceiling")
        if found[role] is not None
    }
    return figures_of(found, halves, figures)


def figures_of(
    found: Mapping[str, Floats | None], halves: Mapping[str, Floats | None], figures: Sequence[dict[str, Any]]
) -> tuple[Figure, ...]:
    """Figures from their numbers.

    Args:
        found: the numbers by role (value, floor, ceiling), shape (k,); None if they cannot be taken.
        halves: half the 95 % intervals of value and ceiling, likewise.
        figures: k dicts of a `Figure`'s other fields.
    """
    out = []
    for i, fields in enumerate(figures):
        numbers: dict[str, Any] = {role: _at(values, i) for role, values in found.items()}
        half = {role: _at(halves.get(role), i) for role in ("value", "ceiling")}
        possible = {"low": 0.0} if fields["better"] == "lower" else {"high": fields["ideal"]}
        if fields["unit"] == "share":
            possible = {"low": 0.0, "high": 1.0}
        out.append(
            Figure(
                **{"reason": "" if numbers["value"] is not None else "it has no finite value", **fields},
                **numbers,
                **interval(numbers["value"], half["value"], **possible),
                noise=apart(half["value"], half["ceiling"]),
            )
        )
    return tuple(out)


def part(context: Context, table: Columns, most: int, *names: str | int) -> Columns:
    """The table, or so many of its rows at random."""
    return table if table.n <= most else context.sample(table, most, *names)


def _at(values: Floats | None, place: int) -> float | None:
    if values is None or not np.isfinite(values[place]):
        return None
    return float(values[place])
