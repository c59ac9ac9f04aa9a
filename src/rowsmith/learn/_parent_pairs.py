"""Other parents that come together: of a few airlines and a few airports, most pairs never do, so that they must not in a twin.

Rows with a pair that does not come are drawn again. Where parents are then dealt out and one has no room left, the row
changes places with another one that may have the parent that is left over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.shield import FEW, Units, too_few
from rowsmith.core.state import State
from rowsmith.learn._groups import groups_of

Index = NDArray[np.int64]

NEARLY_ALL = 0.95
"""Share of the rows whose pair enough of them share, for the others to be left out."""
TURNS = 4
"""Times that rows with a pair that does not come are drawn again; what still has one after that stays."""


@dataclass(frozen=True)
class Pairs:
    """Groups of two columns that come together.

    Attributes:
        columns: names of both.
        pairs: of their groups, shape (pairs, 2).
    """

    columns: tuple[str, str]
    pairs: Index

    def breaks(self, rows: Mapping[str, pa.Array]) -> NDArray[np.bool_]:
        """Whether rows have another pair, shape (rows,)."""
        return self.missing(*(groups_of(rows[name]) for name in self.columns))

    def missing(self, a: Index, b: Index) -> NDArray[np.bool_]:
        """Whether pairs of groups are others, shape (n,). One of which a group is missing is none."""
        base = int(max(self.pairs.max(initial=0), b.max(initial=0))) + 1
        return (a >= 0) & (b >= 0) & ~np.isin(a * base + b, self.pairs[:, 0] * base + self.pairs[:, 1])

    def exchanged(
        self, up: Index, groups: Index, wanted: Index, others: Index, second: bool, rng: np.random.Generator
    ) -> Index:
        """The rows' parents by one of the links, of which rows that did not get what they wanted change some.

        A row with a pair that does not come takes the parent of one with a parent as it is wanted, whose own other parent
        comes with that which was left over.

        Args:
            up: parent of each row, shape (rows,).
            groups: of the parents.
            wanted: group of each row's parent, as it was drawn, shape (rows,).
            others: group of each row's parent by the other link, shape (rows,).
            second: whether the link is the second of the two.
            rng: with which rows they change.
        """

        def missing(mine: Index, other: Index) -> NDArray[np.bool_]:
            return self.missing(*((other, mine) if second else (mine, other)))

        out, has = up.copy(), np.append(groups, -1)[up]
        left = np.flatnonzero(missing(has, others) & (has != wanted) & (wanted >= 0))
        order = rng.permutation(np.flatnonzero(has >= 0))
        order = order[np.argsort(has[order], kind="stable")]
        starts = np.searchsorted(has[order], np.arange(int(max(has.max(initial=0), wanted.max(initial=0))) + 2))
        moved = np.zeros(len(up), dtype=bool)
        for row in left.tolist():
            those = order[starts[wanted[row]] : starts[wanted[row] + 1]]
            those = those[~moved[those]]
            fit = np.flatnonzero(~missing(np.full(len(those), has[row]), others[those]))
            if len(fit):
                other = those[fit[0]]
                out[row], out[other] = out[other], out[row]
                moved[other] = True
        return out

    def state(self) -> State:
        """Arrays and JSON."""
        return {"columns": list(self.columns), "pairs": self.pairs}

    @classmethod
    def from_state(cls, state: State) -> Pairs:
        """The inverse of `state`."""
        a, b = state["columns"]
        return cls((str(a), str(b)), state["pairs"].astype(np.int64).reshape(-1, 2))


def pairs_of(columns: Mapping[str, pa.Array], units: Units | None = None) -> tuple[Pairs, ...]:
    """Pairs of columns of which only few groups come together.

    Args:
        columns: groups of parents that are groups of their own, by name.
        units: entities of the rows, if they belong to some.
    """
    found = []
    for one, two in combinations(columns, 2):
        both = np.stack([groups_of(columns[one]), groups_of(columns[two])], axis=1)
        there = (both >= 0).all(axis=1)
        both, of = both[there], None if units is None else units[there]
        pairs, codes, counts = np.unique(both, axis=0, return_inverse=True, return_counts=True)
        kept = ~too_few(codes.ravel(), len(pairs), FEW, of)
        if len(pairs) and counts[kept].sum() >= NEARLY_ALL * len(both):
            found.append(Pairs((one, two), pairs[kept]))
    return tuple(found)
