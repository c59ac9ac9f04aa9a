"""What a classifier of a sequence's column looks at: entries of the matrix of `_sequence_layout`, and their bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.learn._sequence_layout import (
    CONTEXT,
    EXPECTED,
    GAP,
    HOUR,
    MEAN,
    MISSING,
    MONTH_DAY,
    OVERALL,
    PHASE,
    POSITION,
    REMAINING,
    ROOM,
    RUN,
    SIZE,
    VALUE,
    WEEKDAY,
    YEAR_DAY,
)

Floats = NDArray[np.float64]
EDGES = 160
"""Bins of a feature, at most."""
LOOK = 20_000
"""Rows that bins are cut by."""
FAR = (4, 7, 13)
"""Rows ago from which on the way of a column is told, besides the last three steps."""


@dataclass(frozen=True)
class Feature:
    """An entry of the matrix some rows ago, or what it has more than another.

    Attributes:
        place: of the entry.
        ago: rows.
        less: place of the other; -1 for none.
        less_ago: rows.
        levels: codes of an entry that is one of a list; 0 for a number.
        bins: into which it is cut at most.
    """

    place: int
    ago: int
    less: int = -1
    less_ago: int = 0
    levels: int = 0
    bins: int = EDGES

    def of(self, matrix: Floats, position: NDArray[np.int64]) -> Floats:
        """The feature in all rows; nan where the entity has no such row.

        Args:
            matrix: shape (rows, places).
            position: of the rows in their entities, shape (rows,).
        """
        out = self._at(matrix, position, self.place, self.ago)
        return out if self.less < 0 else out - self._at(matrix, position, self.less, self.less_ago)

    @staticmethod
    def _at(matrix: Floats, position: NDArray[np.int64], place: int, ago: int) -> Floats:
        out = np.full(len(matrix), np.nan)
        out[ago:] = matrix[: max(len(matrix) - ago, 0), place]
        return np.where(position >= ago, out, np.nan)


@dataclass(frozen=True)
class Column:
    """What features need to know of a column.

    Attributes:
        home: place of its block.
        on_line: whether it is a number.
        size: how many codes it has, of a column of codes.
        ordered: whether these have an order.
        nullable: whether it has missing values.
        like: columns that are counted in the same units.
        above: those of them, drawn earlier, that it is never below.
        below: those of them, drawn earlier, that it is never above.
        stepping: whether its steps are learnt; of gaps they are not.
    """

    home: int
    on_line: bool
    size: int
    ordered: bool
    nullable: bool
    like: tuple[int, ...] = ()
    above: tuple[int, ...] = ()
    below: tuple[int, ...] = ()
    stepping: bool = True

    @property
    def bounds(self) -> tuple[int, ...]:
        """Columns that it is never above, or never below."""
        return (*self.above, *self.below)

    def value(self, ago: int) -> Feature:
        """Its value some rows ago."""
        listed = 0 if self.on_line or self.ordered else min(self.size, 255)
        return Feature(self.home + VALUE, ago, levels=listed)

    def change(self, ago: int, since: int) -> Feature:
        """By how much it changed."""
        return Feature(self.home + VALUE, ago, self.home + VALUE, since)


@dataclass(frozen=True)
class Setting:
    """What all columns of a table of sequences have in common.

    Attributes:
        columns: in the order in which they are drawn.
        context: how many levels each constant has; 0 for a number, -1 for a truth value that says which level it is.
        several: whether there are several entities, so that a row's position means something.
        eras: parts of a single series that are told apart.
        gaps: whether the first column is the gap to the row above.
        calendar: places of the time that tell something.
        season: rows of a season; 1 for none.
        expects: whether the calendar lets expect something.
    """

    columns: Sequence[Column]
    context: Sequence[int]
    several: bool
    eras: int
    gaps: bool
    calendar: Sequence[int]
    season: int
    expects: bool

    def features(self, target: int) -> list[Feature]:
        """What the classifiers of a column look at."""
        late = 1 if self.gaps and target == 0 else 0  # the time of the row is known once the gap is
        found = [Feature(place, late, levels=7 if place == WEEKDAY else 0) for place in self.calendar]
        if self.several:
            found += [Feature(POSITION, 0), Feature(REMAINING, 0), *([Feature(ROOM, 0)] if late else [])]
        elif self.eras > 1:
            found.append(Feature(POSITION, 0, bins=self.eras))
        if self.gaps:
            found.append(Feature(GAP, late))
        found += [Feature(CONTEXT + k, 0, levels=min(n, 255)) for k, n in enumerate(self.context) if n >= 0]
        expects = self.expects and not late
        found += self._own(self.columns[target], expects)
        for place, other in enumerate(self.columns):
            if place != target and not (self.gaps and place == 0):
                found += self._other(target, place, other, expects)
        return list(dict.fromkeys(found))

    def _own(self, c: Column, expects: bool) -> list[Feature]:
        h = c.home
        if not c.on_line:
            found = [c.value(1), c.value(2), c.value(3), Feature(h + RUN, 1)]
            return found + ([c.value(self.season)] if self.season > 1 else [])
        found = [c.value(1), c.change(1, 2), c.change(2, 3), c.change(3, 4)]
        found += [c.change(1, ago) for ago in FAR]
        found += [Feature(h + VALUE, 1, h + MEAN + k, 1) for k in range(3)]
        found += [Feature(h + VALUE, 1, h + OVERALL, 1), Feature(h + SIZE, 1), Feature(h + SIZE + 1, 1)]
        found += [Feature(h + RUN, 1), *([Feature(h + MISSING, 1)] if c.nullable else [])]
        if self.season > 1:
            found += [c.change(self.season, 1), c.change(self.season, self.season + 1)]
        return found + (self._anomaly(c, 1) if expects else [])

    def _anomaly(self, c: Column, ago: int) -> list[Feature]:
        here = Feature(c.home + VALUE, ago, c.home + EXPECTED, 0)
        return [here, Feature(c.home + EXPECTED, 0, c.home + EXPECTED, 1)] if ago else [here]

    def _other(self, target: int, place: int, other: Column, expects: bool) -> list[Feature]:
        ago, h = (0, other.home) if place < target else (1, other.home)
        if not other.on_line:
            return [other.value(ago), *([Feature(h + RUN, 0), other.value(1)] if ago == 0 else [])]
        found = [other.value(ago), other.change(ago, ago + 1)]
        if other.nullable:
            found.append(Feature(h + MISSING, ago))
        if ago == 0:
            found.append(Feature(h + RUN, 0))
        if expects:
            found += self._anomaly(other, ago)[:1]
        own = self.columns[target]
        if place in own.like:
            found.append(Feature(h + VALUE, ago, own.home + VALUE, 1))
            if place in own.bounds:  # how far they were apart, and how far this one is today from those drawn before it
                found.append(Feature(h + VALUE, 1, own.home + VALUE, 1))
                found += [Feature(h + VALUE, 0, self.columns[k].home + VALUE, 0) for k in own.like if k < place]
        return found


@dataclass(frozen=True)
class Bins:
    """A feature cut into bins.

    Attributes:
        edges: rising, at most EDGES - 1; a value is of the bin after the last one that it is not below.
        values: bins of the rows, 0 for not known, shape (rows,).
    """

    edges: Floats
    values: NDArray[np.uint8]


def bins(feature: Feature, values: Floats) -> Bins | None:
    """Bins of a feature; None if it says nothing.

    Args:
        feature: of which kind.
        values: of the rows, nan for not known.
    """
    known = np.isfinite(values)
    if not known.any():
        return None
    out = np.zeros(len(values), dtype=np.uint8)
    if feature.levels:
        out[known] = 1 + np.minimum(values[known].astype(np.int64), feature.levels - 1)
        edges = np.zeros(0)
    else:
        some = values[known]
        some = some[:: max(1, len(some) // LOOK)]
        distinct = np.unique(some)
        if len(distinct) <= feature.bins:
            edges = distinct[:-1] / 2 + distinct[1:] / 2
        else:
            edges = np.unique(np.quantile(some, np.linspace(0, 1, feature.bins + 1)[1:-1]))
        out[known] = 1 + np.searchsorted(edges, values[known], side="right")
    return Bins(edges, out) if out.min() < out.max() else None


CALENDAR = (HOUR, WEEKDAY, MONTH_DAY, YEAR_DAY, PHASE)
"""Places of the time."""
