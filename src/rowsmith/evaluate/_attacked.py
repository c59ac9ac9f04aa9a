"""What every attack reports in the same form: a figure with its interval and controls, and why it says nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rowsmith.evaluate._measure import Figure, Level, Measure, Result, unmeasured
from rowsmith.evaluate._rates import Estimate, Gap
from rowsmith.evaluate._words import percent, show

TOO_FEW = "the rows are too few, too much alike, or so many that only a part of them was looked at"


SURE = 2 / 3
"""Share of an attacker's finds that must be right for a row to be given away by one."""


def telling(level: Level, gap: Gap) -> Level:
    """The level of a leak, at most fair where a find tells little.

    In a narrow table many rows come back by chance. That learnt ones do so a little more often is a finding, and yet an
    attacker who finds one is hardly surer that it was learnt than before.
    """
    return "fair" if level == "poor" and gap.precision < SURE else level


def attack_figure(
    name: str,
    label: str,
    found: Estimate | None,
    *,
    fresh: Estimate | None = None,
    copy: Estimate | None = None,
    floor: Estimate | None = None,
    chance: float = 0.0,
    unit: str = "share",
    reason: str = "",
) -> Figure:
    """The figure of an attack, the less the better.

    Args:
        name: of the figure.
        label: what a reader sees.
        found: what the attack reaches on the table to judge.
        fresh: what it reaches on real rows that nobody learnt from: the negative control.
        copy: what it reaches on a copy of the training rows: the positive control.
        floor: what it reaches on shuffled columns.
        chance: what guessing reaches.
        unit: as in `Figure`.
        reason: why nothing was found.
    """
    noise = None
    if found is not None and fresh is not None:
        noise = float(np.hypot(found.value - found.low, fresh.high - fresh.value))
    return Figure(
        name=name,
        label=label,
        value=_value(found),
        unit=unit,
        better="lower",
        ideal=chance,
        bad=chance + 0.1,
        floor=_value(floor),
        ceiling=_value(fresh),
        control=_value(copy),
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        noise=noise,
        reason=reason,
    )


def controls(copy: Estimate | None, fresh: Estimate | None, unit: str = "share") -> str:
    """What the two controls read, for the line on how a measure was taken; nothing where there are none.

    >>> controls(Estimate(0.5, 0.4, 0.6), Estimate(0.0, 0.0, 0.1))
    '; controls: copy 50 % (40 % to 60 %), fresh rows 0 % (0 % to 10 %)'
    """
    said = [
        f"{name} {show(e.value, unit)} ({show(e.low, unit)} to {show(e.high, unit)})"
        for name, e in (("copy", copy), ("fresh rows", fresh))
        if e is not None
    ]
    return "; controls: " + ", ".join(said) if said else ""


def powerless(measure: Measure, reason: str, **parts: Any) -> Result:
    """An attack that could not have found anything, and so neither speaks for the table nor against it."""
    return replace(unmeasured(measure, reason, **parts), decisive=False)


def plain(estimate: Estimate | None) -> dict[str, float] | None:
    """An estimate as JSON values."""
    return None if estimate is None else {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def between(estimate: Estimate) -> str:
    """An interval in words.

    >>> between(Estimate(0.1, 0.05, 0.2))
    '5 % to 20 %'
    """
    return f"{percent(estimate.low)} to {percent(estimate.high)}"


def _value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate.value
