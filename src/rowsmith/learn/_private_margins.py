"""Single columns of a private fit: noisy counts of their codes, and the groups of codes that are learnt together.

The fine codes keep the shape of a column; the few groups are what pairs of columns are counted by, since a cell of few rows
is all noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import CodeArray
from rowsmith.learn._private_tree import Table

SURE = 3.0
"""Standard deviations that a count must be above nothing, for a level to be a group of its own, or a null to be drawn."""
RARE = 1 / 16
"""Part of the rows of a group of numbers, below which levels are one group: they would make tables large for little."""


@dataclass(frozen=True)
class Column:
    """A column as it is learnt.

    Attributes:
        values: codes, shape (rows,).
        size: how many there are.
        ordered: whether neighbouring codes are neighbouring values, null apart.
        nullable: whether code 0 is null, of which there need be none.
    """

    values: CodeArray
    size: int
    ordered: bool
    nullable: bool = False


@dataclass(frozen=True)
class Margin:
    """The codes of a column.

    Attributes:
        group: of each code, shape (size,).
        inside: share of each code among those of its group, shape (size,).
        counts: noisy count of each group, shape (groups,).
        variance: of the noise of each code's count.
    """

    group: NDArray[np.int64]
    inside: NDArray[np.float64]
    counts: Table
    variance: float

    @property
    def groups(self) -> int:
        """How many there are."""
        return len(self.counts)

    @property
    def variances(self) -> Table:
        """Of the noise of each group's count."""
        return np.asarray(self.variance * np.bincount(self.group, minlength=self.groups), dtype=np.float64)


@dataclass(frozen=True)
class Noisy:
    """Noisy counts of the codes of a column.

    Attributes:
        counts: shape (size,).
        scale: of their noise.
    """

    counts: Table
    scale: float

    def joined(self, other: Noisy) -> Noisy:
        """Two looks at the same counts as one, each by its precision."""
        own, others = self.scale**-2.0, other.scale**-2.0
        return Noisy((self.counts * own + other.counts * others) / (own + others), (own + others) ** -0.5)


def margin(column: Column, noisy: Noisy, total: float, bins: int) -> Margin:
    """The groups of a column.

    Args:
        column: what is known of it without a look at its rows.
        noisy: counts of its codes.
        total: rows, about.
        bins: groups of numbers, about.
    """
    counts, scale = noisy.counts, noisy.scale
    absent = int(column.nullable and column.size > 1 and counts[0] < SURE * scale)
    kept = _trimmed(counts[absent:], scale) if column.ordered else counts[absent:]
    rows = projected(kept, total)
    rows = np.concatenate([np.zeros(absent), rows])
    group = _bins(rows, total / bins) if column.ordered else _frequent(rows, max(SURE * scale, RARE * total / bins))
    if absent:  # nulls are a part of the greatest group, of which none is drawn
        group[0] = group[int(rows.argmax())]
        group = np.unique(group, return_inverse=True)[1].reshape(-1)
    kept = np.where(np.arange(column.size) < absent, 0.0, counts)
    whole = np.bincount(group, weights=rows)
    size = np.bincount(group).astype(np.float64)
    inside = np.where(whole[group] > 0, rows / np.maximum(whole[group], 1e-300), 1 / size[group])
    return Margin(group, inside, np.bincount(group, weights=kept).astype(np.float64), scale**2)


def projected(noisy: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    """The counts from 0 of a sum that are nearest to noisy ones: these less an amount that is the same for all.

    Source: J. Duchi et al., "Efficient projections onto the l1-ball for learning in high dimensions" (2008), figure 1.

    >>> projected(np.array([5.0, 3.0, -2.0]), 6.0).tolist()
    [4.0, 2.0, 0.0]
    """
    down = np.sort(noisy)[::-1]
    above = (np.cumsum(down) - total) / np.arange(1, len(noisy) + 1)
    last = int(np.flatnonzero(down > above)[-1])
    return np.asarray(np.maximum(noisy - above[last], 0.0))


def _trimmed(counts: Table, scale: float) -> Table:
    """Counts of which both ends are nothing as far as all that lies there together is no more than noise."""
    out = counts.copy()
    for turned in (out, out[::-1]):
        noise = scale * np.sqrt(np.arange(1, len(out) + 1))
        sure = np.flatnonzero(np.cumsum(turned) > noise)
        if len(sure):
            turned[: sure[0]] = -np.inf
    return out


def _bins(rows: NDArray[np.float64], share: float) -> NDArray[np.int64]:
    """Neighbouring codes put together to about a share of rows; one with half of it or more stays on its own."""
    group = np.zeros(len(rows), dtype=np.int64)
    now, filled, alone = 0, 0.0, False
    for code, count in enumerate(rows.tolist()):
        own = count >= share / 2
        if code and (own or alone or filled + count > share) and (filled > 0 or alone):
            now, filled = now + 1, 0.0
        group[code], filled, alone = now, filled + count, own
    return group


def _frequent(rows: NDArray[np.float64], least: float) -> NDArray[np.int64]:
    """A group for each frequent code, and one for all others."""
    rare = rows < least
    group = np.cumsum(~rare) - 1
    group[rare] = int((~rare).sum())
    return np.asarray(np.unique(group, return_inverse=True)[1]).reshape(-1)


def total_of(columns: Sequence[Noisy]) -> float:
    """About how many rows there are, by noisy counts of the codes of columns; 1 at least."""
    sums = np.array([each.counts.sum() for each in columns])
    weights = np.array([1 / (len(each.counts) * each.scale**2) for each in columns])
    return max(1.0, float((sums * weights).sum() / weights.sum()))
