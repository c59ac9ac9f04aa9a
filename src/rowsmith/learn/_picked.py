"""Columns of a row that are those of one of the rows that point to it: the last one's, the first one's, the greatest.

When a thread was last written to, what an account's last statement closes with, the highest bid, the state after the last event.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.computed import flags
from rowsmith.core.state import State
from rowsmith.learn._numbers import is_number, is_time
from rowsmith.learn._relations import FEWEST, Some, numbers_of, some_of

Index = NDArray[np.int64]
Columns = Mapping[str, pa.Array]

PROBE = 200
"""Parents that are looked at first."""


@dataclass(frozen=True)
class Picked:
    """A column of the parent that is that of one of its children.

    Attributes:
        column: of the parent.
        source: of the child.
        by: of the child: time, or number, that says which one.
        last: whether it is the child with the greatest one, or that with the least.
        none: whether the column is missing where there is no child, and there alone.
        down: whether it is the child that follows: of a time, none of the others is beyond the parent's.
        some: which children it is picked from; all if left out.
    """

    column: str
    source: str
    by: str
    last: bool
    none: bool = False
    down: bool = False
    some: Some | None = None

    @property
    def reads(self) -> set[str]:
        """Columns of the child that it is worked out from."""
        return {self.source, self.by} | (set() if self.some is None else {self.some.column})

    def among(self, child: Columns, up: Index) -> Index:
        """The parent's row of each child that it is picked from, negative for others."""
        return up if self.some is None else np.where(self.some.of(child), up, -1)

    def rows(self, by: pa.Array, up: Index, n_parents: int) -> Index:
        """The child of each parent, negative for none, shape (parents,); of those of one time the last, or the first, in the table.

        Args:
            by: as the attribute, shape (children,).
            up: the parent's row of each child row, negative for none.
            n_parents: how many there are.
        """
        numbers = numbers_of(by)
        assert numbers is not None, "it is of numbers or times"
        there = np.flatnonzero((up >= 0) & np.isfinite(numbers))
        order = there[np.argsort(numbers[there], kind="stable")]
        out = np.full(n_parents, -1, dtype=np.int64)
        order = order if self.last else order[::-1]
        out[up[order]] = order  # the later one stays
        return out

    def state(self) -> State:
        """Plain values."""
        return {**vars(self), "some": None if self.some is None else dict(vars(self.some))}

    @classmethod
    def from_state(cls, state: State) -> Picked:
        """The inverse of `state`."""
        some = None if state["some"] is None else Some(**state["some"])
        column, source, by = (str(state[n]) for n in ("column", "source", "by"))
        return cls(column, source, by, bool(state["last"]), bool(state["none"]), bool(state["down"]), some)


def picked(child: Columns, parent: Columns, up: Index, units: Sequence[Index]) -> list[Picked]:
    """Columns of the parent that are those of one child, in all parents that have some; of each the surest reason.

    Args:
        child: columns by name.
        parent: columns by name.
        up: the parent's row of each child row, negative for none.
        units: what children may belong to, see `some_of`.
    """
    out: dict[str, Picked] = {}
    if not parent:
        return []
    n = max(map(len, parent.values()))
    ways = [name for name in child if is_time(child[name].type) or is_number(child[name].type)]
    for some, by in itertools.product((None, *some_of(child, units)), ways):
        draft = Picked("", "", by, True, some=some)
        mine = draft.among(child, up)
        late, early = (replace(draft, last=last).rows(child[by], mine, n) for last in (True, False))
        if (late != early).sum() < FEWEST:
            continue
        for column, source in _pairs(child, parent, by):
            for last, rows, others in ((True, late, early), (False, early, late)):
                if column not in out and _is_that(parent[column], child[source], rows, others):
                    none = bool((flags(parent[column].is_null()) == (rows < 0)).all())
                    out[column] = Picked(column, source, by, last, none, some=some)
    return list(out.values())


def filled(
    picks: Sequence[Picked], drawn: Columns, counts: NDArray[np.float64], rng: np.random.Generator
) -> dict[str, pa.Array]:
    """Columns of rows that will have children, but came without what they then have: as others have it, until it is known.

    Args:
        picks: by one link.
        drawn: columns of the rows.
        counts: children that each will have, shape (n,).
        rng: which others.
    """
    names = [
        pick.column for pick in picks if pick.none and not pick.down and pick.some is None and pick.column in drawn
    ]
    gone = (
        np.any([flags(drawn[name].is_null()) for name in names], axis=0) if names else np.zeros(len(counts), dtype=bool)
    )
    lacking, others = np.flatnonzero(gone & (counts > 0)), np.flatnonzero(~gone)
    if not len(lacking) or not len(others):
        return {}
    rows = np.arange(len(counts))
    rows[lacking] = rng.choice(others, len(lacking))
    return {name: drawn[name].take(pa.array(rows)) for name in names}


def _pairs(child: Columns, parent: Columns, by: str) -> Iterator[tuple[str, str]]:
    """Columns of the parent and of the child that may be the same; first what the rows are picked by; by numbers nothing else."""
    for source in (by, *(name for name in child if name != by and is_time(child[by].type))):
        for column in parent:
            if fits(child[source].type, parent[column].type):
                yield column, source


def fits(mine: pa.DataType, its: pa.DataType) -> bool:
    """Whether values of one type may be picked for a column of another."""
    whole = pa.types.is_integer(mine) and pa.types.is_integer(its)
    days = pa.types.is_timestamp(mine) and mine.tz is None and pa.types.is_date(its)
    return bool(mine == its or whole or days) and not pa.types.is_nested(its)


def as_column(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Picked values in the type of the parent's column; of moments the days."""
    return values if values.type == kind else values.cast(kind, safe=False)


def _is_that(column: pa.Array, source: pa.Array, rows: Index, others: Index) -> bool:
    """Whether a column is that of the rows that are picked, and would not be of those at the other end."""
    has = np.flatnonzero(rows >= 0)
    for some in (has[:PROBE], has):
        mine, its = column.take(pa.array(some)), as_column(source.take(pa.array(rows[some])), column.type)
        if not _same(mine, its).all():
            return False
    return int((~_same(its, as_column(source.take(pa.array(others[has])), column.type))).sum()) >= FEWEST


def _same(a: pa.Array, b: pa.Array) -> NDArray[np.bool_]:
    """Where two columns have the same value, or none."""
    equal = pc.fill_null(pc.equal(a, b), False)
    return np.asarray(pc.or_(equal, pc.and_(a.is_null(), b.is_null())).to_numpy(zero_copy_only=False), dtype=bool)
