"""What a real table of series says about itself: its season, its lags, and what of its columns is judged in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._correlogram import autocorrelation
from rowsmith.evaluate._stats import Floats, Ints

DAY = 86_400.0
TOP_LEVELS = 5
"""Levels of a category that are judged in order, each as 1 or 0."""
SPREAD = 2.0
"""Ratio of the 99 % to the 1 % quantile from which on positive numbers are judged as logarithms."""
PEAK = 0.3
"""Autocorrelation of steps from which on plain numbers have a season."""
ALIKE = 0.1
"""How much lower than the highest peak the first one may be."""
MOST_LAG = 400
PARTS = {"hour": 24, "weekday": 7, "month": 13, "position": 0}
"""Parts of a season, and one more than the largest place in each; of a position it is the period."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is judged.

    Attributes:
        names: of the columns of x.
        owners: place of the feature that each is of.
        levels: level of the category that a column stands for; -1 of a number.
        logs: columns that are judged as logarithms.
        numeric: how many columns of numbers there are; they come first.
        targets: of these, those that are foretold.
        stamped: whether times are moments.
        period: rows of a season; 1 for none.
        phases: parts of the season.
        trend: rows of the moving average that is taken off.
        lags: up to which autocorrelations are compared.
        window: rows of a window that a classifier sees.
        ahead: rows ahead that are foretold.
        past: rows back that a forecaster sees.
        middle: mean of each column, shape (columns,).
        spread: standard deviation of each.
    """

    names: tuple[str, ...]
    owners: tuple[int, ...]
    levels: tuple[int, ...]
    logs: tuple[bool, ...]
    numeric: int
    targets: tuple[int, ...]
    stamped: bool
    period: int = 1
    phases: tuple[str, ...] = ()
    trend: int = 1
    lags: int = 1
    window: int = 4
    ahead: int = 2
    past: tuple[int, ...] = (1,)
    middle: Floats
    spread: Floats

    def matrix(self, features: Sequence[Feature], table: Columns) -> Floats:
        """What is judged in order, shape (rows, columns)."""
        out = np.empty((table.n, len(self.names)))
        for i, (owner, level, log) in enumerate(zip(self.owners, self.levels, self.logs, strict=True)):
            values = table.arrays[owner]
            if features[owner].kind == "category":
                out[:, i] = values == level
            elif log:
                out[:, i] = np.log(np.where(values > 0, values, np.nan))
            else:
                out[:, i] = np.where(np.isfinite(values), values, np.nan)
        return out

    def phases_of(self, local: Floats, place: Ints) -> dict[str, Ints]:
        """Where rows stand in each part of the season.

        Args:
            local: times as clocks show them.
            place: of the rows in their series.
        """
        return {p: place % self.period if p == "position" else part_of(local, p) for p in self.phases}

    def cells(self, phase: str) -> int:
        """How many places a part of the season has."""
        return self.period if phase == "position" else PARTS[phase]


def part_of(local: Floats, part: str) -> Ints:
    """A part of moments: hour, minute, day, weekday (Monday is 0), month, quarter, year, dayofyear.

    >>> part_of(np.array([0.0, 3.5 * 86_400]), "weekday").tolist()
    [3, 6]
    """
    seconds = np.floor(local).astype(np.int64)
    days = seconds // int(DAY)
    if part == "hour":
        return np.asarray(seconds % int(DAY) // 3600)
    if part == "minute":
        return np.asarray(seconds % 3600 // 60)
    if part == "weekday":
        return np.asarray((days + 3) % 7)
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    years = dates.astype("datetime64[Y]")
    if part == "month":
        return np.asarray(months.astype(np.int64) % 12 + 1)
    if part == "quarter":
        return np.asarray(months.astype(np.int64) % 12 // 3 + 1)
    if part == "day":
        return np.asarray((dates - months.astype("datetime64[D]")).astype(np.int64) + 1)
    if part == "dayofyear":
        return np.asarray((dates - years.astype("datetime64[D]")).astype(np.int64) + 1)
    assert part == "year", part
    return np.asarray(years.astype(np.int64) + 1970)


THERE = 0.5
"""Share of the rows in more of which a number must be there: a bonus twice a year says nothing of how rows follow each other."""
GRID = 5
"""Different gaps, in hours, up to which times are on a grid: months have four."""
CALENDAR = ("year", "month", "day", "hour", "minute", "weekday", "dayofyear", "quarter")


def calendar_of(features: Sequence[Feature], real: Columns, local: Floats) -> dict[int, str]:
    """Columns that are a part of the time in every real row: their places, and the part."""
    out = {}
    for i, feature in enumerate(features):
        if feature.kind == "number" and feature.whole and np.isfinite(real.arrays[i]).all():
            part = next((p for p in CALENDAR if (real.arrays[i] == part_of(local, p)).all()), None)
            if part is not None:
                out[i] = part
    return out


def plan_of(
    features: Sequence[Feature],
    real: Columns,
    begins: Ints,
    times: Floats,
    local: Floats,
    stamped: bool,
    targets: Sequence[str],
) -> Plan:
    """What is judged of a real table.

    Args:
        features: of the columns.
        real: their values, series by series.
        begins: first row of each series, and the number of rows.
        times: of each row.
        local: the same as clocks show it.
        stamped: whether they are moments, in seconds.
        targets: columns to foretell; the first three of numbers if there is none.
    """
    columns: list[tuple[str, int, int, bool]] = []
    for i, feature in enumerate(features):
        values = real.arrays[i]
        if feature.kind != "category":
            finite = values[np.isfinite(values)]
            if len(finite) > THERE * len(values) and finite.min() < finite.max():
                low, high = np.quantile(finite, [0.01, 0.99])
                columns.append((feature.name, i, -1, bool(finite.min() > 0 and high > SPREAD * low)))
    numeric = len(columns)
    for i, feature in enumerate(features):
        if feature.kind == "category":  # levels are in the order of their real frequency
            here = [k for k in range(min(TOP_LEVELS, len(feature.levels))) if (real.arrays[i] == k).any()]
            columns += [(f"{feature.name} = {feature.levels[k]}", i, k, False) for k in here]
    names, owners, levels, logs = zip(*columns, strict=True) if columns else ((), (), (), ())
    wanted = [i for i in range(numeric) if names[i] in targets]
    first = Plan(
        names=names,
        owners=owners,
        levels=levels,
        logs=logs,
        numeric=numeric,
        targets=tuple(wanted or range(min(3, numeric))),
        stamped=stamped,
        middle=np.zeros(len(names)),
        spread=np.ones(len(names)),
    )
    x = first.matrix(features, real)
    n = int(np.median(np.diff(begins)))
    period, phases = _season(begins, times, local, n) if stamped else (1, ())
    if not phases or period > n // 4:
        period = _found(x[:, :1], begins, n) if numeric else 1
    if not phases and period > 1:
        phases = ("position",)
    with np.errstate(all="ignore"):
        middle, spread = (_at_known(f, x) for f in (np.mean, np.std))
    return _with(
        first,
        period=period,
        phases=phases,
        trend=max(3, min(n // 3, max(2 * period, 60))) | 1,
        lags=max(2, min(n // 4, max(30, 2 * period), MOST_LAG)),
        window=max(4, min(24, n // 12)),
        ahead=max(2, min(period // 2 if period > 7 else 10, n // 10, 24)),
        past=tuple(sorted({k for k in (1, 2, 3, 5, 8, 12, 24, period) if k <= max(2, n // 6)})),
        middle=middle,
        spread=spread + 1e-12,
    )


def _with(plan: Plan, **parts: object) -> Plan:
    return Plan(**{**vars(plan), **parts})


def _at_known(statistic: object, x: Floats) -> Floats:
    assert callable(statistic)
    columns = (x[np.isfinite(x[:, i]), i] for i in range(x.shape[1]))
    return np.array([statistic(v) if len(v) else 0.0 for v in columns])


def _season(begins: Ints, times: Floats, local: Floats, n: int) -> tuple[int, tuple[str, ...]]:
    """Rows of a season, and the parts of the calendar that may tell something."""
    inner = np.ones(len(times), dtype=bool)
    inner[begins[:-1]] = False
    gaps = np.diff(times, prepend=np.nan)[inner]
    if not len(gaps):
        return 1, ()
    step = float(np.median(gaps))
    span = float(times.max() - times.min()) / DAY
    weekdays = len(np.unique(part_of(local, "weekday")))
    periods = ((1.0, round(DAY / max(step, 1e-9))), (5.0, weekdays), (20.0, 52), (40.0, 12), (120.0, 4))
    period = next((rows for days, rows in periods if step < days * DAY), 1)
    free = len(np.unique(np.round(gaps / 3600))) > GRID  # events come in any hour, on any day, however rare they are
    known: Mapping[str, bool] = {
        "hour": step < DAY or (free and len(np.unique(local % DAY)) > 1),
        "weekday": span > 28 and (step < 5 * DAY or free),
        "month": span > 700 and (step < 60 * DAY or free),
    }
    return period, tuple(p for p, there in known.items() if there)


def _found(x: Floats, begins: Ints, n: int) -> int:
    """The season of plain numbers: the first high peak of the autocorrelation of steps."""
    steps = np.full(x.shape, np.nan)
    steps[1:] = x[1:] - x[:-1]
    steps[begins[:-1]] = np.nan
    r = autocorrelation(steps, begins, max(3, min(n // 3, MOST_LAG)))[:, 0]
    peaks = [k for k in range(2, len(r)) if r[k - 1] > PEAK and r[k - 1] == r[max(0, k - 2) : k + 1].max()]
    highest = max((r[k - 1] for k in peaks), default=0.0)
    return next((k for k in peaks if r[k - 1] >= highest - ALIKE), 1)  # seasons are at multiples of the first, too
