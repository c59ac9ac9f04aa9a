"""Usual values by a constant: shops and homes have days of their own, and what all have on average is the day of nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.shield import FEW
from rowsmith.learn import _sequence_layout as layout
from rowsmith.learn._sequence_layout import CELL, HOME, VALUE, Program
from rowsmith.learn._sequence_rows import Real
from rowsmith.learn._sequence_season import Season
from rowsmith.learn._sequence_values import Values

Floats = NDArray[np.float64]

MOST_GROUPS, OF_THEIR_OWN = 8, 0.03
"""Levels of a constant by which usual values may go, and the share of the variance that they must tell beyond common ones."""
FEWEST_ROWS = 200
"""Rows of each level of a constant that must show usual values of their own."""


def grouped(
    p: Program,
    season: Season,
    matrix: Floats,
    real: Real,
    columns: Sequence[Values | None],
    cells: NDArray[np.int64],
) -> tuple[Program, Season, NDArray[np.int64]]:
    """The season by the levels of the constant that tells most of it, if one does; and the cells of the rows by it.

    Args:
        p: the program without trees, of which room for usual values is made by level.
        season: of all entities.
        matrix: of the rows, whose cells are set anew.
        real: the rows.
        columns: in the order of the program.
        cells: of the rows, shape (rows,).
    """
    if not season.expects or len(real.begins) == 2:
        return p, season, cells
    numbers = [matrix[:, p.columns[k, HOME] + VALUE] for k, c in enumerate(columns) if c is not None and c.on_line]
    found = {
        k: _gain(season, cells, matrix[:, layout.CONTEXT + k], n, numbers)
        for k, n in enumerate(real.levels)
        if 2 <= n <= MOST_GROUPS and np.bincount(_levels(real.context[:, k], n), minlength=n).min() >= FEW
    }
    best = max(found, key=lambda k: found[k], default=-1)
    if best < 0 or found[best] < OF_THEIR_OWN:
        return p, season, cells
    groups, pace = real.levels[best], p.pace.copy()
    pace[[layout.GROUP, layout.GROUPS]] = best, groups
    own = _levels(matrix[:, layout.CONTEXT + best], groups)
    cells = cells + season.size * own
    season = replace(season, groups=groups)
    matrix[:, CELL] = cells
    room = np.zeros((len(p.expected), season.size))
    return p._replace(pace=pace, expected=room, push=room.copy()), season, cells


def _gain(season: Season, cells: NDArray[np.int64], levels: Floats, n: int, numbers: Sequence[Floats]) -> float:
    """How much more of the variance of columns usual values tell that go by the levels of a constant, beyond what levels and cells tell.

    Args:
        season: of all.
        cells: of the rows.
        levels: of the constant, shape (rows,).
        n: how many.
        numbers: columns on a line.
    """
    each = replace(season, groups=n)
    own, gains = _levels(levels, n), []
    for x in numbers:
        known = np.isfinite(x)
        if known.sum() < FEWEST_ROWS or np.bincount(own[known], minlength=n).min() < FEWEST_ROWS or not x[known].std():
            continue
        level = np.bincount(own[known], x[known], minlength=n) / np.bincount(own[known], minlength=n)
        away = x[known] - level[own[known]]
        plain = away - season.usual(away, cells[known])[0][cells[known]]
        finer = cells[known] + season.size * own[known]
        split = away - each.usual(away, finer)[0][finer]
        gains.append((plain.var() - split.var()) / x[known].var())
    return max(gains, default=0.0)


def _levels(values: Floats, n: int) -> NDArray[np.int64]:
    """Levels of a constant; the first one stands for what is missing."""
    return np.nan_to_num(values).astype(np.int64).clip(0, n - 1)
