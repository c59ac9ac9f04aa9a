"""Dates, times, timestamps and durations as text.

A form has a `layout` of strftime's directives: `%Y %m %d %H %M %S` of fixed width, `%-m %-d %-H %-I` without
leading zeros, `%y` (1950 to 2049), `%b %B` (English names of months), `%I %p` (twelve hours), and of our own: `%3f`
(point and three digits of the second's fraction; likewise 1 to 9), `%?6f` (the same, left out where it is zero), `%*f`
(without zeros at its end), `%D` (days of a duration), `%h` (all its hours, two digits or more). A timestamp's `zone`
is text after it, such as `Z` or `+02:00`, which is the same in every row.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import DataError

Form = Mapping[str, Any]
Numbers = NDArray[np.int64]

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_SHORT = [name[:3] for name in _MONTHS]
_DIRECTIVE = re.compile(r"%(?:[?]?[1-9]f|[*]f|-?[a-zA-Z])")
_PATTERNS = {
    "%Y": r"(\d{4})",
    "%y": r"(\d\d)",
    "%b": "(" + "|".join(_SHORT) + ")",
    "%B": "(" + "|".join(_MONTHS) + ")",
    "%p": "(AM|PM|am|pm)",
    "%D": r"(-?\d+)",
    "%h": r"(-?\d{2,})",
    "%*f": r"(\.\d{1,9})?",
    "%M": r"([0-5]\d)",
    "%S": r"([0-5]\d)",
} | {f"%-{letter}": r"(\d{1,2})" for letter in "mdHI"}
_UNIT_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_DAY = 86400
_FIRST_DAY, _LAST_DAY = -719162, 2932896  # 0001-01-01 and 9999-12-31

_ISO = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d")
_DAY_FIRST = ("%d/%m/%Y", "%-d/%-m/%Y", "%d/%m/%y", "%-d/%-m/%y", "%d-%m-%Y", "%-d-%-m-%Y")
_MONTH_FIRST = ("%m/%d/%Y", "%-m/%-d/%Y", "%m/%d/%y", "%-m/%-d/%y", "%m-%d-%Y", "%-m-%-d-%Y")
_SURE = ("%d.%m.%Y", "%-d.%-m.%Y", "%d.%m.%y", "%-d.%-m.%y")
_NAMED = ("%d-%b-%Y", "%-d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%-d %b %Y", "%d %B %Y", "%-d %B %Y")
_NAMED_US = ("%b %d, %Y", "%b %-d, %Y", "%B %d, %Y", "%B %-d, %Y", "%b %d %Y", "%b %-d %Y")
MONTHS = ("%Y-%m", "%Y/%m", "%Y.%m", "%m/%Y", "%m.%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y")  # without a day
_CLOCKS = ("%H:%M:%S", "%H:%M", "%-H:%M:%S", "%-H:%M", "%I:%M %p", "%-I:%M %p", "%I:%M:%S %p", "%-I:%M:%S %p")
_JOINTS = ("T", " ", ", ", "  ")
_ZONES = re.compile(r" ?(Z|z|UTC|GMT|[+-]\d\d(:?\d\d)?)$")
_PLAIN_ISO = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
_SPANS = ("%h:%M:%S", "%D days %H:%M:%S", "%D days, %H:%M:%S")


def guess(texts: pa.Array, day_first: bool | None) -> Iterator[Form]:
    """Forms that texts without nulls may have, the likeliest first; none is checked to print back.

    Args:
        texts: strings, at least one.
        day_first: whether 1/2/2024 is in February, where the texts leave it open.
    """
    one = texts[0].as_py()
    if len(one) > 45 or not any(c.isdigit() for c in one):
        return
    if re.fullmatch(r"\d{8}", one):
        yield from _compact(texts)
        return
    if re.fullmatch(r"[-+]?[\d.,]*", one) and one.count(".") < 2:
        return  # a number
    dates = _dates(day_first)
    for layout in dates:
        if re.fullmatch(_regex(layout), one):
            yield {"as": "date", "layout": layout}
    clocks = list(_with_fraction(_CLOCKS, one))
    for layout in clocks:
        if re.fullmatch(_regex(layout), one):
            yield {"as": "time", "layout": layout}
    zone = _ZONES.search(one)
    bare = one[: zone.start()] if zone and ":" in one[: zone.start()] else one
    around = {"zone": one[len(bare) :]} if len(bare) < len(one) else {}
    if " " in bare or "T" in bare:
        for joint, date, clock in itertools.product(_JOINTS, dates, clocks):
            if joint in bare and re.fullmatch(_regex(date + joint + clock), bare):
                yield {"as": "timestamp", "layout": date + joint + clock} | around
    for layout in _with_fraction(_SPANS, one):
        if re.fullmatch(_regex(layout), one):
            yield {"as": "duration", "layout": layout}


def is_day_first(form: Form) -> bool | None:
    """Whether a form puts the day before the month; None where it tells nothing of the writer's habit."""
    layout = str(form.get("layout", ""))
    if any(d in layout for d in _SURE + _DAY_FIRST):
        return True
    return False if any(d in layout for d in _MONTH_FIRST) else None


def _compact(texts: pa.Array) -> Iterator[Form]:
    # Eight digits are a date only if every one is a day between 1900 and 2100.
    years = pc.all(pc.match_substring_regex(texts, r"^(19\d\d|20\d\d|2100)(0[1-9]|1[0-2])([0-2]\d|3[01])$"))
    if years.as_py():
        yield {"as": "date", "layout": "%Y%m%d"}


@cache
def _dates(day_first: bool | None) -> tuple[str, ...]:
    # Left open: with slashes the month is first (the commoner writers of 1/2/2024), with dashes the day.
    slashes, dashes = _MONTH_FIRST[:4], _MONTH_FIRST[4:]
    if day_first:
        open_ = _DAY_FIRST + _MONTH_FIRST
    elif day_first is None:
        open_ = slashes + _DAY_FIRST + dashes
    else:
        open_ = _MONTH_FIRST + _DAY_FIRST
    return _ISO + _SURE + open_ + _NAMED + _NAMED_US


def _with_fraction(clocks: tuple[str, ...], one: str) -> Iterator[str]:
    for clock in clocks:
        if "%S" not in clock:
            yield clock
            continue
        found = re.search(r":\d\d\.(\d{1,9})(?!\d)", one)
        places = [f"%{len(found[1])}f"] if found else [""]
        places += [f"%?{len(found[1])}f"] if found else ["%?6f", "%?3f"]
        for place in [*places, "%*f"]:
            yield clock.replace("%S", "%S" + place)


@cache
def _regex(layout: str) -> str:
    out, end = "", 0
    for found in _DIRECTIVE.finditer(layout):
        out += re.escape(layout[end : found.start()])
        token, end = found[0], found.end()
        if token[-1] == "f" and token != "%*f":
            out += rf"(\.\d{{{token[-2]}}})" + ("?" if token[1] == "?" else "")
        else:
            out += _PATTERNS.get(token, r"(\d\d)")
    # A negative number of days is followed by a positive time, as pandas prints it.
    return (out + re.escape(layout[end:])).replace(r"(-?\d+)\ days\ ", r"(-?\d+)\ days\ \+?")


def _tokens(layout: str) -> list[str]:
    """Literals and directives by turns, a literal first and last."""
    return re.split(f"({_DIRECTIVE.pattern})", layout)


def parse(texts: pa.Array, form: Form) -> pa.Array:
    """Dates, times, timestamps or durations of texts; nulls stay nulls.

    Raises:
        DataError: a text is not of the layout, or no day of the calendar.
    """
    layout, zone = form["layout"], form.get("zone", "")
    if form["as"] == "date" and layout == _ISO[0] and _shaped(texts, r"^\d{4}-\d\d-\d\d$"):
        return texts.cast(pa.date32())
    if layout in _PLAIN_ISO and not zone and _shaped(texts, r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:[0-5]\d$"):
        if not pc.all(pc.match_substring(texts, layout[8])).as_py():
            raise DataError(f"a value is not of the layout {layout!r}.")
        return texts.cast(pa.timestamp("s"))
    valid = texts.is_valid().to_numpy(zero_copy_only=False)
    names = [f"g{i}" for i in range(len(_DIRECTIVE.findall(layout)))]
    counter = iter(names)
    pattern = re.sub(r"(?<!\\)\((?!\?)", lambda _: f"(?P<{next(counter)}>", _regex(layout)) + re.escape(zone)
    parts = pc.extract_regex(texts, f"^{pattern}$")
    if parts.null_count > len(texts) - int(valid.sum()):
        raise DataError(f"a value is not of the layout {layout + zone!r}.")
    fields = {
        token: parts.field(name).fill_null("") for name, token in zip(names, _DIRECTIVE.findall(layout), strict=True)
    }
    digits = _precision(fields)
    days = _parse_days(fields, valid) if any(t in fields for t in ("%Y", "%y")) else None
    kind = form["as"]
    if kind == "date":
        assert days is not None
        return _masked(days.astype(np.int32), valid, pa.int32()).cast(pa.date32())
    seconds, fraction = _parse_clock(fields, digits, valid)
    unit = {0: "s", 3: "ms", 6: "us", 9: "ns"}[digits]
    if kind == "time":
        unit = "us" if unit == "ms" else unit
        digits = _UNIT_DIGITS[unit] if unit != "ns" else 9
        seconds, fraction = _parse_clock(fields, digits, valid)
        total = _masked(seconds * 10**digits + fraction, valid, pa.int64())
        return total.cast(pa.int32()).cast(pa.time32("s")) if unit == "s" else total.cast(pa.time64(unit))
    if kind == "duration":
        return _masked(seconds * 10**digits + fraction, valid, pa.int64()).cast(pa.duration(unit))
    assert days is not None
    total = days * _DAY + seconds - _offset(zone)
    if digits == 9 and len(total) and np.abs(total).max() > 9_000_000_000:
        raise DataError("a timestamp of nanoseconds is outside 1685 to 2255.")
    target = pa.timestamp(unit, tz=_zone_name(zone)) if zone else pa.timestamp(unit)
    return _masked(total * 10**digits + fraction, valid, pa.int64()).cast(target)


def _shaped(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, pattern)).as_py()) and not bool(
        pc.any(pc.starts_with(texts, "0000")).as_py()
    )


def _masked(values: NDArray[Any], valid: NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    return pa.array(values, kind, mask=~valid)


def _number(texts: pa.Array, valid: NDArray[np.bool_]) -> Numbers:
    filled = texts if valid.all() else pc.if_else(pa.array(valid), texts, "1")
    return np.asarray(filled.cast(pa.int64()).to_numpy(zero_copy_only=False), np.int64)


def _precision(fields: Mapping[str, pa.Array]) -> int:
    token = next((t for t in fields if t[-1] == "f"), None)
    if token is None:
        return 0
    if token == "%*f":
        width = (pc.max(pc.binary_length(fields[token])).as_py() or 1) - 1
        return 0 if width == 0 else 6 if width <= 6 else 9
    return 3 if int(token[-2]) <= 3 else 6 if int(token[-2]) <= 6 else 9


def _parse_days(fields: Mapping[str, pa.Array], valid: NDArray[np.bool_]) -> Numbers:
    def get(*tokens: str) -> Numbers:
        return _number(next(fields[t] for t in tokens if t in fields), valid)

    if "%Y" in fields:
        year = get("%Y")
    else:
        year = get("%y")
        year = np.where(year < 50, 2000, 1900) + year
    if "%b" in fields or "%B" in fields:
        names, texts = (_SHORT, fields["%b"]) if "%b" in fields else (_MONTHS, fields["%B"])
        found = pc.index_in(texts, pa.array(names)).fill_null(0)
        month = found.to_numpy(zero_copy_only=False).astype(np.int64) + 1
    else:
        month = get("%m", "%-m")
    day = get("%d", "%-d") if {"%d", "%-d"} & set(fields) else np.ones_like(month)
    if np.any(valid & ((year < 1) | (month < 1) | (month > 12) | (day < 1))):
        raise DataError("a value is no day of the calendar.")
    first = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    if np.any(valid & (day > ((first + 1).astype("M8[D]") - first.astype("M8[D]")).astype(np.int64))):
        raise DataError("a value is no day of the calendar.")
    return np.asarray(first.astype("M8[D]").astype(np.int64) + day - 1, np.int64)


def _parse_clock(fields: Mapping[str, pa.Array], digits: int, valid: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    n = len(valid)
    seconds, fraction = np.zeros(n, np.int64), np.zeros(n, np.int64)
    hour = np.zeros(n, np.int64)
    negative = np.zeros(n, bool)
    for token, texts in fields.items():
        if token in ("%H", "%-H", "%I", "%-I"):
            hour = _number(texts, valid)
            twelve = token[-1] == "I"
            if np.any(valid & (hour > (12 if twelve else 23))) or (twelve and np.any(valid & (hour < 1))):
                raise DataError("a value has an hour that no clock has.")
        elif token == "%h":
            hour = _number(texts, valid)
            negative = pc.starts_with(texts, "-").to_numpy(zero_copy_only=False)
        elif token == "%D":
            seconds += _number(texts, valid) * _DAY
        elif token == "%M":
            seconds += np.where(negative, -60, 60) * _number(texts, valid)
        elif token == "%S":
            seconds += np.where(negative, -1, 1) * _number(texts, valid)
        elif token[-1] == "f":
            padded = pc.ascii_rpad(pc.utf8_slice_codeunits(texts, 1), max(digits, 1), "0")
            fraction = np.where(negative, -1, 1) * _number(padded, valid) if digits else fraction
    if "%p" in fields:
        late = pc.equal(pc.ascii_lower(fields["%p"]), "pm").to_numpy(zero_copy_only=False)
        hour = hour % 12 + 12 * late
    return seconds + hour * 3600, fraction


def show(values: pa.Array, form: Form) -> pa.Array:
    """Texts of dates, times, timestamps or durations; nulls stay nulls."""
    kind, layout, zone = form["as"], form["layout"], form.get("zone", "")
    if kind == "date" and layout == "%Y-%m-%d":
        return values.cast(pa.date32()).cast(pa.string())
    if not zone and layout in _PLAIN_ISO and values.type == pa.timestamp("s"):
        text = values.cast(pa.string())
        return text if " " in layout else pc.replace_substring(text, " ", "T")
    valid = values.is_valid()
    days, seconds, fraction, digits = _apart(values, kind, _offset(zone))
    negative = None
    if "%h" in layout:
        total = (days * _DAY + seconds) * 10**digits + fraction
        negative = total < 0
        seconds, fraction = np.divmod(np.abs(total), 10**digits)
    civil = _Civil(days, seconds, fraction, digits, negative)
    parts = [civil.print(token) if i % 2 else token for i, token in enumerate(_tokens(layout)) if token]
    if zone:
        parts.append(zone)
    if "%D" in layout and np.any(days < 0):  # as pandas prints them: -1 days +23:00:00
        parts[1] = pa.array(np.where(days < 0, f"{parts[1]}+", str(parts[1])).tolist(), pa.string())
    text = pc.binary_join_element_wise(*parts, "") if len(parts) > 1 else parts[0]
    return pc.if_else(valid, text, pa.scalar(None, pa.string()))


def _apart(values: pa.Array, kind: str, offset: int) -> tuple[Numbers, Numbers, Numbers, int]:
    """Days since 1970, seconds of the day and the fraction, in units of the type, with the digits of the unit."""
    if kind == "date":
        days = values.cast(pa.date32()).cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)
        zero = np.zeros(len(days), np.int64)
        return days.astype(np.int64), zero, zero, 0
    unit = getattr(values.type, "unit", "s")
    digits = _UNIT_DIGITS[unit]
    plain = values.cast(pa.int32()) if pa.types.is_time32(values.type) else values
    counts = plain.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    whole, fraction = np.divmod(counts, 10**digits)
    days, seconds = np.divmod(whole + offset, _DAY)
    return days, seconds, fraction, digits


class _Civil:
    """The parts of moments, printed one directive at a time."""

    def __init__(
        self, days: Numbers, seconds: Numbers, fraction: Numbers, digits: int, negative: NDArray[np.bool_] | None
    ) -> None:
        self.days, self.seconds, self.fraction, self.digits = days, seconds, fraction, digits
        self.negative = negative
        inside = np.clip(days, _FIRST_DAY, _LAST_DAY).astype("M8[D]")
        self.months = inside.astype("M8[M]")
        self.day = (inside - self.months.astype("M8[D]")).astype(np.int64) + 1
        self.month = self.months.astype(np.int64) % 12
        self.year = self.months.astype("M8[Y]").astype(np.int64) + 1970

    def print(self, token: str) -> pa.Array:
        """Texts of one directive."""
        letter = token[-1]
        if letter == "f":
            return self._print_fraction(token)
        if letter in "bB":
            return pa.array(_SHORT if letter == "b" else _MONTHS).take(pa.array(self.month))
        if letter == "p":
            return pa.array(["AM", "PM"]).take(pa.array(self.seconds // 43200))
        width = 1 if token[1] == "-" or letter == "D" else 4 if letter == "Y" else 2
        found = self._value(letter)
        if width == 2 and letter != "h":
            return _two_digits().take(pa.array(found))
        text = pc.ascii_lpad(pa.array(found).cast(pa.string()), width, "0")
        if letter == "h" and self.negative is not None and self.negative.any():
            text = pc.binary_join_element_wise(pc.if_else(pa.array(self.negative), "-", ""), text, "")
        return text

    def _value(self, letter: str) -> Numbers:
        if letter == "I":
            return np.asarray((self.seconds // 3600 + 11) % 12 + 1)
        values = {"Y": self.year, "d": self.day, "D": self.days, "m": self.month + 1, "y": self.year % 100}
        clock = {"M": self.seconds // 60 % 60, "S": self.seconds % 60}
        found: Numbers = (values | clock).get(letter, self.seconds // 3600)
        return found

    def _print_fraction(self, token: str) -> pa.Array:
        width = max(self.digits, 1) if token == "%*f" else int(token[-2])
        units = self.fraction * 10 ** max(width - self.digits, 0) // 10 ** max(self.digits - width, 0)
        text = pc.binary_join_element_wise(".", pc.ascii_lpad(pa.array(units).cast(pa.string()), width, "0"), "")
        if token == "%*f":
            return pc.ascii_rtrim(pc.ascii_rtrim(text, "0"), ".")
        return pc.if_else(pa.array(units == 0), "", text) if token[1] == "?" else text


def _offset(zone: str) -> int:
    """Seconds east of Greenwich."""
    found = re.search(r"([+-])(\d\d):?(\d\d)?$", zone)
    if found is None:
        return 0
    return (-1 if found[1] == "-" else 1) * (int(found[2]) * 3600 + int(found[3] or 0) * 60)


def _zone_name(zone: str) -> str:
    seconds = _offset(zone)
    minutes = abs(seconds) // 60
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}" if seconds else "UTC"


@cache
def _two_digits() -> pa.Array:
    """00 to 99. Made when first needed, since Arrow looks for pandas when it makes its first array."""
    return pa.array([f"{i:02d}" for i in range(100)])
