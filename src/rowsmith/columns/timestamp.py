"""Instants, with or without a zone."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from rowsmith.columns._line_kind import LineKind
from rowsmith.core.protocols import Claim, Profile


@dataclass(frozen=True, kw_only=True)
class Timestamp(LineKind):
    """Instants, at the resolution in which they were noted. Learnt in UTC where there is a zone."""

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims timestamps of any unit and zone."""
        if not pa.types.is_timestamp(profile.values.type):
            return None
        return Claim(0.5, {}, "points in time")
