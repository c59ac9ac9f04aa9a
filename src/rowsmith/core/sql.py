"""SQL expressions over the rows of a batch: formulas and rules, in DuckDB's dialect.

An expression is data from a stranger: it can read no file, load no extension, see nothing but the batch's columns, and
may not give another answer the second time (random numbers, clocks).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError, suggest

if TYPE_CHECKING:
    import duckdb


def truth(expression: str, rows: pa.RecordBatch | pa.Table, where: str) -> NDArray[np.bool_]:
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


def evaluate(expression: str, rows: pa.RecordBatch | pa.Table, where: str) -> pa.Array:
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

    for name in re.findall(r"\b(\w+)\s*\(", expression.lower()) + re.findall(r"\bcurrent_\w+", expression.lower()):
        if name in _volatile():
            raise SpecError(f"{where}={expression!r}: {name} gives another answer each time; it may not be used here.")
    table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
    try:
        found = _connection().from_arrow(table).select(duckdb.SQLExpression(expression)).to_arrow_table()
    except duckdb.BinderException as fault:
        unknown = re.search(r'column "([^"]+)" not found', str(fault))
        if unknown:
            hint = suggest(unknown[1], table.column_names)
            raise SpecError(f"{where}={expression!r}: there is no column {unknown[1]!r}{hint}") from None
        raise SpecError(f"{where}={expression!r}: {_first_line(fault)}.") from None
    except duckdb.Error as fault:
        raise SpecError(f"{where}={expression!r}: {_first_line(fault)}.") from None
    if found.num_rows != table.num_rows or found.num_columns != 1:
        raise SpecError(f"{where}={expression!r}: expected one value for each row, not an aggregate.")
    return found.column(0).combine_chunks()


def _first_line(fault: Exception) -> str:
    return str(fault).splitlines()[0].rstrip(".!")


def _connection() -> duckdb.DuckDBPyConnection:
    import duckdb

    locked: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "python_enable_replacements": "false",  # or a bare name would reach this process's variables
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "lock_configuration": "true",
        "threads": "1",  # the rows keep their order
    }
    return duckdb.connect(":memory:", config=locked)


@cache
def _volatile() -> frozenset[str]:
    query = "select distinct function_name from duckdb_functions() where stability <> 'CONSISTENT'"
    return frozenset(name for (name,) in _connection().sql(query).fetchall() if name is not None)
