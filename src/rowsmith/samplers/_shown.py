"""Values of any type as text: as a reader would write them, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core import text
from rowsmith.core.errors import SpecError
from rowsmith.samplers._dated import microseconds
from rowsmith.samplers._zone import offsets_of

_CLOCK = "%H:%M:%S%?6f"


def plain(values: pa.Array) -> pa.Array:
    """Texts of values; null stays null. Moments are those of the clock on the wall.

    Raises:
        SpecError: values of this type are no part of a text.

    >>> plain(pa.array([1.5, 2.0])).to_pylist()
    ['1.5', '2.0']
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        return plain(values.dictionary_decode())
    if pa.types.is_floating(kind):
        return text.show(values, {"as": "float"})
    if pa.types.is_decimal(kind):
        return text.show(values, {"as": "decimal", "digits": kind.scale})
    if pa.types.is_timestamp(kind):
        return text.show(local(values), {"as": "timestamp", "layout": f"%Y-%m-%d {_CLOCK}"})
    if pa.types.is_time(kind):
        return text.show(values, {"as": "time", "layout": _CLOCK})
    if pa.types.is_duration(kind):
        return text.show(values, {"as": "duration", "layout": _CLOCK.replace("%H", "%h")})
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        raise SpecError(f"values of type {kind} cannot be part of a text.")
    return values.cast(pa.string())


def local(moments: pa.Array) -> pa.Array:
    """Timestamps without a zone: what the clock on the wall shows in theirs, in microseconds."""
    counts = microseconds(moments, up=False)
    if moments.type.tz is not None and len(counts):
        counts = offsets_of(moments.type.tz, int(counts.min()), int(counts.max())).local(counts)
    mask = moments.is_null().to_numpy(zero_copy_only=False)
    return pa.array(counts, pa.int64(), mask=mask).cast(pa.timestamp("us"))


def as_json(values: pa.Array) -> pa.Array:
    """JSON texts of values; null is `null`, as are numbers that JSON does not have.

    Moments are in ISO 8601, in UTC where they have a zone; lengths of time are seconds.

    >>> as_json(pa.array([{"a": [1, None]}, None])).to_pylist()
    ['{"a": [1, null]}', 'null']
    """
    kind = values.type
    if pa.types.is_null(kind):
        return pa.array(["null"] * len(values), pa.string())
    if pa.types.is_dictionary(kind):
        return as_json(values.dictionary).take(values.indices).fill_null("null")
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        found = _list(values)
    elif pa.types.is_struct(kind):
        parts = {field.name: as_json(part) for field, part in zip(kind, values.flatten(), strict=True)}
        found = pc.if_else(values.is_valid(), json_object(parts), "null")
    elif pa.types.is_floating(kind):
        found = pc.if_else(pc.is_finite(values), values, pa.scalar(None, kind)).cast(pa.string())
    elif pa.types.is_duration(kind):
        found = as_json(pc.divide(values.cast(pa.duration("us")).cast(pa.int64()).cast(pa.float64()), 1e6))
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        found = values.cast(pa.string())
    elif pa.types.is_decimal(kind):
        found = plain(values)
    elif pa.types.is_timestamp(kind):
        utc = values.cast(pa.int64()).cast(pa.timestamp(kind.unit))
        zone = "" if kind.tz is None else "Z"
        found = _quoted(text.show(utc, {"as": "timestamp", "layout": f"%Y-%m-%dT{_CLOCK}{zone}"}))
    else:
        found = _quoted(plain(values))
    return found.fill_null("null")


def json_object(parts: Mapping[str, pa.Array]) -> pa.Array:
    """JSON objects of fields that are JSON texts, of one length and none of them null."""
    pieces: list[pa.Array | str] = []
    for number, (name, values) in enumerate(parts.items()):
        pieces += [f"{', ' if number else '{'}{json.dumps(name, ensure_ascii=False)}: ", values]
    return pc.binary_join_element_wise(*pieces, "}", "")


def _list(values: pa.Array) -> pa.Array:
    lengths = pc.list_value_length(values).fill_null(0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    items = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), as_json(values.flatten()))
    joined = pc.binary_join_element_wise("[", pc.binary_join(items, ", "), "]", "")
    return pc.if_else(values.is_valid(), joined, "null")


def _quoted(texts: pa.Array) -> pa.Array:
    """JSON strings."""
    escaped = pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), '"', '\\"')
    out = pc.binary_join_element_wise('"', escaped, '"', "")
    odd = pc.match_substring_regex(texts, r"[\x00-\x1f]").fill_null(False)
    if pc.any(odd).as_py():
        again = [json.dumps(word, ensure_ascii=False) for word in texts.filter(odd).to_pylist()]
        out = pc.replace_with_mask(out, odd, pa.array(again, pa.string()))
    return out
