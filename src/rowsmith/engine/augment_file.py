"""Change the cells of a table in a file that need not fit into memory: the same bytes as `augment`, piece by piece."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa

from rowsmith.augment._change import CHANGES, Augmentation, CellChange
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import RowsmithError, SpecError
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema, key_of
from rowsmith.core.scratch import Pieced, Pieces, Scratch, in_pieces
from rowsmith.core.standins import plain_type
from rowsmith.engine._augment_state import differ
from rowsmith.engine._augment_table import Worn, fixed_columns, keeper_of, known_of, looked_at
from rowsmith.engine._lent import Lender
from rowsmith.engine.augment import Step, check_changes, settler
from rowsmith.engine.executors import check_workers
from rowsmith.engine.plan import CHUNK_ROWS
from rowsmith.io._open import format_for, open_pieces, open_sink

LARGE = 1 << 27
"""Bytes of a file from which on the command line changes it piece by piece, where it can."""


@dataclass(frozen=True)
class FileAugmented:
    """A file with changed rows.

    Attributes:
        steps: what each change did.
        rows: how many there are.
    """

    steps: tuple[Step, ...]
    rows: int

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps))


def augment_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *changes: Augmentation,
    schema: Schema | None = None,
    primary_key: tuple[str, ...] | list[str] | str = (),
    seed: int = 0,
    mark: str | None = None,
    workers: int = 1,
    name: str = "table",
    format: str | None = None,
    read: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> FileAugmented:
    """Change cells of a table in a file, and write them to another one; in memory is one column at a time, and some rows.

    The bytes are those of `augment` and of writing what it gives. The rows lie in a temporary folder meanwhile, as large as the
    table is in memory.

    Args:
        source: a Parquet or CSV file.
        target: the file to write; its ending says the format.
        changes: of cells, such as `Noise(relative=0.02)`. Those that make, drop or compare rows need the whole table.
        schema: as in `augment`.
        primary_key: as in `augment`.
        seed: as in `augment`.
        mark: as in `augment`; no change of cells makes rows, so the column is empty.
        workers: threads.
        name: of the table, where no schema says it.
        format: of the target, if the ending does not say it.
        read: settings of the format that is read.
        progress: told what has been done.

    Raises:
        DataError: the file cannot be read or changed so.
        OutputError: the target cannot be written.
        SpecError: a setting is wrong, or something here needs the whole table; the message says what.
    """
    check_workers(workers)
    check_changes(changes)
    if needing := whole_for(changes):
        raise SpecError(f"{needing}: needs the whole table at a time; read it, and take rs.augment.")
    sink = open_sink(str(target), format)  # what cannot be written is told before anything is read
    try:
        with ExitStack() as stack:
            rows = stack.enter_context(open_pieces(str(source), settings=read))
            _check_types(rows.schema, mark)
            some = _some(rows)
            name, known = known_of(some, schema, key_of(some, primary_key), name)
            worn = Worn.of(some, known)
            pieces = in_pieces(rows.batches(), CHUNK_ROWS)
            typed = (Worn.of(pa.Table.from_batches([piece]), known).typed.combine_chunks() for piece in pieces)
            kept = stack.enter_context(
                Scratch.of(worn.typed.schema, (batch for table in typed for batch in table.to_batches()))
            )
            keeper = keeper_of(name, known, kept.num_rows, lambda: kept.batches(CHUNK_ROWS))
            subject = Subject(name, kept.schema.empty_table(), known, fixed_columns(known), keeper, Lender(), kept)
            run = _Run(Key(seed).child(name, "augment"), workers)
            for number, change in enumerate(changes):
                done = run.changed(subject, change, number)
                if number == len(changes) - 1:
                    _write(worn, done, sink, mark)
                else:
                    new = stack.enter_context(Scratch.of(kept.schema, done))
                    kept.close()
                    kept = new
                    subject = dataclasses.replace(subject, stored=kept)
                progress("changing", number + 1, len(changes))
            return FileAugmented(tuple(run.steps), subject.n)
    except BaseException:  # Ctrl-C too
        sink.abort()
        raise


def goes_in_pieces(source: str, changes: Sequence[Augmentation], read: Mapping[str, Any] | None = None) -> bool:
    """Whether a file is so large that it should be changed piece by piece, and can be.

    Args:
        source: the file.
        changes: that are wanted.
        read: settings of its format.
    """
    if "://" in source or not os.path.isfile(source) or os.path.getsize(source) < LARGE or whole_for(changes):
        return False
    kind = format_for(source, settings=read)
    if not isinstance(kind, Pieced):
        return False
    if kind.typed:
        with kind.pieces(source) as rows:
            return not any(map(_is_whole, rows.schema))
    return True


def whole_for(changes: Sequence[Augmentation]) -> str | None:
    """The first change that needs the whole table, by its name; None where all are of cells."""
    return next((CHANGES.name_of(type(c)) for c in changes if not isinstance(c, CellChange)), None)


@dataclass
class _Run:
    """What is the same for all steps, and what they did so far."""

    key: Key
    workers: int
    steps: list[Step] = field(default_factory=list)

    def changed(self, subject: Subject, change: Augmentation, number: int) -> Iterator[pa.RecordBatch]:
        """The rows after a change, chunk by chunk; the step is noted at the end."""
        assert isinstance(change, CellChange)
        assert subject.stored is not None
        label = CHANGES.name_of(type(change))
        counted = Counter(dict.fromkeys(subject.table.column_names, 0))
        kept = broken = 0
        try:
            settled = settler(subject, change, self.key.child(number, label))
            with ThreadPoolExecutor(self.workers) as pool:
                chunks = enumerate(subject.stored.batches(CHUNK_ROWS))
                while some := list(islice(chunks, self.workers)):
                    befores = [rows for _, rows in some]
                    afters = (map if self.workers == 1 else pool.map)(settled, [n for n, _ in some], befores)
                    for before, (after, stayed) in zip(befores, afters, strict=True):
                        kept += stayed
                        for column in after.schema.names:
                            counted[column] += int(differ(before[column], after[column]).sum())
                        if not type(change).lawful and subject.keeper.rules:
                            broken += int((subject.keeper.broken(after) & ~subject.keeper.broken(before)).sum())
                        yield after
        except RowsmithError as fault:
            raise type(fault)(f"{label}: {fault}") from None
        self.steps.append(Step(label, subject.n, 0, 0, dict(counted), kept, broken))


def _some(rows: Pieces) -> pa.Table:
    """The rows from which a schema is inferred."""
    wanted, first, parts = looked_at(rows.num_rows), 0, []
    for batch in rows.batches():
        here = wanted[(wanted >= first) & (wanted < first + batch.num_rows)] - first
        parts.append(batch.take(pa.array(here)))
        first += batch.num_rows
    return pa.Table.from_batches(parts, rows.schema).combine_chunks()


def _check_types(schema: pa.Schema, mark: str | None) -> None:
    """Refuse columns that have to be seen as a whole to be written."""
    if mark is not None and mark in schema.names:
        raise SpecError(f"mark={mark!r}: the table has such a column already; expected another name.")
    for each in schema:
        if _is_whole(each):
            raise SpecError(
                f"column {each.name!r}: is {each.type}, which is read as a whole; read the table, and take rs.augment."
            )


def _is_whole(field: pa.Field) -> bool:
    """Whether a column is written by what is in all its rows, or in a type that another stands for."""
    return bool(pa.types.is_dictionary(field.type) or plain_type(field.type) != field.type)


def _write(worn: Worn, done: Iterator[pa.RecordBatch], sink: Any, mark: str | None) -> None:
    """Write rows as they were written before."""
    is_open = False
    for batch in done:
        out = worn.restored(pa.Table.from_batches([batch]))
        if mark is not None:
            out = out.append_column(mark, pa.nulls(out.num_rows, pa.string()))
        if not is_open:
            sink.open(out.schema)
            is_open = True
        for each in out.to_batches():
            sink.write(each)
    sink.commit()
