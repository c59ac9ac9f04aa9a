"""Where the tables of a spec go: a database, a folder of files, or one file for a single table."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from rowsmith.core.definition import TableDefinition
from rowsmith.core.errors import DataError, OutputError, SpecError, suggest
from rowsmith.core.protocols import FORMATS, Format, TablesSink
from rowsmith.io._beside import no_table
from rowsmith.io._files import split_part
from rowsmith.io._open import format_for, names_file, open_sink, parts_of, read_table

SHOWN = 5
"""Files that are named in a note."""


def is_folder(target: str) -> bool:
    """Whether a name is that of a folder, or the URL of one; it need not be there.

    >>> [is_folder(name) for name in ("shop/", "shop", "shop.v2", "shop.sqlite", "s3://bucket/shop", "postgresql://host/shop")]
    [True, True, True, False, True, False]
    """
    scheme = re.match(r"([A-Za-z][A-Za-z0-9]*)(\+[A-Za-z0-9_]+)?://", target)
    if scheme is None:
        return target.endswith(("/", os.sep)) or os.path.isdir(target) or not names_file(target)
    import fsspec

    return scheme[1].lower() in fsspec.available_protocols()


def local_path(name: str) -> Path | None:
    """The file or folder of this machine that a source or target is, or is a part of; None if it is elsewhere.

    >>> [str(local_path(name)) for name in ("shop.sqlite#orders", "sqlite:///shop.sqlite", "postgresql://host/shop")]
    ['shop.sqlite', 'shop.sqlite', 'None']
    """
    file = re.match(r"(sqlite(\+\w+)?:///|(file|local)://)(?P<path>[^?]*)", name)
    name = name if file is None else file["path"]
    return None if "://" in name or not name else Path(split_part(name)[0])


def ending_of(format: str) -> str:
    """Ending of files in a folder, with its dot.

    Raises:
        SpecError: there is no such format, or it is one of databases.
    """
    endings = {name: FORMATS.load(name).endings[0] for name in FORMATS.names()}
    if not endings.get(format, "").startswith("."):
        known = [name for name in endings if endings[name].startswith(".")]
        raise SpecError(f"format={format!r}: is not a known format of files{suggest(format, known)}")
    return endings[format]


def format_like(sources: Sequence[str], target: str) -> str | None:
    """The format that files in a folder have, where it takes after some sources: theirs, if it is one of files and can be written.

    Args:
        sources: files, folders with files, or others.
        target: the folder; of anything else, nothing is said.

    Raises:
        DataError: a source is not there.
        SpecError: one is of no known format.
    """
    if not is_folder(target):
        return None
    folders = [os.path.isdir(each) and not holds_one(each) for each in sources]
    files = [f for s, folder in zip(sources, folders, strict=True) for f in (tables_in(s).values() if folder else [s])]
    kind, *more = {type(format_in(each)) for each in files}
    if more or not kind.endings[0].startswith(".") or kind.tables_sink is not Format.tables_sink:
        return None
    try:
        kind().sink(f"table{kind.endings[0]}")
    except OutputError:  # one that is only read
        return None
    return FORMATS.name_of(kind)


def names_of(sources: Sequence[str]) -> list[str]:
    """Names of the tables in some sources as far as they are known before these are read; a database counts for one.

    Raises:
        DataError: a folder has no table, or is not there.
    """
    for each in sources:
        if "://" not in each and not names_file(split_part(each)[0]) and not os.path.exists(split_part(each)[0]):
            raise DataError(f"{each}: no such file or folder.")
    folders = [os.path.isdir(each) and not holds_one(each) for each in sources]
    return [
        n for s, folder in zip(sources, folders, strict=True) for n in (tables_in(s) if folder else [table_name(s)])
    ]


def open_tables(target: str, names: Sequence[str]) -> TablesSink:
    """A sink for tables.

    Args:
        target: a file, or the URL of a database.
        names: of the tables.

    Raises:
        OutputError: nothing can be written there.
        SpecError: no known format; or several tables, and one file that can hold one.
    """
    found = format_for(target).tables_sink(target)
    if found is not None:
        return found
    if len(names) > 1:
        raise SpecError(
            f"{target}: there are {len(names)} tables; give a folder, such as {Path(target).stem}/, or a database."
        )
    return OneFile(names[0], target)


class OneFile(TablesSink):
    """Writes a single table into a file.

    Args:
        name: of the table.
        target: the file.
    """

    def __init__(self, name: str, target: str) -> None:
        self.places = {name: target}
        self._sink = open_sink(target)

    def open(self, tables: Mapping[str, TableDefinition]) -> None:
        """Begin the file."""
        for definition in tables.values():
            self._sink.open(definition.schema)

    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self._sink.write(batch)

    def commit(self) -> None:
        """Put the file under its name."""
        self._sink.commit()

    def abort(self) -> None:
        """Remove what was written."""
        self._sink.abort()


def read_tables(sources: Sequence[str], settings: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, pa.Table]:
    """All tables in some places, by name.

    Args:
        sources: files, folders of files, files or URLs of databases.
        settings: by source, settings of its format.

    Raises:
        DataError: one is missing, is not of its format, or cannot be read; or two tables have one name.
        SpecError: no known format, or a wrong setting.
    """
    out: dict[str, pa.Table] = {}
    for source in sources:
        own = (settings or {}).get(source, {})
        folder = "://" not in source and os.path.isdir(source) and not parts_of(Path(source))
        if folder:
            found = {name: read_table(file, settings=own) for name, file in tables_in(source).items()}
        else:
            whole = None if os.path.isdir(source) else format_for(source, settings=own).read_tables(source)
            found = whole if whole is not None else {table_name(source): read_table(source, settings=own)}
        for name, table in found.items():
            if name in out:
                raise DataError(
                    f"{source}: holds a table {name!r}, and so does a source before it; give each its own name."
                )
            out[name] = table
    return out


def holds_one(source: str) -> bool:
    """Whether a source is a file, or a folder of parts, of a single table: not a folder of files, nor a whole database."""
    if "://" in source:
        return "#" in source.rpartition("/")[2]
    if os.path.isdir(source):
        return bool(parts_of(Path(source)))
    return "#" in source or type(format_for(source)).read_tables is Format.read_tables


def format_in(source: str) -> Format:
    """The format of a source: of a folder, that of the first file in it.

    Raises:
        DataError: the folder has no table.
        SpecError: no known format.
    """
    if "://" in source or not os.path.isdir(source):
        return format_for(source)
    parts = parts_of(Path(source))
    return format_in(str(parts[0]) if parts else next(iter(tables_in(source).values())))


def table_name(source: str) -> str:
    """What a table is called after its source: the file's name, or the part after `#`.

    >>> table_name("data/people.csv.gz"), table_name("shop.sqlite#orders")
    ('people', 'orders')
    """
    tail = source.rsplit("#", 1)[-1] if "#" in source else source.rstrip("/").rsplit("/", 1)[-1]
    return tail.split(".")[0] or "table"


def tables_in(place: str) -> dict[str, str]:
    """Tables in a folder, by name, with what `read_table` reads each from: a file, or a folder of parts.

    Args:
        place: the folder.

    Raises:
        DataError: it is not there, or no table is in it.
    """
    found, others = _sorted_out(place)
    if not found and len(others) == 1 and names_file(others[0]):  # a list of words that stands alone is a table
        found = {table_name(others[0]): str(Path(place) / others[0])}
    if not found:
        raise DataError(f"{place}: no table is in this folder; expected files such as orders.parquet or orders.csv.")
    return found


def left_out_note(place: str) -> str:
    """What to say of files in a folder that are no tables; empty if there are none, or it is no folder of tables."""
    if "://" in place or not os.path.isdir(place) or holds_one(place):
        return ""
    known = set(tables_in(place).values())
    others = [name for name in _sorted_out(place)[1] if str(Path(place) / name) not in known]
    if not others:
        return ""
    shown = ", ".join(others[:SHOWN]) + (f" and {len(others) - SHOWN:,} more" if len(others) > SHOWN else "")
    return f"note: left out of {place}, as no table{'s' * (len(others) > 1)}: {shown}."


def _sorted_out(place: str) -> tuple[dict[str, str], list[str]]:
    """Tables in a folder, as in `tables_in`, and names of the other files that are not hidden.

    Raises:
        DataError: it is not there.
    """
    folder = Path(place)
    if not folder.is_dir():
        raise DataError(f"{place}: is no folder; give one with tables.")
    endings = [e for name in FORMATS.names() for e in FORMATS.load(name).endings if e.startswith(".")]
    found, others = {}, []
    for path in sorted(folder.iterdir()):
        ending = max((e for e in endings if path.name.lower().endswith(e)), key=len, default=None)
        if path.is_dir() and parts_of(path):
            found[path.name] = str(path)
        elif path.is_file() and not path.name.startswith("."):
            if ending is None or no_table(path):
                others.append(path.name)
            else:
                found[path.name[: -len(ending)]] = str(path)
    return found, others
