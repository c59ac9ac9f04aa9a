"""Columns of a table that come from a saved model: the file is found and read, and the columns join those written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rowsmith.core.errors import ModelFileError, SpecError, suggest
from rowsmith.core.protocols import ColumnSampler
from rowsmith.core.sql import references
from rowsmith.learn._columns import ModelColumns
from rowsmith.learn._given import check_sort
from rowsmith.learn.table import TableModel, read_model
from rowsmith.samplers._sourced import CodedKey, Sourced
from rowsmith.spec.files import file_of
from rowsmith.spec.model import ColumnSpec, Source

if TYPE_CHECKING:
    from rowsmith.spec.check import Checker

NAME = "model"
"""Of the source."""


def columns_of_model(
    checker: Checker, table: str, entry: Any, written: Mapping[str, ColumnSpec]
) -> tuple[dict[str, ColumnSpec], tuple[Source, ...]]:
    """The columns of a table, those of its model among them, and what makes these.

    Args:
        checker: collects faults; files are looked for beside its document.
        table: its name.
        entry: what the table says of its model: the name of a file, or a mapping of `file` and `columns`.
        written: the columns that the table lists.

    Raises:
        SpecError: it is wrong, or the file is no model.
    """
    if isinstance(entry, str):
        entry = {"file": entry}
    if not isinstance(entry, Mapping) or not isinstance(entry.get("file"), str):
        raise SpecError(
            f"model={entry!r}: expected the name of a file, or a mapping such as {{file: …, columns: […]}}."
        )
    for word in entry:
        if word not in ("file", "columns"):
            raise SpecError(f"model.{word}={entry[word]!r}: is not known here{suggest(str(word), ('file', 'columns'))}")
    model = _read(checker, entry["file"])
    taken = _taken(model, entry.get("columns"), written)
    numbered = {name: key for name in taken if (key := _numbered(model, name)) is not None}
    drawn = tuple(name for name in taken if name not in numbered)
    ruled = {name for rule, sql in model.schema.rules.items() for name in references(sql, rule)}
    given = tuple(name for name in model.schema.columns if name in written and (name in model.telling or name in ruled))
    for name in given:
        kind = written[name].cast or written[name].sampler.type
        if kind is not None and name in model.telling:  # else it is known when it is computed
            with checker.at("tables", table, "columns", name):
                check_sort(model.codecs[model.telling[name]], kind)
    types = {name: model.arrow_schema.field(name).type for name in drawn}
    path = f"tables.{table}.model"
    samplers: dict[str, ColumnSampler] = {
        name: Sourced(
            source=NAME,
            kind=types[name],
            given=given,
            stays=name not in model.drawn,
            complete=not model.codecs[list(model.schema.columns).index(name)].nullable,
        )
        for name in drawn
    }
    samplers |= numbered
    columns = {name: ColumnSpec(name=name, path=path, sampler=samplers[name]) for name in taken}
    source = Source(name=NAME, path=path, sampler=ModelColumns(model, drawn), columns=types, reads=given)
    return _in_order(table, written, columns), (source,) if drawn else ()


def _read(checker: Checker, file: str) -> TableModel:
    """The model in a file beside the spec."""
    path = file_of(checker, "model", file, "the name of a file that `rowsmith fit` wrote")
    try:
        return read_model(path)[0]
    except ModelFileError as fault:
        raise SpecError(f"model={file!r}: {str(fault).removeprefix(f'{path}: ')}") from None


def _taken(model: TableModel, wanted: Any, written: Mapping[str, ColumnSpec]) -> tuple[str, ...]:
    """Columns that the model makes."""
    names = list(model.schema.columns)
    if wanted is None:
        taken = tuple(name for name in names if name not in written)
        if not taken:
            raise SpecError("model: all of its columns are listed under `columns`, so that nothing is left to it.")
    else:
        if not isinstance(wanted, list) or not wanted or any(not isinstance(name, str) for name in wanted):
            raise SpecError(f"model.columns={wanted!r}: expected a list of names of columns.")
        for name in wanted:
            if name not in names:
                raise SpecError(f"model.columns={name!r}: the model has no such column{suggest(name, names)}")
            if name in written:
                raise SpecError(f"model.columns={name!r}: is listed under `columns` too; take it out of one of them.")
        taken = tuple(name for name in names if name in wanted)
    for name in taken:
        if "." in name or not name:
            raise SpecError(
                f"model: its column {name!r} has a dot in its name; list the others: {{file: …, columns: […]}}."
                if name
                else "model: one of its columns has no name; list the others: {file: …, columns: […]}."
            )
    return taken


def _numbered(model: TableModel, name: str) -> CodedKey | None:
    """How a column is made from the row's number, if that is all it hangs on."""
    codec = model.codecs[list(model.schema.columns).index(name)]
    return CodedKey(codec=codec) if codec.size == 1 and codec.inner is not None and codec.inner.by_row else None


def _in_order(table: str, written: Mapping[str, ColumnSpec], more: Mapping[str, ColumnSpec]) -> dict[str, ColumnSpec]:
    """All columns: those of the model stand before the first that reads one of them, or at the end."""
    names = {*more, *(f"{table}.{name}" for name in more)}
    before: dict[str, ColumnSpec] = {}
    after: dict[str, ColumnSpec] = {}
    for name, column in written.items():
        (after if after or names.intersection(_read_by(column)) else before)[name] = column
    return {**before, **more, **after}


def _read_by(column: ColumnSpec) -> tuple[str, ...]:
    try:
        return column.reads
    except SpecError:  # its SQL is wrong, which is told when names are looked up
        return ()
