"""Flaws that are planted into rows when these are whole: what is written is spoilt, what other columns have read is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rowsmith.core.protocols import Rows
from rowsmith.engine._copies import keys_behind, room_of
from rowsmith.truth._fresh import COPIES, Room
from rowsmith.truth._plant import Change, Changer
from rowsmith.truth._terms import texts

if TYPE_CHECKING:
    from rowsmith.engine._batch import Batch
    from rowsmith.engine._family import Family

FLAWS = pa.schema(
    {
        "planted": pa.string(),
        "table": pa.string(),
        "row": pa.int64(),
        "key": pa.string(),
        "column": pa.string(),
        "clean": pa.string(),
        "dirty": pa.string(),
        "mechanism": pa.string(),
    }
)
"""A flaw a row: where it is (rows count from 1, as they are written, copies among them; the key as text), and what it did. Of a
copy, the row is its own, and the key that of the row that it is of."""


def spoil(
    family: Family, tables: Mapping[str, pa.RecordBatch]
) -> tuple[dict[str, pa.RecordBatch], list[pa.RecordBatch]]:
    """Plant the flaws of a chunk's tables.

    Args:
        family: the chunk, with its clean columns.
        tables: the rows of each table as they would be written.

    Returns:
        The rows as they are written, and the flaws.
    """
    out, log = dict(tables), []
    changers = [(p.plant, p) for p in family.plan.plantings if isinstance(p.plant, Changer)]
    rooms = {p.spec.table: room_of(plant, p.spec.name, family.plan.seed) for plant, p in changers if plant.repeats}
    for plant, planting in sorted(changers, key=lambda each: each[0].repeats):  # copies last: they copy flaws too
        name = planting.spec.table
        if name not in out:
            continue
        batch = family.batch(name)
        given = {read: batch.read(read) for read in plant.reads}
        key = family.key.child("truth", planting.spec.name).child("chunk", family.chunk.index)
        if plant.repeats:
            given[COPIES] = keys_behind(batch, planting)
        rows = Rows(int(batch.numbers[0]) if batch.n else 0, batch.n)
        out[name], changes = plant.change(out[name], rows, key, given, planting.calibration)
        log += [_logged(planting.spec.name, batch, change, rooms.get(name)) for change in changes]
    return out, log


def touches(flaws: Sequence[pa.RecordBatch]) -> dict[str, int]:
    """Rows that each structure changed."""
    out: dict[str, int] = {}
    for batch in flaws:
        name = batch["planted"][0].as_py() if batch.num_rows else None
        if name is not None:
            out[name] = out.get(name, 0) + batch.num_rows
    return out


def _logged(planted: str, batch: Batch, change: Change, room: Room | None) -> pa.RecordBatch:
    numbers = np.asarray(batch.numbers)
    before = np.zeros(batch.n, dtype=np.int64) if room is None else room.before(numbers)
    written = (numbers + before)[change.rows] if change.copies is None else numbers[0] + before[0] + change.copies
    n, places = len(change.rows), pa.array(change.rows)
    table = batch.table
    keys: Sequence[pa.Array] = [texts(batch.column(name).take(places)) for name in table.primary_key]
    key = pa.compute.binary_join_element_wise(*keys, "|") if keys else pa.nulls(n, pa.string())
    columns = [
        pa.repeat(pa.scalar(planted), n),
        pa.repeat(pa.scalar(table.name), n),
        pa.array(written + 1, pa.int64()),
        key,
        pa.repeat(pa.scalar(change.column), n),
        texts(change.clean),
        texts(change.dirty),
        pa.repeat(pa.scalar(change.mechanism), n),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=FLAWS)
