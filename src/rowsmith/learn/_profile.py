"""What new rows have from real ones as it is: how many children, and of which group, so that these come as often as there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, fit_codec, load_codec
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.core.shield import Units
from rowsmith.core.state import State
from rowsmith.learn._deal import aligned, equals, likely, spread

Index = NDArray[np.int64]


BINS = 32
"""Ranges of a mean of children, of which a row has one."""


@dataclass(frozen=True)
class Profile:
    """Helpers of real rows.

    Attributes:
        rows: numbers that stand for them, shape (rows, helpers).
        levels: kind and codec of each helper that is no count, by name; those that are counts have none.
    """

    rows: Index = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    levels: Mapping[str, tuple[str, ColumnCodec] | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls, columns: Mapping[str, tuple[Column, pa.Array]], n: int, key: Key, units: Units | None = None
    ) -> Profile:
        """The helpers of n rows, which may belong to entities, each with the way it is learnt."""
        levels: dict[str, tuple[str, ColumnCodec] | None] = {}
        numbers = []
        for name, (column, values) in columns.items():
            if column.kind == "integer" and column.type == "int64" and values.null_count == 0:
                levels[name] = None
                numbers.append(values.to_numpy())
                continue
            kind = column.kind if column.kind in ("ordered", "float") else "category"
            settings = {"bins": BINS} if kind == "float" else {}
            as_levels = Column(kind=kind, type=str(values.type), public=column.public, settings=settings)
            codec = fit_codec(name, as_levels, values, key, units)
            levels[name] = kind, codec
            numbers.append(codec.encode(values))
        return cls(np.stack(numbers, axis=1).astype(np.int64) if numbers else np.zeros((n, 0), np.int64), levels)

    def every(self) -> dict[str, pa.Array]:
        """The helpers of the real rows."""
        return self._shown(np.arange(len(self.rows)))

    def sample(
        self, n: int, rng: np.random.Generator, drawn: Mapping[str, pa.Array] | None = None, evenly: bool = True
    ) -> dict[str, pa.Array]:
        """Helpers of n new rows: together those of as many real ones, evenly over all.

        Args:
            n: how many.
            rng: which rows get which.
            drawn: helpers as they were drawn: a row gets those of a real one that is like it.
            evenly: whether each real row is as good as another; not so where the drawn ones are of a part of them.
        """
        if not self.levels or not len(self.rows):
            return {}
        # In an order, so that fewer rows have the same shares.
        order = np.lexsort((rng.random(len(self.rows)), *self.rows.T))
        real = order[spread(n, len(order), rng)]
        if drawn is None:
            return self._shown(rng.permutation(real))
        numbers = [self._number(name, drawn[name]) for name in self.levels]
        if not evenly:
            return self._shown(likely(numbers, list(self.rows.T), rng))
        return self._shown(real[aligned(numbers, list(self.rows[real].T), rng)])

    def origins(self, n: int, drawn: Mapping[str, pa.Array], rng: np.random.Generator) -> Index:
        """A real row for each of n drawn ones, each used once: one with the same helpers, as far as can be; shape (n,), -1 for none.

        Args:
            n: how many rows were drawn.
            drawn: their columns, with these helpers.
            rng: decides between equal rows.
        """
        rows, free = rng.permutation(n), rng.permutation(len(self.rows))
        out = np.full(n, -1, dtype=np.int64)
        mine = [self._number(name, drawn[name])[rows] for name in self.levels if name in drawn]
        if len(mine) == len(self.levels) > 0:
            together = np.unique(
                np.concatenate([np.stack(mine, axis=1), self.rows[free]]), axis=0, return_inverse=True
            )[1]
            which, chosen = equals(together[:n], together[n:])
            out[rows[which]] = free[chosen]
            rows, free = np.delete(rows, which), np.delete(free, chosen)
        left = min(len(rows), len(free))
        out[rows[:left]] = free[:left]
        return out

    def _number(self, name: str, values: pa.Array) -> Index:
        level = self.levels[name]
        if level is None:
            return np.asarray(values.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False))
        return level[1].encode(values).astype(np.int64)

    def _shown(self, rows: Index) -> dict[str, pa.Array]:
        out = {}
        for (name, level), numbers in zip(self.levels.items(), self.rows[rows].T, strict=True):
            codes = numbers.astype(np.uint16)
            out[name] = pa.array(numbers) if level is None else level[1].decode(codes, Rows(0, len(rows)), Key(0))
        return out

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same."""
        return {
            "rows": self.rows,
            "levels": [[n, None if of is None else [of[0], of[1].state()]] for n, of in self.levels.items()],
        }

    @classmethod
    def from_state(cls, state: State) -> Profile:
        """The inverse of `state`."""
        levels = {n: None if of is None else (str(of[0]), load_codec(of[0], of[1])) for n, of in state["levels"]}
        return cls(state["rows"].astype(np.int64), levels)
