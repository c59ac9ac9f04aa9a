"""Exact decimals: money to the cent."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from rowsmith.columns._line_kind import LineKind
from rowsmith.core.protocols import Claim, Profile


@dataclass(frozen=True, kw_only=True)
class Decimal(LineKind):
    """Decimals of a fixed scale."""

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims decimals."""
        if not pa.types.is_decimal(profile.values.type):
            return None
        return Claim(0.5, {}, "exact decimals")
