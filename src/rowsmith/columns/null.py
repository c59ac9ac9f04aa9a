"""Columns without any value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from rowsmith.columns._levels import LevelCodec
from rowsmith.core.domains import Anew, Declaring, Domain
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import Claim, ColumnKind, Profile
from rowsmith.core.rng import Key
from rowsmith.core.text import Form


@dataclass(frozen=True, kw_only=True)
class Null(ColumnKind, Declaring):
    """No value in any row."""

    codec: ClassVar[type[LevelCodec]] = LevelCodec

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims a column in which every row is null."""
        return (
            Claim(1.0, {}, "it has no value in any row") if profile.values.null_count == len(profile.values) else None
        )

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> LevelCodec:
        """Refuse: a column without values is not handed to its kind."""
        raise DataError(f"has values, such as {values[0].as_py()!r}; the kind 'null' takes none.")

    def domain(self, type: pa.DataType, form: Form | None) -> Anew:
        """There are no values."""
        return Anew(type)

    def coded(self, domain: Domain, form: Form | None, key: Key) -> None:
        """There are no values."""
