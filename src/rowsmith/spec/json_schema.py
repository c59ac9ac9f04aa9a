"""The JSON Schema of specs, from the settings of every kind of column."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Mapping
from typing import Any

import numpy as np

from rowsmith.augment._change import CHANGES
from rowsmith.core.protocols import SAMPLERS, ColumnSampler
from rowsmith.core.settings import Setting, settings_of
from rowsmith.core.values import Sql
from rowsmith.simulate._world import WORLDS
from rowsmith.spec.files import FILED, LIST, MAPPING
from rowsmith.spec.truth import ALIASES, DIFFICULTIES
from rowsmith.truth._plant import PLANTS, Plant

SQL: dict[str, Any] = {
    "type": "object",
    "properties": {"sql": {"type": "string", "description": "An SQL expression."}},
    "required": ["sql"],
    "additionalProperties": False,
}
AROUND: dict[str, Any] = {
    "null": {
        "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, SQL],
        "description": "Share of missing values, or SQL that gives it (or says true) in each row.",
    },
    "round": {"type": "integer", "minimum": 0, "maximum": 15, "description": "Decimals that numbers are rounded to."},
    "as": {"type": "string", "description": "Type to turn values into: integer, float, text, date, decimal(10,2) …"},
    "by": {
        "type": "object",
        "additionalProperties": {"type": "object", "additionalProperties": {"type": "object"}},
        "description": "Column to its levels to other settings of the kind.",
    },
    "correlate": {
        "type": "object",
        "additionalProperties": {"type": "number", "exclusiveMinimum": -1, "exclusiveMaximum": 1},
        "description": "Other column to correlation, by a copula.",
    },
    "hidden": {"type": "boolean", "description": "Only for other columns to read; not part of the table."},
    "description": {"type": "string", "description": "For the reader."},
}


def json_schema() -> dict[str, Any]:
    """The schema, in draft 2020-12, as plain values."""
    kinds = {name: SAMPLERS.load(name) for name in SAMPLERS.names()}
    column: dict[str, Any] = {
        "anyOf": [
            {"type": "string", "enum": list(kinds)},
            {"$ref": "#/$defs/formula"},
            *({"$ref": f"#/$defs/kind.{name}"} for name in kinds),
            {"const": "planted", "description": "Made by a structure in `truth`."},
            {
                "type": "object",
                "properties": {"kind": {"const": "planted"}, **{k: AROUND[k] for k in ("round", "description")}},
                "required": ["kind"],
                "additionalProperties": False,
            },
        ]
    }
    formula = SQL | {"properties": {**SQL["properties"], **AROUND}}
    defs: dict[str, Any] = {f"kind.{name}": _kind(name, kind) for name, kind in kinds.items()}
    defs |= {"formula": formula, "column": column, "table": _TABLE}
    plants = {name: PLANTS.load(name) for name in PLANTS.names()}
    defs |= {f"plant.{name}": _plant(name, plant) for name, plant in plants.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rowsmith spec",
        "type": "object",
        "properties": {
            "rowsmith": {"const": 1, "description": "Version of this format."},
            "description": {"type": "string"},
            "seed": {"type": "integer", "minimum": 0, "description": "The same seed makes the same bytes."},
            "chunk_rows": {"type": "integer", "minimum": 1, "description": "Rows made at a time; part of the result."},
            "parameters": {
                "type": "object",
                "additionalProperties": {"type": ["number", "string", "boolean"]},
                "description": "Names that SQL may use.",
            },
            "tables": {"type": "object", "additionalProperties": {"$ref": "#/$defs/table"}, "minProperties": 1},
            "difficulty": {
                "anyOf": [{"enum": list(DIFFICULTIES)}, {"type": "number", "minimum": 0, "maximum": 1}],
                "description": "How hard planted structures are to find.",
            },
            "truth": {
                "type": "object",
                "additionalProperties": {"anyOf": [{"$ref": f"#/$defs/plant.{name}"} for name in plants]},
                "description": "Name to a structure that is planted.",
            },
            "targets": {
                "type": "object",
                "additionalProperties": _TARGET,
                "description": "What must come out exactly, by `TABLE.COLUMN`, `TABLE.COLUMN by SQL`, `TABLE` or `TABLE by SQL`.",
            },
        },
        "required": ["tables"],
        "additionalProperties": False,
        "$defs": defs,
    }


_AMOUNT: dict[str, Any] = {
    "anyOf": [{"type": "number"}, {"type": "object", "additionalProperties": {"type": "number"}}]
}
_TARGET: dict[str, Any] = {
    "type": "object",
    "properties": {
        "sum": _AMOUNT | {"description": "What numbers add up to; by group, group to number."},
        "mean": _AMOUNT | {"description": "What numbers are on average; by group, group to number."},
        "count": _AMOUNT | {"description": "How many rows there are, or how many of each value or group."},
        "share": {
            "type": "object",
            "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
            "description": "Share of the rows of each value; by group, of the sum or of the rows.",
        },
    },
    "minProperties": 1,
    "additionalProperties": False,
}
_FILES = [
    {
        "type": "object",
        "properties": {name: {"type": "string"} for name in sorted(names)},
        "required": sorted(names),
        "additionalProperties": False,
        "description": "A table in a file beside the spec, and its columns that are meant.",
    }
    for names in (MAPPING, LIST)
]
_TABLE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "description": {"type": "string"},
        "then": {
            "type": "array",
            "items": {
                "anyOf": [
                    {"enum": CHANGES.names()},
                    {
                        "type": "object",
                        "propertyNames": {"enum": CHANGES.names()},
                        "minProperties": 1,
                        "maxProperties": 1,
                    },
                ]
            },
            "description": "What is done to the rows when all are made: a change and its settings, or its main setting.",
        },
        "rows": {
            "anyOf": [{"type": "number", "minimum": 0}, SQL],
            "description": "How many rows, or SQL over parameters.",
        },
        "per": {
            "type": "object",
            "properties": {
                "table": {"type": "string", "description": "The table that rows belong to."},
                "count": {
                    "anyOf": [{"type": "integer", "minimum": 0}, {"$ref": "#/$defs/column"}],
                    "description": "How many rows belong to each of its rows.",
                },
            },
            "required": ["table"],
            "additionalProperties": False,
        },
        "model": {
            "anyOf": [
                {"type": "string", "description": "A file that `rowsmith fit` wrote, beside the spec."},
                {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "description": "A file that `rowsmith fit` wrote, beside the spec."},
                        "columns": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    },
                    "required": ["file"],
                    "additionalProperties": False,
                },
            ],
            "description": "A saved model that makes the columns that are not listed, or some of them.",
        },
        "world": {"enum": WORLDS.names(), "description": "A world that is simulated, and emits the rows."},
        "emit": {"type": "string", "description": "What the world calls the table; its own name if left out."},
        "parameters": {"type": "object", "description": "Of the world; one table says them for all of that world."},
        "replications": {
            "anyOf": [{"type": "number", "minimum": 1}, SQL],
            "description": "Runs of each point of the sweep.",
        },
        "sweep": {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    {"type": "array", "minItems": 1},
                    {
                        "type": "object",
                        "properties": {name: {"type": "number"} for name in ("from", "to", "step")},
                        "required": ["from", "to", "step"],
                        "additionalProperties": False,
                    },
                ]
            },
            "description": "Parameter of the world to the values that it takes in turn.",
        },
        "columns": {"type": "object", "additionalProperties": {"$ref": "#/$defs/column"}},
        "primary_key": {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            "description": "Columns that identify a row; the first column of keys if left out.",
        },
        "unique": {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "array",
                    "items": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                },
            ],
            "description": "Columns in which no two rows are the same, or a list of such groups of columns.",
        },
        "rules": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Name to SQL that is true in every row.",
        },
        "copula": {
            "type": "object",
            "properties": {"df": {"type": "number", "exclusiveMinimum": 0, "description": "Of a t copula."}},
            "additionalProperties": False,
            "description": "What joins correlated columns; Gaussian if left out.",
        },
    },
    "anyOf": [
        {"required": ["columns"], "properties": {"columns": {"minProperties": 1}}},
        {"required": ["model"]},
        {"required": ["world"]},
    ],
    "additionalProperties": False,
}


def _kind(name: str, kind: type[ColumnSampler]) -> dict[str, Any]:
    settings = settings_of(kind)
    required = [s.name for s in settings.values() if s.default is dataclasses.MISSING]
    return {
        "type": "object",
        "description": inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0],
        "properties": {"kind": {"const": name}, **{s.name: _setting(s) for s in settings.values()}, **AROUND},
        # settings that differ by group need not be given for all
        "anyOf": [{"required": ["kind", *required]}, {"required": ["kind", "by"]}],
    }


def _plant(name: str, plant: type[Plant]) -> dict[str, Any]:
    settings = settings_of(plant)
    words = {field: word for word, field in ALIASES.items()}
    drawn = {"type": "object", "properties": {"between": {"type": "array"}}, "required": ["between"]}
    properties: dict[str, Any] = {
        words.get(s.name, s.name): {"anyOf": [_type(s.type), SQL, drawn], "description": s.help}
        for s in settings.values()
    }
    required = [words.get(s.name, s.name) for s in settings.values() if s.default is dataclasses.MISSING]
    return {
        "type": "object",
        "description": inspect.cleandoc(plant.__doc__ or "").split("\n\n")[0],
        "properties": {
            "plant": {"const": name},
            "table": {"type": "string", "description": "The table, where it is not plain."},
            "description": AROUND["description"],
            **properties,
        },
        "required": ["plant", *required],
        "additionalProperties": False,
    }


def _setting(setting: Setting) -> dict[str, Any]:
    out = _type(setting.type)
    if setting.name == FILED:
        out = {"anyOf": [out, *_FILES]}
    out |= {"description": setting.help}
    if isinstance(setting.default, bool | int | float | str):
        out["default"] = setting.default
    return out


def _type(hint: Any) -> dict[str, Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        options = [_type(a) for a in args if a is not types.NoneType and typing.get_origin(a) is not np.ndarray]
        return options[0] if len(options) == 1 else {"anyOf": options}
    if origin is typing.Literal:
        return {"enum": list(args)}
    if origin in (tuple, list):
        return {"type": "array", "items": _type(args[0])}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _type(args[1])}
    if hint is Sql:
        return SQL
    plain = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": plain[hint]} if hint in plain else {}
