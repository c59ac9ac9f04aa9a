"""How far the numbers of a column may be moved in each row: the ends of its law, and limits that rules set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.protocols import ColumnSampler
from rowsmith.engine._column import Given, groups, resolved
from rowsmith.samplers._ends import ends
from rowsmith.spec.limits import limits
from rowsmith.spec.model import ColumnSpec

if TYPE_CHECKING:
    from rowsmith.engine._batch import Batch

Floats = NDArray[np.float64]


def room(batch: Batch, column: ColumnSpec, digits: int | None, avoid: frozenset[str]) -> tuple[Floats, Floats]:
    """How far a column's numbers may be moved.

    Args:
        batch: the rows.
        column: a distribution or a walk.
        digits: after the point, where numbers are whole multiples of their last digit.
        avoid: columns that no limit may hang on, since they are made after this one.

    Returns:
        The least and the greatest that each number may be, in multiples if there are such; infinite where there is none.
        Shape (n,).
    """
    found = np.empty(batch.n), np.empty(batch.n)
    given = {name: batch.read(name) for name in column.reads}
    for members, sampler, some in _laws(column, batch.n, given):
        low, high = (np.asarray(end, dtype=float) for end in ends(resolved(sampler, some)))
        found[0][members] = _fitted(low, digits, up=True, strict=False)
        found[1][members] = _fitted(high, digits, up=False, strict=False)
    if column.name in batch.table.columns:
        _narrow(found, batch, column.name, digits, avoid)
    return found


def _laws(column: ColumnSpec, n: int, given: Given) -> Iterator[tuple[Any, ColumnSampler, Given]]:
    """Rows of one law each: their places, the law, and what it reads."""
    if not column.by or n == 0:
        yield slice(None), column.sampler, given
        return
    for _, members, sampler in groups(column, n, given):
        yield members, sampler, {name: array.take(pa.array(members)) for name, array in given.items()}


def _narrow(found: tuple[Floats, Floats], batch: Batch, column: str, digits: int | None, avoid: frozenset[str]) -> None:
    """Take in the limits of rules."""
    (low, high), table = found, batch.table
    for name, rule in table.rules.items():
        for limit in limits(rule, frozenset({column, f"{table.name}.{column}"})):
            if not avoid.isdisjoint(own.removeprefix(f"{table.name}.") for own in limit.reads):
                continue
            given = {read: batch.read(read) for read in limit.reads} or {"": pa.nulls(batch.n)}
            value = sql.evaluate(limit.expression, given, f"{table.path}.rules.{name}")
            if not (
                pa.types.is_integer(value.type) or pa.types.is_floating(value.type) or pa.types.is_decimal(value.type)
            ):
                continue
            known, end = np.asarray(value.is_valid()), value.cast(pa.float64()).fill_null(0.0).to_numpy()
            fitted = _fitted(end, digits, up=not limit.upper, strict=limit.strict)
            if limit.upper:
                np.minimum(high, fitted, out=high, where=known)
            else:
                np.maximum(low, fitted, out=low, where=known)


def _fitted(end: Floats, digits: int | None, *, up: bool, strict: bool) -> Floats:
    """The nearest number that the column can have, upwards or downwards; the end itself, unless strict."""
    if digits is None:
        return np.nextafter(end, np.inf if up else -np.inf) if strict else end
    with np.errstate(invalid="ignore"):
        scaled = end * 10.0**digits
        whole = np.rint(scaled)
        # 0.07 * 100 is not 7 to the last bit
        near = np.abs(scaled - whole) <= np.maximum(1e-6, 1e-12 * np.abs(scaled))
    turn: Callable[[Floats], Floats] = np.ceil if up else np.floor
    step = (1.0 if up else -1.0) if strict else 0.0
    beyond = np.where(near, whole + step, turn(scaled))
    return np.where(np.isfinite(scaled), beyond, scaled)
