"""What is learnt of sequences in place of columns that rules tie to others, and which of these rather are sums of the law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.learn._previous import Follow
from rowsmith.learn._tie_absent import Absent
from rowsmith.learn._tie_derived import Derived
from rowsmith.learn._ties import Part, Ties


def summed(ties: Ties, follows: Sequence[Follow], where: str) -> tuple[Ties, tuple[Follow, ...], dict[str, str]]:
    """The ties without those of columns that formulas over the row before read, which the law has to know.

    Args:
        ties: of the table.
        follows: columns that follow from the row before.
        where: beginning of a message.

    Returns:
        The other ties; all columns that are sums, each after those of its row that it adds; and by which names the law knows all columns of
        sums.

    Raises:
        SpecError: such a column is tied otherwise than by a sum.
    """
    left, found, names = {tie.column: tie for tie in ties.each}, list(follows), dict[str, str]()
    asked = [(name, follow) for follow in follows for name in (follow.column, *(t.column for t in follow.terms))]
    while asked:
        name, by = asked.pop()
        tie = left.get(name)
        names[name] = name
        if isinstance(tie, Absent) and tie.inner is None:
            names[name] = next(iter(tie.learns))
        elif tie is not None:
            at = f"{where}.{by.column}"
            if not isinstance(tie, Derived) or name == by.column:
                raise SpecError(
                    f"{at}={by.expression!r}: a rule ties {name} to other columns; take one of the two out."
                )
            found.append(Follow.of(name, tie.expression, at))
            asked += [(term.column, found[-1]) for term in found[-1].terms]
            del left[name]
    ordered = list[Follow]()
    while left_over := [follow for follow in found if follow not in ordered]:
        waiting = {follow.column for follow in left_over}
        ready = [follow for follow in left_over if not follow.here & waiting]
        if not ready:
            raise SpecError(
                f"{where}: {', '.join(sorted(waiting))} follow from one another, by rules too; take one of the formulas out."
            )
        ordered += ready
    return Ties(tuple(left.values())), tuple(ordered), names


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
