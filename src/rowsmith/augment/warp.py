"""Series that are stretched: their values, or their time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from rowsmith.augment._change import Floats, Outcome, RowChange
from rowsmith.augment._series import curved, measures, series_of
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Warp(RowChange):
    """Series of numbers that are stretched.

    By `scale`, each series is multiplied around its mean; by `magnitude`, by a smooth curve around 1; by `time`, values are
    read at times that run fast and slow by a smooth curve; by `window`, one window of each runs at half or twice the pace.
    Rows and their times stay, and values stay on their lattice; of the same rule as before, rows that would break it keep
    their values. Source: T. Um et al., "Data Augmentation of Wearable Sensor Data" (2017); window warping from A. Le Guennec
    et al. (2016).

    >>> import rowsmith as rs, pyarrow as pa
    >>> rows = pa.table({"x": [(i % 12) / 8 for i in range(60)]})
    >>> done = rs.augment(rows, rs.Warp(kind="scale", columns=("x",), sigma=0.2), seed=1)
    >>> done.steps[0].cells["x"] > 50
    True
    """

    kind: Literal["scale", "magnitude", "time", "window"] = "magnitude"
    """What is stretched."""
    sigma: float = 0.1
    """Standard deviation of the factors, or of the pace of time."""
    knots: int = 4
    """Points of a smooth curve."""
    window: float = 0.2
    """Length of a window, as a share of the series."""
    columns: tuple[str, ...] = ()
    """Columns of numbers; all but keys, classes, time and entity if left out."""
    entity: tuple[str, ...] = ()
    """Columns that say whose rows they are; all rows are one series if left out."""
    time: str | None = None
    """Column of time; rows are in order if left out."""

    main: ClassVar[str] = "kind"
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(self, "sigma", above=0)
        require(self, "window", above=0, below=1)
        if self.knots < 1:
            raise SpecError(f"knots={self.knots}: expected a whole number from 1.")

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Stretch the series."""
        names = measures(subject, self.columns, self.time, self.entity)
        return curved(subject, names, series_of(subject, self.entity, self.time), key, self._curve)

    def _curve(self, x: Floats, rng: np.random.Generator) -> Floats:
        n, mean = len(x), float(x.mean())
        if self.kind == "scale":
            return mean + (x - mean) * rng.normal(1, self.sigma)
        if self.kind == "magnitude":
            return mean + (x - mean) * self._smooth(n, rng)
        places = np.arange(n, dtype=np.float64)
        if self.kind == "time":
            pace = np.maximum(self._smooth(n, rng), 0.05)
            run = np.concatenate([[0.0], np.cumsum((pace[1:] + pace[:-1]) / 2)])
            return np.asarray(np.interp(run / run[-1] * (n - 1), places, x))
        size = max(2, round(self.window * n))
        start = int(rng.integers(0, max(n - size, 0) + 1))
        inside = (places >= start) & (places < start + size)
        run = np.cumsum(np.where(inside, rng.choice([0.5, 2.0]), 1.0))
        return np.asarray(np.interp((run - run[0]) / (run[-1] - run[0]) * (n - 1), places, x))

    def _smooth(self, n: int, rng: np.random.Generator) -> Floats:
        """A smooth curve around 1, shape (n,)."""
        from scipy.interpolate import CubicSpline

        marks = np.linspace(0, n - 1, self.knots + 2)
        return np.asarray(CubicSpline(marks, rng.normal(1, self.sigma, len(marks)))(np.arange(n)))
