"""What rowsmith understands of several tables: their schema, with what points where."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from rowsmith.columns._infer import infer
from rowsmith.core.errors import SpecError
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.schema import FOREIGN_KEYS, ForeignKey, Schema, Table, key_of
from rowsmith.engine.inspection import with_rules
from rowsmith.learn._propose_links import propose_links


def inspect_tables(
    data: Mapping[str, Any], *, primary_keys: Mapping[str, tuple[str, ...]] | None = None, progress: Progress = silent
) -> Schema:
    """What rowsmith understands of several tables: kinds, types, keys, and what points where, each with the reason.

    Foreign keys are those that the reader of a database noted; where it noted none, those that the data show.

    Args:
        data: frames by the name of the table.
        primary_keys: columns that identify a row, by table, where you know them.
        progress: told what has been done.

    Raises:
        DataError: not tables.
        SpecError: a key column that is not there.
    """
    tables = {name: plain(to_arrow(frame)[0]) for name, frame in data.items()}
    linked = link_tables(tables, primary_keys=primary_keys, progress=progress)
    pointing = {n: frozenset(c for key in t.foreign_keys for c in key.columns) for n, t in linked.tables.items()}
    return Schema(tables={n: with_rules(t, tables[n], pointing[n]) for n, t in linked.tables.items()})


def link_tables(
    tables: Mapping[str, pa.Table],
    *,
    primary_keys: Mapping[str, tuple[str, ...]] | None = None,
    progress: Progress = silent,
) -> Schema:
    """The same without rules, which nobody asks for who only wants to know what points where.

    Args:
        tables: by name, text in one type.
        primary_keys: columns that identify a row, by table, where they are known.
        progress: told what has been done.

    Raises:
        SpecError: a key column that is not there.
    """
    found: dict[str, Table] = {}
    for done, (name, table) in enumerate(tables.items(), 1):
        try:
            key = key_of(table, (primary_keys or {}).get(name, ()))
        except SpecError as fault:
            raise SpecError(f"tables.{name}.{fault}") from None
        found[name] = infer(table, name=name, primary_key=key)
        progress("reading tables", done, len(tables))
    links = _noted(tables)
    if not any(links.values()):
        links = propose_links(tables, found)
    for name, table in tables.items():
        known = dataclasses.replace(found[name], foreign_keys=tuple(links[name]))
        pointed = [k.targets for each in links.values() for k in each if k.table == name]
        if not known.primary_key and pointed:
            known = dataclasses.replace(
                infer(table, name=name, primary_key=pointed[0]), foreign_keys=known.foreign_keys
            )
        found[name] = known
    return Schema(tables=found)


def _noted(tables: Mapping[str, pa.Table]) -> dict[str, list[ForeignKey]]:
    """Foreign keys that a reader noted, to tables that are there."""
    out: dict[str, list[ForeignKey]] = {}
    for name, table in tables.items():
        listed = json.loads((table.schema.metadata or {}).get(FOREIGN_KEYS, b"[]"))
        each = (ForeignKey(columns=tuple(k["columns"]), table=k["table"], targets=tuple(k["targets"])) for k in listed)
        out[name] = [key for key in each if key.table in tables]
    return out


def plain(table: pa.Table) -> pa.Table:
    """The table with text in one type: keys are compared, and forms are read, in that one."""
    wide = (pa.types.is_large_string, pa.types.is_string_view)
    fields = [f.with_type(pa.string()) if any(test(f.type) for test in wide) else f for f in table.schema]
    return table.cast(pa.schema(fields, metadata=table.schema.metadata))
