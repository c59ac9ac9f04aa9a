"""Dates of birth."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.values import Number, Sql, require

_OLDEST = 120
_MODE, _RATE = 85.0, 0.1  # most common age at death, and by how much mortality rises a year, in rich countries today


@dataclass(frozen=True, kw_only=True)
class BirthDate(ColumnSampler):
    """Dates of birth of people whose age lies in a range on some day.

    Ages are as in a population of constant births whose mortality follows Gompertz (Phil. Trans. 115, 1825): nearly even
    up to sixty, then fewer and fewer.
    """

    low: Number = 18
    """Least age in completed years, from 0."""
    high: Number = 90
    """Greatest age in completed years, up to 120."""
    on: dt.date | str = dt.date(2025, 1, 1)
    """Day on which the ages hold: a date such as 2025-01-01, or the name of a column of dates."""

    def __post_init__(self) -> None:
        require(self, "low", least=0, most=_OLDEST)
        require(self, "high", least=0, most=_OLDEST)
        if isinstance(self.on, str):
            with contextlib.suppress(ValueError):  # otherwise it is a column
                object.__setattr__(self, "on", dt.date.fromisoformat(self.on))
        if isinstance(self.on, dt.datetime):
            object.__setattr__(self, "on", self.on.date())
        if not isinstance(self.low, Sql) and not isinstance(self.high, Sql):
            low, high = np.floor(np.asarray(self.low)), np.floor(np.asarray(self.high))
            if np.any(low > high):
                raise SpecError(f"low={np.max(low):g}, high={np.min(high):g}: expected low to be at most high.")

    @property
    def type(self) -> pa.DataType:
        """Days."""
        return pa.date32()

    @property
    def reads(self) -> tuple[str, ...]:
        """The column of days."""
        return (self.on,) if isinstance(self.on, str) else ()

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Inverse of the cumulative share of each day of life, between the first and last day that fit the ages."""
        missing: NDArray[np.bool_] | None = None
        if isinstance(self.on, str):
            days, missing = _days(given[self.on], self.on)
        else:
            days = np.array(np.datetime64(self.on, "D"))
        first, last = _lived_days(days, self.low), _lived_days(days, np.asarray(self.high) + 1)
        share = _lived()
        u = share[first] + key.generator().random(rows.n) * (share[last] - share[first])
        lived = np.clip(np.searchsorted(share, u, side="right") - 1, first, last - 1)
        born = (days - lived).astype("datetime64[D]").astype(np.int32)
        return pa.array(born, pa.int32(), mask=missing).cast(pa.date32())


def _days(column: pa.Array, name: str) -> tuple[NDArray[np.datetime64], NDArray[np.bool_] | None]:
    try:
        column = (
            column.cast(pa.date32(), safe=False) if pa.types.is_timestamp(column.type) else column.cast(pa.date32())
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise SpecError(
            f"on={name!r}: the column is {column.type}; expected dates, or write the day as 2025-01-31."
        ) from None
    missing = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
    return column.cast(pa.int32()).fill_null(0).to_numpy().astype("datetime64[D]"), missing


def _lived_days(days: NDArray[np.datetime64], years: Any) -> NDArray[np.int64]:
    """Days since the same day some years earlier; since 28 February where there is no 29th."""
    month = days.astype("datetime64[M]")
    earlier = month - (12 * np.floor(years).astype(np.int64)).astype("timedelta64[M]")
    same = earlier.astype("datetime64[D]") + (days - month.astype("datetime64[D]"))
    anniversary: Any = np.minimum(same, (earlier + 1).astype("datetime64[D]") - 1)
    lived: NDArray[np.int64] = (days - anniversary).astype(np.int64)
    return lived


@cache
def _lived() -> NDArray[np.float64]:
    """Share of a stationary population that is younger than each number of days."""
    age = np.arange(int((_OLDEST + 2) * 365.25)) / 365.25
    survival = np.exp(-np.exp(-_RATE * _MODE) * np.expm1(_RATE * age))
    # The very old are few, but never too few for a range above a hundred to be drawn from.
    return np.concatenate([[0.0], np.cumsum(np.maximum(survival, 1e-6))])
