"""SQL expressions over the rows of a batch: formulas and rules, in DuckDB's dialect.

An expression is data from a stranger: it can read no file, load no extension, see nothing but the batch's columns, and
may not give another answer the second time (random numbers, clocks).
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError, suggest

if TYPE_CHECKING:
    import duckdb

Rows: TypeAlias = "pa.RecordBatch | pa.Table | Mapping[str, pa.Array]"
"""n rows of columns. A name with a dot, `customers.age`, is written so in SQL too."""

_local = threading.local()


def truth(expression: str, rows: Rows, where: str) -> NDArray[np.bool_]:
    """Whether a rule holds in each row. As in an SQL check, a rule whose outcome is null holds.

    Args:
        expression: a boolean SQL expression over the columns.
        rows: n rows.
        where: path of the rule, for messages.

    Returns:
        Shape (n,).

    Raises:
        SpecError: it cannot be computed, or is not a truth value of each row.

    >>> truth("a <= b", pa.table({"a": [1, 2, None], "b": [1, 1, 1]}), "rule")
    array([ True, False,  True])
    """
    values = evaluate(expression, rows, where)
    if not pa.types.is_boolean(values.type):
        raise SpecError(f"{where}={expression!r}: gives {values.type}; expected true or false for each row.")
    return np.asarray(values.fill_null(True).to_numpy(zero_copy_only=False), dtype=bool)


def evaluate(expression: str, rows: Rows, where: str) -> pa.Array:
    """The value of an expression in each row.

    Args:
        expression: an SQL expression over the columns.
        rows: n rows.
        where: path of the expression, for messages.

    Returns:
        n values.

    Raises:
        SpecError: it cannot be computed, or has no value of its own for each row.
    """
    import duckdb

    references(expression, where)
    table = _table(rows)
    with _explained(expression, table.column_names, where):
        found = _connection().from_arrow(table).select(duckdb.SQLExpression(expression)).to_arrow_table()
    if found.num_rows != table.num_rows or found.num_columns != 1:
        raise SpecError(f"{where}={expression!r}: expected one value for each row, not an aggregate.")
    return found.column(0).combine_chunks()


def aggregate(
    expression: str, rows: Mapping[str, pa.Array], group: NDArray[np.int64], n_groups: int, where: str
) -> pa.Array:
    """The value of an aggregate over each group of rows; a group without rows has what SQL says of no rows.

    Args:
        expression: an SQL expression of aggregates over the columns.
        rows: the columns, n rows each.
        group: number of each row's group, from 0, shape (n,).
        n_groups: how many groups there are.
        where: path of the expression, for messages.

    Returns:
        `n_groups` values.

    Raises:
        SpecError: it cannot be computed, or is not an aggregate.

    >>> aggregate("max(o.x)", {"o.x": pa.array([1, 2, 4])}, np.array([0, 0, 2]), 3, "f").to_pylist()
    [2, None, 4]
    """
    references(expression, where)
    table = _table({**rows, GROUP: pa.array(group, pa.int64())})
    with _explained(expression, table.column_names, where):
        found = _connection().from_arrow(table).aggregate(f'({expression}) as value, "{GROUP}"').to_arrow_table()
        none = _connection().from_arrow(table.slice(0, 0)).aggregate(f"({expression}) as value").to_arrow_table()
    value = found.column("value").combine_chunks()
    place = np.full(n_groups, len(value), dtype=np.int64)
    place[found.column(GROUP).to_numpy()] = np.arange(len(value))
    return pa.concat_arrays([value, none.column("value").combine_chunks().cast(value.type)]).take(pa.array(place))


GROUP = "#group"


@cache
def references(expression: str, where: str) -> tuple[str, ...]:
    """Columns that an expression reads, each once, in order; `customers.age` with its dot.

    Raises:
        SpecError: it is no expression, or asks for what differs from time to time or lies outside of the rows.

    >>> references("case when a > 3 then customers.age else b end", "f")
    ('a', 'customers.age', 'b')
    """
    found: dict[str, None] = {}
    for node in _nodes(_statement(expression, where)):
        if node.get("class") == "COLUMN_REF":
            found[".".join(node["column_names"])] = None
        if node.get("class") == "WINDOW":
            raise SpecError(
                f"{where}={expression!r}: reads other rows (over); expected what a row, its parents and, for a table, aggregates "
                "of its children say."
            )
        name = node.get("function_name", "")
        if name in _volatile() and not node["is_operator"]:  # a sum is volatile for some type or other
            raise SpecError(f"{where}={expression!r}: {name} gives another answer each time; it may not be used here.")
    bare = re.sub(r'"[^"]*"', "", expression.lower())  # a column may have such a name, in quotes
    for word in re.findall(r"\bcurrent_(?:catalog|database|date|role|schema|time|timestamp|user)\b", bare):
        raise SpecError(f"{where}={expression!r}: {word} gives another answer each time; it may not be used here.")
    return tuple(found)


def tree(expression: str, where: str) -> dict[str, Any]:
    """The syntax tree of an expression, as DuckDB writes it.

    Args:
        expression: an SQL expression.
        where: its path, for messages.

    Raises:
        SpecError: it is no expression.

    >>> tree("a > 1", "rule")["type"]
    'COMPARE_GREATERTHAN'
    """
    return _statement(expression, where)["select_list"][0]  # type: ignore[no-any-return]


def alone(expression: str, where: str) -> dict[str, Any]:
    """`tree` of an expression that is taken apart, so that what stands around it would be lost.

    Raises:
        SpecError: it is no expression, something comes before or after it, or it asks for other rows.

    >>> alone("a > 1", "where")["type"]
    'COMPARE_GREATERTHAN'
    """
    node = _statement(expression, where)
    before_or_after = ("modifiers", "where_clause", "group_expressions", "having", "qualify", "sample")
    more = [*(node.get(name) for name in before_or_after), node["select_list"][0].get("alias")]
    if any(more) or node["from_table"]["type"] != "EMPTY" or any(n.get("class") == "SUBQUERY" for n in _nodes(node)):
        raise SpecError(
            f"{where}={expression!r}: expected one condition on the columns and nothing else; there is a subquery in it, or a clause "
            "(as, from, where, limit, order by) around it."
        )
    return node["select_list"][0]  # type: ignore[no-any-return]


def parts(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The conditions that a tree says must all hold, one by one.

    >>> [written(part) for part in parts(tree("a > 1 and b between 2 and 3", "rule"))]
    ['(a > 1)', '(b >= 2)', '(b <= 3)']
    """
    if node["type"] == "CONJUNCTION_AND":
        for child in node["children"]:
            yield from parts(child)
    elif node["type"] == "COMPARE_BETWEEN":
        for kind, bound in (("COMPARE_GREATERTHANOREQUALTO", "lower"), ("COMPARE_LESSTHANOREQUALTO", "upper")):
            yield {**COMPARISON, "type": kind, "left": node["input"], "right": node[bound]}
    else:
        yield node


COMPARISON = {"class": "COMPARISON", "alias": "", "query_location": 0}


def constants(node: Mapping[str, Any]) -> list[str]:
    """The constants in a tree, as they are written; of a cast one, with the cast.

    >>> constants(tree("a > 1 or day = date '2020-01-02'", "rule"))
    ['1', "CAST('2020-01-02' AS date)"]
    """
    return list(_constants(node))


def _constants(node: Any) -> Iterator[str]:
    child = node.get("child") if isinstance(node, Mapping) else None
    if isinstance(node, Mapping) and any(
        isinstance(n, Mapping) and n.get("type") == "VALUE_CONSTANT" for n in (node, child)
    ):
        yield written(node)
    elif isinstance(node, Mapping | list):
        for part in node.values() if isinstance(node, Mapping) else node:
            yield from _constants(part)


def written(node: Mapping[str, Any]) -> str:
    """The inverse of `tree`, for it or a part of it.

    >>> written(tree("a < 2 * b", "rule")["right"])
    '(2 * b)'
    """
    (text,) = _connection().execute("select json_serialize_sql('select 1')").fetchall()[0]
    whole = json.loads(text)
    whole["statements"][0]["node"]["select_list"] = [node]
    (query,) = _connection().execute("select json_deserialize_sql(?::json)", [json.dumps(whole)]).fetchall()[0]
    return str(query).removeprefix("SELECT ")


def _statement(expression: str, where: str) -> dict[str, Any]:
    (text,) = _connection().execute("select json_serialize_sql(?)", [f"select {expression}"]).fetchall()[0]
    parsed = json.loads(text)
    if parsed.get("error_type") == "parser":
        raise SpecError(f"{where}={expression!r}: {parsed['error_message'].rstrip('.')}.")
    statements = parsed.get("statements", [])  # none where one is no SELECT
    if len(statements) != 1 or len(statements[0]["node"].get("select_list", [])) != 1:
        raise SpecError(f"{where}={expression!r}: expected one expression, not more than one statement or value.")
    return statements[0]["node"]  # type: ignore[no-any-return]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from _nodes(part)


def _table(rows: Rows) -> pa.Table:
    """The rows as a table; columns with a dot are fields of a struct too, so that SQL reads `a.b` and `"a.b"`."""
    if isinstance(rows, pa.Table):
        return rows
    columns = dict(zip(rows.schema.names, rows.columns, strict=True)) if isinstance(rows, pa.RecordBatch) else rows
    inside: dict[str, dict[str, pa.Array]] = {}
    for name, array in columns.items():
        table, dot, column = name.partition(".")
        if dot and table and table not in columns:
            inside.setdefault(table, {})[column] = array
    structs = {t: pa.StructArray.from_arrays(list(c.values()), list(c)) for t, c in inside.items()}
    return pa.table({**columns, **structs})


@contextlib.contextmanager
def _explained(expression: str, columns: list[str], where: str) -> Iterator[None]:
    """A fault of DuckDB as a sentence of ours."""
    import duckdb

    try:
        yield
    except duckdb.Error as fault:
        unknown = re.search(r'column "([^"]+)" not found', str(fault))
        if isinstance(fault, duckdb.BinderException) and unknown:
            hint = suggest(unknown[1], columns)
            raise SpecError(f"{where}={expression!r}: there is no column {unknown[1]!r}{hint}") from None
        raise SpecError(f"{where}={expression!r}: {str(fault).splitlines()[0].rstrip('.!')}.") from None


def _connection() -> duckdb.DuckDBPyConnection:
    """A connection of this thread, locked down."""
    import duckdb

    locked: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "python_enable_replacements": "false",  # or a bare name would reach this process's variables
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "threads": "1",  # the rows keep their order
    }
    if not hasattr(_local, "database"):
        _local.database = duckdb.connect(":memory:", config=locked)
        _local.database.execute("set global TimeZone = 'UTC'")  # not the machine's
        _local.database.execute("set lock_configuration = true")
    return _local.database.cursor()  # type: ignore[no-any-return]


@cache
def _volatile() -> frozenset[str]:
    """Functions of clocks, chance and the session; with a time zone, `year` and such depend on the session's, which is set."""
    query = """select distinct function_name from duckdb_functions() where stability <> 'CONSISTENT'
        and function_name is not null and array_to_string(parameter_types, ' ') not similar to '.*(TIME ZONE|TIMESTAMPTZ).*'"""
    found = {name for (name,) in _connection().sql(query).fetchall()}
    found |= {"age", "version"}  # age(a) is that of today; another version says another one
    macros = "select function_name, macro_definition from duckdb_functions() where macro_definition is not null"
    for name, definition in _connection().sql(macros).fetchall():
        if not found.isdisjoint(re.findall(r"\w+(?=\()", definition)):
            found.add(name)
    return frozenset(found)
