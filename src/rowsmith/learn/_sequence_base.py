"""What the steps of a column start from.

Where steps have frequent values (a counter, a thermometer of whole degrees, a price that stays) they are steps from that
from which they are the smallest, so that these values stay what they are: the last value, a column of the same row, the
last value moved as another column moved. Where they are all different, they start from a linear forecast, and the trees
learn what is left: straight lines are what trees find hardest to learn, and short series leave them no rows for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.learn._sequence_features import Feature, Setting
from rowsmith.learn._sequence_layout import CONTEXT, EXPECTED, MEAN, MOSTLY, OVERALL, ROOM, SUM, VALUE
from rowsmith.learn._sequence_sum import Sum
from rowsmith.learn._sequence_values import lumpy

Floats = NDArray[np.float64]

CLOSER = 0.7
"""Size of steps from elsewhere, as a share of those from the last value, below which they are steps from there."""
RIDGE = 3.0
"""Rows' worth of no effect that every term of a forecast begins with."""
EVEN = 1.1
"""Variance of gaps beyond the room for each, as a share of that of all gaps, up to which they are learnt as shares of it: rows then spread
over what is left until the close, also where more of them are to come than ever were."""
FEWEST = 30
"""Rows that a forecast is learnt from at least."""
LOOK = 20_000


@dataclass(frozen=True)
class Base:
    """What a step starts from: a weighted sum of features.

    Attributes:
        terms: the first is where the column was, or what it follows; a missing one of the others counts as 0.
        weights: of the terms.
        drift: what is added.
        tight: 0; or the step starts not from the sum, but from the greatest (1), or the least (-1), of the terms: a price of the
            day from that which it is never below, or above; or from a sum of values (`SUM`, `MOSTLY`).
    """

    terms: tuple[Feature, ...] = ()
    weights: tuple[float, ...] = ()
    drift: float = 0.0
    tight: int = 0

    @classmethod
    def of_sum(cls, each: Sum) -> Base:
        """The sum that a column is, whose terms are values of columns and no places of the matrix."""
        terms = tuple(Feature(place, ago) for place, ago in each.terms)
        return cls(terms, each.weights, each.added, SUM if each.exact else MOSTLY)

    @property
    def table(self) -> NDArray[np.int64]:
        """The terms as the compiled loop has them, shape (terms, 4)."""
        entries = [[t.place, t.ago, t.less, t.less_ago] for t in self.terms]
        return np.array(entries, dtype=np.int64).reshape(-1, 4)

    def of(self, matrix: Floats, position: NDArray[np.int64]) -> Floats:
        """The sum in all rows; nan where the first term is missing, or, of a bound, all are."""
        if self.tight:
            each = [term.of(matrix, position) for term in self.terms]
            return np.asarray((np.fmax if self.tight > 0 else np.fmin).reduce(each))
        total = np.full(len(matrix), self.drift if self.terms else np.nan)
        for k, (term, weight) in enumerate(zip(self.terms, self.weights, strict=True)):
            there = weight * term.of(matrix, position)
            total = total + (there if k == 0 else np.nan_to_num(there))
        return total


def fit_base(setting: Setting, target: int, matrix: Floats, position: NDArray[np.int64]) -> Base:
    """What the steps of a column start from.

    Args:
        setting: all columns.
        target: place of the column among them.
        matrix: of all rows, shape (rows, places).
        position: of the rows in their entities.
    """
    c = setting.columns[target]
    if not c.on_line:
        return Base()
    if not c.stepping:
        return _shares(c.home, matrix, position)
    now, ways = matrix[:, c.home + VALUE], _ways(setting, target)
    changed = np.isfinite(now) & (position > 0)
    sizes = [_size(now - way.of(matrix, position), changed) for way in ways]
    best = int(np.argmin(sizes))
    way = ways[best if sizes[best] < CLOSER**0.5 * sizes[0] else 0]
    steps = (now - way.of(matrix, position))[changed]
    steps = steps[np.isfinite(steps)]
    if len(steps) < FEWEST or lumpy(steps):
        return way
    return _forecast(setting, target, matrix, position, now)


def _shares(home: int, matrix: Floats, position: NDArray[np.int64]) -> Base:
    """The room that there is for each of the gaps before the close, if that tells how long they are."""
    now, room = matrix[:, home + VALUE], Feature(ROOM, 0)
    away = now - room.of(matrix, position)
    rows = np.isfinite(away) & (position > 0)
    if rows.sum() < FEWEST or lumpy(now[rows]):
        return Base()
    return Base((room,), (1.0,)) if away[rows].var() <= EVEN * now[rows].var() else Base()


def _size(away: Floats, changed: NDArray[np.bool_]) -> float:
    """How large steps are, typically; less where one of them comes often, which trees can tell."""
    away = np.abs(away[changed]).round(12)
    known = away[np.isfinite(away)]
    if len(known) < 0.5 * changed.sum() or not len(known):
        return np.inf
    often = np.unique(known, return_counts=True)[1].max() / len(known)
    return float(np.mean(np.sqrt(known)) * (1 - often) ** 2)


def _ways(setting: Setting, target: int) -> list[Base]:
    """Sums without a forecast; first the last value."""
    c = setting.columns[target]
    own = Feature(c.home + VALUE, 1)
    ways = [Base((own,), (1.0,))]
    for places, tight in ((c.above, 1), (c.below, -1)):
        if places:
            bounds = tuple(Feature(setting.columns[place].home + VALUE, 0) for place in places)
            ways.append(Base(bounds, (1.0,) * len(bounds), tight=tight))
    if setting.season > 1:
        # not the value a season ago itself: then each place of the season would go its own way, from a first season that is drawn blind
        ways.append(Base((own, c.change(setting.season, setting.season + 1)), (1.0, 1.0)))
    if setting.expects:
        ways.append(Base((own, Feature(c.home + EXPECTED, 0, c.home + EXPECTED, 1)), (1.0, 1.0)))
    for place in c.like:
        other = setting.columns[place]
        if place < target and place not in c.bounds:  # the distance to a bound would wander, and is not what keeps it
            ways.append(Base((Feature(other.home + VALUE, 0),), (1.0,)))
            ways.append(Base((own, other.change(0, 1)), (1.0, 1.0)))
        ways.append(Base((Feature(other.home + VALUE, 1),), (1.0,)))
    return ways


def _terms(setting: Setting, target: int) -> list[Feature]:
    """What a forecast of a column's step may hang on."""
    c = setting.columns[target]
    h = c.home
    found = [c.change(1, 2), c.change(2, 3), c.change(3, 4)]
    found += [Feature(h + VALUE, 1, h + MEAN + k, 1) for k in range(3)] + [Feature(h + VALUE, 1, h + OVERALL, 1)]
    if setting.season > 1:
        found += [c.change(setting.season, 1), c.change(setting.season, setting.season + 1)]
    if setting.expects:
        found += [Feature(h + VALUE, 1, h + EXPECTED, 0), Feature(h + EXPECTED, 0, h + EXPECTED, 1)]
    for place, other in enumerate(setting.columns):
        if place == target or not other.on_line or not other.stepping:
            continue
        ago = 0 if place < target else 1
        found.append(other.change(ago, ago + 1))
        if place in c.like:
            found.append(Feature(other.home + VALUE, ago, h + VALUE, 1))
    return found + [Feature(CONTEXT + k, 0) for k, levels in enumerate(setting.context) if levels <= 0]


def _forecast(setting: Setting, target: int, matrix: Floats, position: NDArray[np.int64], now: Floats) -> Base:
    """The last value and a linear forecast of the step, by ridge regression."""
    own = Feature(setting.columns[target].home + VALUE, 1)
    step = now - own.of(matrix, position)
    rows = np.flatnonzero(np.isfinite(step))
    rows = rows[:: max(1, len(rows) // LOOK)]
    terms = _terms(setting, target)
    x = np.array([term.of(matrix, position)[rows] for term in terms]).T
    weights, drift = ridge(np.nan_to_num(x), step[rows])
    used = np.flatnonzero(weights)
    return Base((own, *(terms[k] for k in used)), (1.0, *weights[used].tolist()), drift)


def ridge(x: Floats, y: Floats) -> tuple[Floats, float]:
    """Weights and what is added of the linear function of x that is nearest to y, with a ridge.

    Args:
        x: shape (rows, terms).
        y: shape (rows,).

    Returns:
        Weights, 0 for terms that do not differ, shape (terms,); and what is added.
    """
    spread, mean = x.std(axis=0), x.mean(axis=0)
    used = np.flatnonzero(spread > 1e-12 * (1.0 + np.abs(x).max(axis=0, initial=0.0)))
    z = (x[:, used] - mean[used]) / spread[used]
    weights = np.zeros(x.shape[1])
    weights[used] = np.linalg.solve(z.T @ z + RIDGE * np.eye(len(used)), z.T @ (y - y.mean())) / spread[used]
    return weights, float(y.mean() - weights @ mean)
