"""Spreadsheets are read as they show."""

import datetime

import openpyxl
import pyarrow as pa
import pytest

from rowsmith.core.errors import DataError, OutputError
from rowsmith.core.text import json_values
from rowsmith.io._open import open_sink, read_table


@pytest.fixture
def book(tmp_path):
    def run(sheets, name="a.xlsx"):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, rows in sheets.items():
            sheet = made.create_sheet(title)
            for row in rows:
                sheet.append(row)
        made.save(tmp_path / name)
        return tmp_path / name

    return run


def test_types_are_told_from_cells(book):
    day, at = datetime.date(2024, 1, 5), datetime.datetime(2024, 1, 5, 10, 30)
    rows = [
        ["n", "f", "t", "d", "at", "b", "mix", 2024],
        [1, 1.5, "x", day, at, True, "neg", 1],
        [2, 2, None, day, at, False, 5, 2],
    ]
    table = read_table(book({"one": rows, "two": [["z"], [1]]}))
    assert table.column_names == ["n", "f", "t", "d", "at", "b", "mix", "2024"]
    assert table.schema.field("n").type == pa.int64()
    assert table["f"].to_pylist() == [1.5, 2.0]
    assert table["at"].to_pylist() == [at, at]
    assert table["b"].to_pylist() == [True, False]
    assert json_values(table["mix"]) == ["neg", 5]


def test_sheets_by_name(book):
    path = book({"one": [["a"], [1]], "two": [["z"], [1]]})
    assert read_table(f"{path}#two").column_names == ["z"]
    assert read_table(path, settings={"sheet": "two"}).column_names == ["z"]
    with pytest.raises(DataError, match="has no sheet 'tow'; did you mean 'two'"):
        read_table(f"{path}#tow")


def test_bad_workbooks(book, tmp_path):
    with pytest.raises(DataError, match="the sheet is empty"):
        read_table(book({"one": []}))
    with pytest.raises(DataError, match="'a' stands more than once"):
        read_table(book({"one": [["a", "a"], [1, 2]]}))
    path = book({"one": [["a"], [1]]})
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match="damaged"):
        read_table(path)
    with pytest.raises(OutputError, match=r"spreadsheets are only read; write \.csv"):
        open_sink(str(tmp_path / "b.xlsx"))
