"""Floating numbers: on a lattice of decimals where there is one, infinities and NaN apart."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from rowsmith.columns._line_kind import LineKind
from rowsmith.core.protocols import Claim, Profile


@dataclass(frozen=True, kw_only=True)
class Float(LineKind):
    """Floating numbers. Decimals and steps that all values keep are kept."""

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims floats of any width."""
        if not pa.types.is_floating(profile.values.type):
            return None
        return Claim(0.5, {}, "numbers")
