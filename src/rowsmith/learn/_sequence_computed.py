"""Compiled: columns of a sequence's row that are sums over it and the row before, and what leaves room for them."""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit

from rowsmith.learn._sequence_layout import (
    AGO,
    CEILING,
    DRIFT,
    FIRST_STEP,
    FLOOR,
    HIGH,
    KEEPS,
    KNOT_AT,
    LATTICE,
    LOW,
    PLACE,
    SUM,
    TERM_AT,
    TIGHT,
)


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def is_sum(columns, terms, values, row, pos, c):
    """Whether a column is computed: it always is a sum, of which all terms are there."""
    if columns[c, TIGHT] != SUM:
        return False
    for k in range(columns[c, TERM_AT], columns[c + 1, TERM_AT]):
        if pos < terms[k, AGO] or np.isnan(values[row - terms[k, AGO], terms[k, PLACE]]):
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def unmoved(columns, knots, c):
    """The code of a step of 0."""
    first, at = columns[c, FIRST_STEP], columns[c, KNOT_AT]
    for code in range(first, columns[c + 1, KNOT_AT] - at):
        if knots[at + code, 0] <= 0.0 <= knots[at + code, knots.shape[1] - 1]:
            return code
    return first


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def room_for(columns, numbers, terms, weights, values, row, pos, c):
    """The least and the greatest value of a column that leave a sum, of which it is the last term, within its ends."""
    whole, low, high = columns[c, KEEPS], numbers[c, LOW], numbers[c, HIGH]
    if whole < 0:
        return low, high
    rest, own = numbers[whole, DRIFT], 0.0
    for k in range(columns[whole, TERM_AT], columns[whole + 1, TERM_AT]):
        place, ago = terms[k, PLACE], terms[k, AGO]
        if place == c and ago == 0:
            own = weights[k]
        else:
            rest += weights[k] * values[row - ago, place] if pos >= ago else np.nan
    if np.isnan(rest) or own == 0.0:
        return low, high
    least, most = (numbers[whole, FLOOR] - rest) / own, (numbers[whole, CEILING] - rest) / own
    if own < 0.0:
        least, most = most, least
    if columns[c, LATTICE]:
        least, most = np.ceil(least - 1e-6), np.floor(most + 1e-6)
    if least > high or most < low:  # what keeps the sum in its ends counts more than what is usual
        return least if least > -np.inf else most, most if most < np.inf else least
    return max(low, least), min(high, most)
