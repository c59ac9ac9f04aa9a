"""What is wrong with a document is said in the words of its format, with its line."""

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.spec.document import parse, read

EMPTY = "is empty; expected `tables:` and under it each table with its rows and columns."
DEEP = "is nested too deeply; expected tables, columns and their settings."
QUOTES = "correct it, or put it in quotes if it is a text."


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("s.yaml", "", f": {EMPTY}"),
        ("s.yaml", "# nothing yet\n", f": {EMPTY}"),
        ("s.json", "", f": {EMPTY}"),
        ("s.yaml", "a: [1", ", line 1: is not YAML (expected ',' or ']', but got '<stream end>')."),
        ("s.json", '{"a": 1,\n "b": [}', ", line 2: is not JSON (Expecting value)."),
        ("s.yaml", "a: 1\nb: 0000-01-01", f", line 2: '0000-01-01' is no date (year 0 is out of range); {QUOTES}"),
        ("s.yaml", "a:\n- 2024-02-31", f", line 2: '2024-02-31' is no date (day is out of range for month); {QUOTES}"),
        ("s.yaml", "a: !!int x", ", line 1: 'x' is no number (invalid literal for int() with base 10: 'x'); " + QUOTES),
        ("s.yaml", "a: 1\nb: \x01", ", line 2: is not YAML (the sign '\\x01' in it)."),
        ("s.yaml", "a: " + "[" * 2000 + "]" * 2000, f": {DEEP}"),
        ("s.json", '{"a": ' + "[" * 2000 + "]" * 2000 + "}", f": {DEEP}"),
    ],
)
def test_a_faulty_file_is_said_with_its_line(name, text, said, tmp_path):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as fault:
        read(str(path))
    assert str(fault.value) == f"{path}{said}"


def test_an_empty_value_of_an_option_is_null():
    assert parse("", "--set discount").values is None


def test_dates_in_quotes_are_texts():
    assert parse("a: '2024-02-31'").values == {"a": "2024-02-31"}
