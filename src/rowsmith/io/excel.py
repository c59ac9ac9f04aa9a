"""Spreadsheets, read only: .xlsx, .xlsm, .xlsb, .xls and .ods."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from rowsmith.core import text
from rowsmith.core.errors import DataError, OutputError, suggest
from rowsmith.core.frames import check_names
from rowsmith.core.protocols import Format, Sink
from rowsmith.io._files import check_source, expect, split_part


@dataclass(frozen=True, kw_only=True)
class Excel(Format):
    """A sheet of a workbook; the first, or the one named after `#`."""

    endings: ClassVar[tuple[str, ...]] = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")

    sheet: str | None = None
    """Name of the sheet; the first when left out."""

    def read(self, source: str) -> pa.Table:
        """The table on a sheet: names of columns in its first row.

        Raises:
            DataError: it is missing, not a workbook, or has no such sheet.
        """
        from python_calamine import CalamineError, CalamineWorkbook

        name, part = split_part(source)
        path = check_source(name)
        expect(name, path, "an Excel workbook")
        sheet = part if part is not None else self.sheet
        try:
            book = CalamineWorkbook.from_path(str(path))
            names = book.sheet_names
            if sheet is not None and sheet not in names:
                raise DataError(f"{name}: has no sheet {sheet!r}{suggest(sheet, names)}")
            rows = book.get_sheet_by_name(sheet if sheet is not None else names[0]).to_python()
        except (CalamineError, IndexError) as fault:
            raise DataError(f"{name}: the workbook is damaged or locked ({fault}).") from None
        return _table(source, rows)

    def sink(self, target: str) -> Sink:
        """None: a workbook cannot be written.

        Raises:
            OutputError: always.
        """
        raise OutputError(f"{target}: spreadsheets are only read; write .csv (which they open), .parquet or .sqlite.")


def _table(source: str, rows: list[list[Any]]) -> pa.Table:
    while rows and all(cell == "" for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise DataError(f"{source}: the sheet is empty; expected names of columns in its first row.")
    header = list(rows[0])
    while header and header[-1] == "" and all(row[len(header) - 1] == "" for row in rows):
        header.pop()
    names = [str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell) for cell in header]
    columns = [_column(name, [row[i] for row in rows[1:]]) for i, name in enumerate(names)]
    table = pa.table([array for array, _ in columns], schema=pa.schema([field for _, field in columns]))
    return check_names(table, source)


def _column(name: str, cells: list[Any]) -> tuple[pa.Array, pa.Field]:
    values = [None if cell == "" else cell for cell in cells]
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {int, float} and kinds:  # Excel knows no whole numbers
        whole = all(v is None or (float(v).is_integer() and abs(v) < 2**53) for v in values)
        array = pa.array([None if v is None else int(v) if whole else float(v) for v in values])
        return array, pa.field(name, array.type)
    if kinds == {datetime.date, datetime.datetime}:
        values = [v if v is None or isinstance(v, datetime.datetime) else _midnight(v) for v in values]
        kinds = {datetime.datetime}
    if len(kinds) <= 1:
        array = pa.array(values)
        return array, pa.field(name, array.type)
    if kinds <= {int, float, str, bool}:
        whole_too = [int(v) if isinstance(v, float) and v.is_integer() else v for v in values]
        return text.json_texts(whole_too), text.with_form(pa.field(name, pa.string()), {"as": "json"})
    return pa.array([None if v is None else str(v) for v in values], pa.string()), pa.field(name, pa.string())


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime(day.year, day.month, day.day)
