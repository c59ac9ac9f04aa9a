"""Files that a spec names beside itself: found, read, and remembered by their checksums, since what is made hangs on them.

Lists and mappings of `values` may stand in a file of any format that is read:
`values: {file: rates.csv, key: currency, value: rate}`, `values: {file: towns.parquet, column: town}`.
"""

from __future__ import annotations

import decimal
import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rowsmith.core.errors import RowsmithError, SpecError, suggest
from rowsmith.io._open import read_table

if TYPE_CHECKING:
    import pyarrow as pa

    from rowsmith.spec.check import Checker

FILED = "values"
"""The setting that may stand in a file."""
MAPPING, LIST = {"file", "key", "value"}, {"file", "column"}
MOST_VALUES = 1_000_000


def file_of(checker: Checker, setting: str, name: str, expected: str) -> Path:
    """A file that a document names; the checker remembers its checksum.

    Args:
        checker: of the document.
        setting: that names it, for messages.
        name: of the file, relative to the document's folder.
        expected: what it shall be, for messages.

    Raises:
        SpecError: there is none, or it lies outside of the folder of the document, or cannot be read.
    """
    try:
        path = checker.document.beside(name)
    except SpecError as fault:
        raise SpecError(f"{setting}={fault}") from None
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise SpecError(f"{setting}={name!r}: {what}; expected {expected}, in the folder {str(path.parent)!r}.")
    try:
        with path.open("rb") as opened:
            checker.files[name] = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as fault:
        raise SpecError(f"{setting}={name!r}: cannot be read ({fault.strerror or fault}).") from None
    return path


def is_file(entry: Any) -> bool:
    """Whether an entry says in which file the values are: a mapping of values to weights has no text beside `file`."""
    return (
        isinstance(entry, Mapping) and set(entry) in (MAPPING, LIST) and all(isinstance(e, str) for e in entry.values())
    )


def values_in(checker: Checker, entry: Mapping[str, str]) -> dict[Any, Any] | list[Any]:
    """The values in a file, as if they stood in the document.

    Args:
        checker: of the document.
        entry: as `is_file` knows it.

    Returns:
        Value of `key` to that of `value`, or the list of those of `column`.

    Raises:
        SpecError: the file is no table, has no such column, or has a cell that is empty or a key that stands there twice.
    """
    file = entry["file"]
    if file not in checker.tables:
        path = file_of(checker, f"{FILED}.file", file, "the name of a table such as a CSV file")
        try:
            checker.tables[file] = read_table(str(path))
        except RowsmithError as fault:
            raise SpecError(f"{FILED}.file={file!r}: {str(fault).removeprefix(f'{path}: ')}") from None
    table = checker.tables[file]
    if not 1 <= table.num_rows <= MOST_VALUES:
        raise SpecError(f"{FILED}.file={file!r}: has {table.num_rows:,} rows; expected 1 to {MOST_VALUES:,}.")
    if "column" in entry:
        return _column(table, file, "column", entry["column"])
    keys = _column(table, file, "key", entry["key"])
    key, times = Counter(keys).most_common(1)[0]
    if times > 1:
        raise SpecError(f"{FILED}.file={file!r}: {entry['key']} is {key!r} in {times} rows; expected every key once.")
    return dict(zip(keys, _column(table, file, "value", entry["value"]), strict=True))


def _column(table: pa.Table, file: str, setting: str, name: str) -> list[Any]:
    if name not in table.column_names:
        raise SpecError(f"{FILED}.{setting}={name!r}: {file} has no such column{suggest(name, table.column_names)}")
    values = table[name].to_pylist()
    if None in values:
        raise SpecError(
            f"{FILED}.{setting}={name!r}: is empty in row {values.index(None) + 1} of {file}; expected a value in every row."
        )
    return [float(v) if isinstance(v, decimal.Decimal) else v for v in values]
