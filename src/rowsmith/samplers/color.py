"""Colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._countries import found
from rowsmith.samplers._entity import Localized
from rowsmith.samplers._faker import attribute, known_locale
from rowsmith.samplers._phrases import Join, Phrase, Words, plain


@dataclass(frozen=True, kw_only=True)
class Color(Localized):
    """Colours by name, as #rrggbb, or as their three shares of 255."""

    form: Literal["name", "hex", "rgb"] = "name"
    """How a colour is written: Tomato, #ff6347, or 255, 99, 71."""
    of: str | None = None
    """Column with names of colours, in the same language, which hex and rgb follow; without it, they are any colour."""

    part = "color"
    token = "color"

    def __post_init__(self) -> None:
        if self.form not in ("name", "hex", "rgb"):
            raise SpecError(f"form={self.form!r}: expected name, hex or rgb.")
        if self.of is not None and (self.form == "name" or self.unique):
            raise SpecError(f"of={self.of!r}: expected form hex or rgb with it, and not unique.")
        super().__post_init__()

    @property
    def reads(self) -> tuple[str, ...]:
        """The column of names."""
        return () if self.of is None else (self.of,)

    def phrase(self) -> Phrase:
        """Names of the locale, or three numbers."""
        return super().phrase() if self.form == "name" else _numbers(self.form)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """At random, or that of the name."""
        if self.of is None:
            return super().sample(rows, key, given)
        super().phrase()  # refuses a locale without colours
        listed = {name: tuple(bytes.fromhex(code[1:])) for name, code in _listed(known_locale(self.locale)).items()}
        values = tuple(
            "#" + bytes(rgb).hex() if self.form == "hex" else ", ".join(map(str, rgb)) for rgb in listed.values()
        )
        return plain(found(given[self.of], tuple(listed), values, f"of={self.of!r}", "a name of a colour"))


def _listed(locale: str) -> dict[str, str]:
    return dict(attribute("color", locale, "all_colors") or {})


@cache
def _numbers(form: str) -> Phrase:
    if form == "hex":
        pair = Words.of(f"{i:02x}" for i in range(256))
        return Join(("#", pair, pair, pair))
    share = Words.of(str(i) for i in range(256))
    return Join((share, ", ", share, ", ", share))
