"""Keys of rows that are entered twice: those of a table are made with room for copies, so that none tells a copy from a row."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rowsmith.core.permutation import Numbers
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.spec.related import counters
from rowsmith.truth._fresh import Room
from rowsmith.truth._plant import Changer, Plant

if TYPE_CHECKING:
    from rowsmith.engine._batch import Batch
    from rowsmith.engine._planting import Planting
    from rowsmith.spec.model import Spec, TableSpec


@dataclass(frozen=True, kw_only=True)
class Spaced(ColumnSampler):
    """A column made by row number, with room for copies between the rows.

    Attributes:
        sampler: makes the values of rows and copies.
        room: where the copies are.
    """

    sampler: ColumnSampler
    room: Room

    @property
    def type(self) -> pa.DataType:
        """That of the column."""
        return self.sampler.type

    @property
    def reads(self) -> tuple[str, ...]:
        """What the column reads."""
        return self.sampler.reads

    @property
    def by_row(self) -> bool:
        """Always."""
        return True

    def at(self, numbers: Numbers, key: Key) -> pa.Array:
        """The values of rows; those of the copies in between are left out."""
        return self.sampler.at(numbers + self.room.before(numbers), key)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """The values of rows that follow each other."""
        return self.at(rows.numbers, key)


def room_of(plant: Plant, name: str, seed: int) -> Room | None:
    """The room that a structure needs for its copies, if it repeats rows.

    Args:
        plant: the structure.
        name: of it.
        seed: of the run.
    """
    if not isinstance(plant, Changer) or not plant.repeats:
        return None
    return Room(plant.rate, Key(seed).child("truth", name, "room").integer())  # type: ignore[attr-defined]


def with_room(spec: Spec, plants: Mapping[str, Plant], seed: int) -> Spec:
    """The spec with keys that leave room for copies, where these have keys of their own."""
    for each in spec.truth:
        room, key = room_of(plants[each.name], each.name, seed), new_key(plants[each.name])
        if room is None or key is None:
            continue
        table = spec.tables[each.table]
        spaced = set(counters(spec, table, key))
        spec = _with(spec, table, spaced, partial(_spaced, room))
    return spec


def new_key(plant: Plant) -> str | None:
    """The column in which copies have values of their own, if a structure makes such."""
    return getattr(plant, "key", None) if getattr(plant, "keys", None) == "new" else None


def keys_behind(batch: Batch, planting: Planting) -> pa.Array:
    """The keys of the copies behind each row of a batch, as a list; nulls where they have none of their own."""
    plan = batch.family.plan
    room, key = room_of(planting.plant, planting.spec.name, plan.seed), new_key(planting.plant)
    assert room is not None, "the structure repeats rows"
    counts = room.behind(batch.numbers)
    ends = np.append(0, np.cumsum(counts))
    if key is None:
        return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.nulls(int(ends[-1])))
    at = np.repeat(np.arange(batch.n), counts)
    number = batch.numbers[at] + room.before(batch.numbers)[at] + 1 + np.arange(len(at)) - ends[at]
    bare = _with(plan.spec, batch.table, set(batch.table.columns), _bare)
    copies = batch.beside(bare.tables[batch.table.name], number, at)
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), copies.column(key))


def _spaced(room: Room, sampler: ColumnSampler) -> ColumnSampler:
    return Spaced(sampler=sampler, room=room)


def _bare(sampler: ColumnSampler) -> ColumnSampler:
    return sampler.sampler if isinstance(sampler, Spaced) else sampler


def _with(spec: Spec, table: TableSpec, names: set[str], change: Callable[[ColumnSampler], ColumnSampler]) -> Spec:
    """The spec with other samplers of some columns of a table."""
    columns = {
        name: dataclasses.replace(column, sampler=change(column.sampler)) if name in names else column
        for name, column in table.columns.items()
    }
    return spec.but(tables={**spec.tables, table.name: dataclasses.replace(table, columns=columns)})
