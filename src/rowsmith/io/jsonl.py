"""JSON lines: one object a line. Numbers stay numbers, text stays text, in a column that mixes them too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core import text
from rowsmith.core.errors import DataError, OutputError
from rowsmith.core.files import explain_os_errors
from rowsmith.core.frames import check_names
from rowsmith.core.protocols import Format, Sink
from rowsmith.io import _cells
from rowsmith.io._files import Draft, check_batch, check_source, expect

_JSON = {"as": "json"}
_WHOLE_TOO = {"as": "float", "least": 0}


@dataclass(frozen=True, kw_only=True)
class Jsonl(Format):
    """JSON lines; a JSON array of objects can be read too."""

    endings: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson", ".json")

    def read(self, source: str) -> pa.Table:
        """The table in a file; its columns stand in the order in which their names first occur.

        Raises:
            DataError: it is missing or empty, or a line is no JSON object.
        """
        path = check_source(source)
        expect(source, path, "a JSON file", ("a text file such as CSV", "a binary file"))
        columns: dict[str, list[Any]] = {}
        n = 0
        for row in _rows(source, path):
            for name, value in row.items():
                if name not in columns:
                    columns[name] = [None] * n
                columns[name].append(value)
            n += 1
            for values in columns.values():
                if len(values) < n:
                    values.append(None)
        if n == 0:
            raise DataError(f"{source}: holds no JSON object; expected one a line.")
        pairs = [_column(name, values) for name, values in columns.items()]
        table = pa.table([array for array, _ in pairs], schema=pa.schema([field for _, field in pairs]))
        return check_names(table, source)

    def sink(self, target: str) -> Sink:
        """A sink that writes a file.

        Raises:
            OutputError: the ending is .json, which is only read.
        """
        if target.lower().endswith(".json"):
            raise OutputError(f"{target}: a JSON array is only read; write JSON lines (.jsonl) instead.")
        return JsonlSink(target)


def _rows(source: str, path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        try:
            start = file.read(64).lstrip()
            file.seek(0)
            if start.startswith("["):
                yield from _array(source, file.read())
                return
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _object(f"{source}: line {number}", line)
        except UnicodeDecodeError:
            raise DataError(f"{source}: is not text in the encoding utf-8, as JSON must be.") from None


def _array(source: str, document: str) -> Iterator[dict[str, Any]]:
    try:
        rows = json.loads(document)
    except json.JSONDecodeError as fault:
        raise DataError(f"{source}: line {fault.lineno} is not JSON ({fault.msg}).") from None
    except RecursionError:
        raise DataError(f"{source}: is nested too deeply.") from None
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise DataError(f"{source}: element {number} is a {_noun(row)}; expected an object.")
        yield row


def _object(where: str, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line, object_pairs_hook=_unique)
    except json.JSONDecodeError as fault:
        raise DataError(f'{where} is not JSON ({fault.msg}); expected an object such as {{"a": 1}}.') from None
    except (RecursionError, ValueError) as fault:
        raise DataError(f"{where}: {fault}.") from None
    if not isinstance(row, dict):
        raise DataError(f'{where} is a {_noun(row)}; expected an object such as {{"a": 1}}.')
    return row


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} stands more than once in an object")
    return row


def _noun(value: Any) -> str:
    kinds = {list: "list", str: "text", bool: "truth value", int: "number", float: "number"}
    return kinds.get(type(value), "null")


def _column(name: str, values: list[Any]) -> tuple[pa.Array, pa.Field]:
    kinds = {type(value) for value in values} - {type(None)}
    form: text.Form | None = None
    try:
        if kinds == {int, float}:
            array, form = _numbers(values), _WHOLE_TOO
        elif len(kinds) > 1:
            array, form = text.json_texts(values), _JSON
        elif not kinds:
            array = pa.nulls(len(values))
        else:
            array = pa.array(values)
            if kinds == {dict} and array.type.num_fields == 0:
                array, form = text.json_texts(values), _JSON
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        array, form = text.json_texts(values), _JSON
    field = pa.field(name, array.type)
    return array, field if form is None else text.with_form(field, form)


def _numbers(values: list[Any]) -> pa.Array:
    floats = pa.array([None if v is None else float(v) for v in values], pa.float64())
    exact = all(v is None or isinstance(v, float) or abs(v) <= 2**53 for v in values)
    if not exact:
        raise OverflowError("a whole number is too large for a float")
    return floats


class JsonlSink(Sink):
    """Writes JSON lines, batch after batch."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._draft = Draft(target)
        self._file: IO[bytes] | None = None

    def open(self, schema: pa.Schema) -> None:
        """Begin the file."""
        self._schema = schema
        self._forms = [text.form_of(field) for field in schema]
        self._file = self._draft.open()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        check_batch(batch, self._schema, self._target)
        if batch.num_rows == 0:
            return
        parts: list[Any] = []
        for place, (name, form) in enumerate(zip(batch.schema.names, self._forms, strict=True)):
            parts += [("{" if place == 0 else ", ") + json.dumps(name, ensure_ascii=False) + ": "]
            parts += [json_array(batch.column(place), form)]
        lines = pc.binary_join_element_wise(*parts, "}\n", "")
        start, end = _span(lines)
        assert self._file is not None
        with explain_os_errors(self._target):
            self._file.write(lines.buffers()[2][start:end])

    def commit(self) -> None:
        """Put the file under its name."""
        self._draft.commit()

    def abort(self) -> None:
        """Remove what was written."""
        self._draft.abort()


def _span(texts: pa.Array) -> tuple[int, int]:
    offsets = pa.Array.from_buffers(pa.int32(), len(texts) + 1, [None, texts.buffers()[1]], offset=texts.offset)
    return offsets[0].as_py(), offsets[len(texts)].as_py()


def json_array(values: pa.Array, form: text.Form | None) -> pa.Array:
    """Each value as JSON, none of them null.

    Args:
        values: of any type.
        form: how they were printed where they come from; only what JSON knows of it is kept.
    """
    values = _cells.plain(values)
    kind = values.type
    if form is not None and form["as"] == "json" and pa.types.is_string(kind):
        return values.fill_null("null")
    if pa.types.is_floating(kind):
        printed = text.show(values, _WHOLE_TOO) if form == _WHOLE_TOO else _cells.lossless(values)
        if not pa.types.is_float64(kind):
            printed = _cells.lossless(values)
        finite = pc.is_finite(values)
        return pc.if_else(finite, printed, "null").fill_null("null")  # JSON has no word for infinity
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_nested(kind):
        return _cells.lossless(values).fill_null("null")
    return _quoted(_cells.lossless(values)).fill_null("null")


def _quoted(texts: pa.Array) -> pa.Array:
    special = pc.match_substring_regex(texts, r'["\\\x00-\x1f]')
    framed = pc.binary_join_element_wise('"', texts, '"', "")
    if not pc.any(special).as_py():
        return framed
    odd = pa.array([json.dumps(t, ensure_ascii=False) for t in texts.filter(special).to_pylist()], pa.string())
    return pc.replace_with_mask(framed, special.fill_null(False), odd)
