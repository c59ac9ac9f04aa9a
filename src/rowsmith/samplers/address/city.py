"""Cities."""

from __future__ import annotations

from dataclasses import dataclass

from rowsmith.samplers._entity import Localized


@dataclass(frozen=True, kw_only=True)
class City(Localized):
    """Towns and cities: real ones where Faker lists them (most of Europe), else made from name parts (Westville)."""

    part = "address"
    token = "city"
