"""Columns that are one of a list of values: the codec, and how such a list is kept as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.domains import Declaring, Domain, Levels
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import MAX_CODES, CodeArray, Codec, Rows
from rowsmith.core.rng import Key, stable_hash
from rowsmith.core.schema import arrow_type
from rowsmith.core.state import State
from rowsmith.core.text import Form


@dataclass(frozen=True)
class LevelCodec(Codec):
    """A fitted column of levels: code i is level i.

    Attributes:
        levels: distinct values.
        shares: cumulative share of rows of each level, rising to 1; a value that is no level becomes one by these.
        ordered: whether the levels stand in an order that means something.
    """

    levels: pa.Array
    shares: NDArray[np.float64]
    ordered: bool
    exact: bool = field(default=True, init=False)

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many levels there are."""
        return len(self.levels)

    def encode(self, values: pa.Array) -> CodeArray:
        """Codes of values, shape (rows,)."""
        found = pc.index_in(comparable(values), comparable(self.levels))
        codes = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        strange = np.flatnonzero(codes < 0)
        if len(strange):
            # By a hash of the value: always the same level for the same value, and no level gains more than its share.
            texts = dump_levels(values.take(pa.array(strange)))
            places = np.array([stable_hash("level", t) / 2.0**64 for t in texts])
            codes[strange] = np.minimum(np.searchsorted(self.shares, places, side="right"), self.size - 1)
        return np.asarray(codes, dtype=np.uint16)

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """Levels of codes."""
        return self.levels.take(pa.array(codes))

    def counts(self) -> NDArray[np.int64]:
        """One each."""
        return np.ones(self.size, dtype=np.int64)

    def point(self, codes: CodeArray, places: NDArray[np.int64]) -> pa.Array:
        """Levels of codes."""
        return self.levels.take(pa.array(codes))

    def state(self) -> State:
        """The levels as JSON text, with their shares."""
        return {
            "type": str(self.levels.type),
            "levels": dump_levels(self.levels),
            "shares": self.shares,
            "ordered": self.ordered,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        levels = load_levels(state["levels"], arrow_type(state["type"]))
        if len(levels) != len(state["shares"]):
            raise ValueError("levels and shares of different lengths")
        return cls(levels, state["shares"], bool(state["ordered"]))


def fit_levels(
    values: pa.Array, *, levels: pa.Array | None = None, ordered: bool = False, sort: bool = False
) -> LevelCodec:
    """The codec of values without nulls.

    Args:
        values: at least one.
        levels: which there are, in order; by default those seen, the most frequent first, ties by value.
        ordered: whether their order means something.
        sort: order the levels seen by value instead.

    Raises:
        DataError: a value that is no level, or too many levels.
    """
    seen = pc.value_counts(comparable(values))
    names, counts = seen.field("values"), seen.field("counts").to_numpy()
    if levels is None:
        levels, counts = _ranked(values, names, counts, sort)
    else:
        place = pc.index_in(names, comparable(levels))
        if place.null_count:
            odd = names.filter(place.is_null())[0].as_py()
            raise DataError(f"the value {odd!r} is none of its levels.")
        counts = np.bincount(place.to_numpy(zero_copy_only=False), weights=counts, minlength=len(levels))
    if len(levels) > MAX_CODES - 1:
        raise DataError(f"has {len(levels):,} levels; a category takes at most {MAX_CODES - 1:,}.")
    shares = np.cumsum(counts) / counts.sum()
    return LevelCodec(levels, shares, ordered)


def typed_levels(levels: Sequence[str], kind: pa.DataType) -> pa.Array:
    """Levels as a setting has them, in the type of the column.

    Raises:
        DataError: they are not of the type, or one stands twice.
    """
    try:
        typed = pa.array(levels, pa.string()).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise DataError(f"the levels {levels[:3]} … are not of the column's type {kind}.") from None
    if len(typed.unique()) < len(typed):
        raise DataError(f"levels: one of {levels[:3]} … stands twice.")
    return typed


class Listed(Declaring):
    """What kinds are of which all levels can be declared."""

    levels: tuple[str, ...]

    def domain(self, type: pa.DataType, form: Form | None) -> Levels:
        """The levels, if they are declared."""
        return Levels(typed_levels(self.levels, type) if self.levels else None)


def coded_levels(domain: Domain, *, ordered: bool = False) -> LevelCodec:
    """The codec of levels that are known without a look at the rows."""
    assert isinstance(domain, Levels)
    assert domain.values is not None, "the levels are known"
    n = len(domain.values)
    shares = np.arange(1, n + 1) / n if domain.shares is None else domain.shares
    return LevelCodec(domain.values, shares, ordered)


def _ranked(
    values: pa.Array, names: pa.Array, counts: NDArray[np.int64], sort: bool
) -> tuple[pa.Array, NDArray[np.int64]]:
    texts = dump_levels(names)
    if sort:
        order = pc.sort_indices(names).to_numpy()
    else:
        order = np.array(sorted(range(len(texts)), key=lambda i: (-counts[i], texts[i])))
    levels = names.take(pa.array(order))
    if pa.types.is_nested(values.type):
        levels = load_levels(levels.to_pylist(), values.type)
    return levels, counts[order]


def comparable(values: pa.Array) -> pa.Array:
    """Values that can be looked up: nested ones as their JSON."""
    return pa.array(dump_levels(values), pa.string()) if pa.types.is_nested(values.type) else values


def dump_levels(values: pa.Array) -> list[str]:
    """Values of any type as texts.

    >>> dump_levels(pa.array([[1, None], []]))
    ['["1", null]', '[]']
    """
    kind = values.type
    if pa.types.is_nested(kind):
        return [json.dumps(_plain(v, kind), ensure_ascii=False) for v in values.to_pylist()]
    if is_binary(kind):
        return [base64.b64encode(v).decode() for v in values.to_pylist()]
    if (ticks := _ticks(kind)) is not None:
        return [str(v) for v in values.view(ticks).to_pylist()]
    return [str(v) for v in values.cast(pa.string()).to_pylist()]


def load_levels(texts: list[str], kind: pa.DataType) -> pa.Array:
    """The inverse of `dump_levels`."""
    if pa.types.is_nested(kind):
        return pa.array([_typed(json.loads(t), kind) for t in texts], kind)
    if is_binary(kind):
        return pa.array([base64.b64decode(t) for t in texts], kind)
    if (ticks := _ticks(kind)) is not None:
        return pa.array([int(t) for t in texts], ticks).view(kind)
    return pa.array(texts, pa.string()).cast(kind)


def _ticks(kind: pa.DataType) -> pa.DataType | None:
    """The whole numbers that times of a type are; None of any other type."""
    if pa.types.is_time32(kind):
        return pa.int32()
    times = pa.types.is_timestamp(kind) or pa.types.is_duration(kind) or pa.types.is_time64(kind)
    return pa.int64() if times else None


def is_binary(kind: pa.DataType) -> bool:
    """Whether a type is one of bytes."""
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _plain(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {f.name: _plain(value[f.name], f.type) for f in kind}
    if pa.types.is_map(kind):
        return [[_plain(k, kind.key_type), _plain(v, kind.item_type)] for k, v in value]
    if pa.types.is_nested(kind):
        return [_plain(v, kind.value_type) for v in value]
    return dump_levels(pa.array([value], kind))[0]


def _typed(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {f.name: _typed(value[f.name], f.type) for f in kind}
    if pa.types.is_map(kind):
        return [(_typed(k, kind.key_type), _typed(v, kind.item_type)) for k, v in value]
    if pa.types.is_nested(kind):
        return [_typed(v, kind.value_type) for v in value]
    return load_levels([value], kind)[0].as_py()
