"""What new rows have from real ones as it is: how many children, and of which group, so that these come as often as there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
Arrays = dict[str, pa.Array]
Draw = Callable[[int], Mapping[str, pa.Array]]
"""Draws the helpers of rows, in another way each turn."""

BINS = 32
"""Ranges of a mean of children, of which a row has one."""
TURNS = 8
"""Times that rows are drawn: what comes the same each time is sure."""
MOST = np.iinfo(np.int64).max
"""More children than any row has."""


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

    def sample(self, n: int, rng: np.random.Generator, draw: Draw | None = None, evenly: bool = True) -> Arrays:
        """Helpers of n new rows: together those of as many real ones, evenly over all.

        Args:
            n: how many.
            rng: which rows get which.
            draw: draws the helpers of the rows, in another way each turn: a row gets those of a real one that is like it.
            evenly: whether each real row is as good as another; not so where the drawn ones are of a part of them.
        """
        if not self.levels or not len(self.rows):
            return {}
        # In an order, so that fewer rows have the same shares.
        order = np.lexsort((rng.random(len(self.rows)), *self.rows.T))
        real = rng.permutation(order[spread(n, len(order), rng)])
        if draw is None:
            return self._shown(real)
        turns = [self._numbers(draw(turn)) for turn in range(TURNS)]
        drawn, counts = turns[0], [place for place, level in enumerate(self.levels.values()) if level is None]
        spans, span = np.unique(self._sure(turns, counts), axis=0, return_inverse=True)
        known = self.rows[:, counts]
        fits = [((known >= low) & (known <= high)).all(axis=1) for low, high in spans]
        out = np.empty(n, dtype=np.int64)
        for number in np.argsort([fit.sum() for fit in fits], kind="stable"):  # those with the fewest choices first
            here, fit = np.flatnonzero(span.reshape(-1) == number), fits[number]
            some = order[fit[order]] if fit.any() else order
            if not evenly:
                out[here] = some[likely(list(drawn[here].T), list(self.rows[some].T), rng)]
                continue
            may = np.flatnonzero(fit[real])
            more = some[spread(max(len(here) - len(may), 0), len(some), rng)]
            rows = np.concatenate([real[may], more])
            chosen = aligned(list(drawn[here].T), list(self.rows[rows].T), rng)
            out[here] = rows[chosen]
            real = np.delete(real, may[chosen[chosen < len(may)]])
        return self._shown(out)

    def _sure(self, turns: Sequence[Index], counts: Sequence[int]) -> Index:
        """Least and most children that each row surely has by each link: it came with as many each time; shape (n, 2, links).

        Args:
            turns: numbers of the helpers of n rows as they were drawn each time, shape (n, helpers) each.
            counts: which of the helpers are numbers of children.
        """
        out = np.empty((len(turns[0]), 2, len(counts)), dtype=np.int64)
        out[:, 0], out[:, 1] = 0, MOST
        for place, helper in enumerate(counts):
            for ends in (np.array([0]), np.unique([0, *self.rows[:, helper]])):  # some or none, and how many
                ranges = [np.searchsorted(ends, rows[:, helper]) for rows in turns]
                sure = np.all([each == ranges[0] for each in ranges], axis=0)
                out[sure, 0, place] = np.append(0, ends + 1)[ranges[0][sure]]
                out[sure, 1, place] = np.append(ends, MOST)[ranges[0][sure]]
        return out

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

    def _numbers(self, rows: Mapping[str, pa.Array]) -> Index:
        """Helpers as numbers, shape (n, helpers)."""
        return np.stack([self._number(name, rows[name]) for name in self.levels], axis=1)

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
