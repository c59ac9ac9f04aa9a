"""What rowsmith understands of several tables: their schema, with what points where."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from rowsmith.columns._infer import infer, infer_column
from rowsmith.columns._names import calls_somebody, names_things
from rowsmith.core.definition import TableDefinition, declared_of, indexes_of
from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.schema import ForeignKey, Schema, Table, key_of, noted_links
from rowsmith.engine.inspection import as_keys, complete, with_rules
from rowsmith.learn._propose_links import names_own, propose_links, shared_words

KEPT = "words of things that rows of other tables share: kept as a key where enough do (the kind `identifier` makes them anew)"


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
            own = next((targets for targets in pointed if all(names_own(name, t) for t in targets)), pointed[0])
            keyed = infer(table, name=name, primary_key=own)
            if _lists_things(name, known, own) and shared_words(name, own, found, links):
                word = dataclasses.replace(known.columns[own[0]], kind="category", why=KEPT)
                keyed = dataclasses.replace(keyed, columns={**keyed.columns, own[0]: word})
            known = dataclasses.replace(keyed, foreign_keys=known.foreign_keys)
        found[name] = _told_apart(known, table)
    return Schema(tables=found)


def _lists_things(name: str, known: Table, key: Collection[str]) -> bool:
    """Whether a table is a list of things: its name says so, and neither its key nor what would stay with that says who somebody is."""
    words = [
        c for c, column in known.columns.items() if column.kind == "category" and not column.settings.get("made_up")
    ]
    return names_things(name) and not any(calls_somebody(c) for c in {*key, *words})


def _told_apart(known: Table, table: pa.Table) -> Table:
    """The schema with columns made anew that the database declares unique: each value is that of one row."""
    declared = declared_of(table.schema)
    groups = (declared.unique if declared is not None else ()) + tuple(
        index.columns for index in indexes_of(table.schema) if index.unique
    )
    pointing = {c for key in known.foreign_keys for c in key.columns}
    columns = dict(known.columns)
    for (name,) in (group for group in groups if len(group) == 1):
        if name in columns and name not in (*known.primary_key, *pointing) and table[name].null_count == 0:
            own = infer_column(name, table.schema.field(name), table[name].combine_chunks(), is_key=True)
            if own.kind == "identifier":
                columns[name] = dataclasses.replace(own, why="the database declares it unique: made anew")
    return dataclasses.replace(known, columns=columns)


def schema_of(
    tables: Mapping[str, pa.Table],
    schema: Schema | None,
    look: Callable[..., Schema],
    *,
    primary_keys: Mapping[str, tuple[str, ...]] | None = None,
    progress: Progress = silent,
) -> tuple[Schema, tuple[str, ...]]:
    """The schema of tables, with all their columns, and the foreign keys in it that nobody declared.

    Args:
        tables: by name, text in one type.
        schema: what a user says; without, it is looked up in the tables.
        look: `inspect_tables` or `link_tables`.
        primary_keys: columns that identify a row, by table; a schema names them itself.
        progress: told what has been done.

    Raises:
        DataError: the schema is of other tables.
        SpecError: a key column that is not there.
    """
    found: tuple[str, ...] = ()
    if schema is None:
        schema = look(tables, primary_keys=primary_keys, progress=progress)
        found = tuple(f"{n}.{key} ({key.why})" for n, t in schema.tables.items() for key in t.foreign_keys if key.why)
    for name in tables:
        if name not in schema.tables:
            raise DataError(f"tables.{name}: the schema does not know this table{suggest(name, schema.tables)}")
    for name in schema.tables:
        if name not in tables:
            raise DataError(f"tables.{name}: the data has no such table{suggest(name, tables)}")
    keys = {
        name: {k.targets for t in schema.tables.values() for k in t.foreign_keys if k.table == name} for name in tables
    }
    return Schema(
        tables={name: as_keys(complete(t, tables[name], name), keys[name]) for name, t in schema.tables.items()}
    ), found


def took(found: Iterable[str]) -> tuple[str, ...]:
    """What to say of foreign keys that nobody declared."""
    return tuple(
        f"note: took {each} for a foreign key; a schema can say otherwise (`rowsmith inspect`)." for each in found
    )


def definitions(
    schema: Schema,
    tables: Mapping[str, pa.Table],
    not_null: Mapping[str, Sequence[str]],
    dangling: Collection[tuple[str, tuple[str, ...]]] = (),
) -> dict[str, TableDefinition]:
    """Tables as a database declares them; of foreign keys those that hold.

    Args:
        schema: their keys.
        tables: their rows, which say what is never null.
        not_null: by table, columns that are declared never to be null.
        dangling: tables and columns of foreign keys that lead to no row somewhere.
    """
    out = {}
    for name, table in tables.items():
        known = schema.tables[name]
        pointed = {key.targets for other in schema.tables.values() for key in other.foreign_keys if key.table == name}
        never = (c for c in (*known.primary_key, *not_null.get(name, ())) if table[c].null_count == 0)
        out[name] = TableDefinition(
            schema=table.schema,
            primary_key=known.primary_key,
            unique=tuple(sorted(targets for targets in pointed if targets != known.primary_key)),
            not_null=frozenset(never),
            indexes=indexes_of(table.schema),
            declared=declared_of(table.schema),
            foreign_keys=tuple(
                key
                for key in known.foreign_keys
                if (name, key.columns) not in dangling
                and all(
                    table.schema.field(c).type == tables[key.table].schema.field(t).type
                    for c, t in zip(key.columns, key.targets, strict=True)
                )
            ),
        )
    return out


def _noted(tables: Mapping[str, pa.Table]) -> dict[str, list[ForeignKey]]:
    """Foreign keys that a reader noted, to tables and columns that are there."""
    out: dict[str, list[ForeignKey]] = {}
    for name, table in tables.items():
        links = (key for key in noted_links(table.schema) if key.table in tables)
        out[name] = [key for key in links if all(t in tables[key.table].column_names for t in key.targets)]
    return out


def plain(table: pa.Table) -> pa.Table:
    """The table with text in one type: keys are compared, and forms are read, in that one."""
    wide = (pa.types.is_large_string, pa.types.is_string_view)
    fields = [f.with_type(pa.string()) if any(test(f.type) for test in wide) else f for f in table.schema]
    return table.cast(pa.schema(fields, metadata=table.schema.metadata))
