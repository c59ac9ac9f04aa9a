"""Codes of countries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._countries import codes, found, names
from rowsmith.samplers._entity import Entity
from rowsmith.samplers._phrases import Phrase, Words


@dataclass(frozen=True, kw_only=True)
class CountryCode(Entity):
    """Codes of countries (ISO 3166-1)."""

    letters: Literal[2, 3] = 2
    """How many letters: DE or DEU."""
    of: str | None = None
    """Column with English names of countries, which the codes follow."""

    few: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.letters not in (2, 3):
            raise SpecError(f"letters={self.letters!r}: expected 2 or 3.")
        if self.of is not None and self.unique:
            raise SpecError(f"unique=True: expected no of={self.of!r} with it; leave one of them out.")

    @property
    def reads(self) -> tuple[str, ...]:
        """The column of names."""
        return () if self.of is None else (self.of,)

    def phrase(self) -> Phrase:
        """Any code."""
        return _phrase(self.letters)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """At random, or that of the name."""
        if self.of is None:
            return super().sample(rows, key, given)
        return found(given[self.of], names(), codes(self.letters), f"of={self.of!r}", "an English name of a country")


@cache
def _phrase(letters: int) -> Phrase:
    return Words.of(codes(letters))
