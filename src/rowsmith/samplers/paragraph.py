"""Paragraphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._prose import prose


@dataclass(frozen=True, kw_only=True)
class Paragraph(ColumnSampler):
    """Paragraphs of sentences of four to twelve random words of a language; they mean nothing."""

    locale: str = "en_US"
    """Language and country, such as en_US, de_DE, fr_FR, es_ES, pl_PL, ja_JP."""
    low: int = 3
    """Least number of sentences, at least 1."""
    high: int = 6
    """Greatest number of sentences."""

    def __post_init__(self) -> None:
        if not 1 <= self.low <= self.high:
            raise SpecError(f"low={self.low}, high={self.high}: expected whole numbers from 1, low at most high.")
        prose(self.locale)

    @property
    def type(self) -> pa.DataType:
        """Text."""
        return pa.string()

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """All words at once, cut into sentences and those into paragraphs."""
        rng = key.generator()
        sentences = rng.integers(self.low, self.high + 1, size=rows.n)
        return prose(self.locale).text(rng.integers(4, 13, size=int(sentences.sum())), sentences, rng)
