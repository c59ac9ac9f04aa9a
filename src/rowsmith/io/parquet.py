"""Parquet: types, names and metadata as they are; compressed with zstd; row groups written as batches arrive."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import DataError, OutputError
from rowsmith.core.files import explain_os_errors
from rowsmith.core.frames import check_names
from rowsmith.core.protocols import Format, Sink
from rowsmith.core.reservoir import Reservoir, Streamed
from rowsmith.core.scratch import Pieced, Pieces
from rowsmith.io._files import Draft, check_batch, check_source, expect

GROUP = 1 << 18  # rows of a row group
BATCH = 1 << 16  # rows that are read at a time
LOOK = 4096  # rows that are looked at to decide which columns have few values
FEW = 0.1  # share of different values among them from which a dictionary costs more than it saves


@dataclass(frozen=True, kw_only=True)
class Parquet(Format, Streamed, Pieced):
    """Apache Parquet."""

    endings: ClassVar[tuple[str, ...]] = (".parquet", ".pq")
    typed: ClassVar[bool] = True

    compression: str = "zstd"
    """How column chunks are packed: zstd, snappy, gzip, lz4, brotli or none."""

    def read(self, source: str) -> pa.Table:
        """The table in a file.

        Raises:
            DataError: it is missing, damaged, or not Parquet.
        """
        with _opened(source) as file:
            table = file.read()
        return _table(table, source)

    def read_some(self, source: str, most: int, rng: np.random.Generator) -> tuple[pa.Table, int]:
        """A random part of the rows of a file, and how many it has.

        Raises:
            DataError: it is missing, damaged, or not Parquet.
        """
        rows = Reservoir(most, rng)
        with _opened(source) as file:
            for batch in file.iter_batches(batch_size=BATCH):
                rows.add(batch)
            schema = file.schema_arrow
        return _table(rows.table(schema), source), rows.seen

    @contextlib.contextmanager
    def pieces(self, source: str) -> Iterator[Pieces]:
        """The rows of a file, piece by piece.

        Raises:
            DataError: it is missing, damaged, or not Parquet.
        """
        with _opened(source) as file:
            schema = _table(file.schema_arrow.empty_table(), source).schema
            n = file.metadata.num_rows

        def batches() -> Iterator[pa.RecordBatch]:
            with _opened(source) as file:
                for batch in file.iter_batches(batch_size=BATCH):
                    yield batch.replace_schema_metadata(schema.metadata)

        yield Pieces(schema, n, batches)

    def sink(self, target: str) -> Sink:
        """A sink that writes a file."""
        return ParquetSink(target, self)


@contextlib.contextmanager
def _opened(source: str) -> Iterator[Any]:
    """A file that is read here.

    Raises:
        DataError: it is missing, damaged, or not Parquet.
    """
    from pyarrow import parquet

    path = check_source(source)
    expect(source, path, "a Parquet file")
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as fault:
        reason = str(fault).splitlines()[0].rstrip(".")
        raise DataError(f"{source}: the Parquet file is damaged or cut short ({reason}).") from None


def _table(table: pa.Table, source: str) -> pa.Table:
    return check_names(table.replace_schema_metadata(fresh_metadata(table.schema.metadata)), source)


def fresh_metadata(metadata: dict[bytes, bytes] | None) -> dict[bytes, bytes] | None:
    """A schema's metadata without what pandas noted of an index that counts the rows of another table."""
    noted = (metadata or {}).get(b"pandas")
    if metadata is None or noted is None:
        return metadata
    try:
        index = json.loads(noted).get("index_columns", [])
    except (ValueError, AttributeError):
        index = [{}]
    stale = any(isinstance(column, dict) for column in index)
    return {k: v for k, v in metadata.items() if not (stale and k == b"pandas")} or None


class ParquetSink(Sink):
    """Writes Parquet: full row groups, whatever the size of the batches."""

    def __init__(self, target: str, settings: Parquet) -> None:
        self._target, self._settings = target, settings
        self._draft = Draft(target)
        self._writer: Any = None
        self._file: IO[bytes] | None = None
        self._waiting: list[pa.RecordBatch] = []

    def open(self, schema: pa.Schema) -> None:
        """Begin the file."""
        from pyarrow import parquet

        self._schema = schema.with_metadata(fresh_metadata(schema.metadata))
        try:
            # Which columns get a dictionary is known with the first rows; that Parquet can hold them is known now.
            parquet.write_table(self._schema.empty_table(), pa.BufferOutputStream(), store_decimal_as_integer=True)
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as fault:
            raise OutputError(f"{self._target}: Parquet cannot hold these columns ({fault}).") from None
        self._file = self._draft.open()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self._waiting.append(check_batch(batch, self._schema, self._target))
        if sum(b.num_rows for b in self._waiting) >= GROUP:
            self._flush()

    def commit(self) -> None:
        """Put the file under its name."""
        self._flush()
        with explain_os_errors(self._target):
            self._start(self._schema.empty_table()).close()
        self._draft.commit()

    def abort(self) -> None:
        """Remove what was written."""
        if self._writer is not None:
            with contextlib.suppress(OSError, ValueError, pa.ArrowException):
                self._writer.close()
            self._writer.is_open = False  # or it would try again when it is collected
        self._draft.abort()

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._waiting, schema=self._schema) if self._waiting else None
        self._waiting = []
        if table is not None:
            with explain_os_errors(self._target):
                self._start(table).write_table(table, row_group_size=GROUP)

    def _start(self, table: pa.Table) -> Any:
        """The writer; opened with the first rows, which show what columns have few values."""
        from pyarrow import parquet

        if self._writer is None:
            first = table.slice(0, LOOK)
            self._writer = parquet.ParquetWriter(
                self._file,
                self._schema,
                compression=self._settings.compression,
                use_dictionary=[f.name for f, c in zip(self._schema, first.columns, strict=True) if _repeats(c)],
                store_decimal_as_integer=True,
            )
        return self._writer


def _repeats(values: pa.ChunkedArray) -> bool:
    """Whether a column has few different values, so that Parquet should keep each once."""
    kind = values.type
    if pa.types.is_nested(kind) or pa.types.is_null(kind) or isinstance(kind, pa.BaseExtensionType):
        return False
    if pa.types.is_dictionary(values.type):
        return True
    return pc.count_distinct(values).as_py() <= FEW * len(values)  # type: ignore[no-any-return]
