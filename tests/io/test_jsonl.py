"""JSON lines keep the types that JSON has, mixed ones too."""

import json

import pyarrow as pa
import pytest

from rowsmith.core.errors import DataError, OutputError
from rowsmith.core.text import form_of
from rowsmith.io._open import read_table

LINES = (
    '{"invoice": "C500000", "result": 422, "flag": true, "x": 1}\n'
    '{"invoice": 500007, "result": "<5", "flag": null, "x": 2.5}\n'
    '{"invoice": 500014, "result": 818.5, "flag": "Y", "x": null}\n'
)


def test_mixed_columns_come_back_as_they_were(write, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(LINES)
    table = read_table(path)
    assert [str(t) for t in table.schema.types] == ["string", "string", "string", "double"]
    assert form_of(table.schema.field("result")) == {"as": "json"}
    assert write(table, tmp_path / "b.jsonl", rows=2).read_text() == LINES


def test_missing_keys_blank_lines_and_nesting(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_text('{"a": 1}\n\n{"b": [1, 2], "a": 2}\n{"c": {"x": 1, "y": "z"}}\n', encoding="utf-8-sig")
    table = read_table(path)
    assert table.column_names == ["a", "b", "c"]
    assert table["a"].to_pylist() == [1, 2, None]
    assert table.schema.field("b").type == pa.list_(pa.int64())
    assert table["c"].to_pylist() == [None, None, {"x": 1, "y": "z"}]


def test_an_array_of_objects(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"a": 1},\n {"a": 2}]')
    assert read_table(path).to_pydict() == {"a": [1, 2]}


def test_everything_is_written_as_json(write, tmp_path):
    table = pa.table(
        {
            'q"': ["tab\t", 'x"y', "\\", "ü\u2028", None],
            "f": [1.0, 1e-7, float("nan"), float("inf"), None],
            "d": pa.array([1, 2, 3, 4, None], pa.date32()),
            "n": [{"a": 1}, None, None, None, {"a": None}],
        }
    )
    rows = [json.loads(line) for line in write(table, tmp_path / "a.jsonl").read_text("utf-8").split("\n")[:-1]]
    assert [row['q"'] for row in rows] == table['q"'].to_pylist()
    assert [row["f"] for row in rows] == [1.0, 1e-7, None, None, None]
    assert rows[0]["d"] == "1970-01-02"
    assert rows[0]["n"] == {"a": 1}


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b'{"a": 1}\n{"a": }\n', ["line 2", "not JSON"]),
        (b'{"a": 1}\n[1]\n', ["line 2", "is a list", "expected an object"]),
        (b'{"a": 1, "a": 2}\n', ["line 1", "'a'", "more than once"]),
        (b'[{"a": 1}, 5]', ["element 2", "number"]),
        (b'{"a": "\xff"}', ["utf-8"]),
        (b"a,b\n1,2\n", ["line 1", "not JSON"]),
        (b"\n\n", ["no JSON object"]),
        (b"{}\n", ["no columns"]),
        (b"[" * 100_000, ["deep"]),
    ],
)
def test_bad_files_end_in_one_sentence(content, parts, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_table(path)
    for part in ["a.jsonl", *parts]:
        assert part in str(caught.value)


def test_a_json_array_is_not_written(write, tmp_path):
    with pytest.raises(OutputError, match=r"write JSON lines \(\.jsonl\) instead"):
        write(pa.table({"a": [1]}), tmp_path / "a.json")
