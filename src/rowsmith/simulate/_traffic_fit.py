"""Parameters of `traffic` from readings of detectors, by simulated moments (McFadden, 1989) and moments.

What detectors tell of a road is how fast cars are at each local density (flow over speed). Which highest speed and which p give
this is found by simulation, measured in the same way; the same random numbers at all values make the comparison smooth. From
there p and the density of a ring are found together, and the demand of a corridor from the counts; the road whose readings are
nearer to the given ones is taken.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, suggest
from rowsmith.core.rng import Key
from rowsmith.simulate._traffic_log import CELL

Floats = NDArray[np.float64]
NEEDED = ("detector_id", "at", "vehicles", "speed")
LEAST = 100
"""Readings with cars that are needed."""
GROUPS = 10
"""Of readings, by local density."""
SIDE, FINE = 5, 101
"""Points a side of the grid on which p and density are simulated together, and of that on which they are found."""
SPANS = (1.0, 0.5, 0.25)
"""Of these grids, one after the other."""
LENGTH, CYCLES = 800, 30
"""Cells of a simulated ring, and intervals that are recorded on it."""
STRETCHES = (1, 2, 3, 4, 6, 8, 12, 16, 24)
"""Of demand."""
MISSED = 0.01
"""Cars that a detector does not count, as the world has it."""
FASTEST = 20
"""Cells a second."""


@dataclass(frozen=True)
class Readings:
    """What detectors told.

    Attributes:
        detector: number of each, from 0.
        at: end of the interval, s.
        flow: cars a second.
        speed: cells a second; NaN where there was no car.
        every: seconds of an interval.
    """

    detector: NDArray[np.int64]
    at: Floats
    flow: Floats
    speed: Floats
    every: int

    @property
    def moving(self) -> tuple[Floats, Floats]:
        """Local density (cars a cell) and speed, where cars passed at all."""
        good = (self.flow > 0) & (self.speed > 0)
        return self.flow[good] / self.speed[good], self.speed[good]


def settings_from_readings(lines: Iterable[str]) -> dict[str, Any]:
    """Parameters under which the world makes readings like those of a file.

    Args:
        lines: of a CSV file with the columns detector_id, at (s), vehicles and speed (km/h).

    Raises:
        DataError: it is of another form, or there are too few readings.
    """
    seen = _read(lines)
    vmax, p = _drivers(seen)
    p, density = _together(seen, vmax, p, _density(seen, vmax, p))
    demand, profile = _demand(seen)
    ends = int(seen.at.max() - seen.at.min()) + seen.every
    both = {
        "vmax": vmax, "p": round(p, 3), "density": round(density, 4), "demand": round(demand, 1), "profile": list(profile),
        "detectors": int(seen.detector.max()) + 1, "every": seen.every, "horizon": ends,
    }  # fmt: skip
    roads: dict[str, dict[str, Any]] = {
        "ring": {"density": density},
        "corridor": {"demand": demand, "profile": profile},
    }
    far = {
        road: _distance(_simulated(seen, vmax, p, road=road, warm_up=600, horizon=min(ends, 14_400), **own), seen)
        for road, own in roads.items()
    }
    return {"road": min(far, key=far.__getitem__), **both}


def _read(lines: Iterable[str]) -> Readings:
    rows = csv.reader(lines)
    head = [name.strip() for name in next(rows, [])]
    for name in NEEDED:
        if name not in head:
            raise DataError(
                f"no column {name!r}: expected a CSV file of readings with the columns {', '.join(NEEDED)}{suggest(name, head)}"
            )
    places = [head.index(name) for name in NEEDED]
    known: dict[str, int] = {}
    values = []
    for row in rows:
        if not row:
            continue
        try:
            name, *numbers = (row[i].strip() for i in places)
            at, vehicles, speed = (float(text or "nan") for text in numbers)
        except (ValueError, IndexError):
            raise DataError(f"line {rows.line_num}: expected numbers in at, vehicles and speed.") from None
        if not (np.isfinite(at) and vehicles >= 0) or speed < 0:
            raise DataError(f"line {rows.line_num}: expected a moment, and vehicles and speed from 0.")
        values.append((known.setdefault(name, len(known)), at, vehicles, speed))
    if len(values) < LEAST:
        raise DataError(f"{len(values)} readings: expected {LEAST} at least.")
    detector, at, vehicles, speed = np.array(values).T
    order = np.lexsort((at, detector))
    detector, at, vehicles, speed = detector[order].astype(np.int64), at[order], vehicles[order], speed[order]
    apart = np.diff(at)[np.diff(detector) == 0]
    every = float(np.median(apart[apart > 0])) if (apart > 0).any() else 0.0
    if not 1 <= every <= 3600 or every != int(every):
        raise DataError(f"at: readings of a detector lie {every:g} s apart; expected whole seconds, at most an hour.")
    found = Readings(detector, at, vehicles / every, speed / (CELL * 3.6), int(every))
    if len(found.moving[0]) < LEAST:
        raise DataError(f"{len(found.moving[0])} readings with cars: expected {LEAST} at least.")
    return found


def _drivers(seen: Readings) -> tuple[int, float]:
    """Highest speed and p: those under which cars are as fast at each local density as they are."""
    density, speed = seen.moving
    edges = np.unique(np.quantile(density, np.linspace(0, 1, GROUPS + 1)))
    middles = np.maximum(np.quantile(density, (np.arange(GROUPS) + 0.5) / GROUPS), 2 / LENGTH)
    observed, weights = _means(density, speed, edges)
    free = float(np.max(observed[weights > 0]))
    best = (np.inf, 1, 0.0)
    for vmax in range(max(1, int(np.ceil(free - 0.05))), min(FASTEST, int(np.ceil(free)) + 2) + 1):

        @cache
        def cost(p: float, vmax: int = vmax) -> float:
            parts = [
                _simulated(
                    seen, vmax, p, road="ring", density=float(d), warm_up=300, horizon=CYCLES * seen.every
                ).moving
                for d in sorted({min(round(d, 4), 0.9) for d in middles})
            ]
            local, fast = (np.concatenate([each[i] for each in parts]) for i in (0, 1))
            made, many = _means(local, fast, edges)
            both = (weights > 0) & (many > 0)
            error = (made - observed)[both] ** 2 * weights[both]
            return float(error.sum() / weights[both].sum()) if both.any() else np.inf

        p = _least(cost, 0.0, 0.9)
        best = min(best, (cost(p), vmax, p))
    return best[1], best[2]


def _density(seen: Readings, vmax: int, p: float) -> float:
    """Density of a ring on which flow and speed are as they are."""

    def cost(density: float) -> float:
        ring = {"road": "ring", "density": density, "warm_up": 600, "horizon": 2 * CYCLES * seen.every}
        return _distance(_simulated(seen, vmax, p, **ring), seen)

    wanted = float(np.median(seen.moving[0]))
    return _least(cost, max(wanted * 0.5, 1 / LENGTH), min(wanted * 2.5 + 0.02, 0.95), tries=9)


def _together(seen: Readings, vmax: int, p: float, density: float) -> tuple[float, float]:
    """Both at once: in a jam the first p is too high, for cars of many densities are as slow there.

    What readings tell is simulated on a grid around both, quadratic surfaces are laid through it (Box and Wilson, 1951), and the
    point is taken whose readings are nearest in units of the surfaces' own scatter; then once more on a narrower grid.
    """
    wanted = _told(seen)
    ring = {"road": "ring", "warm_up": 600, "horizon": 3 * CYCLES * seen.every}
    steps = np.array([(x, y) for x in np.linspace(-1, 1, SIDE) for y in np.linspace(-1, 1, SIDE)])
    fine = np.array([(x, y) for x in np.linspace(-1, 1, FINE) for y in np.linspace(-1, 1, FINE)])
    for span in SPANS:
        middle, reach = np.array([p, density]), np.array([0.12, 0.25 * density]) * span

        def inside(points: Floats, middle: Floats = middle, reach: Floats = reach) -> Floats:
            return np.clip(middle + reach * points, [0, 1 / LENGTH], [0.9, 0.95])

        made = np.array([_told(_simulated(seen, vmax, q, density=d, **ring)) for q, d in inside(steps).tolist()])
        weights, *_ = np.linalg.lstsq(_squares(steps), made, rcond=None)
        scatter = made - _squares(steps) @ weights
        gap = _squares(fine) @ weights - wanted
        far = np.einsum("ni,ij,nj->n", gap, np.linalg.pinv(scatter.T @ scatter), gap)
        p, density = inside(fine[int(np.argmin(far))]).tolist()
    return p, density


def _squares(points: Floats) -> Floats:
    """The terms of a quadratic surface over two axes, shape (points, 6)."""
    x, y = points.T
    return np.stack([np.ones(len(x)), x, y, x * x, x * y, y * y], axis=1)


def _told(readings: Readings) -> Floats:
    """Mean and spread of flow and of speed."""
    moving = readings.moving[1]
    if not len(moving):
        return np.zeros(4)
    return np.array([readings.flow.mean(), readings.flow.std(), moving.mean(), moving.std()])


def _demand(seen: Readings) -> tuple[float, tuple[float, ...]]:
    """Cars an hour in the busiest stretch of time, and those of each stretch as a part of it.

    How many stretches there are is what the Bayesian information criterion says of Poisson counts.
    """
    moments, place = np.unique(seen.at, return_inverse=True)
    counts = np.bincount(place, seen.flow) / np.bincount(place) * seen.every
    best: tuple[float, Floats] = (np.inf, counts)
    for n in STRETCHES:
        if n * 3 > len(moments):
            break
        stretch = np.minimum(
            ((moments - moments[0]) / (moments[-1] - moments[0] + seen.every) * n).astype(np.int64), n - 1
        )
        mean = np.maximum(np.bincount(stretch, counts, n) / np.maximum(np.bincount(stretch, minlength=n), 1), 1e-9)
        misfit = 2 * float((mean[stretch] - counts * np.log(mean[stretch])).sum()) + n * np.log(len(moments))
        best = min(best, (misfit, mean), key=lambda each: each[0])
    mean = best[1]
    return float(mean.max()) * 3600 / seen.every / (1 - MISSED), tuple(np.round(mean / mean.max(), 3).tolist())


def _simulated(seen: Readings, vmax: int, p: float, **settings: Any) -> Readings:
    """Readings of a run with these parameters, taken as the given ones were."""
    from rowsmith.simulate.traffic import Traffic

    world = Traffic(vmax=vmax, p=p, length=LENGTH, every=seen.every, sample_every=3600, tracked=0.0, **settings)
    rows = [each["readings"] for each in world.run(Key(0)) if "readings" in each]
    columns = [np.concatenate([row[name] for row in rows]) for name in NEEDED]  # type: ignore[index]
    detector, at, vehicles, speed = columns
    return Readings(detector, at, vehicles / seen.every, speed / (CELL * 3.6), seen.every)


def _means(density: Floats, speed: Floats, edges: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Mean speed and number of readings of each group by density."""
    group = np.searchsorted(edges[1:-1], density)
    inside = (density >= edges[0] * 0.9) & (density <= edges[-1] * 1.1)
    many = np.bincount(group[inside], minlength=len(edges) - 1).astype(np.int64)
    return np.bincount(group[inside], speed[inside], len(many)) / np.maximum(many, 1), many


def _distance(made: Readings, seen: Readings) -> float:
    """How far two sets of readings are apart: by mean and spread of flow and speed, in units of their spread."""
    ours, theirs = _told(made), _told(seen)
    units = np.maximum(theirs[[1, 1, 3, 3]], 1e-6)
    return float((((ours - theirs) / units) ** 2).sum())


def _least(cost: Callable[[float], float], low: float, high: float, tries: int = 7) -> float:
    """Where a rough curve is lowest: on a grid first, then by halving the span around the best point."""
    grid = np.linspace(low, high, tries)
    for _ in range(4):
        costs = [cost(float(x)) for x in grid]
        best, step = float(grid[int(np.argmin(costs))]), float(grid[1] - grid[0])
        grid = np.linspace(max(low, best - step), min(high, best + step), 5)
    return best
