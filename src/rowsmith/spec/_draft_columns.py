"""One column of the data to its draft, by the kind that it is taken for."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.columns._infer import infer_column
from rowsmith.columns._unique import nearly_unique
from rowsmith.columns.mixed import NUMBER
from rowsmith.core import text
from rowsmith.spec import _draft_keys, _draft_levels, _draft_nested, _draft_texts, _draft_times
from rowsmith.spec._draft_fit import Law, distance, fit
from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_listed import listed
from rowsmith.spec._draft_numbers import Numbers, numbers, share
from rowsmith.spec._draft_parts import (
    DataColumn,
    Draft,
    Steps,
    hidden,
    law_settings,
    null_share,
    plain_number,
    type_text,
)
from rowsmith.spec._draft_steps import steps

SMALLEST, GREATEST = 1e-100, 1e100
"""Sizes of numbers that laws are fitted to; smaller ones count as 0."""
FEW_TEXTS = 50
"""Different numbers, written as text, up to which they are levels."""


def draft_column(source: DataColumn) -> Draft:
    """How a column of the data will be made."""
    draft = _make(source)
    form = source.column.form or {}
    printed = {k: v for k, v in form.items() if k in ("prefix", "suffix", "point", "thousands", "null")}
    if printed and draft.settings.get("kind") not in ("category", "constant"):
        draft = draft.noted("printed with " + ", ".join(f"{k} {v!r}" for k, v in printed.items()))
    layout = form.get("layout")
    return draft if layout is None or str(layout).startswith("%Y-%m-%d") else draft.noted(f"printed as {layout}")


def _make(source: DataColumn) -> Draft:
    values, kind = source.values, source.column.kind
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
        values = values.cast(pa.string()) if pa.types.is_large_string(values.type) else values
    if values.null_count == len(values):
        return _empty(source)
    if kind == "constant" and (made := _constant(source, values)) is not None:
        return made
    if kind == "identifier":
        return _draft_keys.identifier(source)
    if kind == "personal":
        return _draft_texts.personal(source, values)
    form = source.column.form or {}
    few = source.is_text and form.get("as") in ("integer", "float") and pc.count_distinct(values).as_py() <= FEW_TEXTS
    if form.get("width") or few:
        values = text.show(values, form)
        kind = "code" if nearly_unique(values.drop_null()) else "category"
    sort = _draft_texts.sort_by_name(source.name) if kind in ("category", "text") else None
    if sort is not None and pa.types.is_string(values.type):
        return _draft_texts.personal(source, values, sort)
    if kind in _BY_KIND:
        return _BY_KIND[kind](source, values)
    return _by_type(source, values)


def _by_type(source: DataColumn, values: pa.Array) -> Draft:
    """By the type of the values: of a constant that too few rows have, or of levels that are no texts."""
    kind = values.type
    if pa.types.is_string(kind):
        return _draft_levels.category(source, values)
    if pa.types.is_boolean(kind):
        return _boolean(source, values)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return number(source, values)
    for test, make in _BY_TYPE:
        if test(kind):
            return make(source, values)
    if pa.types.is_map(kind):
        return _draft_nested.nested(source, values, part).noted("a map in the data, a list of pairs here")
    if pa.types.is_nested(kind) and not pa.types.is_union(kind):
        return _draft_nested.nested(source, values, part)
    return _empty(source).noted(f"values of type {kind} cannot be drafted")


def _empty(source: DataColumn) -> Draft:
    none = np.zeros(len(source.values), dtype=bool)
    kind = source.type
    known = (
        {}
        if pa.types.is_nested(kind) or pa.types.is_null(kind) or pa.types.is_dictionary(kind)
        else {"as": type_text(kind)}
    )
    note = "no value in any row" if source.values.null_count == len(source.values) else ""
    return Draft(
        name=source.name,
        settings={"kind": "constant", "value": None, **known},
        note=note,
        present=none,
        derived=True,
    )


def _constant(source: DataColumn, values: pa.Array) -> Draft | None:
    """The draft of a column of one value; None where too few rows have it, or it cannot be written."""
    valid = values.drop_null()
    if len(valid) < source.rare:
        return None
    first = valid[:1]
    if source.is_text and source.column.form and not pa.types.is_string(valid.type):
        first = text.show(first, source.column.form)
    settings = _one_value(first[0].as_py(), source.type)
    if settings is None:
        return None
    present = values.is_valid().to_numpy(zero_copy_only=False)
    return Draft(name=source.name, settings={**settings, **null_share(values)}, present=present, derived=True)


def _one_value(value: Any, kind: pa.DataType) -> Settings | None:
    """Settings that make one value of a type in all rows; None if there are none."""
    cast = {} if pa.types.is_dictionary(kind) else {"as": type_text(kind)}
    if isinstance(value, str):
        return {"kind": "constant", "value": value} if len(value) <= _draft_levels.MOST_LENGTH else None
    if isinstance(value, bool | int):
        plain = pa.bool_() if isinstance(value, bool) else pa.int64()
        return {"kind": "constant", "value": value} | (cast if kind != plain else {})
    if isinstance(value, float) and np.isfinite(value):
        number = plain_number(value)
        made = pa.int64() if isinstance(number, int) else pa.float64()
        return {"kind": "constant", "value": number} | (cast if kind != made else {})
    if isinstance(value, Decimal):
        return {"kind": "constant", "value": str(value)} | cast
    if isinstance(value, dt.time) or (isinstance(value, dt.datetime) and value.tzinfo is None):
        return {"sql": f"{'time' if isinstance(value, dt.time) else 'timestamp'} '{value}'"} | cast
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return {"kind": "constant", "value": value} | (cast if kind != pa.date32() else {})
    return None


def _boolean(source: DataColumn, values: pa.Array) -> Draft:
    """Truth values, or the words that stand for them in text."""
    form = source.column.form or {}
    if not source.is_text:
        return _draft_levels.boolean(source, values)
    if (form.get("true"), form.get("false")) == ("true", "false"):
        return _draft_levels.boolean(source, values).having(**{"as": "text"})
    return _draft_levels.category(source, text.show(values, form))


def number(source: DataColumn, values: pa.Array) -> Draft:
    """The draft of a column of numbers."""
    plain, present, odd = _floats(values)
    if not present.any():
        return _empty(source).noted("no finite number in any row")
    found = numbers(plain[present], source.rare)
    if pa.types.is_decimal(values.type) or pa.types.is_integer(values.type):
        scale = values.type.scale if pa.types.is_decimal(values.type) else 0
        found = replace(found, digits=scale if found.digits is None else min(found.digits, max(scale, 0)))
    around = null_share(pa.array(plain, mask=~present))
    notes = f"{odd:,} infinite or huge value{'s'[: odd != 1]} left out" if odd else ""
    if found.few(1) and found.n >= source.rare:
        settings: Settings = {"kind": "constant", "value": plain_number(float(found.values[0]))}
        cast = {"as": type_text(source.type)}
        note = f"a few other values, of fewer than {source.rare} rows, are left out"
        return Draft(name=source.name, settings=settings | around | cast, note=note, present=present, derived=True)
    lattice = steps(found)
    counted = None if source.part else lattice  # a part has no column of steps beside it
    measured = found if counted is None else counted.numbers
    law = _inside(fit(measured), measured, source.type, counted)
    few = listed(source, found, law, counted, around, present)
    if few is not None:
        return few.noted(notes)
    kind = source.type if counted is None else pa.int64()
    note = said(law, measured)
    return Draft(
        name=source.name,
        settings=law_settings(law, measured, kind) | around,
        note=note if lattice is None else f"{note}; {lattice.said} in the data",
        present=present,
        numbers=found,
        law=law,
        type=kind,
        steps=counted,
    ).noted(notes)


def said(law: Law, found: Numbers) -> str:
    """How near a law is, for the reader."""
    if found.n < 2 * found.rare:
        return f"too few values ({found.n:,}) to fit a law"
    if law.family is not None:
        return f"KS {law.distance:.3f}"
    beside = "".join(f" ({one.kind}: KS {one.distance:.3f})" for one in law.named[:1])
    return f"no named law is near{beside}"


def _inside(law: Law, found: Numbers, kind: pa.DataType, lattice: Steps | None) -> Law:
    """The law with bounds, where numbers of the column's type could not hold all of it."""
    if pa.types.is_integer(kind):
        info = np.iinfo(kind.to_pandas_dtype())
        least, most = float(info.min), float(info.max)
        most = most if int(most) <= info.max else float(np.nextafter(most, 0))  # 2 ** 63 is one too many
    elif pa.types.is_decimal(kind):
        most = 10.0 ** (kind.precision - kind.scale) - 10.0**-kind.scale
        least = -most
    else:
        return law
    if lattice is not None:
        scale = 10.0**lattice.digits
        least = math.ceil((least * scale - lattice.offset) / lattice.size)
        most = math.floor((most * scale - lattice.offset) / lattice.size)
    low, high = law.sampler().quantile(np.array([0.0, 1.0])).tolist()
    bounds: Settings = {}
    if low < least:
        bounds["min"] = max(found.low, least)
    if high > most:
        bounds["max"] = min(found.high, most)
    if not bounds:
        return law
    law = replace(law, settings={**law.settings, **bounds})
    return replace(law, distance=distance(law, found))


def _floats(values: pa.Array) -> tuple[NDArray[Any], NDArray[np.bool_], int]:
    """Numbers, which of them are there, and how many are infinite or too large to reckon with."""
    present = values.is_valid().to_numpy(zero_copy_only=False).copy()
    filled = values.fill_null(0)
    if pa.types.is_decimal(values.type):
        plain = np.asarray(filled.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    else:
        plain = np.asarray(filled.to_numpy(zero_copy_only=False))
    if plain.dtype.kind != "f":
        return plain, present, 0
    size = np.abs(plain.astype(np.float64))
    plain = np.where(size < SMALLEST, plain.dtype.type(0), plain)
    odd = present & (size > GREATEST)
    return plain, present & ~np.isnan(plain) & ~odd, int(odd.sum())


def _mixed(source: DataColumn, values: pa.Array) -> Draft:
    """Numbers, and beside them marks, in text."""
    numeric = pc.match_substring_regex(values, NUMBER).fill_null(False)
    mask = numeric.to_numpy(zero_copy_only=False)
    marks = pc.if_else(numeric, pa.scalar(None, pa.string()), values)
    if mask.sum() < 2 * source.rare or marks.null_count == len(marks):
        return _draft_levels.category(source, values)
    floats = values.filter(numeric).cast(pa.float64())
    law_source = replace(source, type=pa.float64(), values=floats, every=floats, part=True)
    drawn = number(law_source, floats)
    part = hidden(source.helper("number"), drawn.settings)
    mark_share = 1 - mask.sum() / (len(values) - values.null_count)
    levels = _draft_levels.category(replace(source, values=marks), marks.drop_null())
    mark = hidden(source.helper("mark"), {**levels.settings, "null": share(1 - mark_share)})
    whole = drawn.numbers is not None and drawn.numbers.digits == 0
    shown = f"{part.name}::bigint::text" if whole else f"{part.name}::text"
    return Draft(
        name=source.name,
        settings={"sql": f"coalesce({mark.name}, {shown})", **null_share(values)},
        note=f"numbers ({drawn.note}), and marks in {share(mark_share):g} of the rows",
        helpers=(*levels.helpers, part, mark),
        present=values.is_valid().to_numpy(zero_copy_only=False),
        derived=True,
    )


def _text(source: DataColumn, values: pa.Array) -> Draft:
    structs = _draft_texts.objects(values)
    if structs is not None:
        return _draft_nested.json_objects(source, structs, part)
    return _draft_texts.prose(source, values)


def part(name: str, values: pa.Array, source: DataColumn) -> Draft:
    """The draft of a part of a nested column: the items of its lists, or a field."""
    if pa.types.is_large_string(values.type):
        values = values.cast(pa.string())
    column = infer_column(name, pa.field(name, values.type), values)
    plain = text.parse(values, column.form) if column.form and pa.types.is_string(values.type) else values
    inner = replace(source, values=plain, every=plain, column=column, part=True)
    return _make(inner)


_BY_KIND: dict[str, Callable[[DataColumn, pa.Array], Draft]] = {
    "boolean": _boolean,
    "code": _draft_keys.code,
    "category": _by_type,
    "ordered": _by_type,
    "mixed": _mixed,
    "text": _text,
    "binary": _draft_nested.binary,
}
_BY_TYPE: tuple[tuple[Callable[[pa.DataType], bool], Callable[[DataColumn, pa.Array], Draft]], ...] = (
    (pa.types.is_date, _draft_times.date),
    (pa.types.is_timestamp, _draft_times.timestamp),
    (pa.types.is_time, _draft_times.time),
    (pa.types.is_duration, _draft_times.duration),
    (pa.types.is_binary, _draft_nested.binary),
    (pa.types.is_large_binary, _draft_nested.binary),
    (pa.types.is_fixed_size_binary, _draft_nested.binary),
)
