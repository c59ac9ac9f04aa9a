"""What an exact target sees of the rows of a chunk: numbers, groups, and how far each number may be moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.errors import RowsmithError, SpecError
from rowsmith.engine._column import located
from rowsmith.engine._room import Floats, room
from rowsmith.engine._wholes import MOST, wholes
from rowsmith.samplers._levels import find
from rowsmith.spec.model import ColumnSpec, Spec
from rowsmith.spec.target import Target
from rowsmith.spec.target_columns import decimals

if TYPE_CHECKING:
    from rowsmith.engine._batch import Batch


@dataclass(frozen=True)
class Look:
    """Numbers of some rows.

    Attributes:
        values: int64 multiples of the last digit, or float64; any where there is none, shape (n,).
        known: which rows have a value, shape (n,).
        group: number of the row's level in the target; -1 for other levels, and where there is no value, shape (n,).
        low: the least that each may be, -inf where there is none, shape (n,).
        high: the greatest, likewise.
    """

    values: NDArray[Any]
    known: NDArray[np.bool_]
    group: NDArray[np.int64]
    low: Floats
    high: Floats

    @property
    def open(self) -> NDArray[np.bool_]:
        """Which numbers have no end on either side."""
        return np.isinf(self.low) & np.isinf(self.high)

    def weights(self, up: bool, sign: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """What numbers are moved in proportion to.

        Args:
            up: whether they go up.
            sign: 1 where numbers without any end stay at least 0, -1 at most 0; 0 where they are of both signs.

        Returns:
            The way to the end ahead; where there is none, the distance to the end behind; where there is none, 1. And
            which rows have an end ahead. Both of shape (n,).
        """
        low = np.where(self.open, 0.0, self.low) if sign > 0 else self.low
        high = np.where(self.open, 0.0, self.high) if sign < 0 else self.high
        ahead, behind = (high, low) if up else (low, high)
        capped, held = np.isfinite(ahead), np.isfinite(behind)
        end = np.where(capped, ahead, np.where(held, behind, 0.0)).astype(self.values.dtype)
        way = np.where(capped == up, end - self.values, self.values - end)
        return np.where(capped | held, np.maximum(way, 0), 1).astype(self.values.dtype), capped


def described(spec: Spec, target: Target) -> tuple[ColumnSpec, int | None]:
    """The column of numbers that a target moves, and how many digits after the point they have; None for floats."""
    if target.rows_of is None:
        column = spec.tables[target.table].columns[target.column]
        return column, decimals(column)
    per = spec.tables[target.rows_of].per
    assert per is not None
    return per.count, 0


def look(batch: Batch, target: Target, column: ColumnSpec, digits: int | None, values: pa.Array) -> Look:
    """What a target sees.

    Args:
        batch: the rows of a chunk.
        target: of numbers.
        column: that it moves.
        digits: after the point, where its numbers are whole multiples of their last digit; None for floats.
        values: of the column, as they are without the target, n.

    Raises:
        SpecError: numbers are too large or not finite, or a level can be no value of the expression.
    """
    known = np.asarray(values.is_valid())
    order = batch.family.plan.spec.order
    with located(column):
        if digits is None:
            found = values.fill_null(0.0).to_numpy()
            if not np.isfinite(found).all():
                raise SpecError("has values that are not finite, which do not add up; give `min` and `max`.")
        else:
            found = wholes(values, digits)
        low, high = room(batch, column, digits, order.moved[batch.table.name] | batch.table.late)
    if target.rows_of is not None:
        low = np.maximum(low, 0)  # a number of rows, whatever its law
    if digits is not None:
        low, high = np.where(low < -MOST, -np.inf, low), np.where(high > MOST, np.inf, high)
    group = np.zeros(batch.n, dtype=np.int64)
    if target.by is not None:
        given = {name: batch.read(name) for name in sql.references(target.by, "by")}
        try:
            level = sql.evaluate(target.by, given or {"": pa.nulls(batch.n)}, "by")
        except RowsmithError as fault:
            raise type(fault)(f"{target.path}: {fault}") from None
        group = find(level, target.levels, f"{target.path}.{target.measure}")
    return Look(found, known, np.where(known, group, -1), low, high)
