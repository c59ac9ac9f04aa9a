"""Arrow types that stand for others: what is learnt and made is of the type that it stands for, and is turned back at the end.

So column kinds, rules and judges see a dozen types, and users get back every type that they handed in.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_DASHES = (8, 13, 18, 23)
"""Places of the dashes in the text of a UUID. Source: RFC 9562, section 4."""
_MONTHS = pa.struct({"months": pa.int32(), "days": pa.int32(), "nanoseconds": pa.int64()})


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type that is learnt in place of another; itself, for most.

    >>> plain_type(pa.decimal32(7, 2)), plain_type(pa.int8())
    (Decimal128Type(decimal128(7, 2)), DataType(int8))
    """
    if isinstance(kind, pa.BaseExtensionType):
        return pa.string() if kind.extension_name == "arrow.uuid" else plain_type(kind.storage_type)
    if pa.types.is_decimal32(kind) or pa.types.is_decimal64(kind):
        return pa.decimal128(kind.precision, kind.scale)
    if pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_run_end_encoded(kind):
        return plain_type(kind.value_type)
    if pa.types.is_map(kind):
        return pa.list_(pa.struct({"key": kind.key_type, "value": kind.item_type}))
    if _is_view(kind):
        return pa.list_(kind.value_field)
    if pa.types.is_interval(kind):
        return _MONTHS
    return kind


def plain(table: pa.Table) -> tuple[pa.Table, dict[str, pa.DataType]]:
    """A table with the types that are learnt, and by name what the others were."""
    kinds = {f.name: f.type for f in table.schema if plain_type(f.type) != f.type}
    if not kinds:
        return table, kinds
    columns = [
        _plain(c.combine_chunks()) if n in kinds else c for n, c in zip(table.column_names, table.columns, strict=True)
    ]
    fields = [f.with_type(plain_type(f.type)) for f in table.schema]
    return pa.table(columns, schema=pa.schema(fields, metadata=table.schema.metadata)), kinds


def dressed_schema(schema: pa.Schema, kinds: Mapping[str, pa.DataType]) -> pa.Schema:
    """A schema with the types that some columns have in the end."""
    fields = [f.with_type(kinds.get(f.name, f.type)) for f in schema]
    return pa.schema(fields, metadata=schema.metadata)


def dressed(batch: pa.RecordBatch, kinds: Mapping[str, pa.DataType]) -> pa.RecordBatch:
    """Rows with the types that some columns have in the end."""
    columns = [
        _dressed(c, kinds[n]) if n in kinds else c for n, c in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=dressed_schema(batch.schema, kinds))


def _plain(values: pa.Array) -> pa.Array:
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        return _uuid_texts(values.storage) if kind.extension_name == "arrow.uuid" else _plain(values.storage)
    if pa.types.is_run_end_encoded(kind):
        return _plain(pc.run_end_decode(values))
    if pa.types.is_map(kind):
        pairs = pa.StructArray.from_arrays([values.keys, values.items], ["key", "value"])
        lists = pa.ListArray.from_arrays(values.offsets, pairs, mask=values.is_null() if values.null_count else None)
        return lists.cast(plain_type(kind))
    if pa.types.is_interval(kind):
        return pa.array([None if v is None else tuple(v) for v in values.to_pylist()], _MONTHS)
    if _is_view(kind):
        return pa.array(values.to_pylist(), plain_type(kind))  # Arrow's cast of views makes arrays that are not valid
    return values if plain_type(kind) == kind else values.cast(plain_type(kind))


def _dressed(values: pa.Array, kind: pa.DataType) -> pa.Array:
    if isinstance(kind, pa.BaseExtensionType):
        storage = _uuid_bytes(values) if kind.extension_name == "arrow.uuid" else _dressed(values, kind.storage_type)
        return pa.ExtensionArray.from_storage(kind, storage)
    if pa.types.is_run_end_encoded(kind):
        return pc.run_end_encode(_dressed(values, kind.value_type), run_end_type=kind.run_end_type)
    if pa.types.is_map(kind):
        maps = [None if v is None else list({p["key"]: p["value"] for p in v}.items()) for v in values.to_pylist()]
        return pa.array(maps, kind)  # of a key that was drawn twice, the last value counts
    if pa.types.is_interval(kind):
        return pa.array([None if v is None else pa.MonthDayNano(v.values()) for v in values.to_pylist()], kind)
    return pa.array(values.to_pylist(), kind) if _is_view(kind) else values.cast(kind)


def _is_view(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind))


def _uuid_texts(storage: pa.Array) -> pa.Array:
    there = storage.drop_null()
    raw = np.frombuffer(b"".join(there.to_pylist()), dtype=np.uint8).reshape(-1, 16)
    letters = np.empty((len(there), 36), dtype=np.uint8)
    letters[:, _DASHES] = ord("-")
    places = np.setdiff1d(np.arange(36), _DASHES)
    letters[:, places[0::2]], letters[:, places[1::2]] = _HEX[raw >> 4], _HEX[raw & 15]
    ends = pa.py_buffer(np.arange(0, 36 * len(there) + 1, 36, dtype=np.int64).tobytes())
    texts = pa.Array.from_buffers(pa.large_string(), len(there), [None, ends, pa.py_buffer(letters.tobytes())])
    index = np.cumsum(storage.is_valid().to_numpy(zero_copy_only=False)) - 1
    return texts.cast(pa.string()).take(pa.array(index, mask=storage.is_null().to_numpy(zero_copy_only=False)))


def _uuid_bytes(texts: pa.Array) -> pa.Array:
    return pa.array(
        [None if t is None else bytes.fromhex(t.replace("-", "")) for t in texts.to_pylist()], pa.binary(16)
    )
