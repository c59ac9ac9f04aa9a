"""A table on disk while it is worked on: read in pieces of any size, or a column at a time, never as a whole."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from rowsmith.core.files import explain_os_errors


@dataclass(frozen=True)
class Pieces:
    """A table in a file that is open.

    Attributes:
        schema: of the rows.
        num_rows: how many there are.
        batches: gives them all, in order, as often as it is called.
    """

    schema: pa.Schema
    num_rows: int
    batches: Callable[[], Iterator[pa.RecordBatch]]


class Pieced(ABC):
    """What formats are besides, whose files can be read piece by piece, with the types that the whole of them has."""

    @abstractmethod
    def pieces(self, source: str) -> AbstractContextManager[Pieces]:
        """The rows of a file, which is open meanwhile.

        Args:
            source: as `Format.read` takes it.

        Raises:
            DataError: as `Format.read`.
        """


PIECE = 1 << 16
"""Rows that are written at a time."""


class Scratch:
    """Columns of a table, each in a file of its own (Arrow IPC) in a temporary folder that goes when the table is closed.

    >>> with Scratch.of(pa.schema({"x": pa.int64()}), [pa.record_batch({"x": [1, 2]}), pa.record_batch({"x": [3]})]) as rows:
    ...     rows.num_rows, rows.column("x").to_pylist(), [len(batch) for batch in rows.batches(2)]
    (3, [1, 2, 3], [2, 1])
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.schema, self.num_rows = schema, 0
        self._folder = tempfile.TemporaryDirectory(prefix="rowsmith-", ignore_cleanup_errors=True)
        self._writers: list[Any] = [
            pa.ipc.new_file(str(self._path(at)), pa.schema([pa.field("", field.type)]))
            for at, field in enumerate(schema)
        ]

    @classmethod
    def of(cls, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Self:
        """A table from its rows, piece by piece."""
        made = cls(schema)
        try:
            for batch in in_pieces(batches, PIECE):
                made._add(batch)
            for writer in made._writers:
                writer.close()
        except BaseException:
            made.close()
            raise
        return made

    @classmethod
    def by_columns(
        cls, columns: Iterable[tuple[pa.Array, pa.Field]], metadata: dict[bytes, bytes] | None = None
    ) -> Self:
        """A table from its columns, of the same number of rows, one after the other.

        Args:
            columns: values and field of each.
            metadata: of the schema.
        """
        made = cls(pa.schema([]))
        try:
            for at, (values, field) in enumerate(columns):
                with made._file(at, field.type) as writer:
                    for first in range(0, len(values), PIECE):
                        writer.write_batch(pa.RecordBatch.from_arrays([values.slice(first, PIECE)], names=[""]))
                made.schema, made.num_rows = made.schema.append(field), len(values)
            made.schema = made.schema.with_metadata(metadata)
        except BaseException:
            made.close()
            raise
        return made

    def _file(self, at: int, kind: pa.DataType) -> Any:
        return pa.ipc.new_file(str(self._path(at)), pa.schema([pa.field("", kind)]))

    def _add(self, batch: pa.RecordBatch) -> None:
        with explain_os_errors(self._folder.name):
            for writer, column in zip(self._writers, batch.columns, strict=True):
                writer.write_batch(pa.RecordBatch.from_arrays([column], names=[""]))
        self.num_rows += batch.num_rows

    def column(self, name: str) -> pa.Array:
        """A whole column, in one piece."""
        at = self.schema.get_field_index(name)
        with pa.OSFile(str(self._path(at))) as file:
            column = pa.ipc.open_file(file).read_all().column(0)
        return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)

    def batches(self, size: int = PIECE) -> Iterator[pa.RecordBatch]:
        """The rows in pieces of a size, in order; the last may be shorter, and one without rows stands for none."""
        files = [pa.ipc.open_file(pa.OSFile(str(self._path(at)))) for at in range(len(self.schema))]
        pieces = range(-(-self.num_rows // PIECE))
        rows = ([file.get_batch(number).column(0) for file in files] for number in pieces)
        each = (pa.RecordBatch.from_arrays(columns, schema=self.schema) for columns in rows)
        yield from in_pieces(each, size) if self.num_rows else [pa.RecordBatch.from_pylist([], self.schema)]

    def close(self) -> None:
        """Remove what is on disk; safe to call more than once."""
        self._folder.cleanup()

    def _path(self, at: int) -> Path:
        return Path(self._folder.name) / str(at)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def in_pieces(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """The same rows in pieces of a size; the last may be shorter.

    >>> [piece.num_rows for piece in in_pieces([pa.record_batch({"x": range(n)}) for n in (1, 4, 0, 2)], 3)]
    [3, 3, 1]
    """
    waiting: list[pa.RecordBatch] = []
    n = 0
    for batch in batches:
        first = 0
        while batch.num_rows - first:
            part = batch.slice(first, size - n)
            first, n = first + part.num_rows, n + part.num_rows
            waiting.append(part)
            if n == size:
                yield _joined(waiting)
                waiting, n = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[pa.RecordBatch]) -> pa.RecordBatch:
    return parts[0] if len(parts) == 1 else pa.concat_batches(parts)
