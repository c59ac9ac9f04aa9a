"""Values that a person lists in a spec: checked, made an array, weighted, found again in a column."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError

Scalar = bool | int | float | str | dt.date


def array_of(values: Sequence[Any], name: str) -> pa.Array:
    """Values of one kind (texts, numbers, truth values, dates, moments) as an array.

    Args:
        values: at least one.
        name: of the setting, for messages.

    Raises:
        SpecError: they are of several kinds, or of none that a column can have.

    >>> array_of([1, 2.5], "values").type
    DataType(double)
    """
    kind = kind_of(values, name)
    try:
        if kind == "number" and any(isinstance(v, float) for v in values):
            return pa.array([float(v) for v in values])
        return pa.array(list(values))
    except (pa.ArrowException, OverflowError, ValueError) as fault:
        raise SpecError(f"{name}: expected values that a column can hold ({str(fault).splitlines()[0]}).") from None


def kind_of(values: Sequence[Any], name: str) -> str:
    """What the values all are: `text`, `number`, `truth`, `date` or `moment`.

    Raises:
        SpecError: they are of several kinds, or of none.
    """
    kinds: dict[str, Any] = {}
    for value in values:
        kinds.setdefault(_kind(value, name), value)
    if len(kinds) > 1:
        shown = ", ".join(f"{value!r} ({kind})" for kind, value in kinds.items())
        raise SpecError(f"{name}: expected values of one kind, got {shown}; put what shall be a text in quotes.")
    return next(iter(kinds), "text")


def _kind(value: Any, name: str) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise SpecError(f"{name}: {value} is no value to choose; expected finite numbers.")
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dt.datetime):
        return "moment"
    if isinstance(value, dt.date):
        return "date"
    raise SpecError(f"{name}: {value!r} is no single value; expected a text, number, true, false or date.")


def weighted(values: Any, name: str) -> dict[Any, float]:
    """Value to weight, from such a mapping or a list of values that weigh the same.

    Raises:
        SpecError: a weight is negative or no number, or none is greater than 0.

    >>> weighted(["a", "b"], "values")
    {'a': 1.0, 'b': 1.0}
    """
    if isinstance(values, Mapping):
        if {"true", "false"}.issuperset(values):  # a document's keys are texts
            values = {value == "true": weight for value, weight in values.items()}
        out = {value: _weight(weight, f"{name}: {value!r}={weight!r}") for value, weight in values.items()}
    elif isinstance(values, list | tuple):
        kind_of(values, name)
        out = {value: float(count) for value, count in Counter(values).items()}
    else:
        raise SpecError(f"{name}={values!r}: expected a list of values, or a mapping of values to weights.")
    if not sum(out.values()) > 0:
        raise SpecError(f"{name}={values!r}: expected at least one value of a weight greater than 0.")
    return out


def _weight(weight: Any, where: str) -> float:
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight) or weight < 0:
        raise SpecError(f"{where}: expected a weight, a number from 0.")
    return float(weight)


def column_type(values: pa.Array) -> pa.DataType:
    """Type of a column of listed values: texts are kept once, and referred to by the smallest numbers that will do."""
    if not pa.types.is_string(values.type):
        return values.type
    index = next(t for t, most in ((pa.int8(), 2**7), (pa.int16(), 2**15), (pa.int32(), 2**31)) if len(values) <= most)
    return pa.dictionary(index, values.type)


def column_of(values: pa.Array, codes: NDArray[np.integer], null: NDArray[np.bool_] | None = None) -> pa.Array:
    """The column of the type `column_type(values)` with the value number `codes` in each row.

    Args:
        values: different from one another.
        codes: shape (n,).
        null: which rows hold nothing, their codes any.
    """
    kind = column_type(values)
    if not pa.types.is_dictionary(kind):
        return values.take(pa.array(codes, mask=null))
    small = codes.astype(kind.index_type.to_pandas_dtype())
    return pa.DictionaryArray.from_arrays(pa.array(small, mask=null), values)


def find(column: pa.Array, levels: Sequence[Any], name: str) -> NDArray[np.int64]:
    """Which of some listed values each row has; -1 for another one or null.

    Args:
        column: n values of any scalar type.
        levels: as written in a spec; `7` finds the text "7" too.
        name: of the setting, for messages.

    Raises:
        SpecError: a level can be no value of the column.

    >>> find(pa.array(["b", None, "c"]), ["a", "b"], "given")
    array([ 1, -1, -1])
    """
    if pa.types.is_null(column.type):
        return np.full(len(column), -1)
    if pa.types.is_dictionary(column.type):
        known = find(column.dictionary, levels, name)
        place = column.indices.cast(pa.int64()).fill_null(len(known)).to_numpy(zero_copy_only=False)
        return np.asarray(np.append(known, -1)[place])
    texts = pa.array([word(level) for level in levels], pa.string())
    try:
        wanted = texts.cast(column.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as fault:
        reason = str(fault).splitlines()[0]
        raise SpecError(
            f"{name}: the column is {column.type}, which cannot have all these values ({reason})."
        ) from None
    found = pc.index_in(column, value_set=wanted, skip_nulls=True).fill_null(-1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def word(level: Any) -> str:
    """How a value is written.

    >>> word(True), word(2.0), word("x")
    ('true', '2', 'x')
    """
    if isinstance(level, bool):
        return str(level).lower()
    if isinstance(level, float) and level.is_integer():
        return str(int(level))
    return level.isoformat(sep=" ") if isinstance(level, dt.datetime) else str(level)
