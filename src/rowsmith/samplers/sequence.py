"""States that follow one another: a Markov chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._chain import chain
from rowsmith.samplers._guide import GuideTable
from rowsmith.samplers._levels import Scalar, array_of, column_of, column_type, kind_of, weighted


@dataclass(frozen=True, kw_only=True)
class Sequence(ColumnSampler):
    """One state a row, in the order of the rows, each drawn by the state before it (a Markov chain).

    The rows of one value of `within` are a chain of their own, wherever they stand. Without it, the rows that are made
    together are one chain.
    """

    transitions: Mapping[Scalar, Mapping[Scalar, float]]
    """State to the weights of the states that may follow it; a state that is not listed here stays for ever."""
    start: Mapping[Scalar, float] | None = None
    """Weights of the first state; without it, a chain starts in the first one of `transitions`."""
    within: str | None = None
    """Column in each of whose values the chain starts anew, such as the parent's key; null where it is null."""

    def __post_init__(self) -> None:
        if not self.transitions:
            raise SpecError("transitions={}: expected a mapping of at least one state to those that may follow.")
        _ = self._tables

    @property
    def type(self) -> pa.DataType:
        """That of the states; a dictionary for texts."""
        return column_type(self._listed)

    @property
    def reads(self) -> tuple[str, ...]:
        """The column in `within`."""
        return () if self.within is None else (self.within,)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Walk along all chains at once."""
        u = key.generator().random(rows.n)
        group, missing = np.zeros(rows.n, dtype=np.int64), None
        if self.within is not None:
            group, missing = _groups(given[self.within])
        order = np.argsort(group, kind="stable")
        sizes = np.bincount(group) if rows.n else np.empty(0, dtype=np.int64)
        states = np.empty(rows.n, dtype=np.int64)
        states[order] = chain(self._tables, len(self._listed), u[order], sizes[sizes > 0])
        return column_of(self._listed, states, missing)

    @cached_property
    def _laws(self) -> list[tuple[Any, dict[Any, float]]]:
        """States with the weights of those that follow; None stands for the start."""
        first = next(iter(self.transitions))
        start = {first: 1.0} if self.start is None else weighted(self.start, "start")
        after = [(state, weighted(w, f"transitions.{state}")) for state, w in self.transitions.items()]
        return [(None, start), *after]

    @cached_property
    def _codes(self) -> dict[Any, int]:
        listed = [*self.transitions, *(state for _, law in self._laws for state in law)]
        kind_of(listed, "transitions")
        return {state: code for code, state in enumerate(dict.fromkeys(listed))}

    @cached_property
    def _listed(self) -> pa.Array:
        return array_of(list(self._codes), "transitions")

    @cached_property
    def _tables(self) -> GuideTable:
        """The law after each state, by its code, and that of the start behind them."""
        after = dict(self._laws)
        laws = [after.get(state, {state: 1.0}) for state in self._codes] + [after[None]]
        return GuideTable.of([([self._codes[s] for s in law], list(law.values())) for law in laws])


def _groups(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    missing = column.is_null().to_numpy(zero_copy_only=False)
    codes = column.indices.cast(pa.int64()).fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)
    return codes, missing if missing.any() else None
