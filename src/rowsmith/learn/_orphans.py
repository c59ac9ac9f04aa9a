"""Links that point to no row, where nothing forbids it: as many do in what is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema, noted_links
from rowsmith.core.state import State
from rowsmith.learn._links import LOST, NONE, Link
from rowsmith.learn._part import Made, flat

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Lost:
    """Links of the real rows that point to no row.

    Attributes:
        rows: how many.
        null: how many links are null beside them.
        of: rows in all.
        different: how many different values they have.
    """

    rows: int
    null: int
    of: int
    different: int

    @classmethod
    def found(cls, values: pa.Array, up: Index) -> Lost:
        """Those of a column, and where its rows point."""
        lost = flat(values).filter(pa.array(up == LOST))
        return cls(len(lost), int((up == NONE).sum()), len(up), int(pc.count_distinct(lost).as_py()))


@dataclass(frozen=True)
class Orphans:
    """How such links are made.

    Attributes:
        lost: the real ones.
        made: keys in the shape of the parent's.
    """

    lost: Lost
    made: Made

    def of(
        self, n: int, without: Index, taken: pa.Array, make: Key, rng: np.random.Generator
    ) -> tuple[Index, pa.Array]:
        """Rows that point to nowhere, and where to.

        Args:
            n: how many rows there are.
            without: those that point to no row that is there.
            taken: keys of the parents.
            make: random stream of keys.
            rng: which of the rows.
        """
        wanted = len(without)
        if self.lost.null:  # of rows without a parent that chance has made too many, the others are null
            share = self.lost.rows / (self.lost.rows + self.lost.null)
            linked = self.lost.of - self.lost.rows - self.lost.null
            wanted = min(round(share * wanted), self.lost.rows * (n - wanted) // max(linked, 1))
        rows = np.sort(rng.permutation(without)[:wanted])
        several = min(len(rows), max(1, round(self.lost.different * len(rows) / self.lost.rows)))
        # Keys are made by number, each another one: so among so many there are enough that nobody has.
        keys = flat(self.made.make(2 * len(taken) + several, make))
        free = keys.filter(pc.invert(pc.is_in(keys, value_set=flat(taken)))).unique().slice(0, several)
        some = np.concatenate([np.arange(len(free)), rng.integers(0, max(len(free), 1), max(len(rows) - len(free), 0))])
        return rows, free.take(pa.array(rng.permutation(some[: len(rows)])))

    def state(self) -> State:
        """Plain values."""
        return {"lost": vars(self.lost), "made": self.made.state()}

    @classmethod
    def from_state(cls, state: State) -> Orphans:
        """The inverse of `state`."""
        return cls(Lost(**{name: int(n) for name, n in state["lost"].items()}), Made.from_state(state["made"]))


def may_dangle(schema: Schema, tables: dict[str, pa.Table], link: Link) -> bool:
    """Whether links may point to no row: a column that nothing else hangs on, where the schema does not have it enforced.

    What a database declares is kept in every row.

    Args:
        schema: with all columns and foreign keys.
        tables: the rows.
        link: the foreign key.
    """
    child = schema.tables[link.child]
    shared = [k for k in child.foreign_keys if set(link.columns) & set(k.columns)]
    if any(key.columns == link.columns for key in noted_links(tables[link.child].schema)):
        return False
    return len(link.columns) == len(shared) == 1 and not shared[0].enforced and link.columns[0] not in child.primary_key
