"""Drafts of dates, timestamps, times of day and durations: rounded ends, and the profiles that the data clearly show."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.line import PER_SECOND, sentinels
from rowsmith.core.spans import MICROSECONDS
from rowsmith.samplers._calendar import DAYS, MONTHS, PROFILES, YEAR, day_weights
from rowsmith.samplers._zone import check_zone, offsets_of
from rowsmith.spec._draft_fit import fit
from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_numbers import numbers, share, significant
from rowsmith.spec._draft_parts import DataColumn, Draft, hidden, null_share

Days = NDArray[np.int64]

DAY, HOUR = MICROSECONDS["days"], MICROSECONDS["hours"]
LEAST_GROWTH = 0.02
"""Growth a year that is written at least."""
LEAST_RATIO = 1.1
"""Greatest weight to least from which a profile is written."""
PROFILED = 50
"""Values from which a profile is looked for …"""
MOST_DAYS = 150_000
"""… if they span no more days than that."""
LIKE = 0.05
"""Share of the values that a named profile of hours may have in other hours."""
FAR = 366
"""Days between a sentinel such as 9999-12-31 and other values, at least."""
_UNITS = (("days", 2.0), ("hours", 2.0), ("minutes", 2.0), ("seconds", 0.0))


def date(source: DataColumn, values: pa.Array) -> Draft:
    """The draft of a column of days."""
    return _with_sentinel(source, values, _date)


def timestamp(source: DataColumn, values: pa.Array) -> Draft:
    """The draft of a column of moments."""
    return _with_sentinel(source, values, _timestamp)


def days_of(values: pa.Array) -> Days:
    """Days since 1970 of dates without nulls."""
    found = values.cast(pa.date32()).cast(pa.int32()).to_numpy(zero_copy_only=False)
    return np.asarray(found, dtype=np.int64)


def microseconds_of(values: pa.Array) -> Days:
    """Microseconds since 1970 of timestamps without nulls; finer ones rounded down."""
    counts = np.asarray(values.view(pa.int64()).to_numpy(zero_copy_only=False))
    per = PER_SECOND[values.type.unit]
    return counts // (per // 10**6) if per > 10**6 else counts * (10**6 // per)


def _date(source: DataColumn, values: pa.Array) -> Settings:
    days = days_of(values)
    cast = {} if source.type in (pa.date32(), pa.string()) else {"as": str(source.type)}
    return {"kind": "date", **_calendar(days, source.rare), **cast, **_text(source)}


def _timestamp(source: DataColumn, values: pa.Array) -> Settings:
    moments, zone = microseconds_of(values), values.type.tz
    if zone is not None and zone != "UTC":
        try:
            check_zone(zone)
            moments = offsets_of(zone, int(moments.min()), int(moments.max())).local(moments)
        except SpecError:
            zone = None
    days, rest = np.divmod(moments, DAY)
    kind = pa.timestamp("us", tz=zone)
    cast = {} if source.type in (kind, pa.string()) else {"as": str(source.type)}
    if not rest.any() and zone is None:
        return {"kind": "date", **_calendar(days, source.rare), "as": str(source.type), **_text(source)}
    settings: Settings = {"kind": "timestamp", **_calendar(days, source.rare)}
    if np.ptp(days) < MOST_DAYS:
        settings |= _hours(rest // HOUR)
    if zone is not None:
        settings["zone"] = zone
    return settings | _resolution(rest) | cast | _text(source)


def _text(source: DataColumn) -> Settings:
    return {"as": "text"} if source.is_text else {}


def _resolution(microseconds: Days) -> Settings:
    for name, size in (("minute", 60_000_000), ("second", 1_000_000), ("millisecond", 1000)):
        if not (microseconds % size).any():
            return {} if name == "second" else {"resolution": name}
    return {"resolution": "microsecond"}


def _with_sentinel(source: DataColumn, values: pa.Array, make: Any) -> Draft:
    """The draft of dates or moments; those that stand for "no end" are put beside a hidden column of the others."""
    present = values.is_valid().to_numpy(zero_copy_only=False)
    valid = values.drop_null()
    mark = _sentinel(valid, source.rare)
    around = null_share(values)
    if mark is None:
        return Draft(name=source.name, settings={**make(source, valid), **around}, present=present)
    others = valid.filter(pc.not_equal(valid, mark))
    if len(others) == 0:
        text = str(mark.as_py())
        return Draft(name=source.name, settings={"kind": "constant", "value": text, "as": str(values.type), **around})
    inner = hidden(source.helper("known"), make(source, others))
    never = hidden(source.helper("never"), {"kind": "boolean", "p": share(1 - len(others) / len(valid))})
    kind = "date" if pa.types.is_date(values.type) else "timestamp"
    sql = f"case when {never.name} then {kind} '{mark.as_py()}' else {inner.name} end"
    return Draft(
        name=source.name,
        settings={"sql": sql, "as": "text" if source.is_text else str(values.type), **around},
        note=f"{mark.as_py()} stands for no date",
        helpers=(inner, never),
        present=present,
        derived=True,
    )


def _sentinel(values: pa.Array, rare: int) -> pa.Scalar | None:
    """A day such as 9999-12-31 that enough rows have, far from all others."""
    if pa.types.is_timestamp(values.type) and values.type.tz is not None:
        return None
    line = days_of(values) * DAY if pa.types.is_date(values.type) else microseconds_of(values)
    known = sentinels(pa.date32()) * DAY
    for mark in known.tolist():
        same = np.abs(line - mark) < DAY
        others = line[~same]
        far = len(others) == 0 or min(abs(int(others.max()) - mark), abs(int(others.min()) - mark)) > FAR * DAY
        ends = len(others) == 0 or mark > others.max() or mark < others.min()
        if same.sum() >= rare and len(np.unique(line[same])) == 1 and far and ends:
            return values[int(np.argmax(same))]
    return None


def _calendar(days: Days, rare: int) -> Settings:
    """Ends and day weights of days since 1970."""
    found, counts = np.unique(days, return_counts=True)
    low, high = _ends(found, counts, rare)
    settings: Settings = {"between": [_day(low), _day(high)]}
    if len(days) < PROFILED or high - low < 13 or high - low > MOST_DAYS:
        return settings
    seen = np.bincount(np.clip(days, low, high) - low, minlength=high - low + 1).astype(float)
    return settings | _Profile(np.arange(low, high + 1), seen).settings()


def _day(number: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=int(np.clip(number, -719162, 2932896)))


def _ends(found: Days, counts: Days, rare: int) -> tuple[int, int]:
    """First and last day, rounded to weeks, months or years, unless enough rows have that very day."""
    total = np.cumsum(counts)
    few = total[-1] < 2 * rare
    first = 0 if few else int(np.searchsorted(total, rare))
    last = len(found) - 1 if few else int(np.searchsorted(total, total[-1] - rare + 1))
    width = int(found[last] - found[first])
    unit = "Y" if width > 20 * YEAR or few else "M" if width > 60 else "W"
    low, high = int(found[first]), int(found[last])
    if counts[first] < rare:
        low = int(_floor(low, unit))
    if counts[last] < rare:
        high = int(_floor(high, unit, after=True)) - 1
    return low, high


def _floor(day: int, unit: str, *, after: bool = False) -> int:
    """The first day of a week (Monday), month or year, or of the one after it."""
    if unit == "W":
        return day - (day + 3) % 7 + 7 * after
    start = np.datetime64(day, "D").astype(f"M8[{unit}]") + int(after)
    return int(start.astype("M8[D]").astype(np.int64))


class _Profile:
    """Weights of weekdays and months, and growth: each kept if the data clearly ask for it.

    The likeliest weights of a product of factors, by turns (iterative proportional fitting; W. Deming and F. Stephan, Annals of
    Mathematical Statistics 11, 1940). A factor is kept if it betters the Bayesian information criterion.
    """

    def __init__(self, days: Days, seen: NDArray[np.float64]) -> None:
        self.days, self.seen = days, seen
        self.weekday, self.yearly, self.growth = np.ones(7), np.ones(12), 0.0
        self.places = {"weekday": (days + 3) % 7, "yearly": days.astype("M8[D]").astype("M8[M]").astype(np.int64) % 12}

    def settings(self) -> Settings:
        """Those of the spec."""
        penalty = math.log(self.seen.sum())
        width = len(self.days)
        kept: list[str] = []
        for name, cost, least in (("weekday", 6, 14), ("growth", 1, YEAR), ("yearly", 11, 2 * YEAR - 2)):
            before = self._likelihood()
            state = (self.weekday, self.yearly, self.growth)
            if width < least and not (name == "yearly" and width >= YEAR - 2 and "growth" not in kept):
                continue
            for _ in range(6):
                for each in (*kept, name):
                    self._fit(each)
            if 2 * (self._likelihood() - before) > cost * penalty:
                kept.append(name)
            else:
                self.weekday, self.yearly, self.growth = state
        return self._written(kept)

    def _written(self, kept: list[str]) -> Settings:
        out: Settings = {}
        rate = math.exp(self.growth * YEAR) - 1
        if "growth" in kept and abs(rate) >= LEAST_GROWTH:
            out["trend"] = f"{significant(100 * rate, 2):+g}%/year"
        for name, names, weights in (("weekday", DAYS, self.weekday), ("yearly", MONTHS, self.yearly)):
            if name in kept and weights.max() >= LEAST_RATIO * weights.min():
                scaled = weights / np.median(weights[weights > 0])
                out[name] = {n: round(w, 2) for n, w in zip(names, scaled.tolist(), strict=True) if abs(w - 1) >= 0.04}
        return {name: value for name, value in out.items() if value}

    def _weights(self) -> NDArray[np.float64]:
        return day_weights(self.days, log_growth=self.growth, weekday=self.weekday, yearly=self.yearly)

    def _likelihood(self) -> float:
        p = self._weights()
        some = self.seen > 0
        with np.errstate(divide="ignore"):
            return float(self.seen[some] @ np.log(p[some] / p.sum()))

    def _fit(self, name: str) -> None:
        expected = self._weights()
        expected *= self.seen.sum() / expected.sum()
        if name == "growth":
            # one step of Newton's method: the mean day of the law moves to that of the data
            place = self.days - self.days[0]
            mean = float(expected @ place) / expected.sum()
            variance = float(expected @ (place - mean) ** 2) / expected.sum()
            self.growth += (float(self.seen @ place) / self.seen.sum() - mean) / variance
            self.growth = float(np.clip(self.growth, -math.log(1000) / YEAR, math.log(1000) / YEAR))
            return
        size = len(getattr(self, name))
        a, b = (np.bincount(self.places[name], weights=w, minlength=size) for w in (self.seen, expected))
        setattr(self, name, getattr(self, name) * np.where(b > 0, a / np.where(b > 0, b, 1), 1.0))


def _hours(hours: Days) -> Settings:
    """The profile of the hours of the day: none, one with a name, or 24 weights."""
    counts = np.bincount(hours, minlength=24).astype(float)
    n = counts.sum()
    if n < PROFILED:
        return {}
    shares = counts / n
    some = shares > 0
    gain = 2 * float(counts[some] @ np.log(shares[some] * 24))
    if gain < 23 * math.log(n):
        return {}
    for name, weights in PROFILES.items():
        law = np.array(weights) / sum(weights)
        if np.abs(law - shares).sum() / 2 < LIKE:
            return {} if name == "flat" else {"hour": name}
    return {"hour": [significant(100 * s, 2) if s < 0.0995 else round(100 * s) for s in shares.tolist()]}


def time(source: DataColumn, values: pa.Array) -> Draft:
    """The draft of a column of times of day."""
    present = values.is_valid().to_numpy(zero_copy_only=False)
    per = PER_SECOND[values.type.unit]
    raw = values.drop_null()
    counts = raw.view(pa.int32() if pa.types.is_time32(values.type) else pa.int64()).to_numpy(zero_copy_only=False)
    moments = counts.astype(np.int64) // (per // 10**6) if per > 10**6 else counts.astype(np.int64) * (10**6 // per)
    hours = np.sort(moments // HOUR)
    few = min(source.rare, len(hours)) - 1
    low, high = int(hours[few]), int(hours[len(hours) - 1 - few])
    settings: Settings = {"kind": "time"}
    if low > 0 or high < 23:
        settings["between"] = [f"{low:02d}:00", f"{high:02d}:59:59"]
    settings |= _hours(np.clip(hours, low, high)) | _resolution(moments)
    made = {"millisecond": pa.time32("ms"), "microsecond": pa.time64("us")}.get(
        str(settings.get("resolution")), pa.time32("s")
    )
    cast = {"as": "text"} if source.is_text else {} if made == source.type else {"as": str(source.type)}
    return Draft(name=source.name, settings={**settings, **cast, **null_share(values)}, present=present)


def duration(source: DataColumn, values: pa.Array) -> Draft:
    """The draft of a column of lengths of time."""
    present = values.is_valid().to_numpy(zero_copy_only=False)
    per = PER_SECOND[values.type.unit]
    counts = values.drop_null().view(pa.int64()).to_numpy(zero_copy_only=False)
    moments = counts // (per // 10**6) if per > 10**6 else counts * (10**6 // per)
    middle = float(np.median(np.abs(moments)))
    unit = next(name for name, least in _UNITS if middle >= least * MICROSECONDS[name])
    law = fit(replace(numbers(moments / MICROSECONDS[unit], source.rare), digits=None))
    settings: Settings = {"kind": "duration", "of": law.written(), "unit": unit, **_resolution(moments)}
    cast = {"as": "text"} if source.is_text else {} if source.type == pa.duration("us") else {"as": str(source.type)}
    return Draft(
        name=source.name,
        settings={**settings, **cast, **null_share(values)},
        note=f"KS {law.distance:.3f}",
        present=present,
    )
