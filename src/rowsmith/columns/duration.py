"""Lengths of time."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from rowsmith.columns._line_kind import LineKind
from rowsmith.core.protocols import Claim, Profile


@dataclass(frozen=True, kw_only=True)
class Duration(LineKind):
    """Lengths of time."""

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims durations."""
        if not pa.types.is_duration(profile.values.type):
            return None
        return Claim(0.5, {}, "lengths of time")
