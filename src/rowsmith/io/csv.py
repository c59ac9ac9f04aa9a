"""CSV: dialect and encoding are detected, kept beside the table, and used again to write.

Columns are read as text and become numbers, dates or truth values where every text is of one form (see `core.text`).
Codes with leading zeros stay text, with the form of their digits beside them. An empty field is a missing value; a pair
of quotes is an empty text, save where the file has all its fields in quotes or is a single column.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core import text
from rowsmith.core._times import is_day_first
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.frames import check_names
from rowsmith.core.protocols import Format, Sink
from rowsmith.core.reservoir import Reservoir, Streamed, some_of
from rowsmith.core.scratch import Pieced, Pieces, Scratch
from rowsmith.io import _dialect
from rowsmith.io._csv_sink import COMPRESSIONS, CsvSink, compression
from rowsmith.io._dialect import METADATA, Dialect
from rowsmith.io._files import check_source, expect

_ARCHIVES = ("a gzip archive", "a zstd archive", "a bzip2 archive")
HEAD = 1 << 22
"""Bytes that a large file is told by; one with no more is read whole."""
BLOCK = 1 << 24
"""Bytes that are parsed at a time."""
_TEXTS = ("a binary file", "a text file such as CSV")


@dataclass(frozen=True, kw_only=True)
class Csv(Format, Streamed, Pieced):
    """Comma-separated values and their kin."""

    endings: ClassVar[tuple[str, ...]] = tuple(
        kind + packed for packed in ("", *COMPRESSIONS) for kind in (".csv", ".tsv", ".tab", ".txt")
    )

    separator: str | None = None
    """Sign between fields; detected when left out, and a comma where there is nothing to detect it from."""
    quote: str | None = None
    """Sign around fields that hold a separator or a line end; detected when left out."""
    encoding: str | None = None
    """Encoding of the file, such as utf-8 or cp1252; detected when left out."""
    decimal: str | None = None
    """Decimal sign, `.` or `,`; told from the whole file when left out."""
    day_first: bool | None = None
    """Whether 1/2/2024 is in February; told from the whole file when left out."""
    types: bool = True
    """Whether to turn text into numbers, dates and truth values; without, every column stays text."""

    def __post_init__(self) -> None:
        for name, value in (("separator", self.separator), ("quote", self.quote)):
            if value is not None and (len(value.encode()) != 1 or value in "\r\n"):
                raise SpecError(f"{name}={value!r}: expected one sign, such as ';'.")
        if self.decimal not in (None, ".", ","):
            raise SpecError(f"decimal={self.decimal!r}: expected '.' or ','.")

    def read(self, source: str) -> pa.Table:
        """The table in a file.

        Raises:
            DataError: it is missing, empty, not text, or its rows differ in length.
        """
        packed = _checked(source)
        body, encoding, bom = _dialect.decode(source, _load(source, packed), self.encoding)
        if (place := body.find(b"\0")) >= 0:
            line = body.count(b"\n", 0, place) + 1
            raise DataError(f"{source}: line {line} holds a NUL byte; expected a text file.")
        if not body.strip():
            raise DataError(f"{source}: the file holds nothing but blank space; expected a table.")
        dialect = replace(_dialect.detect(body, self.separator, self.quote), encoding=encoding, bom=bom)
        if dialect.separator_line:
            body = body[body.index(b"\n") + 1 :]
        names = _header(source, body, dialect)
        dialect = _dialect.quoting(body, dialect, names)
        return self._table(source, _parse(source, body, dialect, len(names)).slice(1), names, dialect)

    def read_some(self, source: str, most: int, rng: np.random.Generator) -> tuple[pa.Table, int]:
        """A random part of the rows of a file, and how many it has. What the file is like is told from its first megabytes.

        A small file, and one that is not UTF-8 throughout or in which some row is of another length, is read whole.

        Raises:
            DataError: as `read`.
        """
        from pyarrow import csv

        packed = _checked(source)
        with contextlib.suppress(DataError, pa.ArrowInvalid, OSError):
            with pa.input_stream(source, compression=packed) as stream:
                head = stream.read(HEAD)
            head = head[: head.rfind(b"\n") + 1] if len(head) == HEAD else b""
            body, encoding, bom = _dialect.decode(source, head, self.encoding)
            dialect = replace(_dialect.detect(body, self.separator, self.quote), encoding=encoding, bom=bom)
            if encoding == "utf-8" and not bom and not dialect.separator_line:
                names = _header(source, body, dialect)
                dialect = _dialect.quoting(body, dialect, names)
                rows = Reservoir(most, rng)
                with pa.input_stream(source, compression=packed) as stream:
                    # A text with a line end in it may come late in the file.
                    reader = csv.open_csv(stream, **_options(dialect, len(names), BLOCK, broken=True))
                    for number, batch in enumerate(reader):
                        rows.add(batch if number else batch.slice(1))
                return self._table(source, rows.table(reader.schema), names, dialect), rows.seen
        return some_of(self.read(source), most, rng)

    @contextlib.contextmanager
    def pieces(self, source: str) -> Iterator[Pieces]:
        """The rows of a file, piece by piece, with the types that its whole columns have; one column is in memory at a time.

        A small file, and one that is not UTF-8 throughout or in which some row is of another length, is read whole.

        Raises:
            DataError: as `read`.
        """
        with contextlib.ExitStack() as stack:
            try:
                rows = stack.enter_context(self._stored(source))
            except (DataError, pa.ArrowInvalid):
                rows = None
            if rows is None:  # whoever reads it whole can say what is wrong with it
                table = self.read(source)
                yield Pieces(table.schema, table.num_rows, lambda: iter(table.to_batches()))
            else:
                yield Pieces(rows.schema, rows.num_rows, rows.batches)

    @contextlib.contextmanager
    def _stored(self, source: str) -> Iterator[Scratch | None]:
        """The rows on disk; None for a file that should be read whole."""
        from pyarrow import csv

        packed = _checked(source)
        last = _last_byte(source, packed)
        with pa.input_stream(source, compression=packed) as stream:
            head = stream.read(HEAD)
        head = head[: head.rfind(b"\n") + 1] if len(head) == HEAD and last is not None else b""
        if not head:
            yield None
            return
        body, encoding, bom = _dialect.decode(source, head, self.encoding)
        dialect = replace(_dialect.detect(body, self.separator, self.quote), encoding=encoding, bom=bom)
        if encoding != "utf-8" or bom or dialect.separator_line:
            yield None
            return
        names = _header(source, body, dialect)
        dialect = replace(_dialect.quoting(body, dialect, names), final_newline=last in (b"\r", b"\n"))
        with pa.input_stream(source, compression=packed) as stream:
            reader = csv.open_csv(stream, **_options(dialect, len(names), BLOCK, broken=True))
            schema = check_names(reader.schema.empty_table().rename_columns(names), source).schema
            texts = (batch if number else batch.slice(1) for number, batch in enumerate(reader))
            stored = Scratch.of(schema, (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in texts))
        kept = {METADATA: dialect.to_json()}
        if not self.types:
            stored.schema = schema.with_metadata(kept)
            with stored:
                yield stored
            return
        with stored, Scratch.by_columns(self._columns(names, stored.column), kept) as typed:
            stored.close()
            yield typed

    def _table(self, source: str, texts: pa.Table, names: list[str], dialect: Dialect) -> pa.Table:
        """The table of parsed rows, all texts."""
        table = check_names(texts.rename_columns(names), source)
        return (self._typed(table) if self.types else table).replace_schema_metadata({METADATA: dialect.to_json()})

    def sink(self, target: str) -> Sink:
        """A sink that writes a file, in the dialect that the schema's metadata holds."""
        return CsvSink(target, compression(target), separator=self.separator, quote=self.quote, encoding=self.encoding)

    def _typed(self, table: pa.Table) -> pa.Table:
        columns = {
            name: column.combine_chunks() for name, column in zip(table.column_names, table.columns, strict=True)
        }
        pairs = list(self._columns(table.column_names, columns.__getitem__, keep=True))
        return pa.table([array for array, _ in pairs], schema=pa.schema([field for _, field in pairs]))

    def _columns(
        self, names: list[str], column: Callable[[str], pa.Array], *, keep: bool = False
    ) -> Iterator[tuple[pa.Array, pa.Field]]:
        """Columns with the values that their texts stand for.

        Args:
            names: of them.
            column: gives the texts of one.
            keep: whether what is found of columns is kept in memory, and not found a second time.
        """
        decimal = self.decimal if self.decimal is not None else _decimal_sign(column(name) for name in names)
        orders: dict[str, bool | None] = dict.fromkeys(names, self.day_first)
        found: dict[str, Any] = {}
        habits: dict[str, bool | None] = {}
        for name in names:
            one = text.recognise(column(name), decimal=decimal, day_first=self.day_first)
            if one is not None and _slashed(one[1]):
                habits[name] = _habit(column(name))
            if keep:
                found[name] = one
        if self.day_first is None and set(habits.values()) - {None} == {True}:
            orders |= dict.fromkeys(habits, True)
        for name in names:
            if name not in found or orders[name] != self.day_first:
                found[name] = text.recognise(column(name), decimal=decimal, day_first=orders[name])
            yield _column(name, column(name), found.pop(name))


def _column(name: str, texts: pa.Array, found: tuple[pa.Array, text.Form] | None) -> tuple[pa.Array, pa.Field]:
    if found is None:
        return texts, pa.field(name, pa.string())
    values, form = found
    if "width" in form:  # a code: what its digits mean as a number is not what it is
        texts = pc.if_else(values.is_valid(), texts, pa.scalar(None, pa.string()))
        return texts, text.with_form(pa.field(name, pa.string()), form)
    return values, text.with_form(pa.field(name, values.type), form)


def _slashed(form: text.Form) -> bool:
    return is_day_first(form) is not None and "/" in form["layout"]


def _habit(texts: pa.Array) -> bool | None:
    """Whether the dates of a column can only be read with the day first (or last)."""
    either = [text.recognise(texts, day_first=order) for order in (True, False)]
    orders = {is_day_first(found[1]) for found in either if found is not None}
    return orders.pop() if len(orders) == 1 else None


def _decimal_sign(columns: Iterable[pa.Array]) -> str | None:
    """The decimal sign of the file, from the columns that leave no doubt."""
    votes = {".": 0, ",": 0}
    for column in columns:
        some = column.drop_null().slice(0, 500)
        for sign, other in ((".", ","), (",", ".")):
            sure = rf"^-?\d+\{sign}(\d{{1,2}}|\d{{4,}})$|^-?\d{{1,3}}(\{other}\d{{3}})+\{sign}\d+$|^-?0\{sign}\d+$"
            votes[sign] += pc.sum(pc.match_substring_regex(some, sure)).as_py() or 0
    if votes["."] == votes[","]:
        return None
    return max(votes, key=lambda sign: votes[sign])


def _checked(source: str) -> str | None:
    """How a file is packed, which exists and seems to be what its name says.

    Raises:
        DataError: it is missing, empty, or something else.
    """
    path = check_source(source)
    packed = compression(source)
    if packed is None:
        expect(source, path, _TEXTS[-1], _TEXTS)
    else:
        expect(source, path, _ARCHIVES[list(COMPRESSIONS.values()).index(packed)])
    return packed


def _last_byte(source: str, packed: str | None) -> bytes | None:
    """The last byte of a text; None if it holds a NUL, or nothing."""
    last = None
    with pa.input_stream(source, compression=packed) as stream:
        while block := stream.read(BLOCK):
            if b"\0" in block:
                return None
            last = block[-1:]
    return last


def _load(source: str, packed: str | None) -> bytes:
    try:
        with pa.input_stream(source, compression=packed) as stream:
            data: bytes = stream.read()
    except OSError as fault:
        raise DataError(f"{source}: cannot be unpacked or read ({fault}); the file may be damaged.") from None
    if not data:
        raise DataError(f"{source}: the file is empty; expected a table.")
    return data


def _header(source: str, body: bytes, dialect: Dialect) -> list[str]:
    end = 1 << 16
    while True:
        try:
            found = next((r for _, r in dialect.records(body[:end].decode(errors="ignore")) if r), None)
        except DataError as fault:
            raise DataError(f"{source}: {fault}") from None
        if found is not None and (end >= len(body) or len("".join(found)) < end // 2):
            return found
        if end >= len(body):
            raise DataError(f"{source}: has no line with the names of columns.")
        end *= 8


def _parse(source: str, body: bytes, dialect: Dialect, width: int) -> pa.Table:
    """Every field as text, the names being the first row."""
    from pyarrow import csv

    options = _options(dialect, width, max(1 << 20, min(len(body), BLOCK)), broken=dialect.quote.encode() in body)
    try:
        return csv.read_csv(pa.BufferReader(body), **options)
    except pa.ArrowInvalid as fault:
        raise DataError(_explain(source, body, dialect, width, str(fault))) from None


def _options(dialect: Dialect, width: int, block: int, *, broken: bool) -> dict[str, Any]:
    """How Arrow is to parse: every field as text, in blocks of so many bytes, with line ends in values or without."""
    from pyarrow import csv

    return {
        "read_options": csv.ReadOptions(autogenerate_column_names=True, block_size=block),
        "parse_options": csv.ParseOptions(
            delimiter=dialect.separator,
            quote_char=dialect.quote,
            escape_char=dialect.escape or False,
            double_quote=not dialect.escape,
            newlines_in_values=broken,
        ),
        "convert_options": csv.ConvertOptions(
            column_types={f"f{i}": pa.string() for i in range(width)},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=dialect.quoted_nulls,
        ),
    }


def _explain(source: str, body: bytes, dialect: Dialect, width: int, otherwise: str) -> str:
    """What is wrong with rows that cannot be parsed, found the slow way."""
    shift = 1 if dialect.separator_line else 0
    try:
        for line, record in dialect.records(body.decode()):
            if record and len(record) != width:
                return (
                    f"{source}: line {line + shift} has {len(record)} fields, but the first line names {width} columns "
                    f"(separator {dialect.separator!r})."
                )
    except DataError as fault:
        return f"{source}: {fault}"
    return f"{source}: cannot be read as CSV ({otherwise.splitlines()[0]})."
