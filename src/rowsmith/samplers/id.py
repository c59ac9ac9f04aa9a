"""Keys: counted, formatted or shuffled; different in every row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import Numbers, permute
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key

_FORMAT = re.compile(r"^([^{}]*)\{(?::0?(\d+)d?)?\}([^{}]*)$")


@dataclass(frozen=True, kw_only=True)
class Id(ColumnSampler):
    """Unique keys: whole numbers, or texts with a number inside."""

    start: int = 1
    """First number."""
    step: int = 1
    """Distance between numbers, at least 1."""
    format: str | None = None
    """Text with one place for the number, such as `ORD-{:08d}` (eight digits, zeros in front) or `C{}`."""
    shuffled: int | None = None
    """How many numbers there are to be dealt out in random order, such as 1_000_000: at least as many as rows."""

    def __post_init__(self) -> None:
        if self.step < 1:
            raise SpecError(f"step={self.step}: expected a whole number from 1.")
        if self.shuffled is not None and self.shuffled < 1:
            raise SpecError(f"shuffled={self.shuffled}: expected a whole number from 1.")
        if self.format is not None and not _FORMAT.match(self.format):
            raise SpecError(f"format={self.format!r}: expected a text with one place such as {{}} or {{:08d}}.")

    @property
    def type(self) -> pa.DataType:
        """int64, or string with a format."""
        return pa.int64() if self.format is None else pa.string()

    @property
    def by_row(self) -> bool:
        """Always."""
        return True

    def at(self, numbers: Numbers, key: Key) -> pa.Array:
        """The keys of rows."""
        if self.shuffled is not None:
            if len(numbers) and numbers.max() >= self.shuffled:
                raise SpecError(
                    f"shuffled={self.shuffled}: row {numbers.max() + 1:,} was asked for; give at least that."
                )
            numbers = permute(numbers, self.shuffled, key.integer())
        values = self.start + numbers * self.step
        if self.format is None:
            return pa.array(values, pa.int64())
        before, width, after = _FORMAT.match(self.format).groups()  # type: ignore[union-attr]
        digits = pa.array(values).cast(pa.string())
        if width:
            digits = pc.utf8_lpad(digits, int(width), "0")
        return pc.binary_join_element_wise(before, digits, after, "")

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """The keys of consecutive rows."""
        return self.at(np.arange(rows.first, rows.first + rows.n), key)
