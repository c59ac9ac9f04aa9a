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
from rowsmith.samplers._bytes import Matrix, digits, texts

_FORMAT = re.compile(r"([^{}]*)\{(?::0(\d+)d?)?\}([^{}]*)", re.DOTALL)
_MOST_WIDTH = 18  # digits that an int64 has room for


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
        if self.shuffled is not None and not 1 <= self.shuffled <= 2**62:
            raise SpecError(f"shuffled={self.shuffled}: expected a whole number from 1 to 2 ** 62.")
        if self.format is None:
            return
        found = _FORMAT.fullmatch(self.format)
        if not found or int(found[2] or 1) not in range(1, _MOST_WIDTH + 1):
            raise SpecError(
                f"format={self.format!r}: expected a text with one place for the number, such as {{}}, or {{:08d}} for "
                f"eight digits (at most {_MOST_WIDTH}) with zeros in front."
            )
        if found[2] and self.start < 0:
            raise SpecError(f"start={self.start}: expected a number from 0, since {self.format!r} fills up with zeros.")

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
        last = self.start + (int(numbers.max()) if len(numbers) else 0) * self.step
        if not -(2**63) <= self.start <= last < 2**63:
            raise SpecError(f"start={self.start}, step={self.step}: give numbers beyond 64 bits; make them smaller.")
        values = self.start + numbers * self.step
        if self.format is None:
            return pa.array(values, pa.int64())
        before, width, after = _FORMAT.fullmatch(self.format).groups()  # type: ignore[union-attr]
        if width and last < 10 ** int(width):
            return _of_width(before, digits(values, int(width)), after)
        shown = pa.array(values, pa.int64()).cast(pa.string())
        if width:
            shown = pc.ascii_lpad(shown, int(width), "0")
        return pc.binary_join_element_wise(before, shown, after, "")

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """The keys of consecutive rows."""
        return self.at(rows.numbers, key)


def _of_width(before: str, number: Matrix, after: str) -> pa.Array:
    head, tail = (np.frombuffer(text.encode(), np.uint8) for text in (before, after))
    out = np.empty((len(number), len(head) + number.shape[1] + len(tail)), dtype=np.uint8)
    out[:, : len(head)] = head
    out[:, len(head) : len(head) + number.shape[1]] = number
    out[:, out.shape[1] - len(tail) :] = tail
    return texts(out)
