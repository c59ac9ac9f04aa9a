"""What is learnt of sequences in place of columns that rules tie to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.learn._tie_absent import Absent
from rowsmith.learn._ties import Part, Ties


def split(ties: Ties, rows: Mapping[str, pa.Array]) -> dict[str, Part]:
    """As `Ties.parts`, but null where a value is missing because others say so, and no other value stands for it."""
    each = tuple(replace(tie, only=False) if isinstance(tie, Absent) else tie for tie in ties.each)
    return Ties(each).parts(rows)


def steady(ties: Ties, parts: Mapping[str, Part], begins: NDArray[np.int64]) -> dict[str, Part]:
    """The parts that are never missing with the last value that was there, so that none jumps while it is not looked at.

    Args:
        ties: of the table.
        parts: as `split` returns them, in order of entities and times.
        begins: first row of each entity, and the number of rows.
    """
    never = {name for tie in ties.each if isinstance(tie, Absent) and tie.only for name in tie.learns}
    return {name: _carried(part, begins) if name in never else part for name, part in parts.items()}


def _carried(part: Part, begins: NDArray[np.int64]) -> Part:
    """Each null as the last value that is there; before the first one of an entity, as that; of an entity without any, as any."""
    there = np.flatnonzero(part.values.is_valid().to_numpy(zero_copy_only=False))
    if len(there) in (0, len(part.values)):
        return part
    rows = np.arange(len(part.values))
    last = np.searchsorted(there, rows, side="right") - 1
    first = np.repeat(begins[:-1], np.diff(begins))
    before = there[np.maximum(last, 0)]
    known = (last >= 0) & (before >= first)
    after = there[np.minimum(np.searchsorted(there, rows), len(there) - 1)]
    return part.take(np.where(known, before, after))
