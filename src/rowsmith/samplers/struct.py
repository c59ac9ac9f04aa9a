"""Records inside a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._nested import at, inner


@dataclass(frozen=True, kw_only=True)
class Struct(ColumnSampler):
    """Records of named fields, for formats that have such a type (Parquet, JSON Lines)."""

    fields: Mapping[str, Any]
    """Name to a kind with its settings, such as {width: {kind: gamma, shape: 2}, colour: {kind: category, values: …}}."""

    def __post_init__(self) -> None:
        if not self.fields:
            raise SpecError("fields={}: expected a mapping of at least one name to a kind.")
        _ = self._samplers

    @property
    def type(self) -> pa.DataType:
        """A struct."""
        return pa.struct([(name, sampler.type) for name, sampler in self._samplers.items()])

    @property
    def reads(self) -> tuple[str, ...]:
        """What the fields read."""
        return tuple(dict.fromkeys(name for sampler in self._samplers.values() for name in sampler.reads))

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Make every field."""
        columns = []
        for name, sampler in self._samplers.items():
            with at(f"fields.{name}"):
                columns.append(sampler.sample(rows, key.child(name), given))
        return pa.StructArray.from_arrays(columns, fields=list(self.type))

    @cached_property
    def _samplers(self) -> dict[str, ColumnSampler]:
        return {str(name): inner(entry, f"fields.{name}") for name, entry in self.fields.items()}
