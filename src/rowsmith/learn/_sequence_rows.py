"""Rows as sequences: which entity each belongs to, in which order, and what never changes within one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.grouping import EventOrder, check_columns, entity_numbers
from rowsmith.core.line import to_line
from rowsmith.core.matching import codes_of
from rowsmith.core.shield import Units, persons
from rowsmith.learn._sequence_clock import Clock
from rowsmith.learn._sequence_sum import Sum
from rowsmith.learn._sequence_values import Values

Floats = NDArray[np.float64]
ROUNDED = 1e-6
"""By how much of a unit a bound may be wrong."""
MANY, SLIPS, UNLIKE = 50, 0.005, 0.05
"""Entities of several rows among which some may be mistyped, the share of these that are, and that share over the one of two rows of
different entities that differ: a mark that hardly any row has is no slip."""
Arrangement = Literal["entity", "time"]


@dataclass(frozen=True)
class Ordered:
    """Rows of a table in order of entities, and of times in each.

    Attributes:
        table: the rows.
        places: of each row in the table as it came, shape (rows,).
        begins: first row of each entity, and the number of rows, shape (entities + 1,).
        constants: columns that do not change within any entity, neither keys nor the time.
        arrangement: whether the rows stood entity by entity, or by time with the entities mixed.
    """

    table: pa.Table
    places: NDArray[np.int64]
    begins: NDArray[np.int64]
    constants: tuple[str, ...]
    arrangement: Arrangement

    @property
    def n_entities(self) -> int:
        """How many entities there are."""
        return len(self.begins) - 1

    @property
    def same(self) -> NDArray[np.bool_]:
        """Whether a row is of the same entity as the one above it, shape (rows,)."""
        out = np.ones(self.table.num_rows, dtype=bool)
        out[self.begins[:-1]] = False
        return out

    @property
    def units(self) -> Units | None:
        """The entity of each row, shape (rows,), if there are enough to be persons."""
        return units_of(self.begins)

    def firsts(self, name: str) -> pa.Array:
        """A column in the first row of each entity."""
        return self.table[name].combine_chunks().take(pa.array(self.begins[:-1]))


def ordered(table: pa.Table, entity: Sequence[str], time: str, times: pa.Array, where: str) -> Ordered:
    """The rows as sequences.

    Args:
        table: at least one row.
        entity: columns that say to which entity a row belongs; none if all are of one series.
        time: column of the time.
        times: its values, of a type that has an order.
        where: beginning of a message.

    Raises:
        DataError: a row has no time or no entity.
        SpecError: there is no such column, or one is named twice.
    """
    check_columns(table, EventOrder(time=time, entity=tuple(entity)), where)
    group = entity_numbers(table, entity)
    line = to_line(times)
    order = np.lexsort((line, group))
    grouped = group[order]
    begins = np.append(np.flatnonzero(np.diff(grouped, prepend=-1)), len(grouped))
    mixed = bool((np.diff(line) >= 0).all()) and int((np.diff(group) != 0).sum()) > len(begins) - 2
    rows = table.take(pa.array(order)).combine_chunks()
    constants = _constants(rows, begins, {*entity, time}) if entity else ()
    return Ordered(rows, order, begins, constants, "time" if mixed else "entity")


def _constants(rows: pa.Table, begins: NDArray[np.int64], others: set[str]) -> tuple[str, ...]:
    several = np.diff(begins) > 1
    if len(begins) < 3 or not several.any():
        return ()
    return tuple(name for name in rows.column_names if name not in others and constant(rows[name], begins, slips=True))


def constant(values: pa.ChunkedArray, begins: NDArray[np.int64], *, slips: bool = False) -> bool:
    """Whether a column never changes within an entity.

    Args:
        values: of the column, shape (rows,).
        begins: first row of each entity, and the number of rows.
        slips: whether it may do so in very few of many entities, where rows of several mostly differ: somebody mistyped it.
    """
    plain = values.combine_chunks()
    if pa.types.is_nested(plain.type):
        plain = pa.array([repr(v) for v in plain.to_pylist()])
    codes = codes_of(plain)
    odd = codes != np.repeat(codes[begins[:-1]], np.diff(begins))
    if not odd.any() or not slips:
        return not odd.any()
    several = int((np.diff(begins) > 1).sum())
    changed = int(np.logical_or.reduceat(odd, begins[:-1]).sum())
    differ = 1 - float(((np.unique(codes, return_counts=True)[1] / len(codes)) ** 2).sum())
    return several >= MANY and changed <= max(1, SLIPS * several) and changed <= UNLIKE * differ * several


def units_of(begins: NDArray[np.int64]) -> Units | None:
    """The entity of each row, if there are enough to be persons.

    Args:
        begins: first row of each, and the number of rows.
    """
    return persons(np.repeat(np.arange(len(begins) - 1), np.diff(begins)))


@dataclass(frozen=True)
class Real:
    """Real rows in order of entities and times.

    Attributes:
        columns: how each is turned into numbers; None for the gap to the row above, which comes first if at all.
        values: the numbers, shape (rows, columns).
        begins: first row of each entity, and the number of rows.
        lines: times, shape (rows,).
        context: what is constant in an entity, shape (entities, constants).
        levels: how many levels each constant has; 0 for a number.
        clock: of the times.
        sums: columns that are sums over their row and the row before, by their places here.
    """

    columns: Sequence[Values | None]
    values: Floats
    begins: NDArray[np.int64]
    lines: NDArray[np.int64]
    context: Floats
    levels: Sequence[int]
    clock: Clock
    sums: Sequence[Sum] = ()

    @property
    def gaps(self) -> bool:
        """Whether gaps are drawn."""
        return bool(self.columns) and self.columns[0] is None

    @property
    def position(self) -> NDArray[np.int64]:
        """Of rows in their entities."""
        return np.asarray(np.arange(len(self.lines)) - np.repeat(self.begins[:-1], np.diff(self.begins)))


@dataclass(frozen=True)
class Start:
    """Where a single series, or one of a few, begins.

    Attributes:
        length: rows.
        line: the first time, in units of the clock.
        values: first values, in the order of the law, shape (columns,).
    """

    length: int
    line: int
    values: NDArray[np.float64]


def ordered_values(
    values: Floats, free: NDArray[np.bool_], bounds: NDArray[np.int64], columns: Sequence[Values | None]
) -> None:
    """Bring columns of which the first is never above the second into order.

    Args:
        values: the numbers, changed in place, shape (rows, columns).
        free: which of them may be changed, shape (rows, columns) or, of all rows, (columns,).
        bounds: pairs of columns, the lower one first.
        columns: how they are turned into numbers.
    """
    for low, high in bounds:
        one, two = columns[low], columns[high]
        assert one is not None
        assert two is not None
        most, least = one.counted(values[:, high], two), two.counted(values[:, low], one)
        down = free[..., low] & (values[:, low] > most)
        up = free[..., high] & ~free[..., low] & (values[:, high] < least)
        values[down, low] = (np.floor(most + ROUNDED) if one.lattice else most)[down]
        values[up, high] = (np.ceil(least - ROUNDED) if two.lattice else least)[up]
