"""Writing CSV, in the dialect that the schema's metadata holds."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core import text
from rowsmith.core.errors import OutputError
from rowsmith.core.files import explain_os_errors
from rowsmith.core.protocols import Sink
from rowsmith.io import _cells, _dialect
from rowsmith.io._dialect import METADATA, Dialect
from rowsmith.io._files import Draft, check_batch

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}


def compression(name: str) -> str | None:
    return next((kind for ending, kind in COMPRESSIONS.items() if name.lower().endswith(ending)), None)


class CsvSink(Sink):
    """Writes CSV, batch after batch."""

    def __init__(self, target: str, packed: str | None, **settings: str | None) -> None:
        self._target, self._packing = target, packed
        self._settings = {name: value for name, value in settings.items() if value is not None}
        self._draft = Draft(target)
        self._dialect = Dialect()
        self._stream: Any = None
        self._packed: pa.NativeFile | None = None
        self._pending = False

    def open(self, schema: pa.Schema) -> None:
        """Write the names of the columns."""
        self._schema = schema
        kept = (schema.metadata or {}).get(METADATA)
        dialect = Dialect() if kept is None else Dialect.from_json(kept)
        if self._target.lower().split(".")[-1] in ("tsv", "tab") or ".tsv." in self._target.lower():
            dialect = replace(dialect, separator="\t", separator_line=False)
        chosen: dict[str, Any] = dict(self._settings)
        if "encoding" in chosen:
            chosen["encoding"] = _dialect.known_encoding(chosen["encoding"])
        self._dialect = dialect = replace(dialect, **chosen)
        self._forms = [text.form_of(field) for field in schema]
        quoted = set(dialect.quoted)
        self._always = ["*" in quoted or name in quoted for name in schema.names]
        self._stream = self._draft.open()
        packed = self._packing
        if packed is not None:
            self._stream = self._packed = pa.CompressedOutputStream(pa.PythonFile(self._stream), packed)
        start = f"sep={dialect.separator}{dialect.newline}" if dialect.separator_line else ""
        header = [self._quote(pa.array([name]), dialect.quoted_header) for name in schema.names]
        with explain_os_errors(self._target):
            if dialect.bom:
                self._stream.write("\ufeff".encode(dialect.encoding))
            self._stream.write(self._encode(pa.py_buffer(start.encode())))
            self._lines(header)

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        check_batch(batch, self._schema, self._target)
        if batch.num_rows == 0:
            return
        cells = []
        for column, form, always in zip(batch.columns, self._forms, self._always, strict=True):
            texts = self._quote(_cells.as_text(column, form), always, self._is_plain(column.type, form))
            cells.append(texts)
        with explain_os_errors(self._target):
            self._lines(cells)

    def commit(self) -> None:
        """Put the file under its name."""
        with explain_os_errors(self._target):
            if self._pending and self._dialect.final_newline:
                self._stream.write(self._encode(pa.py_buffer(self._dialect.newline.encode())))
            if self._packed is not None:
                self._packed.close()
        self._draft.commit()

    def abort(self) -> None:
        """Remove what was written."""
        if self._packed is not None:
            with contextlib.suppress(OSError, ValueError):
                self._packed.close()
        self._draft.abort()

    def _is_plain(self, kind: pa.DataType, form: text.Form | None) -> bool:
        """Whether texts of a column never hold a separator or a quote."""
        ordinary = pa.types.is_primitive(kind) or pa.types.is_decimal(kind)
        special = (self._dialect.separator, self._dialect.quote)
        style = "" if form is None else "".join(str(value) for value in form.values())
        return ordinary and special[0] in ",;\t|" and special[1] in "\"'" and not any(sign in style for sign in special)

    def _quote(self, texts: pa.Array, always: bool, is_plain: bool = False) -> pa.Array:
        """Fields as they stand in the file: in quotes where they need it; nulls are empty."""
        dialect = self._dialect
        mark = dialect.quote
        if always or not is_plain:
            special = "[" + "".join(f"\\x{ord(c):02x}" for c in {dialect.separator, mark, "\r", "\n"}) + "]"
            needs = pc.or_(pc.match_substring_regex(texts, special), pc.equal(texts, ""))
            if always or pc.any(needs).as_py():
                if dialect.escape:
                    inner = pc.replace_substring(texts, dialect.escape, dialect.escape * 2)
                    inner = pc.replace_substring(inner, mark, dialect.escape + mark)
                else:
                    inner = pc.replace_substring(texts, mark, mark * 2)
                framed = pc.binary_join_element_wise(mark, inner, mark, "")
                texts = framed if always else pc.if_else(needs, framed, texts)
        return texts.fill_null(mark * 2 if dialect.quoted_nulls else "")

    def _lines(self, cells: list[pa.Array]) -> None:
        """Write records; the line end of the last waits, since a file may do without it."""
        dialect = self._dialect
        rows = pc.binary_join_element_wise(*cells, dialect.separator) if len(cells) > 1 else cells[0]
        whole = pc.binary_join_element_wise(dialect.newline, rows, "")
        offsets = pa.Array.from_buffers(pa.int32(), len(whole) + 1, [None, whole.buffers()[1]], offset=whole.offset)
        start, end = offsets[0].as_py(), offsets[len(whole)].as_py()
        if not self._pending:  # nothing stands before the first line
            start += len(dialect.newline)
        self._pending = True
        self._stream.write(self._encode(whole.buffers()[2][start:end]))

    def _encode(self, data: pa.Buffer) -> Any:
        if self._dialect.encoding == "utf-8":
            return data
        try:
            return data.to_pybytes().decode().encode(self._dialect.encoding)
        except UnicodeEncodeError as fault:
            char = str(fault.object)[fault.start]
            raise OutputError(
                f"{self._target}: the encoding {self._dialect.encoding} has no sign {char!r}; write as utf-8."
            ) from None
