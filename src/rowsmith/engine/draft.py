"""A spec drafted from a user's table."""

from __future__ import annotations

from typing import Any

from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.schema import key_of
from rowsmith.spec.draft import RARE, draft_table


def draft(
    data: Any,
    *,
    name: str = "table",
    n: int | None = None,
    primary_key: tuple[str, ...] | list[str] | str = (),
    rare: int = RARE,
    seed: int = 0,
    progress: Progress = silent,
) -> str:
    """A readable spec fitted to a table: a law for each column, correlations, shares of missing values, no row.

    Args:
        data: a frame (pandas, polars, Arrow).
        name: of the table in the spec; signs that a name of a table may not hold become `_`, and a comment says so.
        n: rows that the spec makes; as many as the data has if left out.
        primary_key: column or columns that identify a row, if you know.
        rare: rows that must share a value for it to be written.
        seed: of the sample of rows that a large table is measured on.
        progress: told what has been done.

    Returns:
        YAML: write it to a file, edit it, and make tables with `read_spec` and `make`. The same data give the same text.

    Raises:
        DataError: not a table.
        SpecError: an argument is wrong, or a key column is not there.

    >>> import pyarrow as pa
    >>> print(draft(pa.table({"size": ["S", "M", "M", "L"] * 20})).splitlines()[-1])
          size: {kind: category, values: {M: 0.5, L: 0.25, S: 0.25}}
    """
    table, _ = to_arrow(data)
    return draft_table(
        table, name=name, rows=n, primary_key=key_of(table, primary_key), rare=rare, seed=seed, progress=progress
    )
