"""A column that follows the calendar: days of the week, the time of the year, growth, one change of level, and memory."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._axis import shown
from rowsmith.truth._linear import enough, unanswered
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, Z, from_log, normal
from rowsmith.truth._shift import shift
from rowsmith.truth._terms import kind_of, named, numbers

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKDAYS = 4
"""Monday to Thursday: the days that others are compared with."""
YEAR = 365.25
DAYS_OFF = 15.0
"""That the day of a change may be off in a person's answer."""
BLOCK = 4096
"""Rows whose innovations have one random stream, so that those before a chunk can be made again."""
FORGOTTEN = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Seasonality(Maker):
    """A positive column of rows in time: a level times factors of the calendar, times noise.

    Noise has a memory where `ar` is given; then rows must stand in the order of time, one a step.
    """

    column: str
    """The column that is made."""
    on: str
    """A column of dates or times."""
    level: float = 100.0
    """What it is around, at the first of January 2025, on a day without a factor."""
    weekly: Mapping[str, float] | None = None
    """Day (mon, tue, wed, thu, fri, sat, sun) to factor; 1 for those that are left out. The key has each day against the
    (geometric) mean of Monday to Thursday, so a factor of one of these four moves them all."""
    yearly: float | None = None
    """Swing over the year: 0.2 is about 20 % above in midsummer and below in midwinter."""
    trend: float | None = None
    """Growth a year: 0.05 is 5 %."""
    change: Mapping[str, Any] | None = None
    """A change of level that stays: {at: 2025-03-01, factor: 1.3}."""
    ar: float | None = None
    """Memory of the noise: its correlation from one row to the next, above -1 to below 1."""
    noise: float | None = None
    """Standard deviation of the noise, as a share of the value; by difficulty 0.05 to 0.3 if left out."""
    round: int | None = None
    """Decimals of the column."""

    main: ClassVar[str] = "column"

    def at(self, difficulty: float) -> Self:
        """Noise by difficulty."""
        for day, factor in (self.weekly or {}).items():
            if day not in DAYS:
                raise SpecError(f"weekly.{day}: is no day{suggest(day, DAYS)}")
            if not factor > 0:
                raise SpecError(f"weekly.{day}={factor:g}: expected a factor above 0.")
        if not any((self.weekly, self.yearly, self.trend, self.change, self.ar)):
            raise SpecError("expected at least one of weekly, yearly, trend, change, ar.")
        if self.level <= 0:
            raise SpecError(f"level={self.level:g}: expected a number above 0.")
        if self.trend is not None and self.trend <= -1:
            raise SpecError(f"trend={self.trend:g}: expected more than -1, which would leave nothing after a year.")
        if self.ar is not None and not -1 < self.ar < 1:
            raise SpecError(
                f"ar={self.ar:g}: expected a correlation above -1 and below 1; the nearest is {0.95 * np.sign(self.ar):g}."
            )
        if self.change is not None:
            jump = self.change.get("factor")
            if set(self.change) != {"at", "factor"} or not isinstance(jump, int | float) or not jump > 0:
                raise SpecError(f"change={dict(self.change)!r}: expected {{at: DATE, factor: NUMBER above 0}}.")
            _ = self._changed
        return replace(self, noise=0.05 + 0.25 * difficulty) if self.noise is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """The time."""
        return (self.on,)

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The column."""
        return {self.column: pa.float64()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Nothing but a look at where the change is."""
        days, missing = _days(pilot[self.on], self.on)
        if self.change is not None and not missing.all():
            low, high = days[~missing].min(), days[~missing].max()
            if not low < self._changed <= high:
                first, last = (shown(math.floor(day), True) for day in (low, high))
                raise SpecError(
                    f"change.at={self.change['at']}: expected a date within {self.on}, after {first} and up to {last}."
                )
        return {}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Level, factors and noise; null where the time is."""
        days, missing = _days(given[self.on], self.on)
        log = np.log(self.level) + self._signal(days)
        sd = math.sqrt(math.log1p((self.noise or 0.0) ** 2))
        if self.ar is None:
            log += sd * key.generator().standard_normal(rows.n)
        else:
            # not from the key of these rows: the rows before them are remembered, wherever they were made
            log += sd * _remembered(rows, Key(key.seed).child("truth", "seasonality", self.column), self.ar)
        values = np.exp(log)
        if self.round is not None:
            values = np.round(values, self.round)
        return pa.record_batch({self.column: pa.array(values, mask=missing)})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """Each factor that is not 1, the swing, the growth, the change, and the memory."""
        out = []
        workdays = float(np.mean([math.log(self._day(day)) for day in range(WORKDAYS)]))
        for place, day in enumerate(DAYS if self.weekly else ()):
            value = math.exp(math.log(self._day(place)) - workdays)
            null = 1.0 if day in (self.weekly or {}) else None  # of the others, nobody need see that they differ
            what = f"{day} against the mean of Monday to Thursday, as a factor"
            out.append(Fact(name=day, what=what, value=value, null=null, tolerance=0.05 * value))
        if self.yearly:
            out.append(
                Fact(name="yearly", what="swing over the year", value=abs(self.yearly), null=0.0, tolerance=0.05)
            )
        if self.trend:
            out.append(Fact(name="trend", what="growth a year", value=self.trend, null=0.0, tolerance=0.03))
        if self.change:
            what = "day from which on the level is another"
            out.append(Fact(name="changed", what=what, value=self._changed, tolerance=DAYS_OFF, time=True))
            factor = float(self.change["factor"])
            out.append(
                Fact(
                    name="factor", what="factor of the change of level", value=factor, null=1.0, tolerance=0.05 * factor
                )
            )
        if self.ar:
            what = "correlation of the noise from one row to the next"
            out.append(Fact(name="ar", what=what, value=self.ar, null=0.0, tolerance=0.1))
        # which of them there are is what is to be found
        return [replace(fact, public=False) for fact in out]

    def question(self) -> dict[str, Any]:
        """The columns, and which things there are to find."""
        parts = [name for name in ("weekly", "yearly", "trend", "change", "ar") if getattr(self, name)]
        return {"column": self.column, "on": self.on, "parts": parts}

    def brief(self) -> str:
        """What repeats, what grows, what changes."""
        return (
            f"How does {self.column} follow {self.on}? Not all of these need be there; measure what you find, factors come on top of "
            "one another. If days of the week differ, `mon` to `sun`, all seven, each as a factor against the mean of Monday to "
            "Thursday; `yearly`, the swing over the year, and `trend`, the growth a year, as shares of the level; "
            "a change of level that stays, as `factor`, and its day as `changed`; `ar`, the correlation of the noise from one row "
            "to the next."
        )

    def how(self, calibration: Calibration) -> str:
        """All the factors."""
        parts = [f"{day} × {factor:g}" for day, factor in (self.weekly or {}).items()]
        parts += [f"swing over the year {self.yearly:g}"] if self.yearly else []
        parts += [f"growth {self.trend:+.1%} a year"] if self.trend else []
        parts += [f"× {self.change['factor']:g} from {self.change['at']} on"] if self.change else []
        parts += [f"noise with a correlation of {self.ar:g} from row to row"] if self.ar else []
        return f"{self.column} is {self.level:g} times factors: {', '.join(parts)}; noise of {self.noise:.0%}."

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """A regression of the logarithm on the calendar; the change by the posterior of its place.

        With a memory, by iterated generalised least squares (D. Cochrane, G. Orcutt, JASA 44, 1949).
        """
        time, missing = _days(named(table, question["on"]), question["on"])
        y = numbers(named(table, question["column"]), question["column"])
        kept = ~missing & (y > 0)
        order = np.argsort(time[kept], kind="stable")
        return _found(np.log(y[kept][order]), time[kept][order], list(question["parts"]))

    def _day(self, place: int) -> float:
        return float((self.weekly or {}).get(DAYS[place], 1.0))

    @property
    def _changed(self) -> float:
        assert self.change is not None
        at = self.change["at"]
        try:
            day = dt.date.fromisoformat(str(at)[:10])
        except ValueError:
            raise SpecError(f"change.at={at!r}: expected a date such as 2025-03-01.") from None
        return float((day - dt.date(1970, 1, 1)).days)

    def _signal(self, days: Floats) -> Floats:
        """Logarithm of all factors at a time in days since 1970."""
        factors = np.log([self._day(place) for place in range(7)])
        out = factors[_weekday(days)]
        if self.yearly:
            out = out + self.yearly * np.sin(_angle(days))
        if self.trend:
            out = out + math.log1p(self.trend) * _years(days)
        if self.change:
            out = out + math.log(self.change["factor"]) * (days >= self._changed)
        return np.asarray(out)


def _found(log: Floats, days: Floats, parts: list[str]) -> list[Finding]:
    import statsmodels.api as sm

    columns: dict[str, Floats] = {"": np.ones(len(log))}
    weekday = _weekday(days)
    columns |= (
        {day: (weekday == place).astype(float) for place, day in enumerate(DAYS) if place} if "weekly" in parts else {}
    )
    columns |= {"sin": np.sin(_angle(days)), "cos": np.cos(_angle(days))} if "yearly" in parts else {}
    columns |= {"trend": _years(days)} if "trend" in parts else {}
    x = np.column_stack(list(columns.values()))
    if not enough(x):
        return unanswered(_names(parts), "too few rows, or not all days of the week or times of the year")
    changed = shift(x, log, days, "ar" in parts) if "change" in parts else None
    if changed is not None:
        columns["factor"] = (days >= changed.place.estimate).astype(float)
        x = np.column_stack(list(columns.values()))
    elif "change" in parts:
        return unanswered(_names(parts), "too few times to find a change of level")
    if "ar" in parts:
        model = sm.GLSAR(log, x, rho=1)
        fit = model.iterative_fit(maxiter=20)
        rho = float(np.ravel(model.rho)[0])
    else:
        fit, rho = sm.OLS(log, x).fit(), 0.0
    place = {name: i for i, name in enumerate(columns)}
    b, cov = np.asarray(fit.params), np.asarray(fit.cov_params())
    found = []
    if "weekly" in parts:
        base = np.zeros(len(b))
        base[[place[day] for day in DAYS[1:WORKDAYS]]] = 1 / WORKDAYS
        for day in DAYS:
            contrast = -base
            if day in place:
                contrast[place[day]] += 1
            found.append(from_log(day, float(contrast @ b), float(np.sqrt(contrast @ cov @ contrast))))
    if "yearly" in parts:
        s, c = b[place["sin"]], b[place["cos"]]
        size = float(np.hypot(s, c))
        gradient = np.array([s, c]) / max(size, 1e-12)
        some = cov[np.ix_([place["sin"], place["cos"]], [place["sin"], place["cos"]])]
        found.append(normal("yearly", size, float(np.sqrt(gradient @ some @ gradient))))
    if "trend" in parts:
        found.append(_shifted("trend", float(b[place["trend"]]), float(np.sqrt(cov[place["trend"]][place["trend"]]))))
    if changed is not None:
        found.append(from_log("factor", changed.jump, changed.error))
        found.append(changed.place.finding("changed", "posterior of the place"))
    if "ar" in parts:
        found.append(normal("ar", rho, float(np.sqrt((1 - rho**2) / len(log))), least=-1, most=1))
    return found


def _names(parts: list[str]) -> list[str]:
    """Of all findings."""
    several = {"weekly": DAYS, "change": ("factor", "changed")}
    return [name for part in parts for name in several.get(part, (part,))]


def _shifted(name: str, log: float, error: float) -> Finding:
    """A growth from the logarithm of its factor."""
    found = from_log(name, log, error)
    if found.estimate is None:
        return found
    low, high = math.expm1(log - Z * error), math.expm1(log + Z * error)
    return replace(found, estimate=math.expm1(log), low=low, high=high)


def _days(column: pa.Array | pa.ChunkedArray, name: str) -> tuple[Floats, NDArray[np.bool_]]:
    """Times in days since 1970, as clocks show them, and which are missing.

    Raises:
        DataError: they are none.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        raise DataError(f"{name}: expected a column of dates or times, and it is {kind_of(column.type)}.")
    missing = np.asarray(column.is_null().to_numpy(zero_copy_only=False))
    if getattr(column.type, "tz", None):
        column = pa.compute.local_timestamp(column)
    ticks = column.cast(pa.timestamp("us")).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return ticks / 86_400e6, missing


def _weekday(days: Floats) -> NDArray[np.int64]:
    return (np.floor(days).astype(np.int64) + 3) % 7  # the first day of 1970 was a Thursday


def _angle(days: Floats) -> Floats:
    """Of the year: 0 at the spring equinox, so that the sine is greatest in midsummer."""
    return 2 * np.pi * (days - 79) / YEAR


def _years(days: Floats) -> Floats:
    return (days - 20_089) / YEAR  # since the first of January 2025


def _remembered(rows: Rows, key: Key, ar: float) -> Floats:
    """Noise of variance 1 with a memory: the same in every cut of the rows."""
    from scipy import signal

    lags = 0 if ar == 0 else min(math.ceil(math.log(FORGOTTEN) / math.log(abs(ar))), 4 * BLOCK)
    first = max(0, rows.first - lags)
    blocks = range(first // BLOCK, (rows.first + rows.n - 1) // BLOCK + 1) if rows.n else range(0)
    drawn = [key.child("block", block).generator().standard_normal(BLOCK) for block in blocks]
    if not drawn:
        return np.empty(0)
    start = first - blocks[0] * BLOCK
    fresh = np.concatenate(drawn)[start : start + rows.first - first + rows.n] * math.sqrt(1 - ar**2)
    if first == 0:
        fresh[0] /= math.sqrt(1 - ar**2)  # the first row has nothing before it
    out: Floats = signal.lfilter([1.0], [1.0, -ar], fresh)
    return out[rows.first - first :]
