"""Parts of the runs of worlds, as the engine asks for them: in order, mostly, and often twice (to count, and to make).

A world that is not independent is simulated from its start. So a process keeps the run that it is in, and goes on with it
where the next part is asked for; an earlier one starts the run anew. What comes of it is the same either way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.simulate._runs import Runs, columns_of
from rowsmith.simulate._world import RUNS, Emission
from rowsmith.spec.worlds import Told

if TYPE_CHECKING:
    from rowsmith.engine._batch import Batch

Columns = Mapping[str, Mapping[str, pa.Array]]
KEPT = 64 * 2**20
"""Bytes of parts that a process keeps, since they are asked for again."""


@dataclass
class _Process:
    """What this process has of the runs that it was asked for last: a memory, on which nothing that is made depends."""

    of: tuple[Runs, frozenset[str], Key] | None = None
    last: tuple[int, Columns] | None = None
    kept: dict[int, Columns] = field(default_factory=dict)
    room: int = KEPT
    run: int = -1
    part: int = -1
    going: Iterator[Emission] | None = None

    def columns(self, told: Told, seed: Key, number: int) -> Columns:
        """What a part emits."""
        of = (told.runs, told.wanted, seed)
        if self.of != of:
            self.of, self.last, self.kept, self.room, self.run, self.going = of, None, {}, KEPT, -1, None
        if number in self.kept:
            return self.kept[number]
        if self.last is None or self.last[0] != number:  # each table of a part asks for it
            self.last = None  # two parts at a time would be one too many
            found = self._made(told, seed, number)
            self.last = number, found
            size = sum(array.nbytes for table in found.values() for array in table.values())
            if size <= self.room:
                self.kept[number], self.room = found, self.room - size
        return self.last[1]

    def _made(self, told: Told, seed: Key, number: int) -> Columns:
        runs = told.runs
        place = runs.place(number)
        if self.going is None or self.run != place.run or self.part > place.part:
            first = place.part if place.world.independent else 0
            self.run, self.part, self.going = place.run, first, place.world.run(runs.key(seed, place), first)
        try:
            while self.part < place.part:
                next(self.going)
                self.part += 1
            emission = next(self.going)
        except StopIteration:
            raise SpecError(
                f"the world ends before part {place.part + 1} of the {place.world.parts} that it has."
            ) from None
        self.part += 1
        return columns_of(runs, emission, runs.told(place), told.wanted)


_PROCESS = _Process()


def emitted(batch: Batch, told: Told) -> Mapping[str, pa.Array]:
    """The columns of a batch's table in the part that is its chunk; pointers are numbers of rows in the whole table.

    Raises:
        SpecError: the world does not emit what it has declared.
    """
    plan, chunk = batch.family.plan, batch.family.chunk
    if chunk.n_rows == 0:
        none: Mapping[str, list[int]] = {name: [] for name in told.runs.tables[RUNS].columns}
        return columns_of(told.runs, None, none, told.wanted)[told.table]
    seed = Key(plan.seed).child("world", told.name)
    columns = dict(_PROCESS.columns(told, seed, chunk.first_row)[told.table])
    place = told.runs.place(chunk.first_row)
    starts = plan.starts.get(chunk.table, ())
    for name, (its, ours) in told.pointers.items():
        here = place.world.independent and not told.runs.tables[its].once
        at = chunk.first_row if here else place.first
        base = starts[at].get(ours, 0) if at < len(starts) else 0
        rows: NDArray[np.int64] = columns[name].to_numpy()
        columns[name] = pa.array(np.where(rows < 0, -1, rows + base))
    return columns
