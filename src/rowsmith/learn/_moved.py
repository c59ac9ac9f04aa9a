"""Rows of a tree come after those that they hang on: a post replies to an earlier one, a clerk is hired after the lead.

How long after is learnt beside the row's own time, from which it is not known who is above it. When it is known who hangs on whom,
each row's time is made of that of the row above, from the top down; all other columns are then drawn given it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core import text
from rowsmith.core.codecs import plain_values
from rowsmith.core.schema import Column, Table, arrow_type
from rowsmith.core.shield import FEW
from rowsmith.core.state import State
from rowsmith.learn._links import depth_of

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

SINCE = Column(kind="integer", type="int64")
"""How long a row comes after the one above it, as it is learnt."""
DAY = 86_400_000_000
"""Microseconds."""
CYCLES = ((14 * DAY, 7 * DAY), (2 * DAY, DAY))
"""Times from which on a row keeps the day of the week and the hour that it was drawn with, or only the hour."""


def since_name(link: int) -> str:
    """Helper of a child: how long it comes after the row above it in its family."""
    return f"⇡{link} since"


@dataclass(frozen=True)
class Moved:
    """Times of the rows of a tree that are made of those of the rows above.

    Attributes:
        column: the time of a row.
        source: the time of the row above that it comes after: the same, or another one, which then keeps its distance.
        strict: whether it always comes after it, never with it.
        until: a time of the row that brings it forth, which it never comes after; None for none.
        step: by multiples of what rows come after those above them, in steps of the column: times of minutes stay such.
    """

    column: str
    source: str
    strict: bool
    until: str | None = None
    step: int = 1

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that are made, each once."""
        return tuple(dict.fromkeys((self.column, self.source)))

    def since(self, rows: Mapping[str, pa.Array], up: Index) -> pa.Array:
        """How long after the row above each row comes, in steps of the column (seconds, days); null at the top; shape (rows,).

        Args:
            rows: typed columns.
            up: the row above each, negative for none, shape (rows,).
        """
        away = _away(micros(rows[self.column]), micros(rows[self.source]), up)
        return _whole(away, _unit(rows[self.column].type))

    def with_step(self, rows: Mapping[str, pa.Array], up: Index) -> Self:
        """The same with the step of real rows, args as of `since`; where few come after another one, that of the column."""
        since = self.since(rows, up).drop_null().to_numpy()
        some = since[since > 0]
        return replace(self, step=int(np.gcd.reduce(some)) if len(some) >= FEW else 1)

    def made(
        self,
        rows: Mapping[str, pa.Array],
        table: Table,
        up: Index,
        since: Floats,
        until: pa.Array | None,
        rng: np.random.Generator,
    ) -> tuple[dict[str, pa.Array], pa.Array]:
        """Times of rows that come after those above them, and how long after.

        Args:
            rows: the times as they were drawn.
            table: how they are known.
            up: the row above each, negative for none, shape (rows,).
            since: how long after it, as it was drawn, shape (rows,).
            until: the time that each must not come after, n values; None for none.
            rng: decides where there is little time left.
        """
        known = {c: table.columns[c] for c in self.columns}
        kinds = {c: plain_values("", rows[c], arrow_type(k.type), k.form) for c, k in known.items()}
        before = {c: micros(values) for c, values in kinds.items()}
        unit, depth = _unit(kinds[self.column].type), depth_of(up)
        step = unit * self.step
        least = step if self.strict else 0
        ends = np.full(len(up), np.inf) if until is None else _ends(until, unit) - least * _height(up, depth)
        after = {c: values.copy() for c, values in before.items()}
        for level in range(int(depth.max(initial=-1)) + 1):
            at = np.flatnonzero(depth == level)
            own = before[self.column][at]
            if level:
                new = _later(after[self.source][up[at]], own, since[at] * unit, ends[at], least, step, rng)
            else:
                new = np.minimum(own, ends[at])
            at, by = at[np.isfinite(new)], (new - own)[np.isfinite(new)]
            for values in after.values():
                values[at] += by
        out = {c: _shown(rows[c], after[c], kinds[c].type, known[c]) for c in known}
        return out, _whole(_away(after[self.column], after[self.source], up), unit)

    def state(self) -> State:
        """Plain values."""
        return dict(vars(self))

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(**state)


def _away(mine: Floats, its: Floats, up: Index) -> Floats:
    """How long after the row above each row comes, NaN where there is none."""
    return np.where(up >= 0, mine - np.append(its, np.nan)[up], np.nan)


def _whole(numbers: Floats, unit: int) -> pa.Array:
    known = np.isfinite(numbers)
    return pa.array(np.where(known, numbers, 0).astype(np.int64) // unit, mask=~known)


def micros(values: pa.Array) -> Floats:
    """Times in microseconds, NaN for none."""
    ticks = values.cast(pa.timestamp("us", tz=getattr(values.type, "tz", None)), safe=False)
    numbers = ticks.cast(pa.int64()).cast(pa.float64(), safe=False)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)


def _later(
    above: Floats, own: Floats, since: Floats, ends: Floats, least: int, step: int, rng: np.random.Generator
) -> Floats:
    """Times of rows after those above them, NaN where one of the two has none."""
    since = np.where(np.isfinite(since), since, own - above)
    at = above + np.maximum(since, least)
    for long, cycle in CYCLES:
        same = at + (own - at + cycle / 2) % cycle - cycle / 2
        at, since = np.where(since >= long, same, at), np.where(since >= long, 0, since)
    late = at > ends
    room = np.maximum(ends[late] - above[late], 0)
    at[late] = above[late] + np.maximum(rng.random(int(late.sum())) * room // step * step, least)
    return at


def _height(up: Index, depth: Index) -> Index:
    """How many levels are below each row, shape (rows,)."""
    out = np.zeros(len(up), dtype=np.int64)
    for level in range(int(depth.max(initial=0)), 0, -1):
        at = np.flatnonzero(depth == level)
        np.maximum.at(out, up[at], out[at] + 1)
    return out


def _ends(values: pa.Array, unit: int) -> Floats:
    """Times that nothing comes after, endless where there is none; of a day its end, where what keeps to it is no day."""
    found = micros(values) + (DAY - 1 if pa.types.is_date(values.type) and unit < DAY else 0)
    return np.where(np.isfinite(found), found, np.inf)


def _unit(kind: pa.DataType) -> int:
    """Microseconds of a step of a column."""
    return DAY if pa.types.is_date(kind) else {"s": 1_000_000, "ms": 1_000}.get(kind.unit, 1)


def _shown(values: pa.Array, numbers: Floats, kind: pa.DataType, column: Column) -> pa.Array:
    """Times in microseconds as a column has them."""
    typed = _whole(numbers, 1).cast(pa.timestamp("us", tz=getattr(kind, "tz", None))).cast(kind, safe=False)
    return typed if kind == values.type else text.show(typed, column.form or {})
