import contextlib
import json
import os
import sqlite3
import subprocess
import sys

import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest
from tests.cli.conftest import run

COMMANDS = ["evaluate", "fit", "inspect", "sample", "synth"]


def test_help_names_every_command():
    done = run("--help")
    assert done.exit_code == 0
    assert all(command in done.output for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command):
    done = run(command, "--help")
    assert done.exit_code == 0
    assert f"rowsmith {command} " in done.output


def test_the_help_of_fit_names_every_learner():
    assert "independent" in run("fit", "--help").output
    assert "trees" in run("fit", "--help").output


def test_synth_learns_draws_and_judges(table_file, tmp_path):
    done = run(
        *("synth", table_file, "-o", tmp_path / "twin.csv", "--target", "income", "--model", tmp_path / "m"),
        *("--report", tmp_path / "r.html", "--json", tmp_path / "r.json"),
    )
    assert done.exit_code == 0, done.output
    real, twin = csv.read_csv(table_file), csv.read_csv(tmp_path / "twin.csv")
    assert twin.schema.equals(real.schema)
    assert twin.num_rows == real.num_rows
    assert "kept 120 unseen" in done.stderr
    assert "<html" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert run("sample", tmp_path / "m", "-o", tmp_path / "more.csv", "--rows", "1_000").exit_code == 0
    assert csv.read_csv(tmp_path / "more.csv").num_rows == 1000


def test_holdout_0_learns_from_every_row(table_file, tmp_path):
    done = run("synth", table_file, "-o", tmp_path / "t.parquet", "--holdout", 0, "--no-judge", "--rows", "1e2")
    assert "learnt 600 rows, kept none unseen" in done.stderr
    assert pq.read_table(tmp_path / "t.parquet").num_rows == 100


def test_inspect_fit_with_the_schema_and_sample(table_file, tmp_path):
    assert run("inspect", table_file, "-o", tmp_path / "s.yaml", "--key", "person_id").exit_code == 0
    assert run("inspect", table_file, "--key", "person_id").stdout == (tmp_path / "s.yaml").read_text()
    with_schema = run("fit", table_file, "-o", tmp_path / "a", "--schema", tmp_path / "s.yaml")
    assert with_schema.exit_code == 0, with_schema.output
    assert run("fit", table_file, "-o", tmp_path / "b", "--key", "person_id").exit_code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    for name, workers in (("one", 1), ("two", 2)):
        words = ["sample", tmp_path / "a", "-o", tmp_path / f"{name}.parquet", "--seed", 7, "--workers", workers]
        assert run(*words, "--rows", 70_000).exit_code == 0
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_settings_of_the_format_that_is_read(tmp_path):
    (tmp_path / "a.csv").write_text("n|s\n" + "".join(f"{i % 9},5|x{i % 3}\n" for i in range(60)))
    words = ["--read", "separator=|", "--read", "decimal=,"]
    assert "point: ','" in run("inspect", tmp_path / "a.csv", *words).stdout
    assert "type: string" in run("inspect", tmp_path / "a.csv", *words, "--read", "types=false").stdout
    (tmp_path / "b.tsv").write_text("n\ts\n1\tx\n2\ty\n")
    assert "      s:\n" in run("inspect", tmp_path / "b.tsv", "--read", "separator=\\t").stdout
    for command in ("fit", "synth"):
        done = run(command, tmp_path / "a.csv", "-o", tmp_path / "out.csv", *words)
        assert done.exit_code == 0, done.output
    assert "|x" in (tmp_path / "out.csv").read_text()
    assert run("synth", tmp_path / "a.csv", "-o", tmp_path / "t.parquet", *words, "--no-judge").exit_code == 0
    done = run("evaluate", tmp_path / "a.csv", tmp_path / "t.parquet", *words)
    assert done.exit_code == 0, done.output
    assert "missing" not in done.stdout


def test_a_key_that_is_not_kept_is_told_once(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "db.sqlite")) as database, database:
        database.execute("create table lines (o integer, l integer, q integer, primary key (o, l))")
        database.executemany("insert into lines values (?, ?, ?)", [(i // 3, i % 3, i % 7) for i in range(300)])
    assert run("fit", f"{tmp_path / 'db.sqlite'}#lines", "-o", tmp_path / "m").exit_code == 0
    done = run("sample", tmp_path / "m", "-o", tmp_path / "x.sqlite", "--rows", 2000)
    assert done.exit_code == 0, done.output
    assert done.stderr.count("the primary key (o, l) is not kept unique") == 1


def test_the_help_says_how_many_rows_come_by_default():
    assert "as many as the table has" in " ".join(run("synth", "--help").output.split())
    assert "as many as were learnt" in " ".join(run("sample", "--help").output.split())


def test_quiet_prints_nothing(table_file, tmp_path):
    assert run("fit", table_file, "-o", tmp_path / "m", "--quiet").output == ""


def test_the_command_is_silent_about_progress_where_there_is_no_terminal(model_file, tmp_path):
    command = [sys.executable, "-m", "rowsmith", "sample", model_file, "-o", tmp_path / "t.csv"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_version():
    import rowsmith

    assert run("--version").output == f"rowsmith {rowsmith.__version__}\n"
