"""Times: do rows come in order, each once, as often and as long as in the real series?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rowsmith.evaluate._measure import Aspect, Figure, Result, grade, level_of, result, worst
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series import Series
from rowsmith.evaluate._series_measure import SeriesMeasure
from rowsmith.evaluate._stats import Floats, kolmogorov_smirnov
from rowsmith.evaluate._words import percent, show

CRITICAL = 1.36
"""Of the Kolmogorov-Smirnov distance, at 95 %, times the root of 1/n + 1/m."""


@dataclass(frozen=True, kw_only=True)
class Clock(SeriesMeasure):
    """Rows whose time goes back or was there before, beyond the real shares; distances of the gaps between rows and of the lengths.

    A gap is the time from row to row of one series, in units of the real median. Columns that are a part of the time in every real row
    (a year, an hour) must be so in synthetic rows.
    """

    title: ClassVar[str] = "Times"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 1

    fair: float = 0.001
    """Share of rows out of order, or at a time that was there, up to which it is fair; good is none."""
    gaps_good: float = 4.0
    """Per cent of gaps, or of lengths, off above the ceiling up to which it is good."""
    gaps_fair: float = 15.0
    """The same up to which it is fair."""

    def measure(self, ordered: Ordered) -> Result:
        """Look at every row."""
        real, made = (ordered.clocks[role] for role in ("real", "synthetic"))
        shares = {
            "backward": ("rows before the row above of their series", made.backward - real.backward),
            "doubled": ("rows of a series at a time that was there before", made.doubled - real.doubled),
        }
        if made.calendar:
            shares["calendar"] = (
                "rows in which a part of the time is not that of the time",
                1 - min(made.calendar.values()),
            )
        figures = [
            Figure(name=name, label=label, value=max(0.0, share), unit="share", better="lower", ideal=0.0, bad=0.1)
            for name, (label, share) in shares.items()
        ]
        levels = [grade(share, 0.0, self.fair) for _, share in shares.values()]
        distances = [_distance(ordered, "gaps", "distance of the gaps between rows", _gaps(ordered))]
        if not ordered.single:
            lengths = {role: s.lengths.astype(np.float64) for role, s in _sides(ordered).items()}
            distances.append(_distance(ordered, "lengths", "distance of the numbers of rows of series", lengths))
        known = [d for d in distances if d.value is not None]
        levels += [level_of(d, self.gaps_good, self.gaps_fair) for d in known]
        level = worst(levels)
        broken = {name: share for name, (_, share) in shares.items() if share > 0}
        if broken:
            name = max(broken, key=lambda n: broken[n])
            sentence = f"{percent(broken[name])} are {shares[name][0]}, beyond the real share: what reads them in order will fail."
        elif level == "good":
            sentence = "Times rise within every series, and gaps and lengths are those of the real ones."
        else:
            off = max(known, key=lambda d: d.excess or 0.0)
            sentence = f"Times rise, but the {off.label} is {show(off.value, '%')}."
        rows = f"{len(made.times):,} rows in {int(made.group.max()) + 1:,} series"
        return result(
            self,
            level,
            sentence,
            how=f"{rows}, against {len(real.times):,} in {int(real.group.max()) + 1:,}",
            figures=(*figures, *distances),
        )


def _sides(ordered: Ordered) -> dict[str, Series]:
    base, unseen = ordered.unseen
    return {"real": ordered.real, "synthetic": ordered.synthetic, "base": base, "unseen": unseen}


def _gaps(ordered: Ordered) -> dict[str, Floats]:
    unit = float(np.median(ordered.real.gaps)) if len(ordered.real.gaps) else 1.0
    return {role: np.round(series.gaps / (abs(unit) or 1.0), 3) for role, series in _sides(ordered).items()}


def _distance(ordered: Ordered, name: str, label: str, sides: dict[str, Floats]) -> Figure:
    """The Kolmogorov-Smirnov distance of numbers of both sides, in per cent, with its ceiling."""
    there = all(len(v) for v in sides.values())
    fields: dict[str, Any] = {"value": None, "reason": "series have one row each"}
    if there:
        noise = CRITICAL * sum(1 / len(v) for v in sides.values()) ** 0.5
        fields = {
            "value": 100 * kolmogorov_smirnov(sides["real"], sides["synthetic"]),
            "ceiling": 100 * kolmogorov_smirnov(sides["base"], sides["unseen"]),
            "noise": 100 * noise,
        }
    return Figure(name=name, label=label, unit="%", better="lower", ideal=0.0, bad=30.0, **fields)
