"""Levels with an order (ordinal): small < medium < large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from rowsmith.columns._levels import LevelCodec, Listed, coded_levels, dump_levels, fit_levels, typed_levels
from rowsmith.core.domains import Domain, Levels
from rowsmith.core.protocols import Claim, ColumnKind, Profile
from rowsmith.core.rng import Key
from rowsmith.core.text import Form


@dataclass(frozen=True, kw_only=True)
class Ordered(ColumnKind, Listed):
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
        levels = typed_levels(self.levels, values.type) if self.levels else None
        return fit_levels(values, levels=levels, ordered=True, sort=levels is None)

    def coded(self, domain: Domain, form: Form | None, key: Key) -> LevelCodec:
        """The levels that are declared or were paid for; the latter sorted."""
        assert isinstance(domain, Levels)
        assert domain.values is not None, "the levels are known"
        return coded_levels(domain if self.levels else Levels(domain.values.sort()), ordered=True)
