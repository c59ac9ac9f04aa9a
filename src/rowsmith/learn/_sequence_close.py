"""When a table of sequences ends: a log of one year has no events of the next, however few or many an entity has."""

from __future__ import annotations

import numpy as np

from rowsmith.core.shield import FEW, shared_ends
from rowsmith.learn._sequence_rows import Real

PACED, PACED_ROWS, SLOW = 0.1, 10, 0.9
"""Spread of the mean gaps of entities, as a share of their mean, below which all keep one pace, if they have so many rows; and which of
these mean gaps is taken for it, so that rows have room."""


def close_of(real: Real) -> float:
    """The time after which hardly any entity has rows; infinite of few entities."""
    if len(real.begins) <= 2 * FEW:
        return np.inf
    last = real.lines[real.begins[1:] - 1]
    return float(shared_ends(last, FEW, np.arange(len(last)))[1])


def pace_of(real: Real) -> float:
    """Ticks from row to row, where all entities keep one pace: of business days 1.4. Else 0: how many come is an entity's own affair."""
    if not real.gaps:
        return 1.0
    firsts, lasts = real.lines[real.begins[:-1]], real.lines[real.begins[1:] - 1]
    several = np.diff(real.begins) >= PACED_ROWS
    if several.sum() <= FEW:
        return 0.0
    own = ((lasts - firsts) / real.clock.step / np.maximum(np.diff(real.begins) - 1, 1))[several]
    return float(np.quantile(own, SLOW)) if own.std() < PACED * own.mean() else 0.0
