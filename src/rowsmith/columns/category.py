"""Levels without an order: whatever repeats often enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.columns._levels import LevelCodec, Listed, coded_levels, fit_levels, typed_levels
from rowsmith.columns._names import names_somebody, numbers_person
from rowsmith.columns._rare import check_rare, shield_levels
from rowsmith.core.domains import Domain
from rowsmith.core.persons import are_names
from rowsmith.core.protocols import Claim, ColumnKind, Profile
from rowsmith.core.rng import Key
from rowsmith.core.shield import FEW, Shielded, Shielding, Units, Whole
from rowsmith.core.text import Form

PERSONS, NUMBERED = 20, 0.9
"""Levels that persons have, at least, and the share of these with a digit in them."""


@dataclass(frozen=True, kw_only=True)
class Category(ColumnKind, Shielding, Listed):
    """One of a list of levels. The levels are kept letter for letter, those of a few rows apart."""

    rare: int = FEW
    """A level of fewer rows (in tables of fewer than 400 rows, fewer still) is not kept: its rows get that of a row like them.
    Where rows belong to entities, as many of these must have it."""
    levels: tuple[str, ...] = ()
    """All levels that there can be, if they are known without a look at the data: then none is rare."""
    made_up: bool = False
    """Whether the levels, texts, are made up: as many, as often each, of the same look. So are numbers and names of persons, who come
    in several rows, unless the column is public."""

    codec: ClassVar[type[LevelCodec]] = LevelCodec

    def __post_init__(self) -> None:
        check_rare(self.rare)

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims what no other kind wants: text, in the first place."""
        if pa.types.is_nested(profile.values.type):
            return None
        if numbers_person(profile.name) and _numbered(profile.values.drop_null()):
            return Claim(0.2, {"made_up": True}, "numbers of persons, who come in several rows: made up, as often each")
        if names_somebody(profile.name) and are_names(pc.unique(profile.values.drop_null())):
            return Claim(0.2, {"made_up": True}, "names of persons, who come in several rows: made up, as often each")
        return Claim(0.2, {}, "a list of values that repeat")

    def shielded(
        self, values: pa.Array, key: Key, units: Units | None = None, whole: Whole | None = None
    ) -> Shielded | None:
        """Without rare levels; made-up ones where most rows have a rare one."""
        made_up = self.made_up and self.rare > 1  # of a public column nothing is
        return None if self.levels else shield_levels(values, self.rare, key, units, whole, every=made_up)

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> LevelCodec:
        """List the levels."""
        return fit_levels(values, levels=typed_levels(self.levels, values.type) if self.levels else None)

    def coded(self, domain: Domain, form: Form | None, key: Key) -> LevelCodec:
        """The levels that are declared or were paid for."""
        return coded_levels(domain)


def _numbered(values: pa.Array) -> bool:
    """Whether levels are many, and numbers."""
    if not pa.types.is_string(values.type):
        return False
    levels = pc.unique(values)
    return (
        len(levels) >= PERSONS and pc.mean(pc.match_substring_regex(levels, r"\d").cast(pa.int8())).as_py() >= NUMBERED
    )
