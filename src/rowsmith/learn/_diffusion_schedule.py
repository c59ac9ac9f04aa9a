"""In which step of a draw what is told of each column: columns that tell much of each other in different steps.

Columns that are drawn in one step are drawn independently of each other given what was told before. What that loses is
the less, the less they tell of each other; so the steps are learnt from the mutual information of the columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import Codes
from rowsmith.learn._nets import Index
from rowsmith.learn._order import GROUPS, ROWS, chain_order, information, pooled

TOLD = (1.0, 0.66, 0.33)
"""Time of an ordered column before it is told for the first, the second, and the last time, when it is certain."""
OTHERS = 40
"""Columns of one step with which a column is compared, so that the cost grows with the columns and not with their square."""
_CROWD = 1e-3
"""Mutual information, in nats, as which a column counts that is merely drawn in the same step."""


@dataclass(frozen=True)
class Schedule:
    """When what is told of each of d columns.

    Attributes:
        times: of each column before each step, 1 before the first, shape (steps, d). An ordered one is told at a step after
            which its time is less.
        last: the step at which a column is certain, shape (d,).
    """

    times: NDArray[np.float64]
    last: Index

    @property
    def steps(self) -> int:
        """How many."""
        return len(self.times)

    def due(self, step: int) -> list[int]:
        """Columns of which something is told at a step, in order."""
        later = self.times[min(step + 1, self.steps - 1)]
        told = (self.last == step) | ((later < self.times[step]) & (self.last > step))
        return [int(j) for j in np.flatnonzero(told)]

    @classmethod
    def at_once(cls, d: int) -> Schedule:
        """All columns in one step."""
        return cls(np.ones((1, d)), np.zeros(d, dtype=np.int64))

    @classmethod
    def learnt(cls, columns: Sequence[Codes], steps: int) -> Schedule:
        """Of so many steps, or fewer for a table of a few columns. The columns that tell most find their places first.

        >>> a = np.arange(600) % 3
        >>> copies = [Codes(a.astype(np.uint16), 3, False)] * 2
        >>> Schedule.learnt(copies, 9).last.tolist()
        [0, 1]
        """
        d = len(columns)
        every = max(1, len(columns[0].values) // ROWS) if columns else 1
        groups = [pooled(column, every, GROUPS) for column in columns]
        steps = max(1, min(steps, sum(len(TOLD) if column.ordered else 1 for column in columns)))
        times, last = np.ones((steps, d)), np.zeros(d, dtype=np.int64)
        there: list[list[tuple[int, float]]] = [[] for _ in range(steps)]
        for j in chain_order(columns):
            cost = [
                sum(_CROWD + part * information(groups[j], groups[i]) for i, part in each[:OTHERS]) for each in there
            ]
            ways = _ways(steps, len(TOLD) if columns[j].ordered else 1)
            way = min(ways, key=lambda way: (round(sum(cost[step] for step in way) / len(way), 9), way))
            for number, step in enumerate(way):
                there[step].append((j, 1 / len(way)))
                times[step:, j] = TOLD[number]
                if step + 1 < steps:
                    times[step + 1 :, j] = TOLD[min(number + 1, len(way) - 1)]
            last[j] = way[-1]
        return cls(times, last)


def _ways(steps: int, parts: int) -> list[tuple[int, ...]]:
    """Steps at which a column can be told in so many parts, evenly spread."""
    apart = max(1, steps // parts)
    firsts = range(apart) if parts > 1 else range(steps)
    return [tuple(min(first + i * apart, steps - 1) for i in range(parts)) for first in firsts]
