"""Keys: never learnt, made anew from the row's number in the same shape, so that they are unique at any size."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa

from rowsmith.columns import _keys
from rowsmith.columns._keys import MAKERS, KeyMaker, LineKeys, NumberedKeys, UuidKeys
from rowsmith.columns._like import Alike
from rowsmith.columns._names import is_measure, key_word
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.permutation import Numbers, mix
from rowsmith.core.protocols import Claim, CodeArray, Codec, Profile, Rows
from rowsmith.core.rng import Key
from rowsmith.core.rowhash import MOST_REPEATS
from rowsmith.core.state import State
from rowsmith.core.text import Form

FEW = 10
"""With fewer rows, numbers without a gap are no evidence of a counter."""
MAX_SORTS = 3
"""Prefixes that counted text may have, at most, if its name does not call it a key."""


@dataclass(frozen=True)
class IdentifierCodec(Codec):
    """A fitted key column. Codes say of which sort (prefix, shape) a key is.

    Attributes:
        maker: the law of the keys.
        repeats: share of rows that have the key of the row before.
    """

    maker: KeyMaker
    repeats: float = 0.0
    ordered: bool = field(default=False, init=False)
    by_row: ClassVar[bool] = True

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many sorts there are."""
        return self.maker.size

    def encode(self, values: pa.Array) -> CodeArray:
        """The sort of each key."""
        return self.maker.encode(values)

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """The keys of rows: they depend on the row numbers, not on the stream."""
        return self.at(codes, np.arange(rows.first, rows.first + len(codes), dtype=np.int64))

    def at(self, codes: CodeArray, numbers: Numbers) -> pa.Array:
        """The keys of rows by number."""
        if self.repeats:
            again = (mix(numbers.astype(np.uint64), 0) < np.uint64(self.repeats * 2**64)) & (numbers > 0)
            numbers = np.where(again, numbers - 1, numbers)
        return self.maker.make(codes, numbers)

    def state(self) -> State:
        """The law and its numbers."""
        return {"law": self.maker.law, "maker": self.maker.state(), "repeats": self.repeats}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(MAKERS[state["law"]].from_state(state["maker"]), float(state.get("repeats", 0.0)))


@dataclass(frozen=True, kw_only=True)
class Identifier(Alike):
    """A key: another value in every row, in the shape of the real ones, made from the row's number."""

    codec: ClassVar[type[IdentifierCodec]] = IdentifierCodec

    repeats: float = 0.0
    """Share of rows that repeat the key of another one, where a column is one but for a few; below 0.5."""

    def __post_init__(self) -> None:
        if not 0 <= self.repeats < 0.5:
            raise SpecError(f"repeats={self.repeats!r}: expected a share from 0 to below 0.5.")

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims the primary key, and unique columns with the name or the look of one."""
        values = profile.values.drop_null()
        if not _possible(values.type) or len(values) == 0:
            return None
        # Times that differ are times; without a name or a declaration only numbers and text can look like keys.
        different, word = values.unique(), key_word(profile.name)
        again = len(values) - len(different)
        nearly = 0 < again <= MOST_REPEATS * len(values) and word is not None
        if not profile.is_key and (pa.types.is_temporal(values.type) or len(values) < 2 or (again and not nearly)):
            return None
        maker = _maker(different, profile.form, 0)
        if maker is None:
            return None
        how = f"made anew {maker.say()}"
        if profile.is_key:
            return Claim(0.95, {}, f"it is the primary key: {how}")
        if again:
            repeats = float(f"{again / len(values):.2g}")
            why = f"the name has {word!r} in it and every value differs but for {again:,} of {len(values):,}: {how}, repeated as often"
            return Claim(0.85, {"repeats": repeats}, why)
        if isinstance(maker, UuidKeys):
            return Claim(0.9, {}, f"every value differs and is a UUID: {how}")
        if word is not None:
            return Claim(0.85, {}, f"every value differs and the name has {word!r} in it: {how}")
        if pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):
            return None
        counted = isinstance(maker, LineKeys | NumberedKeys) and maker.serial.law == "count"
        if counted and maker.size <= MAX_SORTS and len(values) >= FEW and not is_measure(profile.name):
            return Claim(0.8, {}, f"every value differs and they follow each other: {how}")
        return None

    def usual(self, type: pa.DataType) -> tuple[str, ...]:
        """Keys that count from 1; days from the first of a year."""
        if pa.types.is_date(type) or pa.types.is_timestamp(type):
            return ("2000-01-01", "2000-01-02")
        return () if _is_16(type) else tuple(map(str, range(1, FEW)))

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> IdentifierCodec:
        """Learn the shape of the keys."""
        values = self.shown(values) if _possible(values.type) else values
        values = values.unique() if self.repeats else values
        maker = _maker(values, form, key.integer()) if _possible(values.type) else None
        if maker is None:
            raise DataError(f"values of type {values.type} cannot be made as keys; keys are whole numbers or text.")
        return IdentifierCodec(maker, self.repeats)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind))


def _possible(kind: pa.DataType) -> bool:
    on_line = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return bool(on_line or _is_text(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind) or _is_16(kind))


def _is_16(kind: pa.DataType) -> bool:
    return bool(pa.types.is_fixed_size_binary(kind) and kind.byte_width == 16)


def _maker(values: pa.Array, form: Form | None, seed: int) -> KeyMaker | None:
    if _is_16(values.type):
        return UuidKeys(values.type, False, seed)
    if _is_text(values.type):
        return _keys.text_keys(values, seed)
    width = form.get("width", 0) if form is not None else 0
    return _keys.line_keys(values, width if isinstance(width, int) else 0, seed)
