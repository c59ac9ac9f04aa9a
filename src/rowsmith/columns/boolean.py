"""Yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from rowsmith.columns._levels import LevelCodec, coded_levels, fit_levels
from rowsmith.core.domains import Declaring, Domain, Levels
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import Claim, ColumnKind, Profile
from rowsmith.core.rng import Key
from rowsmith.core.text import Form


@dataclass(frozen=True, kw_only=True)
class Boolean(ColumnKind, Declaring):
    """True or false, printed as the input printed it."""

    codec: ClassVar[type[LevelCodec]] = LevelCodec

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims booleans."""
        return Claim(0.5, {}, "true or false") if pa.types.is_boolean(profile.values.type) else None

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> LevelCodec:
        """List which of the two occur."""
        if not pa.types.is_boolean(values.type):
            raise DataError(f"is of type {values.type}; the kind 'boolean' takes booleans.")
        return fit_levels(values, sort=True)

    def domain(self, type: pa.DataType, form: Form | None) -> Levels:
        """Both values, whether or not they occur."""
        return Levels(pa.array([False, True]))

    def coded(self, domain: Domain, form: Form | None, key: Key) -> LevelCodec:
        """Both values."""
        return coded_levels(domain)
