"""Make the tables of a spec: into memory, into files of a folder with a manifest, or into a database."""

from __future__ import annotations

import copy
import dataclasses
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from rowsmith.core.errors import RowsmithError, SpecError, suggest
from rowsmith.core.protocols import Progress, silent
from rowsmith.engine._family import MakeFamily
from rowsmith.engine._flaws import FLAWS, touches
from rowsmith.engine._origin import from_spec
from rowsmith.engine._then import changed
from rowsmith.engine._unique import KeyCheck
from rowsmith.engine.bundle import BUNDLES, Bundle, documents
from rowsmith.engine.executors import Workers
from rowsmith.engine.parts import add_tried, fitted, write_parts
from rowsmith.engine.plan import MakePlan
from rowsmith.engine.planning import plan_spec, schemas_of
from rowsmith.io._folder import open_folder
from rowsmith.io._tables import ending_of, is_folder, open_tables
from rowsmith.spec.check import TOP, check
from rowsmith.spec.definitions import definitions
from rowsmith.spec.document import read as read_document
from rowsmith.spec.model import Spec

PREVIEW = 100
"""Rows of every root table that a preview makes at least, so that there is something to point to."""


class ByName(Mapping[str, pa.Table]):
    """A mapping of names to tables: those of its attribute `tables`."""

    tables: Mapping[str, pa.Table]

    def __getitem__(self, name: str) -> pa.Table:
        return self.tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)


@dataclass(frozen=True)
class Made(ByName):
    """What came of a spec: a mapping of names to the tables in memory.

    Attributes:
        rows: of each table.
        tables: in memory, if they were not written.
        files: where they were written: file or folder of each table, or database and, after `#`, its name in it.
        tried: by table with rules, rows drawn and rows that kept them.
        resumed: parts of the run that one before it, which was stopped, had left.
        documents: where structures are planted and the target is no folder, what would lie beside the tables there: name to text.
        flaws: in memory, values that were planted to be wrong; None if there are none, or a student may not see them.
    """

    rows: Mapping[str, int]
    tables: Mapping[str, pa.Table]
    files: Mapping[str, str]
    tried: Mapping[str, tuple[int, int]]
    resumed: int = 0
    documents: Mapping[str, str] = field(default_factory=dict)
    flaws: pa.Table | None = None

    def note(self, name: str) -> str:
        """What the rules of a table cost, as the end of a line."""
        drawn, kept = self.tried.get(name, (0, 0))
        return f" ({1 - kept / drawn:.1%} of drawn rows broke a rule and were drawn again)" if drawn > kept else ""


def read_spec(path: str | os.PathLike[str], set: Mapping[str, Any] | None = None) -> Spec:
    """The checked spec in a file.

    Args:
        path: of a YAML or JSON file.
        set: dotted path into the document to another value, such as `{"parameters.discount_rate": 0.2}`.

    Raises:
        SpecError: everything that is wrong with it.
    """
    document = read_document(str(path))
    return check(dataclasses.replace(document, values=overridden(document.values, set or {})))


def make(
    spec: Spec,
    target: str | os.PathLike[str] | None = None,
    *,
    rows: Mapping[str, int] | None = None,
    seed: int | None = None,
    format: str = "parquet",
    workers: int | None = 1,
    executor: str = "processes",
    address: str | None = None,
    bundle: Bundle = "instructor",
    progress: Progress = silent,
) -> Made:
    """Make every table of a spec.

    Args:
        spec: how they are made.
        target: folder (or its URL, such as `s3://bucket/shop`) to write a file a table into, with a manifest; an SQLite
            file or the URL of a database, for tables with keys and checks; or a file, for a single table. In memory if
            left out. In a folder, a large table is a folder of files, and a run that was stopped goes on where it was. An
            SQLite file that is there is replaced at the end, whole; a table that is there in another database is never
            touched, and is an error.
        rows: other numbers of rows of root tables, by table.
        seed: another seed than the spec's.
        format: of the files in a folder.
        workers: how many processes or, with Ray, tasks at a time (None: as many as there are CPUs); what is made does not
            depend on it.
        executor: "processes" of this machine, or "ray".
        address: of a Ray cluster; one is started on this machine if left out.
        bundle: where structures are planted: "instructor" writes the answer key beside the tables, "student" leaves out all
            that gives an answer away.
        progress: told how many rows are done.

    Returns:
        The tables by name, where there is no target; how many rows they have; their files.

    Raises:
        SpecError: an argument is wrong, or a rule can hardly be kept.
        OutputError: the target cannot be written.
    """
    if not isinstance(spec, Spec):
        raise SpecError(
            f"spec: is of type {type(spec).__name__}; expected a Spec, such as Spec(tables=…) or read_spec(path)."
        )
    if rows is not None and not isinstance(rows, Mapping):
        raise SpecError(
            f"rows={rows!r}: expected a mapping of tables to numbers, such as {{{next(iter(spec.tables))!r}: 5}}."
        )
    if target is not None and not str(target):
        raise SpecError("target='': expected a folder, a file or the URL of a database.")
    team = Workers(workers, executor, address)
    if bundle not in BUNDLES:
        raise SpecError(f"bundle={bundle!r}: is not known{suggest(str(bundle), BUNDLES)}")
    began = time.perf_counter()
    target = None if target is None else str(target)
    if target is not None and is_folder(target):
        folder, ending = open_folder(target), ending_of(format)
        plan = plan_spec(spec, rows=rows, seed=seed, workers=team, progress=progress)
        written = write_parts(plan, folder, ending, team, progress, began, bundle)
        return Made(written.rows, {}, written.places, written.tried, written.resumed)
    sink = None if target is None else open_tables(target, list(spec.tables))
    schemas = schemas_of(spec)
    with ExitStack() as undo:
        if sink is not None:  # where nothing can be written is known before the long work begins
            undo.callback(sink.abort)
            sink.open(definitions(spec, {name: from_spec().marked(each) for name, each in schemas.items()}))
        plan = plan_spec(spec, rows=rows, seed=seed, schemas=schemas, workers=team, progress=progress)
        parts: dict[str, list[pa.RecordBatch]] = {name: [] for name in spec.tables}
        later = any(table.then for table in spec.tables.values())
        write = sink.write if sink is not None and not later else lambda name, batch: parts[name].append(batch)
        counted = _run(plan, write, team, progress)
        tables = {}
        if sink is None or later:
            tables = {name: pa.Table.from_batches(parts[name], plan.schemas[name]) for name in spec.tables}
            tables = {
                name: changed(plan, name, rows) if spec.tables[name].then else rows for name, rows in tables.items()
            }
            counted.rows.update({name: rows.num_rows for name, rows in tables.items()})
        papers = documents(plan, bundle, counted.rows, counted.touched)
        told = {name: text.decode() for name, text in papers.items()}
        if sink is not None:
            for name, rows_of in tables.items():
                for batch in rows_of.to_batches():
                    sink.write(name, batch)
            sink.commit()
            undo.pop_all()
            return Made(counted.rows, {}, sink.places, counted.tried, documents=told)
    flaws = pa.Table.from_batches(counted.flaws, FLAWS) if counted.flaws and bundle == "instructor" else None
    return Made(counted.rows, tables, {}, counted.tried, documents=told, flaws=flaws)


def make_variants(
    spec: Spec, target: str | os.PathLike[str], n: int, *, seed: int | None = None, **options: Any
) -> Iterator[Made]:
    """Make a spec several times, each with the next seed, into the folders `01`, `02` and so on of a folder.

    Args:
        spec: how tables are made.
        target: the folder, or its URL.
        n: how often, at least once.
        seed: of the first one; the spec's if left out.
        options: as `make` takes them.

    Raises:
        SpecError: the target is no folder, or as `make`.
    """
    if not is_folder(str(target)):
        raise SpecError(f"{target}: variants need a folder, such as {os.path.splitext(str(target))[0]}/.")
    first = spec.seed if seed is None else seed
    for number in range(n):
        place = f"{str(target).rstrip('/')}/{number + 1:02d}/"
        yield make(spec, place, seed=first + number, **options)


@dataclass(frozen=True)
class Preview(ByName):
    """The first rows of every table of a spec: a mapping of names to the tables.

    Attributes:
        tables: by name.
        notes: by name of a table that `then` changes, what the rows that are shown are.
    """

    tables: Mapping[str, pa.Table]
    notes: Mapping[str, str]


def preview(spec: Spec, n: int, *, seed: int | None = None) -> Preview:
    """The first n rows of every table, in memory.

    Tables are cut off at n rows after they are made, from a few more rows of every root table; references point into these.
    Exact targets are left out. Changes by `then` see the rows that were made for the preview; where these are too few for
    them, the rows before them are shown, and a note says so.
    """
    least = max(n, PREVIEW)
    roots = {t.name: min(least if t.emitted is None else 1, t.rows) for t in spec.tables.values() if t.rows is not None}
    free = spec.but(targets=())  # so few rows could not come to what all shall
    plan = plan_spec(free, rows=roots, seed=seed, schemas=schemas_of(free), part=True)
    parts: dict[str, list[pa.RecordBatch]] = {name: [] for name in spec.tables}
    _run(plan, lambda name, batch: parts[name].append(batch), Workers(), silent)
    tables = {name: pa.Table.from_batches(parts[name], plan.schemas[name]) for name in spec.tables}
    notes = {}
    for name in (table.name for table in spec.tables.values() if table.then):
        tables[name], notes[name] = _previewed(plan, name, tables[name])
    return Preview({name: table.slice(0, n) for name, table in tables.items()}, notes)


def _previewed(plan: MakePlan, name: str, rows: pa.Table) -> tuple[pa.Table, str]:
    """The rows of a table after its changes, if they can be made of so few, and what a reader must know of them."""
    try:
        done = changed(plan, name, rows)
    except RowsmithError as fault:
        return rows, f"rows before `then`, for it cannot be shown on the {rows.num_rows:,} rows of a preview: {fault}"
    said = f"rows after `then`, which made {done.num_rows:,} rows of the {rows.num_rows:,} of a preview"
    return done, f"{said}; in a run it sees all rows, so what it does may hang on others."


@dataclass(frozen=True)
class _Counted:
    """What was counted while rows were made.

    Attributes:
        rows: of each table, copies that are planted among them.
        tried: by table with rules, candidates drawn and kept.
        touched: rows that each planted structure changed.
        flaws: that were planted.
    """

    rows: dict[str, int]
    tried: dict[str, tuple[int, int]] = field(default_factory=dict)
    touched: Counter[str] = field(default_factory=Counter)
    flaws: list[pa.RecordBatch] = field(default_factory=list)


def _run(plan: MakePlan, write: Any, workers: Workers, progress: Progress) -> _Counted:
    """Make all rows, hand them on in order."""
    out = _Counted(dict.fromkeys(plan.spec.tables, 0))
    total, check = sum(map(plan.size, plan.spec.tables)), KeyCheck(plan.spec)
    for root in plan.roots:
        chunks = plan.chunks(root)
        for made in workers.serve(len(chunks)).run(MakeFamily(plan), chunks):
            check.add(made.keys)
            for name, batch in made.tables.items():
                write(name, fitted(batch, plan.schemas[name]))
                out.rows[name] += batch.num_rows
            add_tried(out.tried, made.tried)
            out.touched.update(touches(made.flaws))
            out.flaws.extend(made.flaws)
            progress("making", sum(out.rows.values()), total)
    return out


def _key(place: Mapping[Any, Any], written: str) -> Any:
    """A key as the document has it: 1 is a number there, or a text."""
    return next((key for key in place if str(key) == written), written)


def overridden(document: Any, values: Mapping[str, Any]) -> Any:
    """A copy of a document with other values at some paths; `discount_rate` alone means the parameter.

    Raises:
        SpecError: a path leads nowhere.
    """
    if not values:
        return document
    out = copy.deepcopy(document) if document is not None else {}
    for path, value in values.items():
        if isinstance(out, dict) and path in (out.get("parameters") or {}):
            path = f"parameters.{path}"
        *way, last = path.split(".")
        place = out
        if not way and isinstance(out, dict) and path not in out and path not in TOP:
            names = [*(out.get("parameters") or {}), *TOP]
            raise SpecError(f"set {path}={value!r}: is no parameter and no entry of the spec{suggest(path, names)}")
        for number, step in enumerate(way, 1):
            if isinstance(place, dict) and way[2:3] == ["columns"] and number == 4 and isinstance(place.get(step), str):
                place[step] = {"kind": place[step]}  # a column that is written short
            place = place.get(_key(place, step)) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise SpecError(f"set {path}: the spec has no {'.'.join(way)}.")
        place[_key(place, last)] = value
    return out
