"""Rows that repeat the key of another one: slips, and rows that were copied twice. A few are left out; more are no key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.rowhash import MOST_REPEATS, complete, row_hashes
from rowsmith.core.schema import Schema

SHOWN = 5
"""Numbers of rows that are named."""


def repeats_of(columns: Sequence[pa.Array]) -> NDArray[np.int64]:
    """Numbers of the rows whose values all stand in a row before them; of keys with a null in them none. Rising, shape (repeats,)."""
    there = np.flatnonzero(complete(columns))
    first = np.unique(row_hashes(columns)[there, 0], return_index=True)[1]
    return np.delete(there, first)


def few_repeats(n: int, rows: int) -> bool:
    """Whether so many of the rows of a table that repeat a key are slips.

    >>> few_repeats(3, 503), few_repeats(3, 100), few_repeats(0, 10)
    (True, False, True)
    """
    return n <= MOST_REPEATS * rows


def without_repeats(schema: Schema, tables: Mapping[str, pa.Table]) -> tuple[dict[str, pa.Table], list[str]]:
    """Tables of which the first rows with a key stay, where a few repeat one, and what to say of it.

    Args:
        schema: keys of the tables.
        tables: the rows by name.
    """
    out, notes = dict(tables), list[str]()
    pointed: dict[str, set[tuple[str, ...]]] = {name: set() for name in schema.tables}
    for known in schema.tables.values():
        for link in known.foreign_keys:
            pointed[link.table].add(link.targets)
    keys = {name: ({table.primary_key} | pointed[name]) - {()} for name, table in schema.tables.items()}
    for name, some in keys.items():
        table = tables[name]
        gone = np.zeros(table.num_rows, dtype=bool)
        repeats = {key: repeats_of([table[c].combine_chunks() for c in key]) for key in sorted(some)}
        for key, again in repeats.items():
            if len(again) and few_repeats(len(again), table.num_rows):
                gone[again] = True
                lost = [
                    other for other in repeats if other in pointed[name] and len(np.setdiff1d(again, repeats[other]))
                ]
                notes.append(_said(name, table, key, again, lost))
        if gone.any():
            out[name] = table.filter(pa.array(~gone))
    return out, notes


def _said(
    name: str, table: pa.Table, key: tuple[str, ...], again: NDArray[np.int64], lost: Sequence[tuple[str, ...]]
) -> str:
    """What to say of rows that are left out for a key, and of links by others that are lost; of values none: these may be a person's."""
    n = len(again)
    shown = ", ".join(f"{row + 1:,}" for row in again[:SHOWN]) + (", …" if n > SHOWN else "")
    whole = row_hashes([column.combine_chunks() for column in table.columns], 2)
    first, which = np.unique(whole, axis=0, return_index=True, return_inverse=True)[1:]
    copies = int((first[which.reshape(-1)[again]] < again).sum())
    how = (
        "copies of whole rows"
        if copies >= n
        else f"{copies:,} of them copies of whole rows"
        if copies
        else "with other values"
    )
    rows = f"row{'s' * (n > 1)} {shown}; {how}"
    nowhere = "".join(f" Links to them by ({', '.join(other)}) lead nowhere then." for other in lost)
    return (
        f"{name}: {n:,} of {table.num_rows:,} rows repeat the key ({', '.join(key)}) of a row before them ({rows}); "
        f"they are left out, as a key has each value once.{nowhere} To keep them, take it for no key in a schema (`rowsmith inspect`)."
    )
