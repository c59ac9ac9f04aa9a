"""Sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._prose import ProseSampler, prose


@dataclass(frozen=True, kw_only=True)
class Sentence(ProseSampler):
    """Sentences of random words of a language; they mean nothing."""

    low: int = 4
    """Least number of words, at least 1."""
    high: int = 12
    """Greatest number of words."""

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """All words at once, cut into sentences."""
        rng = key.generator()
        lengths = rng.integers(self.low, self.high + 1, size=rows.n)
        return prose(self.locale).text(lengths, np.ones(rows.n, dtype=np.int64), rng)
