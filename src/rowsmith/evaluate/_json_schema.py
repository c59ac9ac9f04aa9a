"""The JSON Schema of a summary, taken from its dataclasses, so that the two cannot differ."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Mapping
from typing import Any

from rowsmith.evaluate._ranking import Ranking
from rowsmith.evaluate._summary import VERSION, Summary

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def json_schema(kind: type[Summary] | type[Ranking] = Summary) -> dict[str, Any]:
    """What `--json` writes of one table, or of several, as a JSON Schema; every entry with its description."""
    parts: dict[str, Any] = {}
    _of(kind, parts)
    top = parts.pop(kind.__name__)
    version = {"rowsmith": {"const": VERSION, "description": "version of the layout"}}
    top |= {"properties": version | top["properties"], "required": ["rowsmith", *top["required"]]}
    return {"$schema": DIALECT, "title": f"{kind.__name__} of a judgement by rowsmith", **top, "$defs": parts}


def _of(kind: Any, parts: dict[str, Any]) -> dict[str, Any]:
    """The schema of a type; dataclasses go to `parts`."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in (typing.Union, types.UnionType):
        names = [_PLAIN.get(a) for a in arguments]
        return {"type": names} if None not in names else {"anyOf": [_of(a, parts) for a in arguments]}
    if origin is tuple:
        each = _of(arguments[0], parts)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return {"type": "array", "items": each}
        return {"type": "array", "items": each, "minItems": len(arguments), "maxItems": len(arguments)}
    if origin is Mapping:
        return {"type": "object"} | ({} if arguments[1] is Any else {"additionalProperties": _of(arguments[1], parts)})
    assert isinstance(kind, type) and dataclasses.is_dataclass(kind), f"{kind} has no schema"
    name = str(kind.__name__)
    if name not in parts:
        parts[name] = {}
        hints, docs = typing.get_type_hints(kind), _docs(kind)
        fields = [f.name for f in dataclasses.fields(kind)]
        parts[name] |= {
            "type": "object",
            "description": inspect.cleandoc(kind.__doc__ or "").partition("\n")[0],
            "properties": {f: _of(hints[f], parts) | _described(docs.get(f)) for f in fields},
            "required": fields,
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}


def _described(text: str | None) -> dict[str, str]:
    return {"description": text} if text else {}


def _docs(kind: Any) -> dict[str, str]:
    """What the docstring says under "Attributes:" of each field."""
    text = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", text, flags=re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in found}
