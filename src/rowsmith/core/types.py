"""Arrow types as text and back: Arrow prints them, but reads only the simplest."""

from __future__ import annotations

import re

import pyarrow as pa

_UNIT = r"(s|ms|us|ns)"


def parse_type(text: str) -> pa.DataType:
    """The type that `str(type)` printed.

    Args:
        text: such as `int64`, `decimal128(10, 2)`, `timestamp[us, tz=UTC]`, `list<item: int32>`,
            `dictionary<values=string, indices=int8, ordered=1>`, `struct<a: int64, b: string>`.

    Raises:
        ValueError: no such type.

    >>> parse_type("dictionary<values=string, indices=int8, ordered=1>").ordered
    True
    """
    text = text.strip()
    if found := re.fullmatch(r"decimal(32|64|128|256)?\((\d+), ?(-?\d+)\)", text):
        make = {"32": pa.decimal32, "64": pa.decimal64, "256": pa.decimal256}.get(found[1] or "128", pa.decimal128)
        return make(int(found[2]), int(found[3]))
    if found := re.fullmatch(rf"timestamp\[{_UNIT}(?:, ?tz=(.+))?\]", text):
        return pa.timestamp(found[1], tz=found[2])
    if found := re.fullmatch(rf"duration\[{_UNIT}\]", text):
        return pa.duration(found[1])
    if found := re.fullmatch(rf"time(32|64)\[{_UNIT}\]", text):
        return pa.time32(found[2]) if found[1] == "32" else pa.time64(found[2])
    if found := re.fullmatch(r"date(32|64)\[\w+\]", text):
        return pa.date32() if found[1] == "32" else pa.date64()
    if found := re.fullmatch(r"fixed_size_binary\[(\d+)\]", text):
        return pa.binary(int(found[1]))
    if found := re.fullmatch(r"dictionary<values=(.+), indices=(\w+), ordered=([01])>", text):
        return pa.dictionary(parse_type(found[2]), parse_type(found[1]), ordered=found[3] == "1")
    if found := re.fullmatch(r"(large_)?list(_view)?<(.+)>", text):
        make_list = {
            (False, False): pa.list_, (True, False): pa.large_list,
            (False, True): pa.list_view, (True, True): pa.large_list_view,
        }[found[1] is not None, found[2] is not None]  # fmt: skip
        return make_list(_field(found[3]))
    if found := re.fullmatch(r"map<(.+)>", text):
        inside = re.sub(r" \('[^']*'\)$", "", found[1])  # a name of its entries, which is no part of the type
        key, item = _split(inside.removesuffix(", keys_sorted"))
        return pa.map_(parse_type(key), parse_type(item), keys_sorted=inside.endswith(", keys_sorted"))
    if found := re.fullmatch(r"run_end_encoded<run_ends: (\w+), values: (.+)>", text):
        return pa.run_end_encoded(parse_type(found[1]), parse_type(found[2]))
    if found := re.fullmatch(r"extension<arrow\.(uuid|json|bool8)>", text):
        return {"uuid": pa.uuid, "json": pa.json_, "bool8": pa.bool8}[found[1]]()
    if text == "month_day_nano_interval":
        return pa.month_day_nano_interval()
    if found := re.fullmatch(r"fixed_size_list<(.+)>\[(\d+)\]", text):
        return pa.list_(_field(found[1]), int(found[2]))
    if found := re.fullmatch(r"struct<(.*)>", text):
        return pa.struct([_field(part) for part in _split(found[1])])
    if text == "double":
        return pa.float64()
    try:
        return pa.type_for_alias("float32" if text == "float" else text)
    except ValueError:
        raise ValueError("expected an Arrow type such as int64, string, decimal128(10, 2), timestamp[us]") from None


def _field(text: str) -> pa.Field:
    name, _, rest = text.partition(": ")
    nullable = not rest.endswith(" not null")
    return pa.field(name, parse_type(rest.removesuffix(" not null")), nullable=nullable)


def _split(text: str) -> list[str]:
    """The parts between commas that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char in "<[(") - (char in ">])")
        if char == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    return [*parts, text[start:].strip()] if text.strip() else []


def whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column in one piece; the piece itself, where it is in one already.

    >>> whole(pa.chunked_array([[1], [2]])).to_pylist()
    [1, 2]
    """
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    return column.combine_chunks() if column.num_chunks else pa.array([], column.type)


def is_number(kind: pa.DataType) -> bool:
    """Whether values of a type are numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def is_time(kind: pa.DataType) -> bool:
    """Whether values of a type are days or moments."""
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def is_text(kind: pa.DataType) -> bool:
    """Whether values of a type are text, kept once or not.

    >>> is_text(pa.dictionary(pa.int8(), pa.string()))
    True
    """
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
