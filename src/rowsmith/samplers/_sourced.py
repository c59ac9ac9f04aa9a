"""Columns that are not made one by one: a source makes several of them together, such as a saved model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rowsmith.core.codecs import ColumnCodec
from rowsmith.core.errors import InternalError
from rowsmith.core.permutation import Numbers
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key


@dataclass(frozen=True, kw_only=True)
class Sourced(ColumnSampler):
    """A column that a source of its table makes, together with others. The engine asks the source."""

    source: str
    """Name of the source."""
    kind: pa.DataType
    """Arrow type of the values."""
    given: tuple[str, ...] = ()
    """Columns that the source is given."""
    stays: bool = False
    """Whether a value stays when its row is drawn again for a rule, since it hangs on the row's number."""
    complete: bool = False
    """Whether there is a value in every row."""

    @property
    def type(self) -> pa.DataType:
        """As the source says."""
        return self.kind

    @property
    def reads(self) -> tuple[str, ...]:
        """What the source is given."""
        return self.given

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Never called: the source makes the column."""
        raise InternalError(f"a column of the source {self.source} was asked for on its own.")


@dataclass(frozen=True, kw_only=True)
class CodedKey(ColumnSampler):
    """Keys in the shape of real ones, made from the row's number alone."""

    codec: ColumnCodec
    """Of a column of keys of one sort, without nulls."""

    @property
    def type(self) -> pa.DataType:
        """That of the real keys."""
        return self.codec.type

    @property
    def by_row(self) -> bool:
        """Always."""
        return True

    def at(self, numbers: Numbers, key: Key) -> pa.Array:
        """The keys of rows."""
        return self.codec.at(np.zeros(len(numbers), dtype=np.uint16), numbers)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """The keys of rows that follow each other."""
        return self.at(rows.numbers, key)
