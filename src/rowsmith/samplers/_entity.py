"""What the kinds of text share: drawing a phrase, and dealing it out by row number where values are unique."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from rowsmith.core.permutation import Numbers
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._combinations import combinations
from rowsmith.samplers._lexicon import phrase
from rowsmith.samplers._phrases import Phrase, Words

FEW = pa.dictionary(pa.int32(), pa.string())
"""Type of columns of few different texts: each kept once."""


@dataclass(frozen=True, kw_only=True)
class Entity(ColumnSampler):
    """Text from a phrase."""

    unique: bool = False
    """Whether no value comes twice. There are only so many then, and frequent words are not favoured."""

    few: ClassVar[bool] = False
    """Whether there are so few different texts that each is kept once; the phrase is of words then."""

    @property
    def type(self) -> pa.DataType:
        """Text; that of few different values as a dictionary."""
        return FEW if self.few else pa.string()

    @property
    def by_row(self) -> bool:
        """If unique."""
        return self.unique

    @abstractmethod
    def phrase(self) -> Phrase:
        """How a value is made; the same object for the same settings.

        Raises:
            SpecError: a setting does not allow it.
        """

    def at(self, numbers: Numbers, key: Key) -> pa.Array:
        """The combination of words that a keyed permutation gives each row."""
        return self._typed(combinations(self.phrase()).at(numbers, key.integer()))

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Words at random, or by row number."""
        if self.by_row:
            return self.at(rows.numbers, key)
        made, rng = self.phrase(), key.generator()
        if self.few and isinstance(made, Words):
            return pa.DictionaryArray.from_arrays(pa.array(made.codes(rows.n, rng)), made.values)
        return self._typed(made.draw(rows.n, rng, given))

    def _typed(self, texts: pa.Array) -> pa.Array:
        return texts.dictionary_encode() if self.few else texts


@dataclass(frozen=True, kw_only=True)
class Localized(Entity):
    """Text in the language of a locale, from Faker's lists (see `_faker`)."""

    locale: str = "en_US"
    """Language and country, such as en_US, en_GB, de_DE, fr_FR, es_ES, it_IT, pt_BR, pl_PL, ja_JP."""

    part: ClassVar[str]
    """Of Faker's data."""
    token: ClassVar[str]
    """What is wanted of it."""

    def __post_init__(self) -> None:
        self.phrase()

    def phrase(self) -> Phrase:
        """That of the locale."""
        return phrase(self.locale, self.part, self.token, self.token.replace("_", " "))
