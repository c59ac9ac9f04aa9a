"""Values that too few rows share: left out before anything is learnt, so that no model and no drawn row can hold them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.line import Line
from rowsmith.core.protocols import Codec
from rowsmith.core.rng import Key
from rowsmith.core.text import Form

Units = NDArray[np.int64]
"""Number of the entity that each row belongs to, shape (rows,): its rows are one, where it is counted who shares a value."""

FEW = 5
"""Rows that must share a value, by default, for it to be kept."""
FEWEST_UNITS = 10 * FEW
"""Entities from which on they are taken for persons, of whom each has a right not to be told apart; fewer are shops or machines."""
ROWS_EACH = 100
"""Rows of a table for each of these: in tables of fewer than 400 fewer are enough, since a share is what tells a person."""


@dataclass(frozen=True)
class Shielded:
    """A column without the values that too few rows share.

    Attributes:
        values: shape (n,); made-up ones may stand where one was left out.
        hidden: rows in which nothing stands for it, shape (n,): the value of a row like theirs is to be learnt there.
        levels: how many distinct values are left out.
        rows: how many rows had one.
    """

    values: pa.Array
    hidden: NDArray[np.bool_]
    levels: int
    rows: int


@dataclass(frozen=True)
class Whole:
    """What rows are a part of, such as those of a table that have a value: of so many few are hardly any.

    Attributes:
        rows: how many there are.
        entities: how many these belong to, if they do.
    """

    rows: int
    entities: int | None = None

    @classmethod
    def of(cls, rows: int, units: Units | None) -> Whole:
        """All rows, and their entities, shape (rows,)."""
        return cls(rows, None if units is None else len(np.unique(units)))


class Shielding(ABC):
    """What column kinds are besides, whose values are listed as they are: they leave out those of too few rows."""

    rare: int
    """Fewest rows that must share a value."""

    @abstractmethod
    def shielded(
        self, values: pa.Array, key: Key, units: Units | None = None, whole: Whole | None = None
    ) -> Shielded | None:
        """The column without the values that too few rows share; None where all may stay.

        Args:
            values: the column's values as `ColumnKind.fit` takes them, shape (n,).
            key: random stream of the column.
            units: entities of the rows, of which as few may not share a value either, shape (n,).
            whole: rows of the table, and entities of those with a value, if they are a part of it.

        Raises:
            DataError: nearly all would go, and nothing can be made up in their place.
        """


class Sharing(ABC):
    """What column kinds are besides, whose codec keeps what enough rows share, such as the ends of numbers."""

    @abstractmethod
    def fit_shared(self, values: pa.Array, form: Form | None, key: Key, units: Units | None, whole: Whole) -> Codec:
        """As `ColumnKind.fit`, of rows that belong to entities, or are a part of a table's.

        Args:
            values: shape (n,).
            form: how they are printed, for text columns.
            key: random stream of the column.
            units: entities of the rows, if they belong to some, of which enough must share what is kept, shape (n,).
            whole: the table.
        """


def fewest(rare: int, rows: int) -> int:
    """Rows that must share a value in a table of so many rows.

    >>> fewest(5, 32_561), fewest(5, 150), fewest(1, 150)
    (5, 2, 1)
    """
    return min(rare, 1 + rows // ROWS_EACH)


def fewest_units(rare: int, units: Units, entities: int | None = None) -> int:
    """Entities that must share a value: a value of one alone is told apart in small tables too.

    Args:
        rare: as many, as a setting says; fewer where there are few.
        units: entities of the rows, shape (n,).
        entities: of the column, where the rows are a part of it.

    >>> fewest_units(5, np.arange(60)), fewest_units(5, np.arange(1000)), fewest_units(1, np.arange(60))
    (2, 5, 1)
    """
    return min(rare, max(2, fewest(rare, len(np.unique(units)) if entities is None else entities)))


def persons(units: Units | None) -> Units | None:
    """Entities that are taken for persons: `FEWEST_UNITS` or more; None for fewer, whose own values make up the table."""
    return None if units is None or len(np.unique(units)) < FEWEST_UNITS else units


def scarce(there: NDArray[np.bool_], rare: int, units: Units | None = None) -> bool:
    """Whether so few rows have a value at all, or so few entities, that any one of a column points at somebody.

    Args:
        there: rows that have one, shape (n,).
        rare: rows that must, as a setting says; fewer in small tables, see `fewest`.
        units: entities of the rows, shape (n,); where there are some, as many must have one.

    >>> few = np.arange(1000) < 4
    >>> scarce(few, 5), scarce(few, 4), scarce(np.arange(1000) < 10, 5, np.arange(1000) // 10)
    (True, False, True)
    """
    if there.sum() < fewest(rare, len(there)):
        return True
    return units is not None and len(np.unique(units[there])) < fewest_units(rare, units)


def too_few(
    codes: NDArray[Any],
    size: int,
    rare: int,
    units: Units | None = None,
    rows: int | None = None,
    entities: int | None = None,
) -> NDArray[np.bool_]:
    """Which codes too few rows share, or too few entities, shape (size,).

    Args:
        codes: of the rows, shape (n,).
        size: how many codes there are.
        rare: rows that must share one, as a setting says; fewer in small tables, see `fewest`.
        units: entities of the rows, shape (n,); where there are some, as many must share a code.
        rows: of the column, where the codes are those of a part.
        entities: of the column, likewise.

    >>> too_few(np.array([0, 0, 0, 1, 1, 1]), 2, 2, np.array([7, 7, 7, 7, 8, 9])).tolist()
    [True, False]
    """
    gone = np.bincount(codes, minlength=size) < fewest(rare, len(codes) if rows is None else rows)
    if units is None:
        return gone
    base = int(units.max(initial=0)) + 1
    pairs = np.unique(codes.astype(np.int64) * base + units)
    return np.asarray(gone | (np.bincount(pairs // base, minlength=size) < fewest_units(rare, units, entities)))


def shared_ends(line: Line, rare: int, units: Units | None = None, whole: Whole | None = None) -> tuple[Any, Any]:
    """The values at which enough rows lie or beyond, at either end, and enough entities.

    Of too few, their mean stands for both ends: it is the amount of no one.

    Args:
        line: numbers without nan, at least one, shape (n,).
        rare: rows that must lie there, as a setting says.
        units: entities of the rows, shape (n,).
        whole: what they are a part of, if they are.

    >>> [list(map(int, shared_ends(np.arange(1000), 5, units))) for units in (None, np.arange(1000) // 10)]
    [[4, 995], [10, 989]]
    """
    whole = whole or Whole.of(len(line), units)
    last = len(line) - 1
    k = fewest(rare, whole.rows) - 1
    if 2 * k >= last:
        return _mean(line), _mean(line)
    if units is None:
        low, high = np.partition(line, (k, last - k))[[k, last - k]]
        return low, high
    order, many = np.argsort(line, kind="stable"), fewest_units(rare, units, whole.entities) - 1
    if many >= len(np.unique(units)):
        return _mean(line), _mean(line)
    up, down = (np.sort(np.unique(units[way], return_index=True)[1])[many] for way in (order, order[::-1]))
    first, second = max(k, int(up)), last - max(k, int(down))
    if first > second:  # no value has enough on both sides
        first = second = last // 2
    return line[order[first]], line[order[second]]


def _mean(line: Line) -> Any:
    return line.dtype.type(np.rint(line.mean()) if line.dtype.kind == "i" else line.mean())
