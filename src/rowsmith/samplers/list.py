"""Lists inside a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._nested import at, inner
from rowsmith.samplers._parts import distribution
from rowsmith.samplers.sequence import Sequence

_ROW = "#row"
_MOST_ITEMS = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class List(ColumnSampler):
    """Lists of values of one kind, for formats that have such a type (Parquet, JSON Lines).

    Items of the kind `sequence` start anew in every list.
    """

    of: Mapping[str, Any] | str
    """Kind of the items with its settings, such as {kind: category, values: [red, green]}."""
    length: int | Mapping[str, Any]
    """Items in a list: a whole number, or a distribution of whole numbers, such as {kind: poisson, mean: 3}."""

    def __post_init__(self) -> None:
        _ = self._items
        if isinstance(self.length, int) and not 0 <= self.length <= _MOST_ITEMS:
            raise SpecError(f"length={self.length}: expected a whole number from 0.")
        counts = self._counts
        if counts is not None and not pa.types.is_integer(counts.type):
            raise SpecError("length: expected a distribution of whole numbers, such as {kind: poisson, mean: 3}.")

    @property
    def type(self) -> pa.DataType:
        """A list."""
        return pa.list_(self._items.type)

    @property
    def reads(self) -> tuple[str, ...]:
        """What the items read."""
        return tuple(name for name in self._items.reads if name != _ROW)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Draw the lengths, then the items of all lists in one go."""
        if self._counts is None:
            lengths = np.full(rows.n, self.length, dtype=np.int64)
        else:
            lengths = np.asarray(self._counts.numbers(rows.n, key.child("length").generator()), dtype=np.int64)
        if lengths.min(initial=0) < 0:
            raise SpecError(f"length: gives {lengths.min()}; expected numbers from 0, so set its `min`.")
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        if offsets[-1] > _MOST_ITEMS or lengths.max(initial=0) > _MOST_ITEMS:
            raise SpecError(
                f"length: gives lists of up to {lengths.max():,} items, too many for memory; set its `max`."
            )
        row = np.repeat(np.arange(rows.n), lengths)
        read = {name: given[name].take(pa.array(row)) for name in self.reads} | {_ROW: pa.array(row)}
        with at("of"):
            items = self._items.sample(Rows(0, len(row)), key.child("of"), read)
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items)

    @cached_property
    def _items(self) -> ColumnSampler:
        items = inner(self.of, "of")
        return replace(items, within=_ROW) if isinstance(items, Sequence) and items.within is None else items

    @cached_property
    def _counts(self) -> Distribution | None:
        return None if isinstance(self.length, int) else distribution(self.length, "length")
