"""Names of companies."""

from __future__ import annotations

from dataclasses import dataclass

from rowsmith.samplers._entity import Localized


@dataclass(frozen=True, kw_only=True)
class Company(Localized):
    """Names of companies, made from last names and legal forms; a few locales have large real ones among them."""

    part = "company"
    token = "company"
