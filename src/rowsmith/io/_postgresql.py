"""What only PostgreSQL says of tables, made there: types of values, numbers it gives itself, checks, indexes.

What the rows or the database refuse is left out, each by itself: `fitted` has looked at what can be known before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.definition import TableDefinition
from rowsmith.core.errors import RowsmithError
from rowsmith.io._ddl import declared_in, quote

_VALUES = """select array_agg(enumlabel::text order by enumsortorder) from pg_enum
  where enumtypid = (select oid from pg_type where oid = to_regtype(%s))"""


_EXACT = """select attname, case
    when t.typtype = 'e' then '"' || replace(t.typname, '"', '""') || '"'
    when e.typtype = 'e' then '"' || replace(e.typname, '"', '""') || '"[]'
    when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod)
    else format_type(atttypid, atttypmod) end
  from pg_attribute join pg_type t on t.oid = atttypid left join pg_type e on e.oid = t.typelem
  where attrelid = %s::regclass and attnum > 0 and not attisdropped
    and (t.typnamespace = 'pg_catalog'::regnamespace or t.typtype in ('d', 'e') or e.typtype = 'e')"""
_PARTITIONS = "select relname from pg_class where relispartition and pg_table_is_visible(oid)"


def place(name: str) -> str:
    """A table, perhaps in a schema, as statements name it."""
    schema, _, plain = name.rpartition(".")
    return ".".join(quote(part) for part in (schema, plain) if part)


def partitions(connection: Any) -> set[str]:
    """Tables that are parts of others, which have their rows.

    Args:
        connection: of psycopg.
    """
    return {name for (name,) in connection.execute(_PARTITIONS).fetchall()}


def exact_types(connection: Any, name: str, schema: str = "") -> dict[str, str]:
    """The types of a table's columns as PostgreSQL writes them; of a domain, that beneath it. Not of those that an extension brings.

    Args:
        connection: of psycopg.
        name: of the table; a dot is part of it.
        schema: that it lies in; the one that is looked in first if left out.
    """
    where = ".".join(quote(part) for part in (schema, name) if part)
    return dict(connection.execute(_EXACT, [where]).fetchall())


def printed(
    connection: Any, name: str, columns: Sequence[str], kept: NDArray[np.bool_], changed: RowsmithError
) -> Iterator[bytes]:
    """Rows of a table as PostgreSQL prints them.

    Args:
        connection: of psycopg.
        name: of the table, in the schema that is looked in first.
        columns: to print.
        kept: which rows, in the order in which they are read, shape (rows,).
        changed: what is raised where there are not so many rows.
    """
    query = f"copy (select {', '.join(map(quote, columns))} from {quote(name)}) to stdout"
    seen = 0
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for line in copy:  # a row each
            if seen < len(kept) and kept[seen]:
                yield bytes(line)
            seen += 1
    if seen != len(kept):
        raise changed


def create_types(connection: Any, tables: Mapping[str, TableDefinition]) -> None:
    """Make the types of values that tables have of their own, unless they are there.

    Args:
        connection: of psycopg.
        tables: by name.

    Raises:
        psycopg.Error: a type of the name has other values.
    """
    for definition in tables.values():
        words = declared_in(definition, "postgresql")
        for name, values in words.enums.items():
            found = connection.execute(_VALUES, [name]).fetchone()[0]
            used = any(word.removesuffix("[]") == name for word in words.types.values())
            if used and found != list(values):
                listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
                connection.execute(f"create type {name} as enum ({listed})")


def finish(connection: Any, name: str, definition: TableDefinition) -> None:
    """Give a table that has its rows the types that all values are of, checks and indexes, and let its numbers go on.

    Args:
        connection: of psycopg.
        name: of the table.
        definition: of it.
    """
    words, table = declared_in(definition, "postgresql"), place(name)
    keys = {*definition.primary_key, *(c for key in definition.foreign_keys for c in key.columns)}
    keys.update(c for columns in definition.unique for c in columns)
    for column, word in words.casts.items():
        if column in definition.schema.names and column not in keys:
            change = f"alter table {table} alter column {quote(column)}"
            cast = _done(connection, f"{change} type {word} using {quote(column)}::text::{word}")
            if cast and column in words.defaults:
                _done(connection, f"{change} set default {words.defaults[column]}")
    for check, text in words.checks.items():
        _done(connection, f"alter table {table} add constraint {quote(check)} check ({text})")
    for index in definition.indexes:
        columns = f"index {quote(index.name)} on {table} ({', '.join(map(quote, index.columns))})"
        if not (index.unique and _done(connection, f"create unique {columns}")):
            _done(connection, f"create {columns}")
    for column in words.identity:
        last = f"max({quote(column)})"  # the numbers given begin at 1, whatever came before
        most = f"{last}) from {table} having {last} >= 1".replace("%", "%%")
        connection.execute(f"select setval(pg_get_serial_sequence(%s, %s), {most}", [table, column])


def _done(connection: Any, statement: str) -> bool:
    """Whether a statement could be done."""
    import psycopg

    try:
        with connection.transaction():
            connection.execute(statement)
    except psycopg.Error:
        return False
    return True
