"""The runs of a world: each point of a sweep, replicated, cut into parts; and what a part emits as Arrow columns."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.simulate._world import RUNS, Emission, Emitted, Field, Values, World

COUNT = "#"
"""Before the name of a table: the column of another that says how many of its rows belong to each row."""
MOST_RUNS = 100_000
RUN_FIELDS = {
    "run": Field(pa.int32(), "number of the run, from 1"),
    "part": Field(pa.int32(), "number of the part of the run, from 1"),
}


@dataclass(frozen=True)
class Place:
    """A part among those of all runs.

    Attributes:
        world: with the parameters of the run.
        run: number of the run, from 0.
        part: number of the part in its run, from 0.
        first: number, among all parts, of the run's first one.
    """

    world: World
    run: int
    part: int
    first: int


@dataclass(frozen=True)
class Runs:
    """Some runs of one world.

    Attributes:
        worlds: one for each point of the sweep; one where nothing is swept.
        swept: parameters that differ.
        replications: runs of each point.

    Raises:
        SpecError: too many, or none.
    """

    worlds: tuple[World, ...]
    swept: tuple[str, ...] = ()
    replications: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.replications <= MOST_RUNS:
            raise SpecError(f"replications={self.replications}: expected a whole number from 1 to {MOST_RUNS:,}.")
        if len(self.worlds) * self.replications > MOST_RUNS:
            raise SpecError(
                f"sweep: {len(self.worlds):,} points, each {self.replications:,} times, are more than {MOST_RUNS:,} runs."
            )

    @property
    def world(self) -> World:
        """Of the first run: tables are the same for all."""
        return self.worlds[0]

    @property
    def several(self) -> bool:
        """Whether there is more than one run."""
        return len(self.worlds) * self.replications > 1

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Number of the first part of every run, and that of all parts, shape (runs + 1,)."""
        parts = np.repeat([w.parts for w in self.worlds], self.replications)
        return np.concatenate([[0], np.cumsum(parts)])

    @property
    def parts(self) -> int:
        """Parts of all runs."""
        return int(self._starts[-1])

    def place(self, number: int) -> Place:
        """The part of a number, from 0."""
        run = int(np.searchsorted(self._starts, number, side="right")) - 1
        first = int(self._starts[run])
        return Place(self.worlds[run // self.replications], run, number - first, first)

    @cached_property
    def tables(self) -> Mapping[str, Emitted]:
        """What is emitted: the world's tables, the runs' first."""
        own = dict(self.world.tables)
        told = own.pop(RUNS, Emitted(about="A part of a run of the simulation.", columns={}))
        swept = {name: _swept_field(self.worlds, name) for name in self.swept}
        columns = {**RUN_FIELDS, **swept, **told.columns}
        return {RUNS: dataclasses.replace(told, columns=columns, key="part_id"), **own}

    def told(self, place: Place) -> dict[str, list[Any]]:
        """What the table of runs says of a part, but for what the world itself tells."""
        swept = {name: [getattr(place.world, name)] for name in self.swept}
        return {"run": [place.run + 1], "part": [place.part + 1], **swept}

    def key(self, seed: Key, place: Place) -> Key:
        """The random stream of a run: runs of one replication share theirs, so that points of a sweep are compared like with like."""
        return seed.child("replication", place.run % self.replications)


def swept(world: type[World], settings: Mapping[str, Any], points: Mapping[str, tuple[Any, ...]]) -> Iterator[Any]:
    """Settings of every point of a sweep, the last parameter fastest."""
    for values in itertools.product(*points.values()):
        yield {**settings, **dict(zip(points, values, strict=True))}


def columns_of(
    runs: Runs, emission: Emission | None, told: Mapping[str, Values], wanted: frozenset[str]
) -> dict[str, dict[str, pa.Array]]:
    """What a part emits, checked, as Arrow columns: keys left out, pointers as row numbers, numbers of child rows with a `#`.

    Args:
        runs: whose part it is.
        emission: None for a part in which there is nothing, not even a row of runs.
        told: what the table of runs says besides.
        wanted: tables.

    Raises:
        SpecError: the world emits something else than it has declared.
    """
    emission = emission or {}
    for name in emission:
        if name not in runs.tables:
            raise SpecError(f"the world emits a table {name!r} that is not among its tables.")
    out: dict[str, dict[str, pa.Array]] = {}
    sizes: dict[str, int] = {}
    for name, table in runs.tables.items():
        if name not in wanted:
            continue
        rows = emission.get(name, {})
        values = dict(rows() if callable(rows) else rows) | (dict(told) if name == RUNS else {})
        links = [*([table.per[0]] if table.per else []), *table.points]
        fields = {**{link: Field(pa.int64(), "row number") for link in links}, **table.columns}
        arrays = {c: _array(f"{name}.{c}", values.get(c), f, bool(values)) for c, f in fields.items()}
        extra = sorted(values.keys() - fields.keys())
        if extra:
            raise SpecError(f"the world emits {name}.{extra[0]}, which is not among its columns.")
        lengths = {len(a) for a in arrays.values()}
        if len(lengths) != 1:
            raise SpecError(f"the world emits columns of {name} of different lengths: {sorted(lengths)}.")
        out[name], sizes[name] = arrays, lengths.pop()
    _count({name: runs.tables[name] for name in out}, out, sizes)
    return out


def _count(tables: Mapping[str, Emitted], out: dict[str, dict[str, pa.Array]], sizes: Mapping[str, int]) -> None:
    """Add how many rows of each table belong to each row of another."""
    for name, table in tables.items():
        if name == RUNS:
            continue
        if table.per is None:
            out[RUNS][COUNT + name] = pa.array([sizes[name]] * sizes[RUNS], pa.int64())
            continue
        column, parent = table.per
        at = out[name].pop(column).to_numpy()
        if len(at) and (at[0] < 0 or at[-1] >= sizes[parent] or (np.diff(at) < 0).any()):
            raise SpecError(f"the world emits {name} not in the order of {parent}, whose rows {column} shall number.")
        out[parent][COUNT + name] = pa.array(np.bincount(at, minlength=sizes[parent]))


def _array(what: str, values: Values | None, field: Field, some: bool) -> pa.Array:
    if values is None:
        if some:
            raise SpecError(f"the world emits no {what}, which is among its columns.")
        values = []
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    try:
        if isinstance(values, pa.Array):
            found = values if values.type == field.type else values.cast(field.type)
        elif isinstance(values, np.ndarray) and pa.types.is_timestamp(field.type) and values.dtype.kind in "iu":
            found = pa.array(values, pa.int64()).view(field.type)
        elif pa.types.is_decimal(field.type):
            found = pa.array(values).cast(pa.decimal128(38, field.type.scale)).cast(field.type)
        else:
            found = pa.array(values, field.type, from_pandas=True)  # NaN is null
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as fault:
        reason = str(fault).splitlines()[0]
        raise SpecError(f"the world emits {what} as something else than {field.type} ({reason}).") from None
    if found.null_count and not field.nullable:
        raise SpecError(f"the world emits {what} with {found.null_count} missing values, which it says there are not.")
    return found


def words(codes: NDArray[Any], levels: tuple[str, ...]) -> pa.Array:
    """A column of a few words from their numbers, shape (n,); a negative one is null."""
    missing = codes < 0
    indices = pa.array(codes.astype(np.int32), mask=missing if missing.any() else None)
    return pa.DictionaryArray.from_arrays(indices, pa.array(levels, pa.string()))


def _swept_field(worlds: tuple[World, ...], name: str) -> Field:
    values = [getattr(world, name) for world in worlds]
    if all(isinstance(v, bool) for v in values):
        kind = pa.bool_()
    elif all(isinstance(v, int) for v in values):
        kind = pa.int64()
    else:
        kind = pa.float64() if all(isinstance(v, int | float) for v in values) else pa.string()
    return Field(kind, f"the parameter {name} of the run")
