"""Levels without an order: whatever repeats often enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from rowsmith.columns._levels import LevelCodec, fit_levels
from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Claim, ColumnKind, Profile
from rowsmith.core.rng import Key
from rowsmith.core.text import Form


@dataclass(frozen=True, kw_only=True)
class Category(ColumnKind):
    """One of a list of levels. The levels are kept letter for letter."""

    rare: int = 1
    """A level seen less often than this is drawn as another one."""

    codec: ClassVar[type[LevelCodec]] = LevelCodec

    def __post_init__(self) -> None:
        if self.rare < 1:
            raise SpecError(f"rare={self.rare}: expected a number from 1.")

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims what no other kind wants: text, in the first place."""
        if pa.types.is_nested(profile.values.type):
            return None
        return Claim(0.2, {}, "a list of values that repeat")

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> LevelCodec:
        """List the levels."""
        return fit_levels(values, rare=self.rare)
