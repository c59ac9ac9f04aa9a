"""From a spec to its plan: types, rows of every table, and how families are cut. Makes a few rows to know."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.engine._column import located
from rowsmith.engine._family import CountFamily, MakeFamily
from rowsmith.engine.executors import check_workers, executor_for
from rowsmith.engine.plan import MakePlan
from rowsmith.spec.model import Spec

PROBE = 256
"""Rows of a root table that are made to see how many descendants each has."""
FAMILY = 4
"""Rows of all tables of a family that a chunk should hold at most, about, in chunks of a single table."""
LEAST_CHUNK = 1024


def plan_spec(
    spec: Spec,
    *,
    rows: Mapping[str, int] | None = None,
    seed: int | None = None,
    schemas: Mapping[str, pa.Schema] | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> MakePlan:
    """What a spec will make.

    Args:
        spec: how the tables are made.
        rows: other numbers of rows of root tables, by table.
        seed: another seed than the spec's.
        schemas: of the tables, where `schemas_of` has found them already.
        workers: how many processes count; the plan does not depend on it.
        progress: told how many chunks are counted.

    Raises:
        SpecError: a table that is not there or whose rows follow from its parent's, or a fault that shows in the first rows.
    """
    check_workers(workers)
    wanted = {t.name: t.rows for t in spec.tables.values() if t.rows is not None}
    for name, n in (rows or {}).items():
        _check_rows(spec, name, n)
        wanted[name] = n
    seed = spec.seed if seed is None else seed
    Key(seed)
    bare = dict.fromkeys(wanted, spec.chunk_rows)
    schemas = schemas_of(spec) if schemas is None else schemas
    # The probe has a seed of its own: how tables are cut must not hang on the seed of what is made.
    probe = _counted(MakePlan(spec, 0, {name: min(n, PROBE) for name, n in wanted.items()}, bare))
    some = MakeFamily(probe)
    row_bytes: dict[str, float] = {}
    chunk_rows: dict[str, int] = {}
    for root in probe.roots:
        tables = some(probe.chunks(root)[0]).tables
        row_bytes |= {name: batch.nbytes / max(batch.num_rows, 1) for name, batch in tables.items()}
        family = sum(batch.num_rows for batch in tables.values()) / max(tables[root].num_rows, 1)
        size = spec.chunk_rows * min(1.0, FAMILY / max(family, 1))
        rounded = 1 << (max(int(size), 1).bit_length() - 1)  # so that a little more or less makes the same chunks
        chunk_rows[root] = min(spec.chunk_rows, max(LEAST_CHUNK, rounded)) if family > FAMILY else spec.chunk_rows
    plan = MakePlan(spec, seed, wanted, chunk_rows, schemas=schemas, row_bytes=row_bytes)
    plan = _counted(plan, workers, progress)
    _check_capacities(plan)
    return plan


def schemas_of(spec: Spec) -> dict[str, pa.Schema]:
    """Columns and types of every table: those of no rows.

    Raises:
        SpecError: an expression gives what it may not give.
    """
    roots = [t.name for t in spec.tables.values() if t.rows is not None]
    empty = _counted(MakePlan(spec, spec.seed, dict.fromkeys(roots, 0), dict.fromkeys(roots, spec.chunk_rows)))
    none = MakeFamily(empty)
    return {name: batch.schema for root in empty.roots for name, batch in none(empty.chunks(root)[0]).tables.items()}


def _counted(plan: MakePlan, workers: int = 1, progress: Progress = silent) -> MakePlan:
    """The plan with the first rows of every table in every chunk, and its size."""
    for root in plan.roots:
        names = [t.name for t in plan.spec.family(root)]
        chunks = plan.chunks(root)
        if len(names) == 1:
            continue
        at, starts = dict.fromkeys(names, 0), []
        for done, sizes in enumerate(executor_for(workers, len(chunks)).run(CountFamily(plan), chunks), start=1):
            starts.append(dict(at))
            at = {name: at[name] + sizes[name] for name in names}
            progress("counting", done, len(chunks))
        plan = dataclasses.replace(plan, starts={**plan.starts, root: (*starts, at)})
    return plan


def _check_capacities(plan: MakePlan) -> None:
    """Refuse more rows than a column has unique values, before any is made: its last row is asked for."""
    for table in plan.spec.tables.values():
        last = np.array([plan.size(table.name) - 1])
        for column in table.columns.values():
            if column.sampler.by_row and last[0] >= 0:
                with located(column):
                    column.sampler.at(last, Key(plan.seed).child(table.name, column.name))


def _check_rows(spec: Spec, name: str, n: int) -> None:
    if name not in spec.tables:
        raise SpecError(f"rows.{name}: there is no such table{suggest(name, spec.tables)}")
    per = spec.tables[name].per
    if per is not None:
        raise SpecError(
            f"rows.{name}={n!r}: the rows of {name} follow from those of {per.table}; set {spec.root(name).name}."
        )
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise SpecError(f"rows.{name}={n!r}: expected a whole number from 0.")
