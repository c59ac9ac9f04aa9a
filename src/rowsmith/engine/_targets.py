"""Exact targets at work in a chunk: numbers that are moved by their share of what is missing, values dealt out by count.

Numbers are moved towards the end that they may reach, each by the same share of its way there. Where there is no end, they
are moved away from the other one by the same share of their distance to it; without any end, all by the same amount. So
all that a target needs is known from sums, and every row keeps its bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.apportion import Wholes, fair
from rowsmith.core.permutation import Numbers, permute
from rowsmith.core.rng import Key
from rowsmith.engine._column import located
from rowsmith.engine._look import Look, described, look
from rowsmith.engine._room import Floats
from rowsmith.engine._wholes import numbers
from rowsmith.samplers._levels import array_of, column_of, weighted, word
from rowsmith.samplers.boolean import Boolean
from rowsmith.samplers.category import Category
from rowsmith.spec.model import ColumnSpec, Spec, TableSpec
from rowsmith.spec.target import Target

if TYPE_CHECKING:
    from rowsmith.engine._batch import Batch


@dataclass(frozen=True)
class Dealt:
    """A column whose values are dealt out to rows in random order, so many of each.

    Attributes:
        target: what it comes to.
        ends: how many rows have a value of the target's levels up to each, shape (levels,).
    """

    target: Target
    ends: Numbers

    def values(self, column: ColumnSpec, rows: Numbers, key: Key) -> pa.Array:
        """Values of rows by their number.

        Args:
            column: a category or boolean.
            rows: numbers of the rows, shape (n,).
            key: random stream of the column, the same for all rows.
        """
        place = permute(rows, int(self.ends[-1]), key.integer())
        level = np.searchsorted(self.ends, place, side="right")
        if isinstance(column.sampler, Boolean):
            return pa.array(np.array([name == "true" for name in self.target.levels])[level])
        assert isinstance(column.sampler, Category)
        values = list(weighted(column.sampler.values, "values"))
        codes = {word(value): code for code, value in enumerate(values)}
        return column_of(array_of(values, "values"), np.array([codes[name] for name in self.target.levels])[level])


@dataclass(frozen=True)
class Moved:
    """A column of numbers that are moved.

    Attributes:
        target: what they come to.
        digits: after the point, where numbers are whole multiples of their last digit; None for floats.
        sign: 1 where the numbers without any end are all at least 0, and shall stay so; -1 for at most 0; else 0.
        capped: what rows that can reach an end are moved by in each chunk and group, in whole multiples, shape (chunks,
            groups); for floats, the share of their way, shape (1, groups). Negative downwards.
        free: likewise, rows without an end on that side; for floats, the share of their weight.
    """

    target: Target
    digits: int | None
    sign: int
    capped: NDArray[Any]
    free: NDArray[Any]

    def moved(self, batch: Batch, values: pa.Array, chunk: int, key: Key) -> pa.Array:
        """The values of a chunk, brought to the target.

        Args:
            batch: the rows.
            values: as they are without the target, n.
            chunk: number of the chunk.
            key: random stream of the column in the chunk.
        """
        column, _ = described(batch.family.plan.spec, self.target)
        seen = look(batch, self.target, column, self.digits, values)
        if self.digits is None:
            return pa.array(self._shifted(seen), mask=None if seen.known.all() else ~seen.known)
        with located(column):
            return numbers(self._stepped(seen, chunk, key.generator()), seen.known, values.type, self.digits)

    def _shifted(self, seen: Look) -> Floats:
        """Floats, moved."""
        out: Floats = seen.values.copy()
        for up in (True, False):
            weight, capped = seen.weights(up, self.sign)
            share = np.where(
                capped, np.append(self.capped[0], 0.0)[seen.group], np.append(self.free[0], 0.0)[seen.group]
            )
            out += np.where((share > 0) == up, share * weight, 0.0)
        return np.clip(out, np.minimum(seen.low, seen.values), np.maximum(seen.high, seen.values))

    def _stepped(self, seen: Look, chunk: int, rng: np.random.Generator) -> Wholes:
        """Whole multiples, moved."""
        out: Wholes = seen.values.copy()
        for up in (True, False):
            weight, capped = seen.weights(up, self.sign)
            for amounts, rows in ((self.capped[chunk], capped), (self.free[chunk], ~capped)):
                totals = np.maximum(amounts if up else -amounts, 0)
                if totals.any():
                    step = fair(weight, np.where(rows, seen.group, -1), totals.tolist(), rng)
                    out += step if up else -step
        return out


def bound_instead(spec: Spec, table: TableSpec) -> str:
    """Why rows are not drawn again once numbers are moved, and what to do; the end of a sentence."""
    moved = [t for t in spec.targets if t.table == table.name and not t.dealt and t.rows_of is None]
    return (
        f"what has come to a target ({'; '.join(t.name for t in moved)}); bound {' and '.join(t.column for t in moved)} by "
        "`min` and `max`, or by a rule that compares it with another column, or bring the target nearer to what the rows "
        "come to by themselves."
    )
