"""Paragraphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._prose import ProseSampler, prose


@dataclass(frozen=True, kw_only=True)
class Paragraph(ProseSampler):
    """Paragraphs of sentences of four to twelve random words of a language; they mean nothing."""

    low: int = 3
    """Least number of sentences, at least 1."""
    high: int = 6
    """Greatest number of sentences."""

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """All words at once, cut into sentences and those into paragraphs."""
        rng = key.generator()
        sentences = rng.integers(self.low, self.high + 1, size=rows.n)
        return prose(self.locale).text(rng.integers(4, 13, size=int(sentences.sum())), sentences, rng)
