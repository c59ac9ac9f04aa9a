"""From a spec to its plan: types, rows of every table, and how families are cut. Makes a few rows to know."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.engine._column import located
from rowsmith.engine._combine import check_combinations
from rowsmith.engine._copies import Spaced
from rowsmith.engine._family import CountFamily, Family, MakeFamily, spread
from rowsmith.engine._planting import prepared
from rowsmith.engine._tally import aimed
from rowsmith.engine.executors import ALONE, Workers
from rowsmith.engine.plan import Chunk, MakePlan
from rowsmith.samplers.walk import Walk
from rowsmith.spec.model import MOST_ROWS, Spec
from rowsmith.spec.related import needed, numbered
from rowsmith.truth._plant import PILOT

PROBE = 256
"""Rows of a root table that are made to see how many descendants each has."""
FAMILY = 4
"""Rows of all tables of a family that a chunk should hold at most, about, in chunks of a single table."""
LEAST_CHUNK = 1024
FEWEST = 10
"""Rows in which a structure is planted."""
MOST_LAPS = 64
"""Times that a pilot goes over the rows of a small table: its rows are many then beside those that are asked for."""
CHILDREN = 4
"""Rows that a row of a root table is thought to have below it, for the size of a pilot."""


def plan_spec(
    spec: Spec,
    *,
    rows: Mapping[str, int] | None = None,
    seed: int | None = None,
    schemas: Mapping[str, pa.Schema] | None = None,
    workers: Workers = ALONE,
    progress: Progress = silent,
    part: bool = False,
) -> MakePlan:
    """What a spec will make.

    Args:
        spec: how the tables are made.
        rows: other numbers of rows of root tables, by table.
        seed: another seed than the spec's.
        schemas: of the tables, where `schemas_of` has found them already.
        workers: who counts; the plan does not depend on it.
        progress: told how many chunks are counted.
        part: whether the rows are but a part of those that the spec asks for, to be looked at: structures are those of the whole.

    Raises:
        SpecError: a table that is not there or whose rows follow from its parent's, or a fault that shows in the first rows.
    """
    whole = {t.name: t.rows for t in spec.tables.values() if t.rows is not None}
    wanted = dict(whole)
    for name, n in (rows or {}).items():
        _check_rows(spec, name, n)
        wanted[name] = n
    seed = spec.seed if seed is None else seed
    Key(seed)
    bare = dict.fromkeys(wanted, spec.chunk_rows)
    schemas = schemas_of(spec) if schemas is None else schemas
    spec, plantings = prepared(spec, seed, Pilot(whole if part else wanted, seed))
    # The probe has a seed of its own: how tables are cut must not hang on the seed of what is made.
    # Nor on targets, which so few rows could not come to.
    few = {name: min(n, PROBE if spec.tables[name].emitted is None else 1) for name, n in wanted.items()}
    probe = _found(MakePlan(spec.but(targets=()), 0, few, bare))
    some = MakeFamily(probe)
    row_bytes: dict[str, float] = {}
    chunk_rows: dict[str, int] = {}
    for root in probe.roots:
        tables = some(probe.chunks(root)[0]).tables
        row_bytes |= {name: batch.nbytes / max(batch.num_rows, 1) for name, batch in tables.items()}
        sizes = {name: batch.num_rows for name, batch in tables.items()}
        family = sum(_grown(spec, root, sizes, wanted[root]).values()) / max(tables[root].num_rows, 1)
        size = spec.chunk_rows * min(1.0, FAMILY / max(family, 1))
        rounded = 1 << (max(int(size), 1).bit_length() - 1)  # so that a little more or less makes the same chunks
        chunk_rows[root] = min(spec.chunk_rows, max(LEAST_CHUNK, rounded)) if family > FAMILY else spec.chunk_rows
    plan = MakePlan(spec, seed, wanted, chunk_rows, schemas=schemas, row_bytes=row_bytes, plantings=plantings)
    plan = _found(plan, workers, progress)
    _check_capacities(plan)
    if not part:
        _check_enough(plan)
    check_combinations(plan)
    return plan


@dataclass(frozen=True)
class Pilot:
    """Makes pilot rows of a table, about as many whatever the number that is asked for, so that rows do not depend on it.

    Where what is read hangs on the numbers of rows, it does depend on how many there are: the pilot then goes over the rows that
    are asked for again and again, so that it has no number that the table has not.

    Attributes:
        wanted: rows of root tables that are asked for; other tables have these.
        seed: of the run.
    """

    wanted: Mapping[str, int]
    seed: int

    def __call__(self, spec: Spec, table: str, names: tuple[str, ...], once: bool = False) -> dict[str, pa.Array]:
        """What the names stand for in some rows of a table.

        Args:
            spec: that makes them.
            table: whose rows they are.
            names: as a column of the table would read them.
            once: whether no number of a row may come again, for rows are compared.
        """
        spec, root = spec.but(targets=()), spec.root(table).name
        many = PILOT if root == table else PILOT // CHILDREN
        if spec.tables[root].emitted is not None:
            many = 1  # part of a run: as many rows as it has
        counting = numbered(spec, spec.tables[table], names)
        if not counting or not self.wanted[root]:
            plan = self._plan(spec, table, names, {**self.wanted, root: many}, PILOT)
            found = _read(Family(plan, plan.chunks(root)[0], MakeFamily(plan)), table, names)
            return {name: values.slice(0, PILOT) for name, values in found.items()}
        walks = any(isinstance(column.sampler, Walk) for column in counting)
        return _thinned(self._laps(spec, table, names, many, once, walks), Key(self.seed).child("pilot", table))

    def _laps(
        self, spec: Spec, table: str, names: tuple[str, ...], many: int, once: bool, walks: bool
    ) -> dict[str, pa.Array]:
        """The same from laps over the numbers of rows, each as long as rows are made at a time, for walks begin anew then.

        No two walks are alike, so it is those of the table itself that are looked at, where it is not too large.
        """
        root, n = spec.root(table).name, self.wanted[spec.root(table).name]
        size = min(n, spec.chunk_rows, many)
        plan, own = self._plan(spec, table, names, self.wanted, size), (once or walks) and n <= many
        laps = 1 if once else min(MOST_LAPS, -(-(n if walks else many) // size))
        chunks = plan.chunks(root) if own else [Chunk(root, lap, 0, size, Key(self.seed)) for lap in range(laps)]
        task = MakeFamily(plan)
        found = [_read(Family(plan, chunk, task, spread=not own), table, names) for chunk in chunks]
        return {name: pa.concat_arrays([lap[name] for lap in found]) for name in names}

    def _plan(self, spec: Spec, table: str, names: tuple[str, ...], rows: Mapping[str, int], size: int) -> MakePlan:
        # no others: how many rows there are may hang on columns that cannot be made yet
        tables = {name for name, _ in needed(spec, spec.tables[table], names)}
        chunk_rows = dict.fromkeys(rows, PILOT) | {spec.root(table).name: size}
        return _found(MakePlan(spec, self.seed, rows, chunk_rows), tables=tables)


def _thinned(found: Mapping[str, pa.Array], key: Key) -> dict[str, pa.Array]:
    """At most `PILOT` rows, some from everywhere, since the first ones are not like the last."""
    n = len(next(iter(found.values())))
    taken = pa.array(spread(min(n, PILOT), n, key))
    return {name: values.take(taken) for name, values in found.items()}


def _read(family: Family, table: str, names: tuple[str, ...]) -> dict[str, pa.Array]:
    with family:
        batch = family.batch(table)
        batch.settle()
        return {name: batch.read(name) for name in names}


def schemas_of(spec: Spec) -> dict[str, pa.Schema]:
    """Columns and types of every table: those of no rows.

    Raises:
        SpecError: an expression gives what it may not give.
    """
    roots = [t.name for t in spec.tables.values() if t.rows is not None]
    spec = spec.but(targets=())
    empty = _found(MakePlan(spec, spec.seed, dict.fromkeys(roots, 0), dict.fromkeys(roots, spec.chunk_rows)))
    none = MakeFamily(empty)
    return {name: batch.schema for root in empty.roots for name, batch in none(empty.chunks(root)[0]).tables.items()}


def _found(
    plan: MakePlan, workers: Workers = ALONE, progress: Progress = silent, tables: Collection[str] | None = None
) -> MakePlan:
    """The plan with all that passes over the chunks find: numbers of rows (of some tables only), and how targets are come to."""
    for stage in plan.spec.order.stages:
        sizes = tuple(name for name in stage.sizes if tables is None or name in tables)
        plan = _counted(plan, sizes, workers, progress)
        plan = aimed(plan, stage.targets, workers, progress)
    return plan


def _counted(plan: MakePlan, tables: tuple[str, ...], workers: Workers, progress: Progress) -> MakePlan:
    """The plan with the first rows of some tables in every chunk, and their sizes."""
    for root in plan.roots:
        names = tuple(t.name for t in plan.spec.family(root) if t.name in tables)
        if not names:
            continue
        chunks = plan.chunks(root)
        at, starts = dict.fromkeys(names, 0), []
        for done, sizes in enumerate(
            workers.serve(len(chunks), here=True).run(CountFamily(plan, names), chunks), start=1
        ):
            starts.append(dict(at))
            at = {name: at[name] + sizes[name] for name in names}
            progress("counting", done, len(chunks))
        before = plan.starts.get(root, tuple({} for _ in range(len(chunks) + 1)))
        joined = tuple({**old, **new} for old, new in zip(before, (*starts, at), strict=True))
        plan = dataclasses.replace(plan, starts={**plan.starts, root: joined})
    return plan


def _grown(spec: Spec, root: str, sizes: Mapping[str, int], rows: int) -> dict[str, float]:
    """Rows of a family's tables as they are with targets for their numbers, about, for the few of the probe."""
    out: dict[str, float] = {root: sizes[root]}
    for table in spec.family(root)[1:]:
        assert table.per is not None
        out[table.name] = sizes[table.name] * out[table.per.table] / max(sizes[table.per.table], 1)
        for target in spec.targets:
            if target.rows_of == table.name and target.measure == "count":
                least = float(sum(target.amounts)) * sizes[root] / max(rows, 1)
                out[table.name] = least if target.by is None else max(least, out[table.name])
    return out


def _check_capacities(plan: MakePlan) -> None:
    """Refuse more rows than a column has unique values, before any is made: its last row is asked for."""
    for table in plan.spec.tables.values():
        last = np.array([plan.size(table.name) - 1])
        for column in table.columns.values():
            sampler, number = column.sampler, last
            if isinstance(sampler, Spaced):  # the last one may be that of a copy
                number, sampler = last + sampler.room.before(last + 1), sampler.sampler
            if sampler.by_row and last[0] >= 0:
                with located(column):
                    sampler.at(number, Key(plan.seed).child(table.name, column.name))


def _check_enough(plan: MakePlan) -> None:
    """Refuse structures in so few rows that nobody can find anything."""
    for planting in plan.plantings:
        n = plan.size(planting.spec.table)
        if n < FEWEST:
            raise SpecError(
                f"{planting.spec.path}: table {planting.spec.table} has {n} rows, in which nothing can be found; expected {FEWEST} "
                "rows or more."
            )


def _check_rows(spec: Spec, name: str, n: int) -> None:
    if name not in spec.tables:
        raise SpecError(f"rows.{name}: there is no such table{suggest(name, spec.tables)}")
    per = spec.tables[name].per
    if per is not None:
        raise SpecError(
            f"rows.{name}={n!r}: the rows of {name} follow from those of {per.table}; set {spec.root(name).name}."
        )
    own = spec.tables[name].rows if spec.tables[name].emitted is not None else None
    most = MOST_ROWS if own is None else own  # a world has no more parts
    if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= most:
        raise SpecError(f"rows.{name}={n!r}: expected a whole number from 0 to {most:,}.")
