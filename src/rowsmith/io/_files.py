"""What all file formats share: checks before reading, what a file seems to be, and drafts that become files at once."""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path
from typing import IO, Any

from rowsmith.core.errors import DataError, OutputError
from rowsmith.core.files import check_target, discard, explain_os_errors, give_name, part_of

_MAGIC = (
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"FEA1", "a Feather file of version 1"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)


def check_source(source: str) -> Path:
    """The path of a file that can be read and is not empty.

    Raises:
        DataError: it is missing, a folder, empty, or may not be read.
    """
    path = Path(source)
    try:
        if path.is_dir():
            raise DataError(f"{source}: is a folder; give the name of a file.")
        with path.open("rb") as file:
            if not file.read(1):
                raise DataError(f"{source}: the file is empty (0 bytes); expected a table.")
    except FileNotFoundError:
        raise DataError(f"{source}: no such file.") from None
    except OSError as fault:
        raise DataError(f"{source}: cannot be read ({fault.strerror or fault}).") from None
    return path


def seems(path: Path) -> str:
    """What a file seems to be by its first bytes, as a noun with its article."""
    with path.open("rb") as file:
        head = file.read(4096)
    for magic, noun in _MAGIC:
        if head.startswith(magic):
            return _in_zip(path) if magic.startswith(b"PK") else noun
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "a web page or XML document"
    if start.startswith((b'{"', b"{ ", b"[{", b"[ {", b"[\n")):
        return "a JSON file"
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "a binary file"
    return "a text file such as CSV"


def expect(source: str, path: Path, noun: str, others: tuple[str, ...] = ()) -> None:
    """Refuse a file that is not what its ending or the user says.

    Args:
        source: as the user named it.
        path: of the file.
        noun: what it must seem to be.
        others: what it may seem to be instead.

    Raises:
        DataError: it seems to be something else.
    """
    found = seems(path)
    if found != noun and found not in others:
        raise DataError(
            f"{source}: expected {noun}, as its ending or the format given says, but it seems to be {found}; "
            "give the file its right ending."
        )


def _in_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return "a damaged zip archive"
    is_workbook = any(n.startswith("xl/") for n in names) or "content.xml" in names
    return "an Excel workbook" if is_workbook else "a zip archive"


def split_part(source: str) -> tuple[str, str | None]:
    """A file name and the part of it that is wanted: `file.sqlite#orders` is `("file.sqlite", "orders")`."""
    if os.path.exists(source):
        return source, None
    name, mark, part = source.rpartition("#")
    return (name, part) if mark and name else (source, None)


class Draft:
    """A file in the making: a hidden name beside the final one, which it gets when it is whole."""

    def __init__(self, target: str) -> None:
        self.final = check_target(target)
        self.part = part_of(self.final)
        self._file: IO[bytes] | None = None

    def open(self) -> IO[bytes]:
        """The file to write to; closed here."""
        with explain_os_errors(self.final):
            self._file = self.part.open("wb")
        return self._file

    def commit(self) -> None:
        """Give it its name.

        Raises:
            OutputError: the disk refuses.
        """
        with explain_os_errors(self.final):
            if self._file is not None:
                self._file.close()
            give_name(self.part, self.final)

    def abort(self) -> None:
        """Remove it."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # the disk is full: what was still to be written goes nowhere
                self._file.close()
        discard(self.part)


def check_batch(batch: Any, schema: Any, target: object) -> Any:
    """The batch with the schema's columns, in its order.

    Raises:
        OutputError: it has other columns.
    """
    if batch.schema.names != schema.names:
        raise OutputError(f"{target}: rows with the columns {batch.schema.names} do not fit {schema.names}.")
    return batch
