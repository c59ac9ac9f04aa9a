"""Clean values put back where structures have spoilt them, so that one can be looked for as if the others were not there."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.engine._flaws import FLAWS
from rowsmith.truth._dirt import put


def undone(table: pa.Table, name: str, flaws: pa.Table, columns: Iterable[str], but: str) -> pa.Table:
    """A table as it was before some of its columns were spoilt, and without copies of rows.

    Args:
        table: as it was written, in the order of its rows.
        name: of it.
        flaws: of all tables.
        columns: that are made clean.
        but: structure whose own flaws stay.
    """
    if not set(FLAWS.names).issubset(flaws.column_names):
        return table
    here = flaws.filter(pc.and_(pc.equal(flaws["table"], name), pc.not_equal(flaws["planted"], but)))
    if here.num_rows and pc.max(here["row"]).as_py() > table.num_rows:
        return table  # other flaws than those of this table
    for column in columns:
        table = _clean(table, column, here.filter(pc.equal(here["column"], column)))
    copied = here.filter(pc.equal(here["column"], ""))["row"].to_numpy()
    kept = np.ones(table.num_rows, dtype=bool)
    kept[copied - 1] = False
    return table.filter(pa.array(kept)) if len(copied) else table


def _clean(table: pa.Table, column: str, flaws: pa.Table) -> pa.Table:
    """The table with a column's clean values; of several flaws of one value, the first has it."""
    rows, first = np.unique(flaws["row"].to_numpy(), return_index=True)
    if not len(rows) or column not in table.column_names:
        return table
    whole, clean = table[column].combine_chunks(), flaws["clean"].combine_chunks().take(pa.array(first))
    kind = whole.type.value_type if pa.types.is_dictionary(whole.type) else whole.type
    try:
        values = clean.cast(pa.string()).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # of another type than they were made, as in a text file
        return table
    at = table.column_names.index(column)
    return table.set_column(at, table.schema.field(at), put(whole, rows - 1, values, column))
