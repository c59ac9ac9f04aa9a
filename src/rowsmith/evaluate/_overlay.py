"""What is drawn of a column: shares of bins or levels in both tables, no single real value among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Feature
from rowsmith.evaluate._stats import Floats

BINS = 30
UNIT_BINS = 40
"""Whole numbers of a range up to this have a bin each."""
TOP = 12
"""Levels that are shown; the others are pooled."""
RARE = 5
"""Levels of fewer real rows than this are pooled, as they might point at a person."""
SPIKE = 0.35
"""A value that at least this share of the real rows has is told apart, so that the others can be seen."""
TAIL = 0.005
EXACT = 2.0**52
"""Whole numbers below this have halves between them."""


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
    low, high = float(np.min(values)), float(np.max(values))
    whole = feature.whole and max(-low, high) < EXACT
    if whole and high - low < UNIT_BINS:
        return np.arange(low, high + 2) - 0.5
    low, high = (float(x) for x in np.quantile(values, [TAIL, 1 - TAIL], method="nearest"))
    if not high > low:
        width = max(abs(low) * 1e-3, 0.5)
        return np.array([low - width, low + width])
    if whole:
        step = max(1.0, np.ceil((high - low + 1) / BINS))
        return np.asarray(low - 0.5 + step * np.arange(np.ceil((high - low + 1) / step) + 1), dtype=np.float64)
    # Halves, so that a range of nearly all floats does not overflow.
    return np.unique(2 * np.linspace(low / 2, high / 2, BINS + 1))
