"""Names of products."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rowsmith.samplers._entity import Entity
from rowsmith.samplers._phrases import Join, Phrase, Words
from rowsmith.samplers._vocabulary import ADJECTIVES, MATERIALS, PRODUCTS


@dataclass(frozen=True, kw_only=True)
class Product(Entity):
    """Names of products, such as Sturdy Oak Bench."""

    def phrase(self) -> Phrase:
        """Adjective, material, thing."""
        return _phrase()


@cache
def _phrase() -> Phrase:
    adjective, material, thing = (
        Words.of(word.capitalize() for word in words) for words in (ADJECTIVES, MATERIALS, PRODUCTS)
    )
    return Join((adjective, " ", material, " ", thing))
