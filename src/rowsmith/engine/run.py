"""From plan to rows: samplers run over chunks by an executor, into memory or a sink."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from rowsmith.core.definition import TableDefinition
from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Progress, Rows, Sampler, Sink, TablesSink, silent
from rowsmith.engine.executors import Workers
from rowsmith.engine.plan import CHUNK_ROWS, Chunk, TablePlan
from rowsmith.io._declared import fitted
from rowsmith.io._folder import open_folder
from rowsmith.io._open import open_sink
from rowsmith.io._tables import ending_of, is_folder, open_tables


@dataclass(frozen=True)
class SampleChunk:
    """The task of a worker: a sampler, applied to a chunk."""

    sampler: Sampler

    def __call__(self, chunk: Chunk) -> pa.RecordBatch:
        """The rows of the chunk."""
        return self.sampler.sample(Rows(chunk.first_row, chunk.n_rows), chunk.key, {})


def batches(
    plan: TablePlan, sampler: Sampler, *, workers: int = 1, progress: Progress = silent
) -> Iterator[pa.RecordBatch]:
    """The rows of a table, chunk by chunk, in order.

    Args:
        plan: of the table.
        sampler: draws its rows; picklable if there are several workers.
        workers: how many processes; the rows do not depend on it.
        progress: told how many rows are done.
    """
    done = 0
    for batch in Workers(workers).serve(plan.n_chunks).run(SampleChunk(sampler), plan.chunks()):
        done += batch.num_rows
        progress("drawing", done, plan.n_rows)
        yield batch


def write_table(table: pa.Table, sink: Sink, schema: pa.Schema) -> None:
    """Write a table that is in memory: whole, or not at all. Arguments as in `write`."""
    try:
        sink.open(schema)
        for batch in table.to_batches(CHUNK_ROWS):
            sink.write(batch)
        sink.commit()
    except BaseException:  # Ctrl-C too
        sink.abort()
        raise


def check_place(target: str, names: Sequence[str], format: str | None = None) -> None:
    """Refuse, before the long work begins, a place that tables cannot be written to.

    Args:
        target: a folder, a file, or the URL of a database.
        names: of the tables.
        format: of the files in a folder.

    Raises:
        OutputError: nothing can be written there.
        SpecError: it is a file that holds a single table, or there is no such format.
    """
    if is_folder(target):
        ending_of(format if format is not None else "parquet")
        open_folder(target)
    else:
        _sink(target, names, format).abort()


def _sink(target: str, names: Sequence[str], format: str | None) -> TablesSink:
    if format is not None:
        raise SpecError(f"format={format!r}: is said of files in a folder; {target} is a file or a database.")
    return open_tables(target, names)


def write_tables(
    target: str,
    names: Sequence[str],
    make: Callable[[], dict[str, pa.Table]],
    define: Callable[[Mapping[str, pa.Table]], Mapping[str, TableDefinition]],
    *,
    format: str | None = None,
) -> dict[str, pa.Table]:
    """Write tables that are in memory into a folder, a file or a database: all of them, or none.

    Args:
        target: a folder, a file, or the URL of a database. What cannot be written there is told before the tables are made.
        names: of the tables.
        make: the tables.
        define: what a database is told of them.
        format: of the files in a folder; Parquet if left out.

    Returns:
        The tables.

    Raises:
        OutputError: the target cannot be written.
        SpecError: the target is a file that holds a single table, or there is no such format.
    """
    with ExitStack() as undo:
        if is_folder(target):
            ending, folder = ending_of(format if format is not None else "parquet"), open_folder(target)
            tables = make()
            undo.callback(folder.undo, folder.begin())
            with folder.scratch() as place:
                files = {name: Path(place) / f"{name}{ending}" for name in tables}
                for name, table in tables.items():
                    write_table(table, open_sink(str(files[name])), table.schema)
                for path in files.values():
                    folder.put(path, path.name)
        else:
            sink = _sink(target, names, format)
            undo.callback(sink.abort)
            tables = make()
            sink.open(fitted(define(tables), tables))
            for name, table in tables.items():
                for batch in table.to_batches(CHUNK_ROWS):
                    sink.write(name, batch)
            sink.commit()
        undo.pop_all()
    return tables


def write(
    plan: TablePlan, sampler: Sampler, sink: Sink, schema: pa.Schema, *, workers: int = 1, progress: Progress = silent
) -> None:
    """Make a table into a sink: whole, or not at all.

    Args:
        plan: of the table.
        sampler: draws its rows.
        sink: where they go; opened, committed and, on any fault, aborted here.
        schema: of the rows, with what the sink needs to print them.
        workers: how many processes.
        progress: told how many rows are done.

    Raises:
        OutputError: the sink cannot take them.
    """
    try:
        sink.open(schema)
        for batch in batches(plan, sampler, workers=workers, progress=progress):
            sink.write(batch)
        sink.commit()
    except BaseException:  # Ctrl-C too
        sink.abort()
        raise
