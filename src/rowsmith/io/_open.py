"""From a name to its format: which reader or sink a file's ending or a URL's scheme asks for."""

from __future__ import annotations

import contextlib
import mimetypes
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import DataError, RowsmithError, SpecError, near, suggest
from rowsmith.core.protocols import FORMATS, Format, Sink
from rowsmith.core.reservoir import Reservoir, Streamed, some_of
from rowsmith.core.scratch import Pieced, Pieces
from rowsmith.core.settings import build
from rowsmith.io._dressed import Dressed
from rowsmith.io._files import split_part

PART = re.compile(r"part-\d{5,}(\.\w+){1,2}")
"""Name of a file that holds a part of a table."""
MISSPELT = 0.7
"""How like a known ending one must be to be taken for it, misspelt."""


def format_for(name: str, format: str | None = None, settings: Mapping[str, Any] | None = None) -> Format:
    """The format of a file or database.

    Args:
        name: file name or URL, perhaps with `#table` behind.
        format: name of the format, if the ending does not say it.
        settings: settings of the format, such as `separator` of csv.

    Raises:
        SpecError: the ending is of no known format, there is no such format or setting.

    >>> format_for("people.csv.gz").endings[0]
    '.csv'
    >>> format_for("people.sqlit")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    rowsmith.core.errors.SpecError: people.sqlit: the ending '.sqlit' is of no known format; did you mean ...
    """
    kind = FORMATS.load(format if format is not None else _named(name))
    return build(kind, settings or {}, f"format {FORMATS.name_of(kind)}")


def read_table(source: str, *, format: str | None = None, settings: Mapping[str, Any] | None = None) -> pa.Table:
    """The table in a file or database.

    Args:
        source: file name (with `#name` behind for one of several tables or sheets), URL of a database, or a folder of parts
            as `make` writes large tables.
        format: name of the format, if the ending does not say it.
        settings: settings of the format.

    Raises:
        DataError: it is missing, is not of its format, or cannot be read.
        SpecError: no known format, or a wrong setting.
    """
    source = str(source)
    parts = parts_of(Path(source)) if "://" not in source and os.path.isdir(source) else []
    if parts:
        tables = [read_table(str(p), format=format, settings=settings) for p in parts]
        try:
            return pa.concat_tables(tables, promote_options="default")
        except (pa.ArrowTypeError, pa.ArrowInvalid) as fault:
            reason = str(fault).removeprefix("Unable to merge: ").rstrip(".")
            raise DataError(f"{source}: the parts of the table do not fit together ({reason}).") from None
    with _explained(source):
        return format_for(source, format, settings).read(source)


def read_some(
    source: str,
    most: int,
    rng: np.random.Generator,
    *,
    format: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> tuple[pa.Table, int]:
    """A random part of the rows of a table, in their order, and how many it has.

    Of formats that can be read piece by piece no more than that part is held in memory.

    Args:
        source: as in `read_table`.
        most: rows to read; all, if there are no more.
        rng: which rows.
        format: as in `read_table`.
        settings: as in `read_table`.

    Raises:
        DataError: as `read_table`.
        SpecError: as `read_table`.
    """
    source = str(source)
    parts = parts_of(Path(source)) if "://" not in source and os.path.isdir(source) else []
    if parts:
        rows, schema = Reservoir(most, rng), None
        for part in parts:
            table = read_table(str(part), format=format, settings=settings)
            if schema is not None and table.schema != schema:  # texts that look like numbers in some parts only
                return some_of(read_table(source, format=format, settings=settings), most, rng)
            schema = table.schema
            for batch in table.to_batches():
                rows.add(batch)
        return rows.table(schema), rows.seen
    kind = format_for(source, format, settings)
    if isinstance(kind, Streamed):
        with _explained(source):
            return kind.read_some(source, most, rng)
    return some_of(read_table(source, format=format, settings=settings), most, rng)


@contextlib.contextmanager
def open_pieces(
    source: str, *, format: str | None = None, settings: Mapping[str, Any] | None = None
) -> Iterator[Pieces]:
    """The rows of a file, piece by piece.

    Args:
        source: a file of a format that can be read so.
        format: as in `read_table`.
        settings: as in `read_table`.

    Raises:
        DataError: as `read_table`.
        SpecError: as `read_table`, or the format is read as a whole.
    """
    kind = format_for(source, format, settings)
    if not isinstance(kind, Pieced):
        able = ", ".join(n for n in FORMATS.names() if issubclass(FORMATS.load(n), Pieced))
        raise SpecError(
            f"{source}: is read as a whole; expected a file of a format that is read piece by piece: {able}."
        )
    with contextlib.ExitStack() as stack:
        with _explained(source):
            rows = stack.enter_context(kind.pieces(source))
        yield rows


@contextlib.contextmanager
def _explained(source: str) -> Iterator[None]:
    """Says of a file that cannot be read that it is the data's fault."""
    try:
        yield
    except (RowsmithError, MemoryError):
        raise
    except OSError as fault:
        raise DataError(f"{hide_password(source)}: cannot be read ({fault.strerror or fault}).") from None


def parts_of(folder: Path) -> list[Path]:
    """The files of a table in parts, `part-00000.parquet` and so on, in order; none, if the folder holds something else."""
    return sorted(p for p in folder.iterdir() if PART.fullmatch(p.name))


def open_sink(
    target: str,
    format: str | None = None,
    settings: Mapping[str, Any] | None = None,
    kinds: Mapping[str, pa.DataType] | None = None,
) -> Sink:
    """A sink that writes a file or a table of a database.

    Args:
        target: file name or URL.
        format: name of the format, if the ending does not say it.
        settings: settings of the format.
        kinds: types of columns for which others stand in what is written, see `core.standins`.

    Raises:
        OutputError: nothing can be written there.
        SpecError: no known format, or a wrong setting.
    """
    chosen = format_for(str(target), format, settings)
    sink = chosen.sink(str(target))
    return Dressed(sink, kinds) if kinds and chosen.typed else sink


def hide_password(name: str) -> str:
    """A name as it may be shown."""
    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", name)


@cache
def _endings() -> dict[str, str]:
    """Ending or scheme to the format's name."""
    return {ending: name for name in FORMATS.names() for ending in FORMATS.load(name).endings}


def names_file(name: str) -> bool:
    """Whether a name ends as that of a file does, of whatever kind; or nearly so, as one that is misspelt.

    >>> [names_file(name) for name in ("shop.csv", "shop.cvs", "shop.zip", "shop", "shop.v2", "my.twin")]
    [True, True, True, False, False, False]
    """
    ending = Path(name.rpartition("#")[0] or name).suffix.lower()
    known = [each for each in _endings() if each.startswith(".")]
    # not those that the machine knows, which are others on the next
    other = any(mimetypes.MimeTypes().guess_type(f"table{ending}"))
    return bool(ending) and (other or ending in known or bool(near(ending, known, MISSPELT)))


def _named(name: str) -> str:
    endings = _endings()
    scheme = re.match(r"([A-Za-z][A-Za-z0-9]*)(\+[A-Za-z0-9_]+)?://", name)
    if scheme:
        found = endings.get(scheme[1].lower() + "://")
        if found is None:
            known = [e for e in endings if e.endswith("://")]
            raise SpecError(
                f"{hide_password(name)}: no known kind of database or folder{suggest(scheme[1] + '://', known)}"
            )
        return found
    for candidate in dict.fromkeys((name, split_part(name)[0], name.rpartition("#")[0])):
        lower = candidate.lower()
        fits = [e for e in endings if lower.endswith(e) and not e.endswith("://")]
        if fits:
            return endings[max(fits, key=len)]
    if name.endswith(("/", os.sep)) or os.path.isdir(name):
        raise SpecError(f"{name}: names a folder; name a file, such as {Path(name) / 'table.csv'}.")
    last = re.search(r"\.[^./\\]*$", split_part(name)[0])
    files = [e for e in endings if e.startswith(".") and e.count(".") == 1]
    if last is None:
        raise SpecError(f"{name}: has no ending that says its format; name the format{suggest('', FORMATS.names())}")
    raise SpecError(f"{name}: the ending {last[0]!r} is of no known format{suggest(last[0].lower(), files)}")
