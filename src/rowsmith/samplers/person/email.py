"""E-mail addresses that agree with a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.permutation import mix
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._ascii import first_last
from rowsmith.samplers._entity import Localized
from rowsmith.samplers._faker import known_locale
from rowsmith.samplers._lexicon import lexicon, phrase
from rowsmith.samplers._logins import DOMAINS, NUMBERS, folded_words
from rowsmith.samplers._phrases import Join, Phrase, Words


@dataclass(frozen=True, kw_only=True)
class Email(Localized):
    """E-mail addresses such as mary.smith7@example.org, at domains that nobody can have (RFC 2606)."""

    of: str | None = None
    """Column with the person's name, first and last words of which make the address; without it, a name is drawn."""

    part = "person"
    token = "last_name"

    def __post_init__(self) -> None:
        if self.of is None:
            self.phrase()

    @property
    def reads(self) -> tuple[str, ...]:
        """The column of names."""
        return () if self.of is None else (self.of,)

    @property
    def by_row(self) -> bool:
        """If unique and free; one that follows a name has the row's number in it to be unique."""
        return self.unique and self.of is None

    def phrase(self) -> Phrase:
        """First and last name, a number or none, a domain."""
        return _phrase(self.locale)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """By the name and the row's number alone, so that a row's address stays when other rows come and go."""
        if self.of is None:
            return super().sample(rows, key, given)
        first, last = first_last(given[self.of])
        numbers = rows.numbers
        hashed = mix(numbers.astype(np.uint64), 0x5EED)
        domains = pa.array([f"@{domain}" for domain in DOMAINS])
        domain = domains.take(pa.array((hashed >> np.uint64(32)) % np.uint64(len(DOMAINS))))
        if self.unique:
            number = pa.array(numbers + 1).cast(pa.string())
        else:
            number = pa.array(NUMBERS).take(pa.array(hashed % np.uint64(len(NUMBERS))))
        return pc.binary_join_element_wise(first, last, number, domain, "")


@cache
def _phrase(locale: str) -> Phrase:
    words = lexicon(known_locale(locale))
    first, last = (
        folded_words(
            words.get("person", f"{which}_romanized_name") or phrase(locale, "person", f"{which}_name", "names")
        )
        for which in ("first", "last")
    )
    return Join((first, ".", last, Words.of(NUMBERS), "@", Words.of(DOMAINS)))
