"""Last names."""

from __future__ import annotations

from dataclasses import dataclass

from rowsmith.samplers._names import Named


@dataclass(frozen=True, kw_only=True)
class LastName(Named):
    """Last names; in languages where they have two forms (Nováková, Иванова), that of the person's sex."""

    token = "last_name"
