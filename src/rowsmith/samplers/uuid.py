"""UUIDs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rowsmith.core.permutation import Numbers, mix
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._bytes import hexadecimal, texts

_LOW = np.uint64(0xF)


@dataclass(frozen=True, kw_only=True)
class Uuid(ColumnSampler):
    """Random UUIDs (version 4, RFC 9562), such as 3f8a9c04-5d1e-4b7a-9c3f-0e6d2a1b4c58; different in every row."""

    @property
    def type(self) -> pa.DataType:
        """Text."""
        return pa.string()

    @property
    def by_row(self) -> bool:
        """Always."""
        return True

    def at(self, numbers: Numbers, key: Key) -> pa.Array:
        """The UUIDs of rows: all 64 bits of a one-to-one hash of the number, and 58 bits of a hash of that."""
        seeds = key.generator().integers(2**63, size=2)
        own = mix(numbers.astype(np.uint64), int(seeds[0]))
        more = mix(own, int(seeds[1]))
        # Version and variant take six bits; the four of `own` that stood there go to the second word.
        high = (own & ~np.uint64(0xF000)) | np.uint64(0x4000)
        low = np.uint64(1 << 63) | ((own >> np.uint64(12) & _LOW) << np.uint64(58)) | (more >> np.uint64(6))
        digits = np.concatenate([hexadecimal(high), hexadecimal(low)], axis=1)
        out = np.full((len(numbers), 36), ord("-"), dtype=np.uint8)
        start = 0
        for at, width in ((0, 8), (9, 4), (14, 4), (19, 4), (24, 12)):
            out[:, at : at + width] = digits[:, start : start + width]
            start += width
        return texts(out)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """The UUIDs of consecutive rows."""
        return self.at(rows.numbers, key)
