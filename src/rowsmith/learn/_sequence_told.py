"""Columns that the time or the row's place in its sequence tells: a year, an hour, a number of the event."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]

FEWEST = 10
"""Rows that must agree."""

_PARTS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "year": pc.year,
    "quarter": pc.quarter,
    "month": pc.month,
    "week": pc.iso_week,
    "day": pc.day,
    "day_of_year": pc.day_of_year,
    "weekday": pc.day_of_week,
    "weekday_from_1": lambda t: pc.add(pc.day_of_week(t), 1),
    "weekday_from_sunday": lambda t: pc.day_of_week(t, week_start=7),
    "hour": pc.hour,
    "minute": pc.minute,
    "second": pc.second,
}
_CLOCK = ("hour", "minute", "second")


def told(values: pa.Array, times: pa.Array, position: Ints) -> str | None:
    """What a column of numbers is, if the time or the place tells it.

    Args:
        values: of the column.
        times: of the rows.
        position: of the rows in their sequences, from 0.
    """
    whole = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    if not whole or values.null_count or len(values) < FEWEST or pc.count_distinct(values).as_py() < 2:
        return None
    numbers = values.cast(pa.float64()).to_numpy()
    names = ["position", "position_from_1"]
    if pa.types.is_timestamp(times.type) or pa.types.is_date(times.type):
        names += [n for n in _PARTS if not (n in _CLOCK and pa.types.is_date(times.type))]
    return next((name for name in names if np.array_equal(part(name, times, position), numbers)), None)


def part(name: str, times: pa.Array, position: Ints) -> Ints:
    """A part of the time, or the place of the row.

    Args:
        name: as `told` returns it.
        times: of the rows.
        position: of the rows in their sequences, from 0.
    """
    if name in ("position", "position_from_1"):
        return position + (name == "position_from_1")
    local = pc.local_timestamp(times) if getattr(times.type, "tz", None) else times
    return np.asarray(_PARTS[name](local).to_numpy(zero_copy_only=False).astype(np.int64))
