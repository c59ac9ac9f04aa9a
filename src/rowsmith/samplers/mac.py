"""Hardware addresses of network cards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rowsmith.core.errors import SpecError
from rowsmith.samplers._entity import Entity
from rowsmith.samplers._phrases import Join, Phrase, Words


@dataclass(frozen=True, kw_only=True)
class Mac(Entity):
    """MAC addresses of no maker: unicast, with the bit of locally administered ones set (IEEE 802)."""

    separator: str = ":"
    """What stands between the six pairs, such as : or -, or nothing."""

    def __post_init__(self) -> None:
        if len(self.separator) > 1 or self.separator.isalnum():
            raise SpecError(f"separator={self.separator!r}: expected one sign that is no letter or digit, or nothing.")

    def phrase(self) -> Phrase:
        """Six pairs, the second digit of the first one 2, 6, a or e."""
        return _phrase(self.separator)


@cache
def _phrase(separator: str) -> Phrase:
    first = Words.of(f"{high:x}{low}" for high in range(16) for low in "26ae")
    pair = Words.of(f"{i:02x}" for i in range(256))
    parts: list[Phrase | str] = [first]
    for _ in range(5):
        parts += [separator, pair] if separator else [pair]
    return Join(tuple(parts))
