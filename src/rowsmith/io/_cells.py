"""How the values of any Arrow column are printed as text where no form says it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core import text

_FLOAT = {"as": "float", "least": 1}


def as_text(values: pa.Array, form: text.Form | None = None) -> pa.Array:
    """Texts of values; nulls stay nulls, unless the form has a word for them.

    Args:
        values: of any type.
        form: how they were printed where they come from.
    """
    values = plain(values)
    kind = values.type
    if pa.types.is_string(kind):
        mark = None if form is None else form.get("null")
        return values if mark is None else values.fill_null(mark)
    if pa.types.is_null(kind):
        return values.cast(pa.string())
    if form is not None and form["as"] != "json":
        return text.show(values, form)
    return lossless(values)


def plain(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One array, dictionaries resolved, text in the common type."""
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type):
        values = values.cast(pa.string())
    return values


def lossless(values: pa.Array) -> pa.Array:
    """Texts from which the values can be read again: ISO dates and times, shortest exact numbers."""
    kind = values.type
    if pa.types.is_floating(kind):
        if pa.types.is_float64(kind):
            return text.show(values, _FLOAT)
        # A shorter float needs fewer digits than the double it would become.
        return values.cast(pa.float32()).cast(pa.string())
    if pa.types.is_decimal(kind):
        return _decimal(values)
    if pa.types.is_timestamp(kind):
        return _timestamp(values)
    if pa.types.is_date(kind):
        return values.cast(pa.date32()).cast(pa.string())
    if pa.types.is_duration(kind):
        return text.show(values, {"as": "duration", "layout": "%h:%M:%S" + _fraction(kind.unit)})
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_time(kind):
        return values.cast(pa.string())
    if pa.types.is_nested(kind):
        return pa.array([None if v is None else to_json(v) for v in values.to_pylist()], pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        coded = [None if v is None else base64.b64encode(v).decode() for v in values.to_pylist()]
        return pa.array(coded, pa.string())
    return values.cast(pa.string())


def to_json(value: Any) -> str:
    """A value as JSON; what JSON has no form for becomes text."""
    return json.dumps(value, ensure_ascii=False, default=_other)


def _other(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _fraction(unit: str) -> str:
    return {"s": "", "ms": "%?3f", "us": "%?6f", "ns": "%?9f"}[unit]


def _decimal(values: pa.Array) -> pa.Array:
    if values.type.scale < 0 or values.type.precision > 38:
        return pa.array([None if v is None else format(v, "f") for v in values.to_pylist()], pa.string())
    return text.show(values, {"as": "decimal", "digits": values.type.scale})


def _timestamp(values: pa.Array) -> pa.Array:
    layout = {"as": "timestamp", "layout": "%Y-%m-%d %H:%M:%S" + _fraction(values.type.unit)}
    if values.type.tz is None:
        return text.show(values, layout)
    local = pc.local_timestamp(values)
    shift = pc.subtract(local.cast(pa.int64()), values.cast(pa.int64()))
    per_minute = {"s": 60, "ms": 60_000, "us": 60_000_000, "ns": 60_000_000_000}[values.type.unit]
    minutes = pc.divide(shift, per_minute)
    size = pc.abs(minutes)
    hours = pc.ascii_lpad(pc.divide(size, 60).cast(pa.string()), 2, "0")
    rest = pc.subtract(size, pc.multiply(pc.divide(size, 60), 60))
    sign = pc.if_else(pc.less(minutes, 0), "-", "+")
    offset = pc.binary_join_element_wise(sign, hours, pa.scalar(":"), pc.ascii_lpad(rest.cast(pa.string()), 2, "0"), "")
    return pc.binary_join_element_wise(text.show(local, layout), offset, "")
