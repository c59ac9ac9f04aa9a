"""Number plates of cars."""

from __future__ import annotations

from dataclasses import dataclass

from rowsmith.samplers._entity import Localized


@dataclass(frozen=True, kw_only=True)
class LicensePlate(Localized):
    """Number plates in the country's format."""

    part = "automotive"
    token = "license_plate"
