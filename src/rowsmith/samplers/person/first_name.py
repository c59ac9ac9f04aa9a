"""First names."""

from __future__ import annotations

from dataclasses import dataclass

from rowsmith.samplers._names import Named


@dataclass(frozen=True, kw_only=True)
class FirstName(Named):
    """First names, as frequent as they are where Faker knows."""

    token = "first_name"
