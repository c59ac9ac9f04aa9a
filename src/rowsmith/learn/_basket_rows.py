"""Rows as lines of baskets: which basket each belongs to, in which order, and what is the same in all lines of one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.core.grouping import BasketLines, check_columns, entity_numbers
from rowsmith.core.line import to_line
from rowsmith.learn._sequence_rows import constant

SEVERAL = 2
"""Baskets of several lines from which it can be told what is the same in all lines of one."""


@dataclass(frozen=True)
class BasketRows:
    """Lines in order of baskets, those of a customer together.

    Attributes:
        table: the lines.
        begins: first line of each basket, and the number of lines, shape (baskets + 1,).
        position: number of each basket among those of its customer, shape (baskets,); all 0 where these are not known.
        of_baskets: columns that are the same in all lines of a basket, with its id, customer and time.
        of_lines: the others, besides the item.
    """

    table: pa.Table
    begins: NDArray[np.int64]
    position: NDArray[np.int64]
    of_baskets: tuple[str, ...]
    of_lines: tuple[str, ...]

    @cached_property
    def heads(self) -> pa.Table:
        """What is the same in all lines of a basket, a row each."""
        return self.table.select(list(self.of_baskets)).take(pa.array(self.begins[:-1])).combine_chunks()


def basket_rows(table: pa.Table, lines: BasketLines, times: pa.Array | None, where: str) -> BasketRows:
    """The rows as baskets.

    Args:
        table: at least one row.
        lines: which columns make it baskets.
        times: the time of each row, of a type that has an order, if there is one.
        where: beginning of a message.

    Raises:
        DataError: a row has no basket, item, customer or time, or a basket has two times.
        SpecError: there is no such column, or one is named twice.
    """
    check_columns(table, lines, where)
    group = entity_numbers(table, (*lines.entity, lines.id))
    customer = lines.customers(table)
    line = np.zeros(len(group), dtype=np.int64) if times is None else to_line(times)
    order = np.lexsort((group, line, customer))
    begins = np.append(np.flatnonzero(np.diff(group[order], prepend=-1)), len(order))
    if len(begins) - 1 > group.max() + 1:  # lines of another basket stand between those of one
        assert lines.time is not None
        raise DataError(
            f"column {lines.time!r}: changes within {len(begins) - 2 - group.max():,} baskets; a basket has one time: take another "
            "column, or leave it out."
        )
    rows = table.take(pa.array(order)).combine_chunks()
    named = [*lines.entity, lines.id, *([lines.time] if lines.time else [])]
    if lines.time is not None and not constant(rows[lines.time], begins):
        raise DataError(
            f"column {lines.time!r}: changes within a basket; a basket has one time: take another column, or leave it out."
        )
    others = [n for n in table.column_names if n not in named and n != lines.item]
    several = int((np.diff(begins) > 1).sum()) >= SEVERAL
    same = {n for n in others if several and constant(rows[n], begins, slips=True)}
    return BasketRows(
        rows,
        begins,
        _positions(customer[order][begins[:-1]]) if lines.entity else np.zeros(len(begins) - 1, dtype=np.int64),
        tuple(n for n in table.column_names if n in named or n in same),
        tuple(n for n in others if n not in same),
    )


def _positions(customer: NDArray[np.int64]) -> NDArray[np.int64]:
    begins = np.flatnonzero(np.diff(customer, prepend=-1))
    lengths = np.diff(np.append(begins, len(customer)))
    return np.asarray(np.arange(len(customer)) - np.repeat(begins, lengths))


def numbered(values: pa.ChunkedArray, begins: NDArray[np.int64]) -> int | None:
    """The number of the first line of each basket, where a column counts the lines; else None."""
    if not pa.types.is_integer(values.type) or values.null_count or len(begins) == len(values) + 1:
        return None
    plain = values.cast(pa.int64()).to_numpy()
    first = int(plain[0])
    place = np.arange(len(plain)) - np.repeat(begins[:-1], np.diff(begins))
    return first if first in (0, 1) and bool((plain == place + first).all()) else None


def distinct_lines(begins: NDArray[np.int64], items: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first line of each item of each basket, rising, and how many lines of the basket have the item.

    Args:
        begins: first line of each basket, and the number of lines.
        items: code of each line's item.
    """
    basket = np.repeat(np.arange(len(begins) - 1), np.diff(begins))
    _, first, times = np.unique(basket * (items.max() + 1) + items, return_index=True, return_counts=True)
    order = np.argsort(first)
    return first[order], times[order]
