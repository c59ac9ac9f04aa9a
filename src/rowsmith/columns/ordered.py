"""Levels with an order (ordinal): small < medium < large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from rowsmith.columns._levels import LevelCodec, dump_levels, fit_levels
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import Claim, ColumnKind, Profile
from rowsmith.core.rng import Key
from rowsmith.core.text import Form


@dataclass(frozen=True, kw_only=True)
class Ordered(ColumnKind):
    """Levels with an order, such as small, medium, large."""

    levels: tuple[str, ...] = ()
    """All levels, lowest first; by default those in the data, sorted."""

    codec: ClassVar[type[LevelCodec]] = LevelCodec

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims ordered dictionaries (ordered categoricals of pandas, enums of polars)."""
        kind = profile.values.type
        if not pa.types.is_dictionary(kind) or not kind.ordered:
            return None
        levels = dump_levels(profile.values.dictionary.drop_null())
        return Claim(0.9, {"levels": levels}, "the data says that its levels have an order")

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> LevelCodec:
        """Check the values against the levels."""
        if not self.levels:
            return fit_levels(values, ordered=True, sort=True)
        try:
            levels = pa.array(self.levels, pa.string()).cast(values.type)
        except pa.ArrowInvalid:
            raise DataError(f"the levels {self.levels[:3]} … are not of the column's type {values.type}.") from None
        return fit_levels(values, levels=levels, ordered=True)
