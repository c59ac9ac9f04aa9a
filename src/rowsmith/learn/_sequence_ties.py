"""What is learnt of sequences in place of columns that rules tie to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.learn._tie_absent import Absent
from rowsmith.learn._ties import Ties


def split(ties: Ties, rows: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """As `Ties.split`, but null where a value is missing because others say so, and no other value stands for it."""
    each = tuple(replace(tie, only=False) if isinstance(tie, Absent) else tie for tie in ties.each)
    return Ties(each).split(rows)


def steady(ties: Ties, parts: Mapping[str, pa.Array], begins: NDArray[np.int64]) -> dict[str, pa.Array]:
    """The parts that are never missing with the last value that was there, so that none jumps while it is not looked at.

    Args:
        ties: of the table.
        parts: as `split` returns them, in order of entities and times.
        begins: first row of each entity, and the number of rows.
    """
    never = {name for tie in ties.each if isinstance(tie, Absent) and tie.only for name in tie.learns}
    return {name: _carried(values, begins) if name in never else values for name, values in parts.items()}


def _carried(values: pa.Array, begins: NDArray[np.int64]) -> pa.Array:
    """Each null as the last value that is there; before the first one of an entity, as that; of an entity without any, as any."""
    there = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
    if len(there) in (0, len(values)):
        return values
    rows = np.arange(len(values))
    last = np.searchsorted(there, rows, side="right") - 1
    first = np.repeat(begins[:-1], np.diff(begins))
    before = there[np.maximum(last, 0)]
    known = (last >= 0) & (before >= first)
    after = there[np.minimum(np.searchsorted(there, rows), len(there) - 1)]
    return values.take(pa.array(np.where(known, before, after)))
