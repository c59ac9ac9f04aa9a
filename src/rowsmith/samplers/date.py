"""Dates."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.choices import Choices
from rowsmith.core.errors import SpecError
from rowsmith.core.spans import DAY
from rowsmith.samplers._dated import Dated, Numbers, days, microseconds, parse_moment
from rowsmith.samplers._timeline import Timeline
from rowsmith.samplers._zone import offsets_of

_EPOCH = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True, kw_only=True)
class Date(Dated):
    """Days of the calendar, all as likely as each other or by weights; each row may be bounded by other columns.

    The weights of a day (trend, weekday, yearly, holidays) are multiplied. A timestamp that bounds a row counts as its
    local day.
    """

    @property
    def type(self) -> pa.DataType:
        """date32."""
        return pa.date32()

    def choices(self) -> Choices | None:
        """The days between, unless other columns bound them."""
        if self.between is None or self.reads:
            return None
        line = self._whole_line  # its cells are days
        return Choices.of(self._array(line.start, np.zeros(1, dtype=bool)), line.weight)

    @property
    def _unit(self) -> int:
        return 1

    def _ends(self) -> tuple[int, int]:
        if self.between is None or len(self.between) != 2:
            raise SpecError(f"between={self._shown}: expected the first and the last day.")
        moments = [parse_moment(value) for value in self.between]
        low, high = (moment.toordinal() - _EPOCH for moment in moments)
        return low, high

    def _ticks(self, column: pa.Array, *, last: bool, up: bool) -> Numbers:
        if pa.types.is_date(column.type):
            return days(column)
        found = microseconds(column, up=False)
        if column.type.tz is not None and len(found):
            found = offsets_of(column.type.tz, int(found.min()), int(found.max())).local(found)
        return found // DAY

    def _length(self, microseconds: int, *, least: bool) -> int:
        return -(-microseconds // DAY) if least else microseconds // DAY

    def _line(self, low: int, high: int) -> Timeline:
        day = np.arange(low, high + 1)
        return Timeline.of(day, day + 1, self._day_weights(day))

    def _array(self, values: Numbers, missing: NDArray[np.bool_]) -> pa.Array:
        mask = np.broadcast_to(missing, values.shape)
        return pa.array(values.astype(np.int32), pa.int32(), mask=mask).cast(pa.date32())
