"""Days, without a time."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from rowsmith.columns._line_kind import LineKind
from rowsmith.core.protocols import Claim, Profile


@dataclass(frozen=True, kw_only=True)
class Date(LineKind):
    """Days. Sentinels such as 9999-12-31 stay apart."""

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims dates."""
        if not pa.types.is_date(profile.values.type):
            return None
        return Claim(0.5, {}, "days")
