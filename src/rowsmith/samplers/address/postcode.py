"""Postcodes."""

from __future__ import annotations

from dataclasses import dataclass

from rowsmith.samplers._entity import Localized


@dataclass(frozen=True, kw_only=True)
class Postcode(Localized):
    """Postcodes in the country's format; they do not follow the city."""

    part = "address"
    token = "postcode"
