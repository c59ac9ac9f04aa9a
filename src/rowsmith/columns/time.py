"""Times of day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from rowsmith.columns._line_codec import LineCodec, fit_line
from rowsmith.core.grid import BINS, KNOTS
from rowsmith.core.protocols import Claim, ColumnKind, Profile
from rowsmith.core.rng import Key
from rowsmith.core.shield import FEW
from rowsmith.core.text import Form


@dataclass(frozen=True, kw_only=True)
class Time(ColumnKind):
    """Times of day, at the resolution in which they were noted."""

    bins: int = BINS
    """About how many bins the column is cut into; frequent values, which have a bin of their own, come on top."""
    knots: int = KNOTS
    """At most how many pieces the law inside a bin is kept in; small bins get fewer."""
    ends: int = FEW
    """Rows that must lie at the least and the greatest drawn value, or beyond; 1 for a column that is public."""

    codec: ClassVar[type[LineCodec]] = LineCodec

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims times of day."""
        if not pa.types.is_time(profile.values.type):
            return None
        return Claim(0.5, {}, "times of day")

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> LineCodec:
        """Cut the values into codes."""
        return fit_line(values, self.bins, self.knots, self.ends)
