"""Tables as files of a folder: every worker writes the parts that it makes, and a run that was stopped goes on.

Until all parts are there they lie in a hidden folder inside, named after what makes them what they are; so the same command
finds them again, and another one does not. At the end each table's file, or its folder of files, is moved out at once.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from rowsmith.core.errors import OutputError, RowsmithError, SpecError
from rowsmith.core.protocols import Progress, Sink
from rowsmith.engine._family import MakeFamily
from rowsmith.engine._flaws import FLAWS, touches
from rowsmith.engine._origin import from_spec
from rowsmith.engine._running import claim
from rowsmith.engine._then import TYPED, rewritten
from rowsmith.engine._unique import Keys, check_parts, joined, to_bytes
from rowsmith.engine.bundle import KEY, Bundle, documents
from rowsmith.engine.executors import Workers
from rowsmith.engine.plan import MakePlan, Part
from rowsmith.io._folder import Folder
from rowsmith.io._open import PART, open_sink
from rowsmith.spec.document import plain
from rowsmith.truth._plant import Changer

MANIFEST = "manifest.json"
HIDDEN = ".rowsmith-"
NAME = "part-{:05d}"
FLAWS_TABLE = "flaws"
"""Name of the table of planted flaws; no table of a spec with flaws may have it."""

Record = dict[str, Any]
"""What a worker notes of a part: its files by table, each with its rows and checksum, and what the rules cost."""


@dataclass(frozen=True)
class Written:
    """What came of a run into a folder.

    Attributes:
        places: table to its file, or its folder of files.
        rows: of each table.
        tried: by table with rules, rows drawn and rows that kept them.
        resumed: parts that an earlier run had left.
    """

    places: Mapping[str, str]
    rows: Mapping[str, int]
    tried: Mapping[str, tuple[int, int]]
    resumed: int


@dataclass(frozen=True)
class MakePart:
    """The task of a worker: make the tables of a part, write them, and note that they are whole.

    Attributes:
        task: makes a chunk.
        folder: where the files are gathered.
        ending: of the files.
        flaws: whether flaws that are planted are written down, in a file beside.
    """

    task: MakeFamily
    folder: Folder
    ending: str
    flaws: bool = False

    def __call__(self, part: Part) -> Record:
        """Write the part; the note comes last, so that what it speaks of is there."""
        plan, files = self.task.plan, dict[str, Any]()
        tried: dict[str, tuple[int, int]] = {}
        touched: Counter[str] = Counter()
        schemas = {table.name: plan.schemas[table.name] for table in plan.spec.family(part.root)}
        schemas |= {FLAWS_TABLE: FLAWS} if self.flaws else {}
        keys: list[Keys] = []
        with ExitStack() as stack:
            paths, sinks = {}, {}
            for name in schemas:
                is_changed = name in plan.spec.tables and bool(plan.spec.tables[name].then)
                file = _file(name, part, TYPED if is_changed else self.ending)
                files[name] = {"file": file, "rows": 0}
                paths[name] = stack.enter_context(self.folder.file(file))
                sinks[name] = stack.enter_context(_sink(paths[name], file, schemas[name]))
            for chunk in part.chunks:
                made = self.task(chunk)
                batches = [*made.tables.items(), *((FLAWS_TABLE, flaws) for flaws in made.flaws if self.flaws)]
                for name, batch in batches:
                    sinks[name].write(fitted(batch, schemas[name]))
                    files[name]["rows"] += batch.num_rows
                add_tried(tried, made.tried)
                touched.update(touches(made.flaws))
                keys.append(made.keys)
            for name, sink in sinks.items():
                sink.commit()
                files[name]["sha256"] = _checksum(paths[name])
        record = {"files": files, "tried": tried, "touched": touched}
        if plan.spec.checked:
            self.folder.write(_keys(part), to_bytes(joined(keys)))
        self.folder.write(_note(part), json.dumps(record).encode())
        return record


def write_parts(
    plan: MakePlan,
    folder: Folder,
    ending: str,
    workers: Workers,
    progress: Progress,
    began: float,
    bundle: Bundle = "instructor",
) -> Written:
    """Make all tables of a plan into a folder, with a manifest.

    Args:
        plan: what is made.
        folder: where the files go. Of what is there, files of the same tables are replaced.
        ending: of the files.
        workers: who makes them.
        progress: told how many rows are done.
        began: when the run began, by `time.perf_counter`.
        bundle: whether what is planted is told, to an instructor, or not, to a student.

    Raises:
        OutputError: the folder cannot be written; parts that are finished are kept for another try.
        SpecError: rules can hardly be kept.
    """
    parts = plan.parts()
    documents(plan, bundle, dict.fromkeys(plan.spec.tables, 0), {})  # whether they can be written
    flawed = any(isinstance(planting.plant, Changer) for planting in plan.plantings)
    if flawed and FLAWS_TABLE in plan.spec.tables:
        raise SpecError(f"tables.{FLAWS_TABLE}: that is the name of the table of planted flaws; give this one another.")
    if bundle == "student" and folder.kind(KEY) is not None:
        raise OutputError(f"{folder}/{KEY}: holds an answer key; make the students' bundle into another folder.")
    _check_free(folder, parts, plan, ending)
    work_name = HIDDEN + _identity(plan, ending, bundle)
    work, made = folder.inner(work_name), folder.begin()
    gathered = [name for name in folder.names() if name.startswith(HIDDEN)]
    work.begin()
    claim(folder, gathered, work_name)
    for name in gathered:
        if name != work_name:
            folder.remove(name)  # of a run of something else, that nobody will go on with
    records = {part: record for part in parts if (record := _noted(work, part)) is not None}
    resumed, left = len(records), [part for part in parts if part not in records]
    total, done = sum(map(plan.size, plan.spec.tables)), sum(map(_rows, records.values()))
    try:
        if left:
            progress("making", done, total)
        task = MakePart(MakeFamily(plan), work, ending, flawed and bundle == "instructor")
        with closing(_run(workers, task, left)) as results:
            for part, record in zip(left, results, strict=True):
                records[part] = record
                done += _rows(record)
                progress("making", done, total)
        check_parts(plan.spec, (work.read(_keys(part)) for part in parts))
        run = Run.of(plan, [records[part] for part in parts], bundle)
        for name in (table.name for table in plan.spec.tables.values() if table.then):
            for part in parts:
                work.remove(_note(part))  # a table that is changed would be changed once more by another try
            run.files[name] = [rewritten(plan, name, run.files[name], work, ending, _write)]
        _commit(run, folder, work_name, time.perf_counter() - began)
    except BaseException as fault:
        kept = 0 if isinstance(fault, SpecError) else len(records)
        if not kept:
            folder.remove(work_name)
            folder.undo(made)
        elif isinstance(fault, RowsmithError):
            raise type(fault)(
                f"{fault} {kept} of {len(parts)} parts are kept in {folder}; the same command goes on from there."
            ) from None
        raise
    places = {name: f"{folder}/{entry}" for name, entry in run.entries.items() if name != FLAWS_TABLE}
    return Written(places, {name: run.rows(name) for name in places}, run.tried, resumed)


@dataclass(frozen=True)
class Run:
    """All that is noted of a run.

    Attributes:
        plan: what was made.
        bundle: for whom.
        files: of each table.
        tried: by table with rules, rows drawn and rows that kept them.
        touched: rows that each planted structure changed.
    """

    plan: MakePlan
    bundle: Bundle
    files: dict[str, list[Any]]
    tried: Mapping[str, tuple[int, int]]
    touched: Mapping[str, int]

    @classmethod
    def of(cls, plan: MakePlan, records: list[Record], bundle: Bundle) -> Run:
        """The notes of all parts together."""
        files: dict[str, list[Any]] = {}
        tried: dict[str, tuple[int, int]] = {}
        touched: Counter[str] = Counter()
        for record in records:
            add_tried(tried, record["tried"])
            touched.update(record["touched"])
            for table, file in record["files"].items():
                files.setdefault(table, []).append(file)
        return cls(plan, bundle, files, tried, touched)

    @property
    def entries(self) -> dict[str, str]:
        """Table to its file or folder."""
        return {table: str(parts[0]["file"]).partition("/")[0] for table, parts in self.files.items()}

    def rows(self, table: str) -> int:
        """Rows of a table, as they are written."""
        return sum(file["rows"] for file in self.files[table])


def _write(work: Folder, name: str, rows: pa.Table) -> str:
    """Write a whole table, and its checksum."""
    with work.file(name) as path, _sink(path, name, rows.schema) as sink:
        for batch in rows.to_batches():
            sink.write(batch)
        sink.commit()
        return _checksum(path)


def _spec_hash(plan: MakePlan) -> str:
    told = plain(plan.spec.document)
    read = sorted(plan.spec.files.items())
    return hashlib.sha256(json.dumps([told, read] if read else told, sort_keys=True).encode()).hexdigest()


def fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The rows with the types of the whole table."""
    return batch.cast(schema) if batch.schema != schema else batch


def add_tried(total: dict[str, tuple[int, int]], more: Mapping[str, Any]) -> None:
    """Add candidates drawn and kept, by table."""
    for name, (drawn, kept) in more.items():
        before = total.get(name, (0, 0))
        total[name] = (before[0] + drawn, before[1] + kept)


def _identity(plan: MakePlan, ending: str, bundle: Bundle) -> str:
    """A hash of all that the files of a run depend on."""
    from rowsmith import __version__

    told = [__version__, _spec_hash(plan), plan.seed, sorted(plan.rows.items()), ending, bundle]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _run(workers: Workers, task: MakePart, left: list[Part]) -> Generator[Record]:
    yield from workers.serve(len(left), here=True).run(task, left)


def _rows(record: Record) -> int:
    return sum(file["rows"] for file in record["files"].values())


def _file(table: str, part: Part, ending: str) -> str:
    place, of = (part.number, part.total) if table == FLAWS_TABLE else (part.index, part.of)
    return f"{table}{ending}" if of == 1 else f"{table}/{NAME.format(place)}{ending}"


def _note(part: Part) -> str:
    return f"notes/{part.root}-{part.index}.json"


def _keys(part: Part) -> str:
    return f"notes/{part.root}-{part.index}.keys"


def _noted(work: Folder, part: Part) -> Record | None:
    """What is noted of a part, if its files are there."""
    note = work.read(_note(part))
    if note is None:
        return None
    record: Record = json.loads(note)
    return record if all(work.kind(file["file"]) == "file" for file in record["files"].values()) else None


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _sink(path: Path, name: str, schema: pa.Schema) -> Iterator[Sink]:
    """A sink that is aborted at the end, if nothing was committed; its faults speak of the file by its final name."""
    try:
        sink = open_sink(str(path))
        try:
            sink.open(from_spec().marked(schema))
            yield sink
        finally:
            sink.abort()
    except OutputError as fault:
        raise OutputError(str(fault).replace(str(path), name)) from None


def _check_free(folder: Folder, parts: list[Part], plan: MakePlan, ending: str) -> None:
    """Refuse what a format cannot hold, or would take the place of a folder with other things, before the long work."""
    for part in parts:
        for table in plan.spec.family(part.root) if part.index == 0 else ():
            file = _file(table.name, part, ending)
            entry = file.partition("/")[0]
            if folder.kind(entry) == "folder" and not _is_ours(folder, entry):
                raise OutputError(
                    f"{folder}/{entry}: is a folder with other files; move it away, or give another folder."
                )
            with tempfile.TemporaryDirectory() as place:
                path = Path(place) / Path(file).name
                with _sink(path, f"{folder}/{file}", plan.schemas[table.name]):
                    pass


def _is_ours(folder: Folder, entry: str) -> bool:
    """Whether a folder inside holds nothing but parts of a table, so that another run may replace it."""
    return all(PART.fullmatch(name) for name in folder.inner(entry).names())


def _commit(run: Run, folder: Folder, work: str, seconds: float) -> None:
    """Move every table to its place, and write what goes beside them."""
    entries = run.entries
    papers = documents(run.plan, run.bundle, {name: run.rows(name) for name in run.plan.spec.tables}, run.touched)
    earlier = _left_by_earlier(folder) - {*entries.values(), *papers}
    for entry in entries.values():
        if folder.kind(entry) is not None:
            folder.move(entry, f"{work}/replaced/{entry}")
        folder.move(f"{work}/{entry}", entry)
    for name, content in papers.items():
        folder.write(name, content)
    folder.write(MANIFEST, (json.dumps(_manifest(run, papers, seconds), indent=1) + "\n").encode())
    for entry in earlier:
        folder.remove(entry)
    folder.remove(work)


def _left_by_earlier(folder: Folder) -> set[str]:
    """Files and folders that the manifest of an earlier run speaks of, and that are still as it left them."""
    try:
        manifest = json.loads(folder.read(MANIFEST) or b"{}")
        listed = [file for table in manifest.get("tables", {}).values() for file in table["files"]]
        listed += manifest.get("documents", [])
        sums = {str(file["file"]): str(file["sha256"]) for file in listed}
    except (ValueError, AttributeError, KeyError, TypeError):  # it is of something else
        return set()
    there = set(folder.names())
    folders = {name.partition("/")[0] for name in sums if "/" in name} & there
    files = {name for name in sums.keys() & there if hashlib.sha256(folder.read(name) or b"").hexdigest() == sums[name]}
    return files | {name for name in folders if folder.kind(name) == "folder" and _is_ours(folder, name)}


def _manifest(run: Run, papers: Mapping[str, bytes], seconds: float) -> dict[str, Any]:
    from rowsmith import __version__

    student = (
        run.bundle == "student" and papers
    )  # who could make the tables again, or see what rules they keep, had the key
    tables = {}
    for name, parts in run.files.items():
        drawn, kept = run.tried.get(name, (0, 0))
        refused = {"rows_refused_by_rules": round(1 - kept / drawn, 6)} if drawn and not student else {}
        tables[name] = {"rows": run.rows(name), **refused, "files": parts}
    beside = [{"file": name, "sha256": hashlib.sha256(content).hexdigest()} for name, content in papers.items()]
    spec = run.plan.spec
    return {
        "rowsmith": __version__,
        **({} if student else {"spec": spec.name, "spec_sha256": _spec_hash(run.plan), "seed": run.plan.seed}),
        **({"targets": plain(spec.document["targets"])} if spec.targets and not student else {}),
        "tables": tables,
        **({"documents": beside} if beside else {}),
        "seconds": round(seconds, 3),
    }
