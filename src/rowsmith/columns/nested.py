"""Lists and structs: a few values are levels; many are taken apart, and their parts are learnt each on its own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.columns._levels import LevelCodec, comparable, fit_levels
from rowsmith.columns._line_codec import LineCodec, fit_line
from rowsmith.columns._rare import check_rare, mostly_rare, shield_levels
from rowsmith.core.codecs import ColumnCodec, learn_column, load_codec
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import Claim, CodeArray, Codec, ColumnKind, Profile, Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import arrow_type
from rowsmith.core.shield import FEW, Sharing, Shielded, Shielding, Units, Whole
from rowsmith.core.state import State
from rowsmith.core.text import Form

MAX_LEVELS = 1000
BINS = 32


@dataclass(frozen=True)
class Part:
    """The elements of a list, or one field of a struct, learnt on their own.

    Attributes:
        kind: name of the column kind.
        codec: of the values.
        shares: cumulative shares of its codes.
    """

    kind: str
    codec: ColumnCodec
    shares: NDArray[np.float64]

    def draw(self, n: int, first: int, key: Key) -> pa.Array:
        """Draw n values, independent of each other."""
        places = key.child("codes").generator().random(n) * self.shares[-1]
        codes = np.searchsorted(self.shares, places, side="right").astype(np.uint16)
        return self.codec.decode(codes, Rows(first, n), key.child("values"))

    def state(self) -> State:
        """Arrays and JSON."""
        return {"kind": self.kind, "codec": self.codec.state(), "shares": self.shares}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(state["kind"], load_codec(state["kind"], state["codec"]), state["shares"])


@dataclass(frozen=True)
class NestedCodec(Codec):
    """A fitted column of lists or structs.

    Attributes:
        type: Arrow type.
        levels: the values, where they are few: a code each. Else None.
        lengths: for lists, codec of the lengths: a code is a bin of them. Else None.
        parts: elements or fields.
    """

    type: pa.DataType
    levels: LevelCodec | None
    lengths: LineCodec | None
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many levels or bins of lengths there are."""
        inner = self.levels or self.lengths
        return 1 if inner is None else inner.size

    @property
    def ordered(self) -> bool:  # type: ignore[override]
        """Lengths are ordered, levels are not."""
        return self.levels is None

    @property
    def exact(self) -> bool:  # type: ignore[override]
        """Levels are single values."""
        return self.levels is not None

    def encode(self, values: pa.Array) -> CodeArray:
        """Codes of values, shape (rows,)."""
        if self.levels is not None:
            return self.levels.encode(values)
        if self.lengths is not None:
            return self.lengths.encode(pc.list_value_length(values).cast(pa.int64()))
        return np.zeros(len(values), dtype=np.uint16)

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """Values of codes."""
        if self.levels is not None:
            return self.levels.decode(codes, rows, key)
        if self.lengths is None:
            fields = [p.draw(len(codes), rows.first, key.child(i)) for i, p in enumerate(self.parts)]
            return pa.StructArray.from_arrays(fields, fields=list(self.type))
        counts = self.lengths.decode(codes, rows, key.child("length")).to_numpy()
        ends = np.concatenate([[0], np.cumsum(counts)])
        elements = self.parts[0].draw(int(ends[-1]), 0, key.child("elements"))
        if pa.types.is_fixed_size_list(self.type):
            return pa.FixedSizeListArray.from_arrays(elements, self.type.list_size).cast(self.type)
        return pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), elements).cast(self.type)

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same codec."""
        return {
            "type": str(self.type),
            "levels": None if self.levels is None else self.levels.state(),
            "lengths": None if self.lengths is None else self.lengths.state(),
            "parts": [p.state() for p in self.parts],
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(
            arrow_type(state["type"]),
            None if state["levels"] is None else LevelCodec.from_state(state["levels"]),
            None if state["lengths"] is None else LineCodec.from_state(state["lengths"]),
            tuple(Part.from_state(p) for p in state["parts"]),
        )


@dataclass(frozen=True, kw_only=True)
class Nested(ColumnKind, Shielding, Sharing):
    """Lists or structs. If they hardly repeat, elements and fields are drawn independently of one another."""

    rare: int = FEW
    """A list or struct of fewer rows is not kept, as a level of a category; nor is such an element or field."""

    codec: ClassVar[type[NestedCodec]] = NestedCodec

    def __post_init__(self) -> None:
        check_rare(self.rare)

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims lists and structs."""
        kind = profile.values.type
        if not (_is_list(kind) or pa.types.is_struct(kind)):
            return None
        if _few(profile.values.drop_null(), FEW):
            return Claim(0.5, {}, "a few lists or structs, that repeat: each is a level")
        return Claim(0.5, {}, "lists or structs that hardly repeat: their parts are learnt each on its own")

    def shielded(
        self, values: pa.Array, key: Key, units: Units | None = None, whole: Whole | None = None
    ) -> Shielded | None:
        """Without rare lists or structs, where they are levels."""
        nested = _is_list(values.type) or pa.types.is_struct(values.type)
        few = nested and _few(values, self.rare, units)
        return shield_levels(values, self.rare, key, units, whole) if few else None

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> NestedCodec:
        """Learn levels, or lengths and parts."""
        return self._fitted(values, key, None)

    def fit_shared(
        self, values: pa.Array, form: Form | None, key: Key, units: Units | None, whole: Whole
    ) -> NestedCodec:
        """The same; levels, and values of parts, are those of enough entities."""
        return self._fitted(values, key, units)

    def _fitted(self, values: pa.Array, key: Key, units: Units | None) -> NestedCodec:
        kind = values.type
        if not (_is_list(kind) or pa.types.is_struct(kind)):
            raise DataError(f"is of type {kind}; the kind 'nested' takes lists and structs.")
        if _few(values, self.rare, units):
            return NestedCodec(kind, fit_levels(values), None, ())
        if _is_list(kind):
            counts = pc.list_value_length(values).cast(pa.int64())
            own = None if units is None else np.repeat(units, counts.to_numpy())
            part = _part("element", pc.list_flatten(values), self.rare, key.child("element"), own)
            return NestedCodec(kind, None, fit_line(counts, BINS, 4, self.rare, units), (part,))
        fields = [
            _part(f.name, pc.struct_field(values, f.name), self.rare, key.child(i), units) for i, f in enumerate(kind)
        ]
        return NestedCodec(kind, None, None, tuple(fields))


def _part(name: str, values: pa.Array, rare: int, key: Key, units: Units | None) -> Part:
    from rowsmith.columns._infer import infer_column

    column = infer_column(name, pa.field(name, values.type), values)
    learnt = learn_column(name, dataclasses.replace(column, public=rare == 1), values, key, units)
    counts = np.bincount(learnt.codes[~learnt.hidden], minlength=learnt.codec.size)
    return Part(column.kind, learnt.codec, np.cumsum(counts + (counts.sum() == 0)) / max(1, counts.sum()))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _few(values: pa.Array, rare: int, units: Units | None = None) -> bool:
    distinct = len(pc.unique(comparable(values)))
    several = distinct <= 0.5 * len(values) or len(values) < 5
    return distinct <= MAX_LEVELS and several and not mostly_rare(values, rare, units)
