"""Terms of a linear predictor: columns, their products and powers, and levels of categories."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError

Given: TypeAlias = "Mapping[str, pa.Array] | pa.Table"


@dataclass(frozen=True)
class Factor:
    """A part of a term.

    Attributes:
        column: its name.
        power: that its numbers are raised to.
        level: the value for which it is 1, and 0 for others; None for the numbers of the column.
    """

    column: str
    power: int = 1
    level: str | None = None


@cache
def parse(term: str) -> tuple[Factor, ...]:
    """The factors of a term.

    Raises:
        SpecError: it is no term.

    >>> parse("price^2:channel[web]")
    (Factor(column='price', power=2, level=None), Factor(column='channel', power=1, level='web'))
    """
    factors = []
    for part in term.split(":"):
        found = re.fullmatch(r"\s*(?P<column>[^\[\]^]+?)\s*(\^(?P<power>[1-9])|\[(?P<level>.+)\])?\s*", part)
        if found is None:
            raise SpecError(f"{term!r}: is no term; expected a column, a^2, a:b, or category[level].")
        factors.append(Factor(found["column"], int(found["power"] or 1), found["level"]))
    return tuple(factors)


def columns_of(terms: Sequence[str]) -> tuple[str, ...]:
    """Columns that terms read, each once."""
    return tuple(dict.fromkeys(factor.column for term in terms for factor in parse(term)))


def design(terms: Sequence[str], given: Given) -> NDArray[np.float64]:
    """The terms in each row, shape (n, terms).

    Raises:
        DataError: a column is not there, holds no numbers, or has no such level.
    """
    columns = [np.prod([_factor(f, given) for f in parse(term)], axis=0) for term in terms]
    return np.column_stack(columns) if columns else np.empty((_rows(given), 0))


def numbers(column: pa.Array | pa.ChunkedArray, name: str) -> NDArray[np.float64]:
    """A column of numbers, or of true and false as 1 and 0; nan where it is null.

    Raises:
        DataError: it holds something else.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    try:
        if pa.types.is_boolean(column.type):
            column = column.cast(pa.int8())
        if pa.types.is_string(column.type) or pa.types.is_dictionary(column.type):
            raise pa.ArrowInvalid
        return np.asarray(column.cast(pa.float64()).fill_null(float("nan")).to_numpy(zero_copy_only=False))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise DataError(f"{name}: expected a column of numbers, and it is {kind_of(column.type)}.") from None


def kind_of(kind: pa.DataType) -> str:
    """A type as people call it.

    >>> kind_of(pa.dictionary(pa.int8(), pa.string()))
    'text'
    """
    if pa.types.is_dictionary(kind):
        return kind_of(kind.value_type)
    return "text" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else str(kind)


def texts(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column as text; null stays null."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.string())


def is_level(column: pa.Array | pa.ChunkedArray, level: str) -> NDArray[np.bool_]:
    """Which rows have a value, as text; null is none."""
    return np.asarray(pc.equal(texts(column), str(level)).fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


def named(given: Given, name: str) -> pa.Array | pa.ChunkedArray:
    """A column by its name.

    Raises:
        DataError: it is not there.
    """
    there = given.column_names if isinstance(given, pa.Table) else list(given)
    if name not in there:
        raise DataError(f"{name}: there is no such column; expected it beside {', '.join(there)}.")
    return given[name]


def _factor(factor: Factor, given: Given) -> NDArray[np.float64]:
    column = named(given, factor.column)
    if factor.level is None:
        return numbers(column, factor.column) ** factor.power
    return is_level(column, factor.level).astype(float)


def _rows(given: Given) -> int:
    return given.num_rows if isinstance(given, pa.Table) else len(next(iter(given.values()), ()))
