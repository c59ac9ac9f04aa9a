"""What only PostgreSQL says of tables, made there: types of values, numbers it gives itself, checks, indexes.

What the rows or the database refuse is left out, each by itself: `fitted` has looked at what can be known before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rowsmith.core.definition import TableDefinition
from rowsmith.io._ddl import declared_in, quote

_VALUES = """select array_agg(enumlabel::text order by enumsortorder) from pg_enum
  where enumtypid = (select oid from pg_type where oid = to_regtype(%s))"""


def place(name: str) -> str:
    """A table, perhaps in a schema, as statements name it."""
    schema, _, plain = name.rpartition(".")
    return ".".join(quote(part) for part in (schema, plain) if part)


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
            if name in words.types.values() and found != list(values):
                listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
                connection.execute(f"create type {name} as enum ({listed})")


def finish(connection: Any, name: str, definition: TableDefinition) -> None:
    """Add checks and indexes to a table that has its rows, and let the database go on with its numbers.

    Args:
        connection: of psycopg.
        name: of the table.
        definition: of it.
    """
    words, table = declared_in(definition, "postgresql"), place(name)
    for check, text in words.checks.items():
        _done(connection, f"alter table {table} add constraint {quote(check)} check ({text})")
    for index in definition.indexes:
        columns = f"index {quote(index.name)} on {table} ({', '.join(map(quote, index.columns))})"
        if not (index.unique and _done(connection, f"create unique {columns}")):
            _done(connection, f"create {columns}")
    for column in words.identity:
        most = f"max({quote(column)})) from {table} having count(*) > 0".replace("%", "%%")
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
