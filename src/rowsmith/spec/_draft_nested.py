"""Drafts of lists, structs, JSON in text and bytes: their parts, each on its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import SpecError
from rowsmith.samplers._nested import inner
from rowsmith.spec._draft_fit import fit
from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_numbers import numbers
from rowsmith.spec._draft_parts import DataColumn, Draft, null_share

Make = Callable[[str, pa.Array, DataColumn], Draft]
"""The draft of a part: its name, its values, and the column that it is in."""
MOST_ITEMS = 100_000
"""Items of lists that are looked at, at most."""
MOST_LENGTH = 1000
"""Items of a list, at most."""


def nested(source: DataColumn, values: pa.Array, make: Make) -> Draft:
    """The draft of a column of lists or structs."""
    present = values.is_valid().to_numpy(zero_copy_only=False)
    settings = _settings(source, values.drop_null(), make)
    return Draft(
        name=source.name,
        settings={**settings, **null_share(values)},
        note="parts are made each on its own",
        present=present,
        derived=True,
    )


def json_objects(source: DataColumn, structs: pa.Array, make: Make) -> Draft:
    """The draft of a column of JSON objects in text."""
    present = source.values.is_valid().to_numpy(zero_copy_only=False)
    settings = {"kind": "json", **_fields(source, structs, make)}
    return Draft(
        name=source.name,
        settings={**settings, **null_share(source.values)},
        note="JSON; fields are made each on its own",
        present=present,
        derived=True,
    )


def binary(source: DataColumn, values: pa.Array) -> Draft:
    """The draft of a column of bytes: hexadecimal digits, as many."""
    present = values.is_valid().to_numpy(zero_copy_only=False)
    lengths = pc.binary_length(values.drop_null()).to_numpy()
    low, high = (int(q) for q in np.quantile(lengths, [0.05, 0.95]))
    if pa.types.is_fixed_size_binary(values.type):
        low = high = values.type.byte_width
    low, high = min(low, MOST_LENGTH), min(high, MOST_LENGTH)
    times = f"{{{low}}}" if low == high else f"{{{low},{high}}}"
    settings: Settings = {"kind": "regex", "pattern": f"[0-9a-f]{times}" if high else "", "as": "binary"}
    return Draft(
        name=source.name,
        settings={**settings, **null_share(values)},
        note="bytes: any digits, as many",
        present=present,
        derived=True,
    )


def _settings(source: DataColumn, values: pa.Array, make: Make) -> Settings:
    if pa.types.is_struct(values.type):
        return {"kind": "struct", **_fields(source, values, make)}
    if pa.types.is_map(values.type):  # a list of pairs
        pairs = pa.StructArray.from_arrays([values.keys, values.items], ["key", "value"])
        values = pa.ListArray.from_arrays(values.offsets, pairs)
    counts = pc.list_value_length(values).to_numpy(zero_copy_only=False)
    items = pc.list_flatten(values).slice(0, MOST_ITEMS)
    fixed = pa.types.is_fixed_size_list(values.type)
    length: Any = values.type.list_size if fixed else _length(counts, source.rare)
    return {"kind": "list", "of": _part(source, "item", items, make), "length": length}


def _length(counts: Any, rare: int) -> Any:
    """Items of a list: a number, or a law of whole numbers."""
    if counts.min() == counts.max():
        return int(counts[0])
    law = fit(numbers(counts.astype(np.int64), rare)).written()
    if law["kind"] in ("poisson", "negative_binomial", "geometric", "binomial", "integer"):
        return {**law, "max": int(law.get("max", MOST_LENGTH))} if law["kind"] != "integer" else law
    low, high = (int(q) for q in np.quantile(counts, [0.02, 0.98]))
    return {"kind": "integer", "low": low, "high": max(low, high)}


def _fields(source: DataColumn, structs: pa.Array, make: Make) -> Settings:
    fields = {f.name: _part(source, f.name, pc.struct_field(structs, [i]), make) for i, f in enumerate(structs.type)}
    return {"fields": fields} if fields else {"fields": {"empty": {"kind": "constant", "value": ""}}}


def _part(source: DataColumn, name: str, values: pa.Array, make: Make) -> Settings:
    """Settings of a part: what only a whole column can have is left out."""
    valid = values.drop_null()
    if len(valid) == 0:
        return {"kind": "constant", "value": ""}
    draft = make(name, valid, replace(source, name=name, values=valid, every=valid, type=valid.type))
    own = {k: v for k, v in draft.settings.items() if k not in ("null", "round", "as", "by", "unique")}
    if pa.types.is_integer(valid.type) and draft.numbers is not None and draft.codes is None:
        low, high = draft.numbers.low, draft.numbers.high
        own = (
            own
            if draft.law is not None and draft.law.sampler().discrete
            else {"kind": "integer", "low": low, "high": high}
        )
    try:
        inner(own, name)
    except SpecError:  # a kind for whole columns only, such as a key
        return {"kind": "word"} if pa.types.is_string(valid.type) else {"kind": "integer", "low": 1, "high": 1_000_000}
    return own if not draft.helpers else {"kind": "word"}
