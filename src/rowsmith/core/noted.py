"""What a reader of a table has noted in the metadata of its Arrow schema, and which a stranger may have written."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa


def noted(schema: pa.Schema, name: bytes) -> list[Any]:
    """A list that a reader has noted in an Arrow schema; empty where none can be read, as in the file of a stranger.

    >>> noted(pa.schema([], metadata={b"a": b'["x"]', b"b": b"no JSON"}), b"b")
    []
    """
    try:
        found = json.loads((schema.metadata or {}).get(name, b"[]"))
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def noted_columns(schema: pa.Schema, name: bytes) -> tuple[str, ...]:
    """Columns that a reader has noted and that are there."""
    return tuple(column for column in noted(schema, name) if column in schema.names)
