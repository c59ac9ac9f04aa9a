"""A spec drafted from a user's table."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, Rows, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import key_of
from rowsmith.engine.model import Model
from rowsmith.learn.copula import FittedCopula
from rowsmith.spec.draft import RARE, draft_table

MEASURED = 50_000
"""Rows that are drawn of a model to measure on."""


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
        data: a frame (pandas, polars, Arrow); or a fitted model of a table, of which rows are drawn to measure on.
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
    source, df = "the table", None
    if isinstance(data, Model):
        source, fitted = "draws of the model", data.table.fitted
        df = fitted.df if isinstance(fitted, FittedCopula) else None
        table, n = drawn(data, MEASURED, seed), data.n_rows if n is None else n
        primary_key = primary_key or data.table.kept_key
    else:
        table, _ = to_arrow(data)
    return draft_table(
        table,
        name=name,
        rows=n,
        primary_key=key_of(table, primary_key),
        rare=rare,
        seed=seed,
        source=source,
        df=df,
        progress=progress,
    )


def drawn(model: Model, n: int, seed: int) -> pa.Table:
    """Rows of a model to measure on."""
    return pa.Table.from_batches([model.table.sample(Rows(0, n), Key(seed).child(model.table.name, "measured"))])


def one_table(model: Any) -> Model:
    """A model, if it is that of one table.

    Raises:
        SpecError: it is of a database, or of sequences.
    """
    if not isinstance(model, Model):
        kind = type(model).__name__.removesuffix("Model").lower()
        raise SpecError(f"the model is of a {kind}; only one of a single table can be read or drafted from.")
    return model
