"""A column looked up in a table by another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._levels import Scalar, array_of, column_of, column_type, find, kind_of


@dataclass(frozen=True, kw_only=True)
class Lookup(ColumnSampler):
    """What a table in the spec has for the value of another column, such as a currency for a country."""

    of: str
    """The other column."""
    values: Mapping[Scalar, Scalar]
    """Its values to those of this column, such as {DE: EUR, US: USD}; all of one kind."""
    default: Scalar | None = None
    """Value where the other column has one that is not listed; null if left out."""

    def __post_init__(self) -> None:
        if not self.values:
            raise SpecError("values={}: expected a mapping of at least one value.")
        _ = self._listed

    @property
    def type(self) -> pa.DataType:
        """That of the values; a dictionary for texts."""
        return column_type(self._listed)

    @property
    def reads(self) -> tuple[str, ...]:
        """The other column."""
        return (self.of,)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Look up; null stays null."""
        column = given[self.of]
        place = find(column, list(self.values), "values")
        last = 0 if self.default is None else self._codes[self.default]  # for what is not found, at -1
        codes = np.array([*(self._codes[v] for v in self.values.values()), last])[place]
        missing = column.is_null().to_numpy(zero_copy_only=False) if self.default is not None else place < 0
        return column_of(self._listed, codes, missing)

    @cached_property
    def _codes(self) -> dict[Scalar, int]:
        ends = [] if self.default is None else [self.default]
        kind_of([*self.values.values(), *ends], "values")
        return {value: code for code, value in enumerate(dict.fromkeys([*self.values.values(), *ends]))}

    @cached_property
    def _listed(self) -> pa.Array:
        return array_of(list(self._codes), "values")
