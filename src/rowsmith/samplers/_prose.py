"""Sentences and paragraphs of random words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler
from rowsmith.samplers._faker import attribute, known_locale
from rowsmith.samplers._lexicon import phrase
from rowsmith.samplers._phrases import Words


@dataclass(frozen=True, kw_only=True)
class ProseSampler(ColumnSampler):
    """What sentences and paragraphs share: a language, and how many parts a text has."""

    locale: str = "en_US"
    """Language and country, such as en_US, de_DE, fr_FR, es_ES, pl_PL, ja_JP."""
    low: int
    """Least number of parts, at least 1."""
    high: int
    """Greatest number of parts."""

    def __post_init__(self) -> None:
        if not 1 <= self.low <= self.high:
            raise SpecError(f"low={self.low}, high={self.high}: expected whole numbers from 1, low at most high.")
        prose(self.locale)

    @property
    def type(self) -> pa.DataType:
        """Text."""
        return pa.string()


@dataclass(frozen=True)
class Prose:
    """What sentences of a language are made of.

    Attributes:
        words: four times: as they are, with a capital, with a full stop, with both.
        between: two words.
    """

    words: pa.Array
    between: str

    def text(self, lengths: NDArray[np.int64], sentences: NDArray[np.int64], rng: np.random.Generator) -> pa.Array:
        """Texts of sentences.

        Args:
            lengths: words in each sentence, at least 1.
            sentences: sentences in each text, adding up to the number of lengths.
            rng: source of words.
        """
        count = len(self.words) // 4
        stops = np.cumsum(lengths)
        total = int(stops[-1]) if len(stops) else 0
        drawn = rng.integers(count, size=total, dtype=np.int32)
        drawn[stops - lengths] += count
        drawn[stops - 1] += 2 * count
        offsets = np.concatenate([[0], stops[np.cumsum(sentences) - 1]]).astype(np.int32)
        lists = pa.ListArray.from_arrays(pa.array(offsets), self.words.take(pa.array(drawn)))
        return pc.binary_join(lists, self.between)


@cache
def prose(locale: str) -> Prose:
    """The prose of a locale.

    Raises:
        SpecError: there is none, or no such locale.
    """
    found = phrase(locale, "lorem", "word", "words")
    assert isinstance(found, Words)
    words: list[str] = found.values.to_pylist()
    name = known_locale(locale)
    stop = attribute("lorem", name, "sentence_punctuation", common=True)
    capital = [word[:1].upper() + word[1:] for word in words]
    cells = [*words, *capital, *(word + stop for word in words), *(word + stop for word in capital)]
    return Prose(pa.array(cells, pa.string()), attribute("lorem", name, "word_connector", common=True))
