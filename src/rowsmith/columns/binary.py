"""Raw bytes: a few values are levels; many are opaque, and random bytes of the same lengths stand in for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.columns._levels import is_binary
from rowsmith.columns._line_codec import LineCodec, fit_line
from rowsmith.columns._rare import mostly_rare
from rowsmith.columns._unique import SHARE
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import Claim, CodeArray, Codec, ColumnKind, Profile, Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import arrow_type
from rowsmith.core.shield import FEW
from rowsmith.core.state import State
from rowsmith.core.text import Form

BINS = 32


@dataclass(frozen=True)
class BinaryCodec(Codec):
    """A fitted column of bytes: codes are bins of the length.

    Attributes:
        type: Arrow type.
        lengths: codec of the lengths.
    """

    type: pa.DataType
    lengths: LineCodec
    ordered: bool = field(default=True, init=False)

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many bins of lengths there are."""
        return self.lengths.size

    def encode(self, values: pa.Array) -> CodeArray:
        """The bin of each value's length."""
        return self.lengths.encode(_lengths(values))

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """Random bytes of these lengths."""
        counts = self.lengths.decode(codes, rows, key.child("length")).to_numpy()
        ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        raw = key.child("bytes").generator().bytes(int(ends[-1]))
        buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(raw)]
        return pa.Array.from_buffers(pa.large_binary(), len(codes), buffers).cast(pa.binary()).cast(self.type)

    def state(self) -> State:
        """Type and lengths."""
        return {"type": str(self.type), "lengths": self.lengths.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(arrow_type(state["type"]), LineCodec.from_state(state["lengths"]))


@dataclass(frozen=True, kw_only=True)
class Binary(ColumnKind):
    """Bytes that mean nothing to us: only their number is learnt."""

    codec: ClassVar[type[BinaryCodec]] = BinaryCodec
    anew: ClassVar[bool] = True

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims bytes that hardly repeat; others are a category."""
        if not is_binary(profile.values.type):
            return None
        valid = profile.values.drop_null()
        if len(pc.unique(valid)) <= SHARE * len(valid) and not mostly_rare(valid, FEW):
            return None
        return Claim(0.5, {}, "bytes that hardly repeat: random ones of the same lengths stand in")

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> BinaryCodec:
        """Learn the lengths."""
        if not is_binary(values.type):
            raise DataError(f"is of type {values.type}; the kind 'binary' takes bytes.")
        return BinaryCodec(values.type, fit_line(_lengths(values), BINS, 4))


def _lengths(values: pa.Array) -> pa.Array:
    return pc.binary_length(values).cast(pa.int64())
