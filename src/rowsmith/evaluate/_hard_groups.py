"""Groups of rows in which hard ones are more frequent than elsewhere: one value, or one range, of one column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._axis import moment, point
from rowsmith.evaluate._bins import Bins
from rowsmith.evaluate._rates import ERROR, share
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import readable

RANGES = 5
MOST_LEVELS = 20
FEWEST = 30
SHOWN = 8


@dataclass(frozen=True)
class Group:
    """Rows with one value, or a range of values, of a column.

    Attributes:
        column: its name.
        where: the value or range, in words.
        rows: how many there are.
        share: of them that are hard.
        low: lower end of the share's 95 % interval, all groups that were looked at allowed for.
    """

    column: str
    where: str
    rows: int
    share: float
    low: float


def hard_groups(features: Sequence[Feature], columns: Columns, hard: NDArray[np.bool_]) -> tuple[Group, ...]:
    """The groups in which hard rows are over-represented beyond chance, the worst first.

    The intervals allow for having looked at all groups (O. Dunn, "Multiple comparisons among means", 1961).

    Args:
        features: of the columns.
        columns: n rows.
        hard: shape (n,).
    """
    bins = [
        Bins.fit([f], columns.pick([i]), MOST_LEVELS if f.kind == "category" else RANGES)
        for i, f in enumerate(features)
    ]
    counted: list[tuple[Feature, Floats | None, int, int, int]] = []
    for i, (feature, cut) in enumerate(zip(features, bins, strict=True)):
        (cell,), (edges,) = cut.cells(columns.pick([i])), cut.edges
        sizes = np.bincount(cell, minlength=cut.sizes[0])
        hits = np.bincount(cell, weights=hard, minlength=cut.sizes[0])
        counted += [(feature, edges, int(k), int(hits[k]), int(sizes[k])) for k in np.flatnonzero(sizes >= FEWEST)]
    overall = float(hard.mean())
    found = []
    for feature, edges, k, hard_ones, size in counted:
        low = share(hard_ones, size, ERROR / len(counted)).low
        if low > overall:
            found.append(Group(feature.name, _where(feature, edges, k), size, hard_ones / size, low))
    return tuple(sorted(found, key=lambda g: (-g.low, g.column, g.where))[:SHOWN])


def _where(feature: Feature, edges: Floats | None, cell: int) -> str:
    name = readable(feature.name, 40)
    if cell == 0:
        return f"{name} is missing"
    if edges is None:
        most = min(len(feature.levels), MOST_LEVELS)
        return (
            f"{name} = {readable(feature.levels[cell - 1], 40)}"
            if cell <= most
            else f"{name} is one of its rarer values"
        )
    shown = moment if feature.kind == "time" else point
    bounds = [shown(float(e)) for e in edges]
    if not bounds:
        return f"{name} has a value"
    if cell == 1:
        return f"{name} up to {bounds[0]}"
    return (
        f"{name} above {bounds[-1]}" if cell > len(bounds) else f"{name} above {bounds[cell - 2]} to {bounds[cell - 1]}"
    )
