"""Every fault of a user's ends in one sentence, exit code 2, and nothing under the final name."""

import os
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.cli.conftest import run


def refused(done, *parts, code=2):
    assert done.exit_code == code, done.output
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("rowsmith: ")
    assert "Traceback" not in done.output
    for part in parts:
        assert str(part) in lines[0]


FILES = {
    "empty.csv": (b"", "empty"),
    "header.csv": (b"a,b\n", "0 rows"),
    "twice.csv": (b"a,b,a\n1,2,3\n", "'a'"),
    "ragged.csv": (b"a,b\n1,2\n1,2,3\n", "line"),
    "image.csv": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\xff\xfe" * 20, "image.csv"),
    "text.parquet": (b"a,b\n1,2\n", "text.parquet"),
    "text.xlsx": (b"a,b\n1,2\n", "text.xlsx"),
    "text.sqlite": (b"a,b\n1,2\n" * 30, "text.sqlite"),
    "text.arrow": (b"a,b\n1,2\n", "text.arrow"),
    "text.jsonl": (b"a,b\n1,2\n", "text.jsonl"),
    "what.xyz": (b"a,b\n1,2\n", ".xyz"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_learnt(tmp_path, name):
    content, part = FILES[name]
    (tmp_path / name).write_bytes(content)
    refused(run("fit", tmp_path / name, "-o", tmp_path / "m"), part)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_parquet_file_called_csv(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.csv")
    refused(run("fit", tmp_path / "t.csv", "-o", tmp_path / "m"), "t.csv", "Parquet")


def test_a_missing_file_and_a_folder(tmp_path):
    refused(run("fit", tmp_path / "none.csv", "-o", tmp_path / "m"), "none.csv", "no such file")
    refused(run("fit", tmp_path, "-o", tmp_path / "m"), tmp_path)
    refused(run("sample", tmp_path / "none", "-o", tmp_path / "t.csv"), "no such file")


def test_one_row_is_learnt(tmp_path):
    (tmp_path / "one.csv").write_text("a,b\n1,x\n")
    assert run("synth", tmp_path / "one.csv", "-o", tmp_path / "t.csv", "--rows", 3).exit_code == 0
    assert (tmp_path / "t.csv").read_text().splitlines()[0] == "a,b"
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--rows", "-5"], ["rows=-5", "expected a whole number from 0"]),
        (["--workers", "0"], ["workers=0"]),
        (["--seed", "-1"], ["seed=-1"]),
    ],
)
def test_a_number_out_of_range(model_file, tmp_path, words, parts):
    refused(run("sample", model_file, "-o", tmp_path / "t.csv", *words), *parts)
    assert list(tmp_path.iterdir()) == []


def test_rows_that_are_no_number_are_told_by_the_parser(model_file, tmp_path):
    done = run("sample", model_file, "-o", tmp_path / "t.csv", "--rows", "many")
    assert done.exit_code == 2
    assert "'many' is not a whole number" in " ".join(done.stderr.split())


def test_an_output_that_is_a_folder_or_in_none_or_of_no_format(model_file, tmp_path):
    (tmp_path / "d.csv").mkdir()
    refused(run("sample", model_file, "-o", tmp_path / "d.csv"), "is a folder")
    refused(run("sample", model_file, "-o", tmp_path / "no" / "t.csv"), "does not exist")
    refused(run("sample", model_file, "-o", tmp_path / "t.csw"), ".csw", ".csv")
    refused(run("fit", model_file, "-o", tmp_path), "is a folder")


def test_a_model_from_another_version_or_damaged(model_file, tmp_path):
    whole = model_file.read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    refused(run("sample", tmp_path / "cut", "-o", tmp_path / "t.csv"), "cut", "damaged")
    from rowsmith.core.state import write_state

    write_state(tmp_path / "new", {}, kind="table-model", version=99)
    refused(run("sample", tmp_path / "new", "-o", tmp_path / "t.csv"), "format version 99")
    assert not (tmp_path / "t.csv").exists()


def test_a_schema_with_a_fault_or_for_another_table(table_file, tmp_path):
    schema = tmp_path / "s.yaml"
    run("inspect", table_file, "-o", schema)
    text = schema.read_text()
    schema.write_text(text.replace("kind: integer", "kind: integr", 1))
    refused(run("fit", table_file, "-o", tmp_path / "m", "--schema", schema), "'integr'", "did you mean 'integer'")
    schema.write_text(text.replace("  region:", "  regions:"))
    refused(run("fit", table_file, "-o", tmp_path / "m", "--schema", schema), "'region'", "did you mean 'regions'")
    schema.write_text("a: [")
    refused(run("fit", table_file, "-o", tmp_path / "m", "--schema", schema), "not YAML at line")
    refused(run("fit", table_file, "-o", tmp_path / "m", "--key", "nam"), "nam")
    assert not (tmp_path / "m").exists()


def test_an_unknown_learner_or_setting(table_file, tmp_path):
    words = ["fit", table_file, "-o", tmp_path / "m"]
    refused(run(*words, "--learner", "tree"), "'tree'", "did you mean 'trees'")
    refused(run(*words, "--set", "detial=1"), "detial")
    refused(run(*words, "--set", "detail"), "expected NAME=VALUE")
    refused(run(*words, "--set", "detail=["), "--set detail=[: expected a number")


def test_a_wrong_setting_of_the_format_that_is_read(table_file, tmp_path):
    words = ["inspect", table_file, "--read"]
    refused(run(*words, "seperator=;"), "--read seperator: no such setting of csv", "did you mean 'separator'")
    refused(run(*words, "separator"), "--read separator: expected NAME=VALUE")
    refused(run(*words, "separator=;;"), "separator=';;': expected one sign")
    refused(run(*words, "types=maybe"), "types='maybe'", "expected true or false")
    refused(run("evaluate", table_file, table_file, "--read", "sheet=a"), "--read sheet: no such setting of csv")


def test_a_key_beside_a_schema(table_file, tmp_path):
    assert run("inspect", table_file, "-o", tmp_path / "s.yaml").exit_code == 0
    for command, output in (("fit", "m"), ("synth", "t.csv")):
        words = [command, table_file, "-o", tmp_path / output, "--schema", tmp_path / "s.yaml", "--key", "nowhere"]
        refused(run(*words), "primary_key=nowhere", "write `primary_key: [nowhere]` into the schema", "(--key)")
        assert not (tmp_path / output).exists()


def test_an_unknown_target_is_told_before_anything_is_learnt_or_written(table_file, tmp_path, monkeypatch):
    monkeypatch.setattr("rowsmith.engine.synth.fit_rows", lambda *args, **options: 1 / 0)
    words = ["synth", table_file, "-o", tmp_path / "t.csv", "--model", tmp_path / "m", "--target", "incom"]
    refused(run(*words), "target='incom'", "did you mean 'income'")
    refused(run(*words, "--no-judge"), "target='incom'")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_target_or_no_common_column(table_file, tmp_path):
    refused(run("evaluate", table_file, table_file, "--target", "incom"), "incom", "income")
    (tmp_path / "other.csv").write_text("x,y\n1,2\n3,4\n")
    refused(run("evaluate", table_file, tmp_path / "other.csv"), "column")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the device that is always full")
def test_a_full_disk(model_file, tmp_path, monkeypatch):
    from rowsmith.core import files

    real = files.os.replace
    monkeypatch.setattr(files.os, "replace", lambda *names: (_ for _ in ()).throw(OSError(28, "No space left")))
    refused(run("sample", model_file, "-o", tmp_path / "t.parquet"), "t.parquet", "the disk is full")
    assert list(tmp_path.iterdir()) == []
    assert real is not files.os.replace


def test_ctrl_c_half_way_leaves_nothing(model_file, tmp_path):
    command = [sys.executable, "-m", "rowsmith", "sample", model_file, "-o", tmp_path / "t.csv", "--rows", "30_000_000"]
    child = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)  # until it has begun to write
    os.killpg(child.pid, signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 130
    assert errors.strip().splitlines() == ["rowsmith: interrupted; nothing was left half-written."]
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_our_own_ends_with_1_and_no_traceback(model_file, tmp_path, monkeypatch):
    monkeypatch.setattr("rowsmith.engine.load.load", lambda path: 1 / 0)
    refused(run("sample", model_file, "-o", tmp_path / "t.csv"), "a fault in rowsmith itself", code=1)
