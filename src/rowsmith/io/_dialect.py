"""How a CSV file is written: encoding, separator, quotes, line ends. Detected when reading, kept for writing."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from rowsmith.core.errors import DataError, SpecError

METADATA = b"rowsmith.csv"
"""Key of an Arrow schema's metadata under which the dialect is kept, as JSON."""

SEPARATORS = (",", ";", "\t", "|", ":", "~", "^")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WESTERN = frozenset("äöüÄÖÜßéèêëÉÈÊËàâÀÂçÇñÑóòôõÓÒÔÕúùûÚÙÛíìîïÍÌÎÏáãÁÃåÅæÆœŒøØýÿ€£§°µ«»–—‘’“”„…×²³½¼¿¡ªº®©™·\xa0")
_LEGACY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp932", "gb18030", "big5", "cp949", "euc_jp", "koi8_r"]
_SAMPLE = 1 << 18  # characters that a dialect is told from


@dataclass(frozen=True)
class Dialect:
    """The way a CSV file is written.

    Attributes:
        separator: between fields.
        quote: around fields that need it.
        escape: before a quote inside quotes, if it is not doubled.
        encoding: Python's name of it.
        bom: whether a byte order mark stands first.
        newline: line end.
        final_newline: whether the last line has one too.
        quoted: names of the columns that are in quotes even where they need none; `*` for all.
        quoted_header: whether the names are.
        quoted_nulls: whether a missing value is a pair of quotes.
        separator_line: whether the first line says `sep=`, as Excel writes it.
    """

    separator: str = ","
    quote: str = '"'
    escape: str = ""
    encoding: str = "utf-8"
    bom: bool = False
    newline: str = "\n"
    final_newline: bool = True
    quoted: tuple[str, ...] = ()
    quoted_header: bool = False
    quoted_nulls: bool = False
    separator_line: bool = False

    def to_json(self) -> bytes:
        """Plain values."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, document: bytes | str) -> Dialect:
        """The inverse of `to_json`."""
        values = json.loads(document)
        return cls(**(values | {"quoted": tuple(values["quoted"])}))

    def records(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Records of a text, each with the number of the line that it ends on."""
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.separator,
            quotechar=self.quote,
            doublequote=not self.escape,
            escapechar=self.escape or None,
        )
        try:
            for record in reader:
                yield reader.line_num, record
        except csv.Error as fault:
            raise DataError(f"line {reader.line_num}: {fault}.") from None


def decode(source: str, data: bytes, encoding: str | None) -> tuple[bytes, str, bool]:
    """Bytes of a file as UTF-8.

    Args:
        source: the file, for messages.
        data: its bytes.
        encoding: what the user says it is.

    Returns:
        The text as UTF-8 without byte order mark, the encoding, and whether it had such a mark.

    Raises:
        DataError: it is no text in a known encoding.
        SpecError: there is no such encoding.
    """
    mark, marked = next(((m, e) for m, e in _BOMS if data.startswith(m)), (b"", ""))
    if encoding is None:
        encoding = marked or _detect(source, data)
    else:
        encoding = known_encoding(encoding)
        mark = mark if marked == encoding or encoding == "utf-8" == marked else b""
    body = data[len(mark) :]
    if encoding == "utf-8":
        _check_utf8(source, body)
        return body, encoding, bool(mark)
    try:
        return body.decode(encoding).encode(), encoding, bool(mark)
    except UnicodeError as fault:
        start = getattr(fault, "start", 0)
        line = body[:start].count(b"\n") + 1
        raise DataError(f"{source}: line {line} is not text in the encoding {encoding}; name the right one.") from None


def known_encoding(encoding: str) -> str:
    """Python's name of an encoding, without byte order mark.

    Raises:
        SpecError: there is no such encoding.
    """
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise SpecError(
            f"encoding={encoding!r}: no such encoding; known are utf-8, utf-16, cp1252 and others."
        ) from None
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le", "ascii": "utf-8"}.get(name, name)


def _check_utf8(source: str, data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise DataError(f"{source}: line {line} is not text in the encoding utf-8; name the right one.") from None


def _detect(source: str, data: bytes) -> str:
    try:
        data.decode()
    except UnicodeDecodeError:
        pass
    else:
        if b"\0" not in data[:4096] or not _is_wide(data):
            return "utf-8"
    if _is_wide(data):
        return "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    # The lines that are not ASCII tell, wherever they are.
    telling = b"\n".join(line for line in data.split(b"\n", 200_000)[:200_000] if not line.isascii())[:_SAMPLE]
    if b"\0" in data or sum(byte < 32 and byte not in b"\t\r\n\f" for byte in telling[:65536]):
        raise DataError(f"{source}: is not text in a known encoding, but binary; expected a CSV file.")
    try:
        unusual = {c for c in telling.decode("cp1252") if ord(c) > 127} - _WESTERN
        data.decode("cp1252")
    except UnicodeDecodeError:
        unusual = {"?"}
    if not unusual:
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(telling, cp_isolation=_LEGACY).best()
    if best is None:
        raise DataError(f"{source}: is text in an unknown encoding; name it, such as encoding=cp1252.")
    return best.encoding


def _is_wide(data: bytes) -> bool:
    """Whether every second byte is zero, as in UTF-16 of plain letters."""
    head = data[:512]
    zeros = max(head[::2].count(0), head[1::2].count(0))
    return len(data) % 2 == 0 and zeros > 0.4 * len(head) and min(head[::2].count(0), head[1::2].count(0)) == 0


def detect(body: bytes, separator: str | None, quote: str | None) -> Dialect:
    """The dialect of a text but for its encoding.

    Args:
        body: the text as UTF-8.
        separator: what the user says it is.
        quote: likewise.
    """
    text = body[:_SAMPLE].decode(errors="ignore")
    cut = len(body) > _SAMPLE
    found = Dialect(
        newline=_newline(body),
        final_newline=body.endswith((b"\n", b"\r")),
    )
    first = text.split("\n", 1)[0].rstrip("\r")
    if first.lower().startswith("sep=") and len(first) == 5:
        separator = first[4] if separator is None else separator
        found = replace(found, separator_line=True)
        text = text.partition("\n")[2]
    if quote is None:
        quote = "'" if '"' not in text and _framed(text, "'") else '"'
    found = replace(found, quote=quote)
    if separator is None:
        separator = _separator(text, found, cut)
    found = replace(found, separator=separator)
    if f"\\{quote}" in text and not re.search(rf"[^\\{separator}\r\n]{quote}{quote}", text):
        found = replace(found, escape="\\")
    return found


def _newline(body: bytes) -> str:
    tail = body[-_SAMPLE:]
    if b"\r\n" in tail[-2:] or (not tail.endswith((b"\n", b"\r")) and b"\r\n" in tail):
        return "\r\n"
    return "\r" if b"\n" not in body and b"\r" in body else "\n"


def _framed(text: str, quote: str) -> bool:
    """Whether fields stand between such quotes."""
    lines = text.splitlines()[:50]
    return sum(line.startswith(quote) and line.endswith(quote) for line in lines) > len(lines) / 2


def _separator(text: str, dialect: Dialect, cut: bool) -> str:
    best, score = ",", (0.0, 0)
    for separator in SEPARATORS:
        counts = []
        try:
            for _, record in replace(dialect, separator=separator).records(text):
                if record:
                    counts.append(len(record))
                if len(counts) > 500:
                    break
        except DataError:
            continue
        if cut and len(counts) > 1:
            counts.pop()  # the sample may end inside a record
        if not counts or counts[0] < 2 or (len(counts) > 1 and counts[0] not in counts[1:]):
            continue
        alike = sum(c == counts[0] for c in counts) / len(counts)
        if (round(alike, 1), counts[0]) > score:
            best, score = separator, (round(alike, 1), counts[0])
    return best


def quoting(body: bytes, dialect: Dialect, names: list[str]) -> Dialect:
    """The dialect with which fields are in quotes that need none.

    Args:
        body: the text as UTF-8, without a `sep=` line.
        dialect: the rest of it.
        names: of the columns.
    """
    fields = _marked(body[:_SAMPLE].decode(errors="ignore"), dialect, len(names))
    if not fields:
        return dialect
    header, rows = fields[0], fields[1:]
    quoted = []
    for place, name in enumerate(names):
        cells = [row[place] for row in rows if len(row) == len(names)]
        if _needlessly(cells, dialect):
            quoted.append(name)
    every = _needlessly([cell for row in rows for cell in row], dialect)
    empties = [was for row in rows for value, was in row if not value]
    return replace(
        dialect,
        quoted=("*",) if every else tuple(quoted),
        quoted_header=_needlessly(header, dialect),
        quoted_nulls=bool(every and empties and all(empties)) or len(names) == 1,
    )


def _needlessly(cells: list[tuple[str, bool]], dialect: Dialect) -> bool:
    """Whether all fields that are not empty stand in quotes, and not only since they must."""
    filled = [(value, was) for value, was in cells if value]
    needs = {dialect.separator, dialect.quote, "\r", "\n"}
    return all(was for _, was in filled) and any(needs.isdisjoint(value) for value, _ in filled)


def _marked(text: str, dialect: Dialect, width: int, most: int = 300) -> list[list[tuple[str, bool]]]:
    """The first records; each field with whether it is in quotes."""
    quote, separator = dialect.quote, dialect.separator
    records: list[list[tuple[str, bool]]] = [[]]
    at, end = 0, len(text)
    while at < end and len(records) <= most:
        if text[at] == quote:
            start, at = at + 1, at + 1
            while at < end and (
                text[at] != quote or text[at + 1 : at + 2] == quote or text[at - 1] == (dialect.escape or None)
            ):
                at += 2 if text[at : at + 2] == quote * 2 else 1
            records[-1].append((text[start:at], True))
            at += 1
        else:
            start = at
            while at < end and text[at] not in (separator, "\n", "\r"):
                at += 1
            records[-1].append((text[start:at], False))
        if at < end and text[at] == separator:
            at += 1
            if at == end or text[at] in "\r\n":
                records[-1].append(("", False))
        if at < end and text[at] in "\r\n":
            while at < end and text[at] in "\r\n":
                at += 1
            records.append([])
    return [record for record in records if len(record) == width]
