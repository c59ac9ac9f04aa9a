"""Countries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._countries import codes, found, names
from rowsmith.samplers._entity import Localized
from rowsmith.samplers._faker import known_locale


@dataclass(frozen=True, kw_only=True)
class Country(Localized):
    """Countries, in the language of the locale; in English they can follow a column of codes."""

    of: str | None = None
    """Column with ISO 3166 codes of two or three letters, which the names follow; for English locales."""

    few: ClassVar[bool] = True
    part = "address"
    token = "country"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.of is not None and not known_locale(self.locale).startswith("en_"):
            raise SpecError(f"locale={self.locale!r}: expected an English locale with of={self.of!r}, such as en_US.")
        if self.of is not None and self.unique:
            raise SpecError(f"unique=True: expected no of={self.of!r} with it; leave one of them out.")

    @property
    def reads(self) -> tuple[str, ...]:
        """The column of codes."""
        return () if self.of is None else (self.of,)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """At random, or that of the code."""
        if self.of is None:
            return super().sample(rows, key, given)
        return found(
            given[self.of], codes(2) + codes(3), names() * 2, f"of={self.of!r}", "a country code such as DE or DEU"
        )
