"""Make the tables of a spec: into memory, into files of a folder with a manifest, or into a database."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.files import atomic
from rowsmith.core.protocols import Progress, silent
from rowsmith.engine._family import MakeFamily
from rowsmith.engine.executors import executor_for
from rowsmith.engine.plan import MakePlan
from rowsmith.engine.planning import plan_spec, schemas_of
from rowsmith.io._tables import open_tables
from rowsmith.spec.check import check
from rowsmith.spec.definitions import definitions
from rowsmith.spec.document import Document
from rowsmith.spec.document import read as read_document
from rowsmith.spec.model import Spec

PREVIEW = 100
"""Rows of every root table that a preview makes at least, so that there is something to point to."""
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Made(Mapping[str, pa.Table]):
    """What came of a spec: a mapping of names to the tables in memory.

    Attributes:
        rows: of each table.
        tables: in memory, if they were not written.
        files: where they were written: file of each table, or database and, after `#`, its name in it.
        tried: by table with rules, rows drawn and rows that kept them.
    """

    rows: Mapping[str, int]
    tables: Mapping[str, pa.Table]
    files: Mapping[str, str]
    tried: Mapping[str, tuple[int, int]]

    def __getitem__(self, name: str) -> pa.Table:
        return self.tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

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


def make_spec(**document: Any) -> Spec:
    """The checked spec that keyword arguments describe: `tables`, `seed`, `parameters`, as a YAML file has them.

    >>> spec = make_spec(tables={"t": {"rows": 3, "columns": {"a": "id", "b": {"sql": "a * 2"}}}})
    >>> make(spec)["t"]["b"].to_pylist()
    [2, 4, 6]
    """
    return check(Document(document))


def make(
    spec: Spec,
    target: str | os.PathLike[str] | None = None,
    *,
    rows: Mapping[str, int] | None = None,
    seed: int | None = None,
    format: str = "parquet",
    workers: int = 1,
    progress: Progress = silent,
) -> Made:
    """Make every table of a spec.

    Args:
        spec: how they are made.
        target: folder to write a file a table into, with a manifest; an SQLite file or the URL of a database, for tables
            with keys and checks; or a file, for a single table. In memory if left out. An SQLite file that is there is
            replaced at the end, whole; a table that is there in another database is never touched, and is an error.
        rows: other numbers of rows of root tables, by table.
        seed: another seed than the spec's.
        format: of the files in a folder.
        workers: how many processes; what is made does not depend on it.
        progress: told how many rows are done.

    Returns:
        The tables by name, where there is no target; how many rows they have; their files.

    Raises:
        SpecError: an argument is wrong, or a rule can hardly be kept.
        OutputError: the target cannot be written.
    """
    sink = None if target is None else open_tables(str(target), list(spec.tables), format)
    schemas = schemas_of(spec)
    with ExitStack() as undo:
        if sink is not None:  # where nothing can be written is known before the long work begins
            undo.callback(sink.abort)
            sink.open(definitions(spec, schemas))
        plan = plan_spec(spec, rows=rows, seed=seed, schemas=schemas, workers=workers, progress=progress)
        sizes = {name: plan.size(name) for name in spec.tables}
        if sink is None:
            parts: dict[str, list[pa.RecordBatch]] = {name: [] for name in spec.tables}
            tried = _run(plan, lambda name, batch: parts[name].append(batch), workers, progress)
            tables = {name: pa.Table.from_batches(parts[name], plan.schemas[name]) for name in spec.tables}
            return Made(sizes, tables, {}, tried)
        began = time.perf_counter()
        tried = _run(plan, sink.write, workers, progress)
        sink.commit()
        undo.pop_all()
    if sink.folder is not None:
        _write_manifest(plan, sink.folder, sink.places, tried, time.perf_counter() - began)
    return Made(sizes, {}, sink.places, tried)


def preview(spec: Spec, n: int, *, seed: int | None = None) -> dict[str, pa.Table]:
    """The first n rows of every table, in memory.

    Tables are cut off at n rows after they are made, from a few more rows of every root table; references point into these.
    """
    roots = {t.name: min(max(n, PREVIEW), t.rows) for t in spec.tables.values() if t.rows is not None}
    return {name: table.slice(0, n) for name, table in make(spec, rows=roots, seed=seed).tables.items()}


def _run(plan: MakePlan, write: Any, workers: int, progress: Progress) -> dict[str, tuple[int, int]]:
    """Make all rows, hand them on in order; returns candidates drawn and kept, by table with rules."""
    tried: dict[str, tuple[int, int]] = {}
    total, done = sum(map(plan.size, plan.spec.tables)), 0
    for root in plan.roots:
        chunks = plan.chunks(root)
        for made in executor_for(workers, len(chunks)).run(MakeFamily(plan), chunks):
            for name, batch in made.tables.items():
                write(name, batch.cast(plan.schemas[name]) if batch.schema != plan.schemas[name] else batch)
                done += batch.num_rows
            for name, (drawn, kept) in made.tried.items():
                before = tried.get(name, (0, 0))
                tried[name] = (before[0] + drawn, before[1] + kept)
            progress("making", done, total)
    return tried


def _write_manifest(
    plan: MakePlan, folder: Path, files: Mapping[str, str], tried: Mapping[str, tuple[int, int]], seconds: float
) -> None:
    from rowsmith import __version__

    tables = {}
    for name, file in files.items():
        drawn, kept = tried.get(name, (0, 0))
        tables[name] = {
            "file": Path(file).name,
            "rows": plan.size(name),
            "sha256": hashlib.sha256(Path(file).read_bytes()).hexdigest(),
            **({"rows_refused_by_rules": round(1 - kept / drawn, 6)} if drawn else {}),
        }
    document = {
        "rowsmith": __version__,
        "spec": plan.spec.name,
        "spec_sha256": hashlib.sha256(json.dumps(plan.spec.document, sort_keys=True, default=str).encode()).hexdigest(),
        "seed": plan.seed,
        "tables": tables,
        "seconds": round(seconds, 3),
    }
    with atomic(folder / MANIFEST) as part:
        part.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def overridden(document: Any, values: Mapping[str, Any]) -> Any:
    """A copy of a document with other values at some paths; `discount_rate` alone means the parameter.

    Raises:
        SpecError: a path leads nowhere.
    """
    if not values:
        return document
    out = json.loads(json.dumps(document, default=str)) if document is not None else {}
    for path, value in values.items():
        if isinstance(out, dict) and path in (out.get("parameters") or {}):
            path = f"parameters.{path}"
        *way, last = path.split(".")
        place = out
        for step in way:
            place = place.get(step) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise SpecError(f"set {path}: the spec has no {'.'.join(way)}.")
        place[last] = value
    return out
