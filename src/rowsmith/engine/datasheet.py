"""The data sheet of a file: facts read from it, its model and its report, together with what people answered."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.files import atomic
from rowsmith.core.protocols import FORMATS
from rowsmith.core.provenance import Provenance
from rowsmith.engine.model import Model
from rowsmith.evaluate._questions import checked_answers, questionnaire, read_answers
from rowsmith.evaluate._report import Report
from rowsmith.evaluate._sheet import DataSheet, File, Group, sheet
from rowsmith.evaluate._sheet_page import croissant, markdown, page
from rowsmith.evaluate._summary import Summary
from rowsmith.io._open import format_for, read_table

MOST_LEVELS, MOST_COLUMNS = 12, 20
"""Levels of a column, and columns, whose groups are counted."""


@dataclass(frozen=True)
class Sheet:
    """A data sheet as a user holds it.

    Attributes:
        content: all that is said, as plain data.
    """

    content: DataSheet

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it: JSON or Markdown if the ending says so, else one HTML page that opens without a network.

        Raises:
            OutputError: the file cannot be written.
        """
        ending = os.path.splitext(str(path))[1].lower()
        if ending == ".json":
            written = json.dumps(self.content.to_dict(), ensure_ascii=False, indent=1)
        else:
            written = markdown(self.content) if ending == ".md" else page(self.content)
        _write(path, written)

    def save_croissant(self, path: str | os.PathLike[str]) -> None:
        """Write the metadata of the table as Croissant JSON-LD.

        Raises:
            OutputError: the file cannot be written.
        """
        _write(path, json.dumps(croissant(self.content), ensure_ascii=False, indent=1))


def datasheet(
    source: str | os.PathLike[str],
    *,
    model: Model | None = None,
    report: Report | None = None,
    answers: Mapping[str, Any] | None = None,
) -> Sheet:
    """The data sheet of a synthetic table.

    Args:
        source: the file.
        model: it was drawn from; told by the mark in the file, if left out.
        report: a judgement of it.
        answers: to the questions of `questions`, by name.

    Raises:
        DataError: the file cannot be read.
        SpecError: an unknown question.
    """
    source = str(source)
    if "://" in source or os.path.isdir(source):
        raise SpecError(f"{source}: a data sheet is of one file; name a file.")
    table = read_table(source)
    kind = format_for(source)
    path = Path(source.rpartition("#")[0] or source) if not os.path.exists(source) else Path(source)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    facts = File(
        name=path.name,
        bytes=path.stat().st_size,
        sha256=digest,
        format=FORMATS.name_of(type(kind)),
        rows=table.num_rows,
        columns={field.name: str(field.type) for field in table.schema},
    )
    known = checked_answers(answers or {}, "answers")
    mark = Provenance.of(table.schema)
    return Sheet(
        sheet(
            facts,
            provenance=mark if model is None else model.provenance,
            summary=None if report is None else report.summary,
            groups=_groups(table),
            answers=known,
        )
    )


def questions(path: str | os.PathLike[str]) -> None:
    """Write the questionnaire of a data sheet, to be filled in.

    Raises:
        OutputError: the file cannot be written.
    """
    _write(path, questionnaire())


def answers_in(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The answers in a questionnaire.

    Raises:
        SpecError: it cannot be read, or is none.
    """
    return read_answers(_text(path, SpecError), str(path))


def report_in(path: str | os.PathLike[str]) -> Report:
    """The judgement in a JSON file, as `evaluate --json` writes it.

    Raises:
        DataError: it cannot be read, or is none.
    """
    try:
        return Report(Summary.from_dict(json.loads(_text(path, DataError))))
    except ValueError:
        raise DataError(f"{path}: is not JSON; expected what `rowsmith evaluate --json` writes.") from None
    except DataError as fault:
        raise DataError(f"{path}: {fault}") from None


def _groups(table: pa.Table) -> list[Group]:
    """Levels of the columns that have few."""
    found: list[Group] = []
    columns = 0
    for name, values in zip(table.column_names, table.columns, strict=True):
        kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind)):
            continue
        counts = pc.value_counts(values.cast(kind).combine_chunks()).to_pylist()
        if not 2 <= len(counts) <= MOST_LEVELS or columns == MOST_COLUMNS:
            continue
        columns += 1
        for each in sorted(counts, key=lambda c: (-c["counts"], str(c["values"]))):
            level = "(missing)" if each["values"] is None else str(each["values"])
            found.append(Group(column=name, level=level, rows=each["counts"], share=each["counts"] / table.num_rows))
    return found


def _text(path: str | os.PathLike[str], fault: type[DataError] | type[SpecError]) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as why:
        raise fault(f"{path}: cannot be read ({getattr(why, 'strerror', None) or why}).") from None


def _write(path: str | os.PathLike[str], text: str) -> None:
    with atomic(path) as part:
        part.write_text(text, encoding="utf-8")
