"""Whole addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from rowsmith.core.errors import SpecError
from rowsmith.samplers._entity import Localized
from rowsmith.samplers._faker import known_locale, weights
from rowsmith.samplers._lexicon import lexicon
from rowsmith.samplers._phrases import Column, Phrase

_PLAIN = {"{{street_address}}, {{postcode}} {{city}}": 1.0}


@dataclass(frozen=True, kw_only=True)
class Full(Localized):
    """Addresses on one line, in the country's order: 12 Oak Lane, Westville, VA 24016."""

    street: str | None = None
    """Column with the street and house number, if there is one, so that the address agrees with it."""
    city: str | None = None
    """Column with the city, if there is one."""
    postcode: str | None = None
    """Column with the postcode, if there is one."""

    part = "address"
    token = "address"

    def __post_init__(self) -> None:
        if self.unique and self.reads:
            raise SpecError(f"unique=True: expected no columns to agree with ({', '.join(self.reads)}); leave one out.")
        self.phrase()

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns with parts of it."""
        return tuple(dict.fromkeys(name for name in (self.street, self.city, self.postcode) if name is not None))

    def phrase(self) -> Phrase:
        """The locale's layout, columns in their places."""
        whole = super().phrase()
        return _around(known_locale(self.locale), self.street, self.city, self.postcode) if self.reads else whole


@cache
def _around(locale: str, street: str | None, city: str | None, postcode: str | None) -> Phrase:
    columns = {"street_address": street, "city": city, "postcode": postcode}
    given: dict[str, Phrase] = {token: Column(name) for token, name in columns.items() if name is not None}
    layout = weights(lexicon(locale).formats("address", "address")) or {}
    # A state or province drawn with its postcode would not agree with a column: such layouts have no `postcode`.
    fitting = {text: w for text, w in layout.items() if set(given) <= set(re.findall(r"\{\{(\w+)", text))}
    made = lexicon(locale).template("address", fitting, given) or lexicon(locale).template("address", _PLAIN, given)
    assert made is not None, "a locale with addresses has streets, cities and postcodes"
    return made
