"""JSON texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._nested import at, inner
from rowsmith.samplers._shown import as_json, json_object

Part: TypeAlias = "str | ColumnSampler | dict[str, Part]"


@dataclass(frozen=True, kw_only=True)
class Json(ColumnSampler):
    """JSON objects as text, made of other columns and of values of their own.

    Moments are written in ISO 8601 (in UTC where they have a time zone), lengths of time as seconds.
    """

    fields: Mapping[str, Any]
    """Name to another column (its name), a kind with its settings ({kind: poisson, mean: 2}), SQL, or fields in turn."""

    def __post_init__(self) -> None:
        _ = self._parts

    @property
    def type(self) -> pa.DataType:
        """Text."""
        return pa.string()

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns, and what the kinds read."""
        return tuple(dict.fromkeys(_reads(self._parts)))

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Make the fields, and join them."""
        return _object(self._parts, rows, key, given, "fields")

    @cached_property
    def _parts(self) -> dict[str, Part]:
        return _parse(self.fields, "fields")


def _parse(fields: Any, where: str) -> dict[str, Part]:
    if not isinstance(fields, Mapping) or not fields:
        raise SpecError(f"{where}={fields!r}: expected a mapping of at least one name to a column or a kind.")
    out: dict[str, Part] = {}
    for name, entry in fields.items():
        path = f"{where}.{name}"
        if isinstance(entry, str):
            out[str(name)] = entry
        elif isinstance(entry, Mapping) and "kind" not in entry and set(entry) != {"sql"}:
            out[str(name)] = _parse(entry, path)
        else:
            out[str(name)] = inner(entry, path, any_type=True)
    return out


def _reads(parts: Mapping[str, Part]) -> Iterator[str]:
    for part in parts.values():
        if isinstance(part, str):
            yield part
        else:
            yield from part.reads if isinstance(part, ColumnSampler) else _reads(part)


def _object(parts: Mapping[str, Part], rows: Rows, key: Key, given: Mapping[str, pa.Array], where: str) -> pa.Array:
    texts = {}
    for name, part in parts.items():
        path = f"{where}.{name}"
        if isinstance(part, dict):
            texts[name] = _object(part, rows, key.child(name), given, path)
            continue
        with at(path):
            found = given[part] if isinstance(part, str) else part.sample(rows, key.child(name), given)
            texts[name] = as_json(found)
    return json_object(texts)
