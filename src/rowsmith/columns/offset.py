"""Moments as text, each with an offset from UTC of its own: `2024-05-21T08:21:28+05:30` beside `…+02:00`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.columns._levels import LevelCodec, fit_levels
from rowsmith.columns._line_codec import LineCodec, fit_line
from rowsmith.columns._rare import hide_levels
from rowsmith.core import text
from rowsmith.core.errors import DataError
from rowsmith.core.grid import BINS, KNOTS
from rowsmith.core.protocols import MAX_CODES, Claim, CodeArray, Codec, ColumnKind, Profile, Rows
from rowsmith.core.rng import Key
from rowsmith.core.shield import FEW, Sharing, Shielded, Shielding, Units, Whole
from rowsmith.core.state import State
from rowsmith.core.text import Form

OFFSET = r"(?P<body>.*\d)(?P<offset> ?(?:Z|[+-]\d\d:?\d\d|[+-]\d\d))"
PATTERN = rf"^{OFFSET}$"
MOST_OFFSETS = 100
TICKS = pa.timestamp("us")


@dataclass(frozen=True)
class OffsetCodec(Codec):
    """A fitted column of moments with offsets. Codes rise with the moment, and within its range with the offset.

    Attributes:
        moments: codec of the moments in UTC.
        offsets: codec of the offsets, as they are written.
        form: how the time on the wall is printed.
    """

    moments: LineCodec
    offsets: LevelCodec
    form: Form
    ordered: bool = field(default=True, init=False)

    @property
    def size(self) -> int:  # type: ignore[override]
        """Ranges of moments times offsets."""
        return self.moments.size * self.offsets.size

    def encode(self, values: pa.Array) -> CodeArray:
        """Codes of texts, shape (rows,)."""
        body, offset = _apart(values)
        moments = _utc(text.parse(body, self.form), offset)
        return self.moments.encode(moments) * np.uint16(self.offsets.size) + self.offsets.encode(offset)

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """Texts of codes."""
        size = np.uint16(self.offsets.size)
        offset = self.offsets.decode(codes % size, rows, key)
        moments = self.moments.decode(codes // size, rows, key)
        local = pc.add(moments.cast(TICKS).cast(pa.int64()), pa.array(_seconds(offset) * 1_000_000)).cast(TICKS)
        plain = local.cast(text.parse(pa.array([], pa.string()), self.form).type, safe=False)
        return pc.binary_join_element_wise(text.show(plain, self.form), offset, "")

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same codec."""
        return {"moments": self.moments.state(), "offsets": self.offsets.state(), "form": dict(self.form)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(LineCodec.from_state(state["moments"]), LevelCodec.from_state(state["offsets"]), state["form"])


@dataclass(frozen=True, kw_only=True)
class Offset(ColumnKind, Shielding, Sharing):
    """Moments as text with offsets from UTC that differ. The moment is learnt in UTC, and printed with one of the offsets."""

    bins: int = BINS
    """About how many bins the moments are cut into; fewer where there are many offsets."""
    knots: int = KNOTS
    """At most how many pieces the law inside a bin is kept in; small bins get fewer."""
    ends: int = FEW
    """Rows that must lie at the least and the greatest drawn value, or beyond; 1 for a column that is public."""

    codec: ClassVar[type[OffsetCodec]] = OffsetCodec

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims texts of one form of moment with two offsets or more."""
        values = profile.values.drop_null()
        if not pa.types.is_string(values.type) or profile.form is not None or not len(values):
            return None
        if not pc.all(pc.match_substring_regex(values, PATTERN)).as_py():
            return None
        body, offset = _apart(values)
        found = text.recognise(body)
        if not 2 <= pc.count_distinct(offset).as_py() <= MOST_OFFSETS or found is None:
            return None
        return Claim(0.86, {}, "points in time with an offset each") if pa.types.is_timestamp(found[0].type) else None

    def shielded(
        self, values: pa.Array, key: Key, units: Units | None = None, whole: Whole | None = None
    ) -> Shielded | None:
        """Without moments whose offset too few rows share. The moments are looked after by `ends`."""
        if not pa.types.is_string(values.type) or not pc.all(pc.match_substring_regex(values, PATTERN)).as_py():
            return None  # `fit` says so
        found = hide_levels(_apart(values)[1], self.ends, units, whole)
        return None if found is None else Shielded(values, found.hidden, found.levels, found.rows)

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> OffsetCodec:
        """Learn moments and offsets."""
        return self._fitted(values, None, None)

    def fit_shared(
        self, values: pa.Array, form: Form | None, key: Key, units: Units | None, whole: Whole
    ) -> OffsetCodec:
        """The same; the ends of the moments are those of enough entities."""
        return self._fitted(values, units, whole)

    def _fitted(self, values: pa.Array, units: Units | None, whole: Whole | None) -> OffsetCodec:
        texts = pa.types.is_string(values.type) and pc.all(pc.match_substring_regex(values, PATTERN)).as_py()
        body, offset = _apart(values) if texts else (None, None)
        found = text.recognise(body) if texts else None
        if found is None or not pa.types.is_timestamp(found[0].type):
            raise DataError("has values that are no moments with an offset, such as 2024-05-21T08:21:28+05:30.")
        offsets = fit_levels(offset)
        bins = min(self.bins, MAX_CODES // (4 * offsets.size))  # frequent moments have bins of their own besides
        return OffsetCodec(
            fit_line(_utc(found[0], offset), bins, self.knots, self.ends, units, whole), offsets, found[1]
        )


def _apart(values: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Times on the wall and offsets, as written."""
    parts = pc.extract_regex(values, PATTERN)
    if parts.null_count:
        odd = values.filter(parts.is_null())[0].as_py()
        raise DataError(f"the value {odd!r} is no moment with an offset, such as 2024-05-21T08:21:28+05:30.")
    return parts.field("body"), parts.field("offset")


def _seconds(offset: pa.Array) -> NDArray[np.int64]:
    """Offsets in seconds, shape (n,)."""
    coded = offset.dictionary_encode()
    found = []
    for one in coded.dictionary.to_pylist():
        digits = one.strip().lstrip("+-").replace(":", "")
        size = 0 if digits == "Z" else int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
        found.append(-size if "-" in one else size)
    return np.asarray(np.array(found, dtype=np.int64)[coded.indices.to_numpy()])


def _utc(local: pa.Array, offset: pa.Array) -> pa.Array:
    ticks = pc.subtract(local.cast(TICKS).cast(pa.int64()), pa.array(_seconds(offset) * 1_000_000))
    return ticks.cast(TICKS)
