"""From plan to rows: samplers run over chunks by an executor, into memory or a sink."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from rowsmith.core.protocols import Progress, Rows, Sampler, Sink, silent
from rowsmith.engine.executors import Workers
from rowsmith.engine.plan import CHUNK_ROWS, Chunk, TablePlan


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
