"""Streets with house numbers."""

from __future__ import annotations

from dataclasses import dataclass

from rowsmith.samplers._entity import Localized


@dataclass(frozen=True, kw_only=True)
class Street(Localized):
    """Street and house number in the country's order: 12 Oak Lane, Lindenstraße 12."""

    part = "address"
    token = "street_address"
