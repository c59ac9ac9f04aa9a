"""Telephone numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rowsmith.samplers._entity import Localized
from rowsmith.samplers._faker import known_locale
from rowsmith.samplers._phones import RESERVED
from rowsmith.samplers._phrases import Phrase, numerals


@dataclass(frozen=True, kw_only=True)
class Phone(Localized):
    """Telephone numbers in the country's format."""

    reserved: bool = True
    """Only numbers that the country keeps for fiction, so that nobody is called (en_US, en_CA, fr_CA, en_GB, en_IE, en_AU,
    de_DE, fr_FR, sv_SE). Elsewhere, and if false, a number may be somebody's."""

    part = "phone_number"
    token = "phone_number"

    def phrase(self) -> Phrase:
        """Reserved patterns, or those of the locale."""
        locale = known_locale(self.locale)
        return _reserved(locale) if self.reserved and locale in RESERVED else super().phrase()


@cache
def _reserved(locale: str) -> Phrase:
    return numerals(RESERVED[locale])
