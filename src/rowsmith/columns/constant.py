"""Columns with one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.columns._levels import LevelCodec, coded_levels, comparable, fit_levels
from rowsmith.core.domains import Declaring, Domain, Levels
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import Claim, ColumnKind, Profile
from rowsmith.core.rng import Key
from rowsmith.core.text import Form


@dataclass(frozen=True, kw_only=True)
class Constant(ColumnKind, Declaring):
    """One value in every row that has any."""

    codec: ClassVar[type[LevelCodec]] = LevelCodec

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims a column that has a single value, nulls apart."""
        valid = profile.values.drop_null()
        if len(valid) == 0 or len(pc.unique(comparable(valid))) > 1:
            return None
        return Claim(
            0.7, {}, "it has one value in every row" + (" that is not null" if len(valid) < len(profile.values) else "")
        )

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> LevelCodec:
        """Keep the value."""
        codec = fit_levels(values)
        if codec.size > 1:
            raise DataError(f"has {codec.size:,} different values; the kind 'constant' takes one.")
        return codec

    def domain(self, type: pa.DataType, form: Form | None) -> Levels:
        """Nothing is said of the value."""
        return Levels(None)

    def coded(self, domain: Domain, form: Form | None, key: Key) -> LevelCodec:
        """The value that was paid for."""
        return coded_levels(domain)
