"""Kinds of rows that never have children: only current accounts have statements.

A learner is never wholly sure of it. So rows of such a kind that were drawn with children change these with other rows that have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW, Units, too_few
from rowsmith.core.state import State

Index = NDArray[np.int64]

KINDS = ("category", "boolean", "ordered", "integer")
"""Kinds of columns that have levels."""
MOST_LEVELS = 20
"""Levels of a column of which some may be barren."""
EXPECTED = 20.0
"""Rows of a level that would have children if levels did not matter, from which on it is no chance that none has."""


@dataclass(frozen=True)
class Barren:
    """Levels of a column of which no row has children by a link.

    Attributes:
        column: its name, or that of a helper.
        levels: as texts.
    """

    column: str
    levels: tuple[str, ...]

    def of(self, rows: Mapping[str, pa.Array]) -> NDArray[np.bool_]:
        """Which rows are of them, shape (rows,)."""
        found = pc.is_in(_texts(rows[self.column]), pa.array(self.levels, pa.string()))
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)

    def state(self) -> State:
        """Plain values."""
        return {"column": self.column, "levels": list(self.levels)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(str(state["column"]), tuple(map(str, state["levels"])))


def barren_in(columns: Mapping[str, tuple[Column, pa.Array]], children: Index, units: Units | None) -> Iterator[Barren]:
    """Levels of which no row has children.

    Args:
        columns: that may tell it, each with its values.
        children: numbers of children of the rows, shape (rows,).
        units: entities of the rows, if they belong to some.
    """
    some = children > 0
    for name, (column, values) in columns.items():
        if column.kind not in KINDS:
            continue
        levels = _texts(values).dictionary_encode()
        if not 2 <= len(levels.dictionary) <= MOST_LEVELS:
            continue
        codes = np.asarray(
            levels.indices.fill_null(len(levels.dictionary)).to_numpy(zero_copy_only=False), dtype=np.int64
        )
        size = len(levels.dictionary) + 1
        counts, having = np.bincount(codes, minlength=size), np.bincount(codes[some], minlength=size)
        never = (having == 0) & (counts * some.mean() >= EXPECTED) & ~too_few(codes, size, FEW, units)
        if never[:-1].any():
            yield Barren(name, tuple(levels.dictionary.take(pa.array(np.flatnonzero(never[:-1]))).to_pylist()))


def places(barren: NDArray[np.bool_], children: Index, rng: np.random.Generator) -> Index:
    """The row whose children each row gets, shape (rows,): barren ones those of others without any; -1 for none at all.

    Args:
        barren: which rows may have no children, shape (rows,).
        children: numbers of children, shape (rows,).
        rng: which others.
    """
    out = np.arange(len(children))
    bad, free = (rng.permutation(np.flatnonzero(each)) for each in (barren & (children > 0), ~barren & (children == 0)))
    n = min(len(bad), len(free))
    out[bad[:n]], out[free[:n]] = free[:n], bad[:n]
    out[bad[n:]] = -1
    return out


def _texts(values: pa.Array) -> pa.Array:
    plain = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    return plain.cast(pa.string())
