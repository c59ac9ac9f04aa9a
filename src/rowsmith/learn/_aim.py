"""Conditions that are on what is computed from several learnt columns, or on them together: aimed at by trial.

A learner can be told what codes a column may have, and not that a product shall be above a thousand. So some rows are drawn,
and of those that meet the condition it is seen where the learnt columns lie: codes that rows would often have, and none
of those that meet it has, are left out. What is drawn then meets the condition much more often; the rest is drawn again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import CodeArray, Known, Rows
from rowsmith.core.rng import Key
from rowsmith.learn._given import Given

if TYPE_CHECKING:
    from rowsmith.learn.table import TableModel

PILOTS = (1_000, *[20_000] * 10)
"""Rows that are drawn to try a condition, at a time."""
OFTEN = 0.05
"""Share of rows that meet the condition from which on there is nothing to aim at."""
ENOUGH = 200
"""Rows that meet it from which on no more are drawn."""
EXPECTED = 12.0
"""Rows that meet it that a code, or all codes beyond one, would have if the condition said nothing of the column: if there is
none, the condition says that there cannot be many. By chance that happens once in e ** 12 columns."""


def aimed(table: TableModel, expression: str, groups: Mapping[int, CodeArray], shown: str) -> dict[int, CodeArray]:
    """What codes of the learnt columns are good for, with those left out that rows which meet a condition never have.

    Args:
        table: the model.
        expression: the condition.
        groups: position of a column to 1 for codes that may meet what is asked of the column alone.
        shown: the condition as the user wrote it.

    Raises:
        SpecError: none of the rows that were drawn meets it.
    """
    key, tried = Key(0).child("where", "pilot"), 0
    met: list[dict[int, CodeArray]] = []
    every = {position: np.zeros(table.codecs[position].size, dtype=np.int64) for position in table.learnt}
    hits = 0
    for number, n in enumerate(PILOTS):
        codes, rows = table.drawn_codes(Rows(0, n), key.child(number), known_as(groups, n))
        good = sql.truth(expression, rows, "where")
        tried, hits = tried + n, hits + int(good.sum())
        if number == 0 and good.mean() >= OFTEN:
            return dict(groups)
        met.append({position: codes[position][good] for position in every})
        for position, counts in every.items():
            counts += np.bincount(codes[position], minlength=len(counts))
        if hits >= ENOUGH:
            break
    if not hits:
        raise SpecError(
            f"where={shown!r}: none of {tried:,} drawn rows meets it; ask for a condition that more rows meet."
        )
    out = dict(groups)
    for position, counts in every.items():
        seen = np.bincount(np.concatenate([codes[position] for codes in met]), minlength=len(counts)) > 0
        may = _may(seen, counts / tried * hits, table.codecs[position].ordered, table.codecs[position].nullable)
        if not may.all():
            out[position] = (may & (out.get(position, np.ones(len(may), dtype=np.uint16)) > 0)).astype(np.uint16)
    return out


def known_as(groups: Mapping[int, CodeArray], n: int) -> dict[int, Given]:
    """What is known of n rows of which codes may only be of group 1, by position of the column."""
    ones, says = np.ones(n, dtype=np.uint16), np.ones(n, dtype=bool)
    return {position: Given(Known(ones, group), says) for position, group in groups.items()}


def _may(seen: NDArray[np.bool_], expected: NDArray[np.float64], ordered: bool, nullable: bool) -> NDArray[np.bool_]:
    """Which codes may come: those seen, and those that too few rows would have had for their absence to say anything.

    Of an ordered column the codes beyond the outermost that were seen count together.
    """
    may = seen | (expected < EXPECTED)
    if not ordered:
        return may
    first = int(nullable)
    inside = seen[first:]
    if not inside.any():
        may[first:] = expected[first:].sum() < EXPECTED
        return may
    low, high = np.flatnonzero(inside)[[0, -1]] + first
    may[first:] = True
    # One code on either side stays: the condition may cut a code in two.
    if expected[first:low].sum() >= EXPECTED:
        may[first : max(first, low - 1)] = False
    if expected[high + 1 :].sum() >= EXPECTED:
        may[high + 2 :] = False
    return may
