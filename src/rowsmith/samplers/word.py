"""Single words."""

from __future__ import annotations

from dataclasses import dataclass

from rowsmith.samplers._entity import Localized


@dataclass(frozen=True, kw_only=True)
class Word(Localized):
    """Everyday words of a language."""

    part = "lorem"
    token = "word"
