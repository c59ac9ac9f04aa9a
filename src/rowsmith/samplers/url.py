"""Web addresses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rowsmith.samplers._entity import Entity
from rowsmith.samplers._logins import DOMAINS
from rowsmith.samplers._phrases import Choice, Join, Pattern, Phrase, Words
from rowsmith.samplers._vocabulary import ADJECTIVES, NOUNS, PRODUCTS


@dataclass(frozen=True, kw_only=True)
class Url(Entity):
    """Web addresses at domains that nobody can have (RFC 2606), such as https://www.example.org/lamp/quiet-otter."""

    def phrase(self) -> Phrase:
        """Scheme, host, path."""
        return _phrase()


@cache
def _phrase() -> Phrase:
    host = Words.of(f"https://{sub}{domain}/" for sub in ("www.", "", "shop.", "blog.") for domain in DOMAINS)
    adjective, noun, thing = Words.of(ADJECTIVES), Words.of(NOUNS), Words.of(PRODUCTS)
    return Choice.of(
        [
            (Join((host, thing, "/", adjective, "-", noun)), 3.0),
            (Join((host, adjective, "-", noun, "-", Pattern("%###"))), 2.0),
            (Join((host, noun, "?id=", Pattern("%####"))), 1.0),
            (Join((host, thing)), 1.0),
        ]
    )
