"""Levels without an order: whatever repeats often enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from rowsmith.columns._levels import LevelCodec, Listed, coded_levels, fit_levels, typed_levels
from rowsmith.columns._rare import check_rare, shield_levels
from rowsmith.core.domains import Domain
from rowsmith.core.protocols import Claim, ColumnKind, Profile
from rowsmith.core.rng import Key
from rowsmith.core.shield import FEW, Shielded, Shielding, Units, Whole
from rowsmith.core.text import Form


@dataclass(frozen=True, kw_only=True)
class Category(ColumnKind, Shielding, Listed):
    """One of a list of levels. The levels are kept letter for letter, those of a few rows apart."""

    rare: int = FEW
    """A level of fewer rows (in tables of fewer than 400 rows, fewer still) is not kept: its rows get that of a row like them.
    Where rows belong to entities, as many of these must have it."""
    levels: tuple[str, ...] = ()
    """All levels that there can be, if they are known without a look at the data: then none is rare."""

    codec: ClassVar[type[LevelCodec]] = LevelCodec

    def __post_init__(self) -> None:
        check_rare(self.rare)

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims what no other kind wants: text, in the first place."""
        if pa.types.is_nested(profile.values.type):
            return None
        return Claim(0.2, {}, "a list of values that repeat")

    def shielded(
        self, values: pa.Array, key: Key, units: Units | None = None, whole: Whole | None = None
    ) -> Shielded | None:
        """Without rare levels; made-up ones where most rows have a rare one."""
        return None if self.levels else shield_levels(values, self.rare, key, units, whole)

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> LevelCodec:
        """List the levels."""
        return fit_levels(values, levels=typed_levels(self.levels, values.type) if self.levels else None)

    def coded(self, domain: Domain, form: Form | None, key: Key) -> LevelCodec:
        """The levels that are declared or were paid for."""
        return coded_levels(domain)
