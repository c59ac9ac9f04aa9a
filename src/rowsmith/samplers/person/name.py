"""Full names."""

from __future__ import annotations

from dataclasses import dataclass

from rowsmith.samplers._names import Named


@dataclass(frozen=True, kw_only=True)
class Name(Named):
    """Full names in the order of the language, without titles: Mary Smith, Kovács Anna, 王芳, Иван Петрович Соколов."""

    token = "name"
