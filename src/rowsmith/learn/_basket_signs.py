"""Signs that a basket gives of its items: levels of its columns, parts of a number's range, weekday, month and hour of a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, load_codec
from rowsmith.core.errors import ModelFileError
from rowsmith.core.state import State
from rowsmith.learn._basket_pairs import Ints, Signs

MOST_LEVELS = 60
"""Levels of a column that are signs, the most frequent ones."""
PARTS = 8
"""Parts of a number's range."""


@dataclass(frozen=True)
class Levels:
    """Signs from the codes of a column.

    Attributes:
        codec: of the column.
        kind: of the column.
        groups: sign of each code, -1 where it is none, shape (codes,).
    """

    codec: ColumnCodec
    kind: str
    groups: Ints

    @property
    def size(self) -> int:
        """How many signs there are."""
        return int(self.groups.max(initial=-1)) + 1

    @property
    def column(self) -> str:
        """Whose signs they are."""
        return self.codec.name

    def of(self, values: pa.Array) -> list[Ints]:
        """Signs of values, -1 where there is none: one array, shape (n,)."""
        return [self.groups[self.codec.encode(values)]]

    def state(self) -> State:
        """Arrays and JSON."""
        return {"codec": self.codec.state(), "kind": self.kind, "groups": self.groups}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        found = cls(load_codec(state["kind"], state["codec"]), state["kind"], state["groups"].astype(np.int64))
        if found.groups.shape != (found.codec.size,):
            raise ModelFileError(f"the signs of column {found.column} are damaged.")
        return found


@dataclass(frozen=True)
class Calendar:
    """Signs from a date or a moment: weekday, month and, of a moment, three hours of the day.

    Attributes:
        column: whose signs they are.
        codec: reads its text.
        hours: whether it has some.
    """

    column: str
    codec: ColumnCodec
    hours: bool

    @property
    def size(self) -> int:
        """How many signs there are."""
        return 7 + 12 + 8 * self.hours

    def of(self, values: pa.Array) -> list[Ints]:
        """Signs of values, -1 where there is none: an array for each part, shape (n,)."""
        from rowsmith.core.codecs import plain_values

        plain = plain_values(self.column, values, self.codec.type, self.codec.form)
        parts = [(pc.day_of_week(plain), 0), (pc.subtract(pc.month(plain), 1), 7)]
        if self.hours:
            parts.append((pc.divide(pc.hour(plain), 3), 19))
        return [
            np.asarray(pc.fill_null(pc.add(part.cast(pa.int64()), at), -1).to_numpy(zero_copy_only=False))
            for part, at in parts
        ]

    def state(self) -> State:
        """Arrays and JSON."""
        return {"column": self.column, "codec": self.codec.state(), "hours": self.hours}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        from rowsmith.core.schema import arrow_type

        inner = state["codec"]
        codec = ColumnCodec(inner["name"], None, arrow_type(inner["type"]), inner["form"], bool(inner["nullable"]))
        return cls(state["column"], codec, bool(state["hours"]))


Teller = Levels | Calendar


def levels_of(codec: ColumnCodec, kind: str, codes: NDArray[np.uint16], least: int) -> Levels | None:
    """Signs from a column; None if it gives none.

    Args:
        codec: of the column.
        kind: of the column.
        codes: of the baskets.
        least: baskets that a sign must have.
    """
    if codec.inner is None or codec.inner.by_row or not (codec.ordered or codec.exact) or codec.size < 2:
        return None
    counts = np.bincount(codes, minlength=codec.size)
    groups = np.full(codec.size, -1, dtype=np.int64)
    if codec.ordered and codec.size > PARTS:
        middle = np.cumsum(counts) - counts / 2
        groups[:] = np.unique(np.minimum(middle * PARTS // max(counts.sum(), 1), PARTS - 1), return_inverse=True)[1]
    else:
        often = np.argsort(-counts, kind="stable")[:MOST_LEVELS]
        often = often[counts[often] >= least]
        groups[often] = np.arange(len(often))
    found = Levels(codec, kind, groups)
    return found if found.size > 1 else None


def signs_of(tellers: Sequence[Teller], heads: Mapping[str, pa.Array], size: int, n: int, customers: Ints) -> Signs:
    """What baskets' columns tell.

    Args:
        tellers: of the columns.
        heads: the columns, n values each.
        size: how many items there are; signs are numbered from there on.
        n: baskets.
        customers: of each basket, as in `Signs`.
    """
    parts: list[Any] = []
    first = size
    for teller in tellers:
        parts += [np.where(each >= 0, each + first, -1) for each in teller.of(heads[teller.column])]
        first += teller.size
    told = np.stack(parts, axis=1) if parts else np.zeros((n, 0), dtype=np.int64)
    there = told >= 0
    return Signs(np.append(0, np.cumsum(there.sum(axis=1))), told[there], customers)
