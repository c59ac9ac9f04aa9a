"""Conditions on rows of several tables: one SQL expression, taken apart by the tables that its parts are on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rowsmith.core import sql
from rowsmith.core.errors import SpecError, suggest

WHERE = "where"
"""What the argument is called, for messages, and so the rule that is a condition of a draw."""


def by_table(
    expression: str, columns: Mapping[str, Collection[str]], roots: Collection[str] = ()
) -> dict[str, tuple[str, ...]]:
    """The conditions that all must hold, by the table that they are on, with the names of its columns alone.

    Args:
        expression: boolean SQL; columns of a table may be written with its name in front. Each of the conditions that must
            all hold (`and`) reads one table only.
        columns: of each table.
        roots: tables that are meant where several have a column of the name.

    Raises:
        SpecError: it is no such condition, or a column is in no table or in several.

    >>> by_table("age > 3 and o.paid", {"c": ["age"], "o": ["paid", "day"]})
    {'c': ('(age > 3)',), 'o': ('paid',)}
    """
    if not expression.strip():
        raise SpecError("where='': expected a condition, such as age > 30.")
    found: dict[str, list[str]] = {}
    for part in sql.parts(sql.alone(expression, WHERE)):
        tables = {_table_of(name, expression, columns, roots) for name in sql.references(sql.written(part), WHERE)}
        if len(tables) != 1:
            raise SpecError(
                f"where={expression!r}: {sql.written(part)} reads "
                + (f"{' and '.join(sorted(tables))}; each condition is on one table." if tables else "no column.")
            )
        found.setdefault(tables.pop(), []).append(sql.written(_bare(part, columns)))
    return {name: tuple(each) for name, each in found.items()}


def _table_of(name: str, expression: str, columns: Mapping[str, Collection[str]], roots: Collection[str]) -> str:
    """The table of a column.

    Raises:
        SpecError: there is none, or several.
    """
    table, dot, column = name.partition(".")
    if dot and table in columns:
        if column not in columns[table]:
            raise SpecError(f"where={expression!r}: {table} has no column {column!r}{suggest(column, columns[table])}")
        return table
    having = [t for t, names in columns.items() if name in names]
    first = [t for t in having if t in roots]
    if len(first) == 1 or (not first and len(having) == 1):
        return (first or having)[0]
    if having:
        shown = " or ".join(f"{t}.{name}" for t in first or having)
        raise SpecError(f"where={expression!r}: several tables have a column {name!r}; say which: {shown}.")
    names = {c for each in columns.values() for c in each}
    raise SpecError(f"where={expression!r}: no table has a column {name!r}{suggest(name, names)}")


def _bare(part: Mapping[str, Any], tables: Collection[str]) -> dict[str, Any]:
    """A condition with the names of its columns alone."""

    def walked(node: Any) -> Any:
        if isinstance(node, list):
            return [walked(each) for each in node]
        if not isinstance(node, Mapping):
            return node
        names = node.get("column_names", ())
        if node.get("class") == "COLUMN_REF" and len(names) > 1 and names[0] in tables:
            return {**node, "column_names": names[1:]}
        return {name: walked(value) for name, value in node.items()}

    out: dict[str, Any] = walked(part)
    return out
