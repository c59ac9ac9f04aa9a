"""What is drawn of a column: shares of bins or levels in both tables.

Bins end at round numbers (of whole numbers and of dates: half-way between two), wherever the values end. So no value of a
row is told but one that at least `RARE` real rows share: a level, a spike, the first and the last of a few whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Feature
from rowsmith.evaluate._stats import Floats

BINS = 30
UNIT_BINS = 40
"""Whole numbers (or days) of a range up to this have a bin each."""
TOP = 12
"""Levels that are shown; the others are pooled."""
RARE = 5
"""Levels of fewer real rows than this are pooled, as they might point at a person."""
SPIKE = 0.35
"""A value that at least this share of the real rows has is told apart, so that the others can be seen."""
NEAR = 1.25
"""Times the range of the other values from their least one: a value told apart has its place in the picture up to there."""
TAIL = 0.005
EXACT = 2.0**52
"""Whole numbers below this have halves between them."""
DAY = 86_400.0


def overlay(feature: Feature, real: NDArray[Any], synthetic: NDArray[Any]) -> Mapping[str, Any]:
    """JSON values to draw a column from.

    Returns:
        For a category: `levels`, dicts of label, real and synthetic share, and `other`, the pooled rest, as such a dict or
        None. For a number or time: `edges` (of n + 1 bins), `real` and `synthetic` (n shares, the first and last bin
        holding all beyond), `spike`, a dict of value and both shares, told apart from the bins, or None, and whether it is a
        `time` (in seconds since 1970) or `whole` numbers. Nulls are in no bin; shares are of all rows.
    """
    if feature.kind == "category":
        return _levels(feature, real, synthetic)
    return _bins(feature, real, synthetic)


def _levels(feature: Feature, real: NDArray[Any], synthetic: NDArray[Any]) -> Mapping[str, Any]:
    size = len(feature.levels)
    counts = np.bincount(real[real >= 0], minlength=size)
    p = counts / len(real)
    q = np.bincount(synthetic[synthetic >= 0], minlength=size) / len(synthetic)
    shown = [i for i in range(min(TOP, size)) if counts[i] >= RARE]  # levels come in order of their real counts
    rest = np.ones(size, dtype=bool)
    rest[shown] = False
    other = {"label": f"{int(rest.sum()):,} other", "real": float(p[rest].sum()), "synthetic": float(q[rest].sum())}
    return {
        "levels": [{"label": feature.levels[i], "real": float(p[i]), "synthetic": float(q[i])} for i in shown],
        "other": other if rest.any() else None,
    }


def _bins(feature: Feature, real: Floats, synthetic: Floats) -> Mapping[str, Any]:
    known = [x[np.isfinite(x)] for x in (real, synthetic)]
    spike = _spike(known[0], len(real))
    if spike is not None:
        known = [x[x != spike] for x in known]
    joined = np.concatenate(known)
    out: dict[str, Any] = {"edges": [], "real": [], "synthetic": [], "spike": None}
    out |= {"time": feature.kind == "time", "whole": feature.whole}
    if spike is not None:
        shares = [float((x == spike).mean()) for x in (real, synthetic)]
        out["spike"] = {"value": spike, "real": shares[0], "synthetic": shares[1]}
    if len(joined) == 0:
        return out
    base = known[0] if len(known[0]) else joined
    if spike is not None and np.abs(spike / 2 - base.min() / 2) <= NEAR * (base.max() / 2 - base.min() / 2):
        base = np.append(base, np.full(RARE, spike))  # so that it has its place among the bins
    edges = _edges(feature, base)
    for name, values, n in zip(("real", "synthetic"), known, (len(real), len(synthetic)), strict=True):
        place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
        out[name] = [float(c) for c in np.bincount(place, minlength=len(edges) - 1) / n]
    out["edges"] = [float(e) for e in edges]
    return out


def _spike(values: Floats, n: int) -> float | None:
    if len(values) == 0:
        return None
    distinct, counts = np.unique(values, return_counts=True)
    top = int(np.argmax(counts))
    return float(distinct[top]) if len(distinct) > 3 and counts[top] >= max(SPIKE * n, RARE) else None


def _edges(feature: Feature, values: Floats) -> Floats:
    """Bins over all but the outermost real values."""
    # Of numbers that are all whole, or dates, a bin holds as many as the next.
    unit = 1.0 if feature.whole else DAY if feature.kind == "time" and not np.any(values % DAY) else 0.0
    if unit and np.abs(values).max() / unit < EXACT:
        return unit * _whole_edges(values / unit)
    # Halves, so that a range of nearly all floats does not overflow.
    low, high = (float(x) for x in np.quantile(values / 2, [TAIL, 1 - TAIL]))
    if high > low:
        return _round_edges(low, high, (high - low) / BINS, values)
    width = max(abs(low) * 1e-3, 0.25)
    return _round_edges(low - width, high + width, 2 * width, values)


def _whole_edges(values: Floats) -> Floats:
    names, counts = np.unique(values, return_counts=True)
    shared = names[counts >= RARE]
    low, high = names[[0, -1]]
    if high - low >= UNIT_BINS:
        low, high = np.quantile(values, [TAIL, 1 - TAIL])
        shared = shared[(shared >= np.floor(low)) & (shared <= np.ceil(high))]
    if len(shared) and high - low < UNIT_BINS:  # what is rare at an end counts in the outermost bin
        return np.asarray(np.arange(shared[0], shared[-1] + 2) - 0.5, dtype=np.float64)
    step = nice(max((high - low + 1) / BINS, 2.0 if len(shared) else 5.0), whole=True)
    return np.asarray(step * np.arange(np.floor(low / step), np.floor(high / step) + 2) - 0.5, dtype=np.float64)


def _round_edges(low: float, high: float, least: float, values: Floats) -> Floats:
    """Edges over twice `low` to twice `high`, a round number apart that is at least twice `least`; no value is one."""
    step = nice(least)
    places = np.arange(np.floor(low / step), np.ceil(high / step) + 1)
    digits, top = 5 - int(np.floor(np.log10(step))), np.finfo(np.float64).max / 2
    for shift in (0, 1 / 2, 1 / 4, 1 / 8, 1 / 16):  # values that are round themselves lie between the edges then
        edges = 2 * np.clip(step * (places - shift), -top, top)
        edges = np.unique(np.round(edges, digits) if abs(digits) < 300 else edges)  # 0.3, not 0.30000000000000004
        if not np.isin(edges, values).any():
            break
        places = np.arange(places[0], np.ceil(high / step + shift) + 1)
    return edges if len(edges) > 1 else np.array([edges[0] - 1.0, edges[0] + 1.0])


def nice(least: float, *, whole: bool = False) -> float:
    """The smallest of 1, 2, 2.5 and 5, times a power of ten, that is not smaller."""
    power = float(10.0 ** np.floor(np.log10(max(least, 1e-300))))
    steps = [m * power for m in (1, 2, 2.5, 5, 10)]
    return next((x for x in steps if x >= least and not (whole and x % 1)), steps[-1])
