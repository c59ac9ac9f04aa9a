"""Calendar: do moments lie in the hours, on the weekdays and in the months of the real ones?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._between import between, part
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._series_plan import part_of
from rowsmith.evaluate._stats import Floats, total_variation
from rowsmith.evaluate._words import percent, rows, show

_NAMES = {
    "hour": tuple(f"{hour:02} h" for hour in range(24)),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": ("January", "February", "March", "April", "May", "June",
              "July", "August", "September", "October", "November", "December"),
}  # fmt: skip
"""Parts of a moment, and their values."""
_SHOWN = 10
"""Columns of which the report tells the most different value."""


@dataclass(frozen=True, kw_only=True)
class Calendar(Measure):
    """Total variation of the hour, the weekday and the month of dates and timestamps, the largest of the three, in per cent.

    A column's shape may be right to the week while every hour of it is wrong: a shop that sells at night. Hours of columns
    with a zone are those of UTC. Its floor is 0, as that of the shapes: shuffled columns keep their hours.
    """

    title: ClassVar[str] = "Hours, weekdays, months"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 13
    every_column: ClassVar[bool] = True

    good: float = 3.0
    """Per cent above the ceiling up to which they are good."""
    fair: float = 10.0
    """Per cent above the ceiling up to which they are fair."""
    most_rows: int = 200_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Judge every column of dates or timestamps."""
        places = [
            i
            for i, f in enumerate(context.features)
            if f.kind == "time"
            and not np.isnan(context.real.arrays[i]).all()
            and not np.isnan(context.synthetic.arrays[i]).all()
        ]
        if not places:
            return unmeasured(self, "there is no column of dates or times with values in both tables.", decisive=False)

        def statistic(a: Columns, b: Columns) -> Floats:
            return np.array([100 * np.mean([max(_apart(a.arrays[i], b.arrays[i]).values()) for i in places])])

        fields = {
            "name": "error",
            "label": "mean difference",
            "unit": "%",
            "better": "lower",
            "ideal": 0.0,
            "bad": 20.0,
        }
        (figure,) = between(context, statistic, "calendar", fields, most=self.most_rows)
        assert figure.value is not None
        sides = (
            part(context, t, self.most_rows, "calendar", "value", s)
            for s, t in enumerate((context.real, context.synthetic))
        )
        real, other = (table.pick(places) for table in sides)
        worst = sorted(
            (_worst(context.features[i].name, a, b) for i, a, b in zip(places, real.arrays, other.arrays, strict=True)),
            key=lambda found: -found.error,
        )
        level = level_of(figure, self.good, self.fair)
        first = worst[0]
        said = f"hours, weekdays or months of times are {show(figure.value, '%')} off on average"
        sentence = {
            "good": f"{said[0].upper()}{said[1:]}, about as in unseen real rows.",
            "fair": f"{said[0].upper()}{said[1:]}; most in {first.said}.",
            "poor": f"{said[0].upper()}{said[1:]}, most in {first.said}: count nothing by {first.part} on these rows.",
        }[level]
        head = ["column", "furthest off", "off by", "most different", "real", "synthetic"]
        cells = [
            [w.column, w.part, percent(w.error), w.value, percent(w.real), percent(w.synthetic)] for w in worst[:_SHOWN]
        ]
        return result(
            self,
            level,
            sentence,
            how=f"{len(places)} columns; {rows(real.n)} against {rows(other.n)}",
            figures=(figure,),
            details={"table": {"title": "Hours, weekdays and months of times", "head": head, "rows": cells}},
        )


@dataclass(frozen=True)
class _Worst:
    """The part of a column in which it is furthest off, and the value of it that differs most."""

    column: str
    part: str
    error: float
    value: str
    real: float
    synthetic: float

    @property
    def said(self) -> str:
        return f"{self.column!r} by {self.part}: {percent(self.synthetic)} at {self.value} for {percent(self.real)}"


def _worst(column: str, real: NDArray[Any], other: NDArray[Any]) -> _Worst:
    errors = _apart(real, other)
    name = max(errors, key=lambda part: errors[part])
    a, b = (_shares(values)[name] for values in (real, other))
    place = int(np.argmax(np.abs(a - b)))
    return _Worst(column, name, errors[name], _NAMES[name][place], float(a[place]), float(b[place]))


def _apart(real: NDArray[Any], other: NDArray[Any]) -> dict[str, float]:
    """Total variation by part of the moments."""
    a, b = _shares(real), _shares(other)
    return {part: total_variation(a[part], b[part]) for part in _NAMES}


def _shares(seconds: NDArray[Any]) -> Mapping[str, Floats]:
    """Shares of hours, weekdays and months, of seconds since 1970; of no moment, zeros."""
    seconds = seconds[np.isfinite(seconds)]
    places = {part: part_of(seconds, part) - (part == "month") for part in _NAMES}  # the first month is 1
    return {part: np.bincount(at, minlength=len(_NAMES[part])) / max(len(seconds), 1) for part, at in places.items()}
