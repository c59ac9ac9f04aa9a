"""Numbers that hang on the item above all, such as prices: learnt as the ratio to what is usual for the item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, blank, plain_values
from rowsmith.core.errors import ModelFileError
from rowsmith.core.line import from_line, to_line
from rowsmith.core.schema import Column, arrow_type
from rowsmith.core.state import State

TOLD = 0.5
"""Share of the variance of a number's logarithm that the item must tell."""
FEW_VALUES = 10
"""With no more distinct values it is a count or a code, and learnt as it is."""
MIDDLE = 5
"""Values in the middle of which the mean is usual, where no value is had by half of the lines of an item."""
MOST_DIGITS = 6
RATIO = Column(kind="float", type="double")


@dataclass(frozen=True)
class Usual:
    """A column as ratios to what is usual for the item.

    Attributes:
        printer: reads and prints the column.
        plain: Arrow type of what is read.
        values: what is usual for each item, on the number line, shape (items,).
        digits: decimals of a float; -1 if it has no fixed number of them.
    """

    printer: ColumnCodec
    plain: pa.DataType
    values: NDArray[np.float64]
    digits: int

    @property
    def column(self) -> str:
        """Its name."""
        return self.printer.name

    def ratios(self, values: pa.Array, items: NDArray[np.int64]) -> pa.Array:
        """Ratios of a column's values to what is usual for the items of their lines."""
        plain = plain_values(self.column, values, self.printer.type, self.printer.form)
        there = plain.is_valid().to_numpy(zero_copy_only=False)
        out = np.full(len(values), np.nan)
        out[there] = to_line(plain.drop_null()) / self.values[items[there]]
        return pa.array(out, from_pandas=True)

    def of(self, ratios: pa.Array, items: NDArray[np.int64]) -> pa.Array:
        """The inverse of `ratios`, on the grid of the column."""
        ratio = ratios.to_numpy(zero_copy_only=False)
        gone = np.isnan(ratio)
        line: NDArray[Any] = np.where(gone, 1.0, ratio) * self.values[items]
        if not pa.types.is_floating(self.plain):
            line = np.rint(line).astype(np.int64)
        elif self.digits >= 0:
            line = np.round(line, self.digits)
        return self.printer.shown(blank(from_line(line, self.plain), gone))

    def state(self) -> State:
        """Arrays and JSON."""
        kept = {"printer": self.printer.state(), "plain": str(self.plain)}
        return {**kept, "values": self.values, "digits": self.digits}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        values, inner = state["values"].astype(np.float64), state["printer"]
        if values.ndim != 1 or not (np.isfinite(values) & (values > 0)).all():
            raise ModelFileError(f"what is usual in column {inner['name']!r} is damaged.")
        printer = ColumnCodec(inner["name"], None, arrow_type(inner["type"]), inner["form"], True)
        return cls(printer, arrow_type(state["plain"]), values, int(state["digits"]))


def usual_of(name: str, column: Column, values: pa.Array, items: NDArray[np.int64], size: int) -> Usual | None:
    """A column as ratios, if the item tells most of it; else None.

    Args:
        name: of the column.
        column: its kind, type and form.
        values: of the lines.
        items: of the lines, each from 0 to below `size`; every item has some.
        size: how many items there are.
    """
    printer = ColumnCodec(name, None, arrow_type(column.type), column.form, True)
    values = plain_values(name, values, printer.type, column.form)
    plain = values.type
    if not (pa.types.is_integer(plain) or pa.types.is_floating(plain) or pa.types.is_decimal(plain)) or size < 2:
        return None
    line, item = to_line(values.drop_null()), items[values.is_valid().to_numpy(zero_copy_only=False)]
    if not len(line) or not (np.isfinite(line).all() and (line > 0).all()) or len(np.unique(line)) <= FEW_VALUES:
        return None
    log = np.log(line.astype(np.float64))
    counts = np.maximum(np.bincount(item, minlength=size), 1)
    means = np.bincount(item, weights=log, minlength=size) / counts
    if log.var() < 1e-12 or ((log - means[item]) ** 2).mean() > (1 - TOLD) * log.var():
        return None
    order = np.lexsort((line, item))
    ends = np.cumsum(np.bincount(item, minlength=size))
    found = np.full(size, float(np.exp(log.mean())))
    for one, own in enumerate(np.split(line[order], ends[:-1])):
        if len(own):
            found[one] = _usual(own)
    digits = _digits(line) if pa.types.is_floating(plain) else 0
    found = np.rint(found) if not pa.types.is_floating(plain) else np.round(found, digits) if digits >= 0 else found
    smallest = 1.0 if not pa.types.is_floating(plain) else 10.0**-digits if digits >= 0 else 1e-300
    return Usual(printer, plain, np.maximum(found, smallest), digits)


def _usual(own: NDArray[Any]) -> float:
    """Of the rising values of an item: the one that half of them are, or what is in their middle."""
    middle = len(own) // 2
    if own[(len(own) - 1) // 4] == own[min(middle + len(own) // 4, len(own) - 1)]:
        return float(own[middle])
    return float(own[max(middle - MIDDLE // 2, 0) : middle + MIDDLE // 2 + 1].mean())


def _digits(line: NDArray[Any]) -> int:
    for digits in range(MOST_DIGITS + 1):
        if np.allclose(np.round(line, digits), line, rtol=1e-12, atol=0):
            return digits
    return -1
