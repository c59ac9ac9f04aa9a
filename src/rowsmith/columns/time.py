"""Times of day."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from rowsmith.columns._line_kind import LineKind
from rowsmith.core.protocols import Claim, Profile


@dataclass(frozen=True, kw_only=True)
class Time(LineKind):
    """Times of day, at the resolution in which they were noted."""

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims times of day."""
        if not pa.types.is_time(profile.values.type):
            return None
        return Claim(0.5, {}, "times of day")
