"""Whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from rowsmith.columns._line_kind import LineKind
from rowsmith.core.protocols import Claim, Profile


@dataclass(frozen=True, kw_only=True)
class Integer(LineKind):
    """Whole numbers: counts, amounts, years, postal codes of digits."""

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims integers of any width."""
        if not pa.types.is_integer(profile.values.type):
            return None
        return Claim(0.5, {}, "whole numbers")
