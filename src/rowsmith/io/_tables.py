"""Where the tables of a spec go: a database, or files in a folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from rowsmith.core.definition import TableDefinition
from rowsmith.core.errors import OutputError, SpecError, suggest
from rowsmith.core.protocols import FORMATS, Sink, TablesSink
from rowsmith.io._open import format_for, open_sink


def open_tables(target: str, names: Sequence[str], format: str = "parquet") -> TablesSink:
    """A sink for tables.

    Args:
        target: a folder, a file, or the URL of a database.
        names: of the tables.
        format: of files in a folder.

    Raises:
        OutputError: nothing can be written there.
        SpecError: no known format; or several tables, and one file that can hold one.
    """
    if "://" not in target and _is_folder(target):
        return Files(_in_folder(target, names, format), Path(target))
    found = format_for(target).tables_sink(target)
    if found is not None:
        return found
    if len(names) > 1:
        raise SpecError(
            f"{target}: the spec makes {len(names)} tables; give a folder, such as {Path(target).stem}/, or a database."
        )
    return Files(dict.fromkeys(names, target))


def _is_folder(target: str) -> bool:
    return target.endswith(("/", os.sep)) or os.path.isdir(target) or not Path(target).suffix


def _in_folder(target: str, names: Sequence[str], format: str) -> dict[str, str]:
    """File of every table."""
    endings = {name: FORMATS.load(name).endings[0] for name in FORMATS.names()}
    ending = endings.get(format, "")
    if not ending.startswith("."):  # there is a format of databases, which are no files
        known = [name for name in endings if endings[name].startswith(".")]
        raise SpecError(f"format={format!r}: is not a known format of files{suggest(format, known)}")
    if Path(target).exists() and not Path(target).is_dir():
        raise OutputError(f"{target}: is a file; give the name of a folder.")
    return {name: str(Path(target) / f"{name}{ending}") for name in names}


class Files(TablesSink):
    """Writes a file a table.

    Args:
        places: table to its file.
        folder: that they are all in, if one was named; it is made if need be.
    """

    def __init__(self, places: Mapping[str, str], folder: Path | None = None) -> None:
        self.places, self.folder = places, folder
        self._sinks: dict[str, Sink] = {}
        self._made: list[Path] = []

    def open(self, tables: Mapping[str, TableDefinition]) -> None:
        """Begin the files."""
        if self.folder is not None:
            self._make(self.folder)
        for name, definition in tables.items():
            self._sinks[name] = open_sink(self.places[name])
            self._sinks[name].open(definition.schema)

    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self._sinks[table].write(batch)

    def commit(self) -> None:
        """Put the files under their names."""
        for sink in self._sinks.values():
            sink.commit()

    def abort(self) -> None:
        """Remove what was written, and the folders that were made for it."""
        for sink in self._sinks.values():
            sink.abort()
        for folder in self._made:
            with contextlib.suppress(OSError):  # there is something else in it by now
                folder.rmdir()

    def _make(self, folder: Path) -> None:
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise OutputError(f"{folder}: the folder cannot be made ({fault.strerror}).") from None
        self._made = missing
