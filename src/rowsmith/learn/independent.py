"""Every column on its own: right margins, no structure. The floor that every comparison shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import CodeArray, Codes, FittedLearner, Known, Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.state import State


@dataclass(frozen=True)
class Shares(FittedLearner):
    """Cumulative shares of each column's codes.

    Attributes:
        cumulative: one array a column, shape (its codes,), rising to 1.
    """

    cumulative: tuple[NDArray[np.float64], ...]

    def draw(self, n: int, key: Key, given: Mapping[int, Known] | None = None) -> list[CodeArray]:
        """Codes of n rows, each column from its own stream; a column that is known follows its law inside the group."""
        known = given or {}
        return [
            _draw(shares, key.child(i).generator().random(n), known.get(i)) for i, shares in enumerate(self.cumulative)
        ]

    def state(self) -> State:
        """The cumulative shares."""
        return {"cumulative": list(self.cumulative)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(tuple(shares.astype(np.float64) for shares in state["cumulative"]))


def _draw(shares: NDArray[np.float64], places: NDArray[np.float64], known: Known | None) -> CodeArray:
    """Codes at places from 0 to 1 of the cumulative shares, or of those of each row's group."""
    if known is None:
        return np.searchsorted(shares, places, side="right").astype(np.uint16)
    order = np.argsort(known.groups, kind="stable")  # the codes, group by group
    # A code that was never seen has a little share too, or a group of such codes would have none to draw from.
    ends = np.cumsum(np.diff(shares, prepend=0.0)[order] + 1e-12)
    begin = np.searchsorted(known.groups[order], known.values, side="left")
    last = np.searchsorted(known.groups[order], known.values, side="right") - 1
    low = np.where(begin > 0, ends[begin - 1], 0.0)
    at = np.searchsorted(ends, low + places * (ends[last] - low), side="right")
    return order[np.clip(at, begin, last)].astype(np.uint16)


@dataclass(frozen=True, kw_only=True)
class Independent(Learner):
    """Draws every column on its own, so that nothing but the single columns is kept.

    >>> import numpy as np
    >>> from rowsmith.core.protocols import Codes
    >>> from rowsmith.core.rng import Key
    >>> fair = Codes(np.array([0, 1, 1, 0], dtype=np.uint16), size=2, ordered=False)
    >>> (draw,) = Independent().fit([fair], key=Key(7)).draw(1000, Key(7))
    >>> bool(450 < draw.sum() < 550)
    True
    """

    fitted = Shares

    def fit(
        self, columns: Sequence[Codes], *, key: Key, given: int = 0, workers: int = 1, progress: Progress = silent
    ) -> Shares:
        """Count the codes of every column."""
        cumulative = []
        for done, column in enumerate(columns, start=1):
            counts = np.bincount(column.values, minlength=column.size)
            cumulative.append(np.cumsum(counts) / len(column.values))  # whole numbers first, so it ends at 1 exactly
            progress("learning", done, len(columns))
        return Shares(tuple(cumulative))
