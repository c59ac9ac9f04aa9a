"""Arrow's own file format, also known as Feather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from rowsmith.core.errors import DataError
from rowsmith.core.files import explain_os_errors
from rowsmith.core.frames import check_names
from rowsmith.core.protocols import Format, Sink
from rowsmith.io._files import Draft, check_batch, check_source, expect
from rowsmith.io.parquet import fresh_metadata


@dataclass(frozen=True, kw_only=True)
class Arrow(Format):
    """Arrow IPC files."""

    endings: ClassVar[tuple[str, ...]] = (".arrow", ".feather", ".ipc")
    typed: ClassVar[bool] = True

    compression: str | None = "zstd"
    """How buffers are packed: zstd or lz4; null for not at all."""

    def read(self, source: str) -> pa.Table:
        """The table in a file.

        Raises:
            DataError: it is missing, damaged, or not an Arrow file.
        """
        path = check_source(source)
        expect(source, path, "an Arrow file", ("a binary file", "a text file such as CSV"))
        try:
            with pa.OSFile(str(path)) as file:
                table = _load(file)
        except (pa.ArrowException, OSError) as fault:
            expect(source, path, "an Arrow file", ("a binary file",))
            reason = str(fault).splitlines()[0].rstrip(".")
            raise DataError(f"{source}: the Arrow file is damaged or cut short ({reason}).") from None
        return check_names(table.replace_schema_metadata(fresh_metadata(table.schema.metadata)), source)

    def sink(self, target: str) -> Sink:
        """A sink that writes a file."""
        return ArrowSink(target, self)


def _load(file: pa.OSFile) -> pa.Table:
    start = file.read(6)
    file.seek(0)
    return (pa.ipc.open_file(file) if start == b"ARROW1" else pa.ipc.open_stream(file)).read_all()


class ArrowSink(Sink):
    """Writes Arrow files, batch after batch."""

    def __init__(self, target: str, settings: Arrow) -> None:
        self._target, self._settings = target, settings
        self._draft = Draft(target)
        self._writer: Any = None

    def open(self, schema: pa.Schema) -> None:
        """Begin the file."""
        self._schema = schema.with_metadata(fresh_metadata(schema.metadata))
        options = pa.ipc.IpcWriteOptions(
            compression=self._settings.compression, unify_dictionaries=True, emit_dictionary_deltas=False
        )
        with explain_os_errors(self._target):
            self._writer = pa.ipc.new_file(pa.PythonFile(self._draft.open()), self._schema, options=options)
        self._tables: list[pa.RecordBatch] = []
        self._whole = any(pa.types.is_dictionary(f.type) for f in schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        check_batch(batch, self._schema, self._target)
        if self._whole:  # the format wants one dictionary for the whole file
            self._tables.append(batch)
            return
        with explain_os_errors(self._target):
            self._writer.write_batch(batch)

    def commit(self) -> None:
        """Put the file under its name."""
        with explain_os_errors(self._target):
            if self._tables:
                self._writer.write_table(pa.Table.from_batches(self._tables, self._schema).unify_dictionaries())
            self._writer.close()
        self._draft.commit()

    def abort(self) -> None:
        """Remove what was written."""
        self._draft.abort()
