"""Values as whole numbers on a line, and back: how a key that counts is made; and what a time says of the calendar."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import text
from rowsmith.core.codecs import plain_values
from rowsmith.core.schema import Column, arrow_type

Index = NDArray[np.int64]

PART = Column(kind="integer", type="int64", settings={"ends": 1})


def on_line(values: pa.Array) -> Index | None:
    """Whole numbers or times as whole numbers; None for other types.

    Args:
        values: typed, none of them null.
    """
    kind = values.type
    if pa.types.is_integer(kind):
        return np.asarray(values.cast(pa.int64()).to_numpy())
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        ticks = values.cast(pa.int32() if pa.types.is_date32(kind) else pa.int64())
        return np.asarray(ticks.to_numpy(), dtype=np.int64)
    return None


def off_line(numbers: Index, column: Column) -> pa.Array:
    """The inverse of `on_line`, in the type and form of a column.

    Args:
        numbers: shape (n,).
        column: with its type.
    """
    kind = arrow_type(column.type)
    typed = plain_values("", pa.array([], kind), kind, column.form).type
    width = pa.int32() if pa.types.is_date32(typed) else pa.int64()
    plain = pa.array(numbers).cast(width)
    plain = plain.cast(typed) if pa.types.is_integer(typed) else plain.view(typed)
    return plain if plain.type == kind else text.show(plain, column.form or {})


def parts_of(name: str, values: pa.Array) -> dict[str, tuple[Column, pa.Array]]:
    """Month, day, weekday and hour of times, as helpers that are given; nothing of other types.

    Args:
        name: of the column.
        values: typed.
    """
    kind = values.type
    if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return {}
    parts = {"month": pc.month, "day": pc.day, "weekday": pc.day_of_week}
    parts |= {"hour": pc.hour} if pa.types.is_timestamp(kind) else {}
    return {f"·{part} {name}": (PART, of(values).cast(pa.int64())) for part, of in parts.items()}
