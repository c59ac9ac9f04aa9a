"""Every column on its own: right margins, no structure. The floor that every comparison shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import CodeArray, Codes, FittedLearner, Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.state import State


@dataclass(frozen=True)
class Shares(FittedLearner):
    """Cumulative shares of each column's codes.

    Attributes:
        cumulative: one array a column, shape (its codes,), rising to 1.
    """

    cumulative: tuple[NDArray[np.float64], ...]

    def draw(self, n: int, key: Key) -> list[CodeArray]:
        """Codes of n rows, each column from its own stream."""
        return [
            np.searchsorted(shares, key.child(i).generator().random(n), side="right").astype(np.uint16)
            for i, shares in enumerate(self.cumulative)
        ]

    def state(self) -> State:
        """The cumulative shares."""
        return {"cumulative": list(self.cumulative)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(tuple(shares.astype(np.float64) for shares in state["cumulative"]))


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

    def fit(self, columns: Sequence[Codes], *, key: Key, workers: int = 1, progress: Progress = silent) -> Shares:
        """Count the codes of every column."""
        cumulative = []
        for done, column in enumerate(columns, start=1):
            counts = np.bincount(column.values, minlength=column.size)
            cumulative.append(np.cumsum(counts) / len(column.values))  # whole numbers first, so it ends at 1 exactly
            progress("learning", done, len(columns))
        return Shares(tuple(cumulative))
