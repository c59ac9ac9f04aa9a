"""A figure that is the mean of the same figure of several tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from rowsmith.evaluate._measure import Figure
from rowsmith.evaluate._noise import interval

COUNT = re.compile(r"\bthe [\d,]+ ")
"""How many of something one of the tables has, in a label."""


def mean_figure(each: Mapping[str, Figure], *, label: str | None = None) -> Figure:
    """The mean over tables of a figure, of its floor, ceiling and control; of what every table has.

    >>> a, b = (Figure(name="x", label="x", value=v, unit="%", better="lower", ideal=0.0, noise=3.0) for v in (1.0, 2.0))
    >>> mean_figure({"a": a, "b": b}).value, round(mean_figure({"a": a, "b": b}).noise, 2)
    (1.5, 2.12)

    Args:
        each: by table, at least one with a value.
        label: what a reader sees, if not the same.
    """
    known = [f for f in each.values() if f.value is not None]
    first = known[0]
    half = [None if f.low is None or f.high is None else (f.high - f.low) / 2 for f in known]
    # An AUC below a coin flip is of rows that repeat real ones: it must not outweigh a table that is told apart.
    least = first.ideal if first.unit == "AUC" and first.better == "lower" else -np.inf
    value = _mean([None if f.value is None else max(f.value, least) for f in known])
    assert value is not None, "at least one has a value"
    wide = _noise(half)
    return replace(
        first,
        label=COUNT.sub("", first.label) if label is None else label,
        value=value,
        floor=_mean([f.floor for f in known]),
        ceiling=_mean([f.ceiling for f in known]),
        control=_mean([f.control for f in known]),
        **({"low": None, "high": None} | interval(value, wide, *_reach(known))),
        noise=_noise([f.noise for f in known]),
        words="",
    )


def _reach(each: list[Figure]) -> tuple[float, float]:
    """The lowest and the highest end of intervals: beyond what is possible for one figure, the mean cannot be either."""
    lows, highs = [f.low for f in each if f.low is not None], [f.high for f in each if f.high is not None]
    return min(lows, default=-np.inf), max(highs, default=np.inf)


def _mean(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _noise(values: list[float | None]) -> float | None:
    """Of a mean of independent numbers."""
    known = [v for v in values if v is not None]
    return float(np.sqrt(np.sum(np.square(known)))) / len(values) if len(known) == len(values) else None
