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

COMMANDS = ["draft", "evaluate", "fit", "impute", "inspect", "sample", "synth"]


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


def test_sample_draws_around_given_columns(model_file, tmp_path):
    (tmp_path / "some.csv").write_text("region,age\n" + "north,25\neast,80\n" * 10, encoding="utf-8")
    done = run("sample", model_file, "-o", tmp_path / "t.csv", "--given", tmp_path / "some.csv")
    assert done.exit_code == 0, done.output
    assert "drew 20 rows" in done.stderr
    drawn = csv.read_csv(tmp_path / "t.csv")
    assert drawn["region"].to_pylist() == ["north", "east"] * 10
    assert drawn["age"].to_pylist() == [25, 80] * 10
    (tmp_path / "some.csv").write_text("regoin\nnorth\n", encoding="utf-8")
    done = run("sample", model_file, "-o", tmp_path / "u.csv", "--given", tmp_path / "some.csv")
    assert done.exit_code == 2
    assert "given='regoin': the model has no such column; did you mean 'region'" in done.stderr


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


def test_a_draft_is_a_spec_that_makes_the_table(table_file, tmp_path):
    spec = tmp_path / "drafted.yaml"
    words = ["draft", table_file, "--name", "folk", "--rows", "1e2", "--key", "person_id"]
    done = run(*words, "-o", spec)
    assert done.exit_code == 0, done.output
    assert "drafted 600 rows" in done.stderr
    assert run(*words).stdout == spec.read_text(encoding="utf-8")
    assert run(*words, "-o", spec, "--quiet").output == ""
    assert run("make", spec, "-o", tmp_path / "folk.parquet").exit_code == 0
    twin = pq.read_table(tmp_path / "folk.parquet")
    assert twin.num_rows == 100
    assert twin.column_names == csv.read_csv(table_file).column_names


def test_a_draft_that_cannot_be_is_one_sentence(table_file, tmp_path):
    for words in (["--rare", 0], ["--key", "nobody"], ["-o", tmp_path / "no" / "spec.yaml"], ["--read", "nothing=1"]):
        done = run("draft", table_file, *words)
        assert done.exit_code == 2
        assert done.stderr.startswith("rowsmith: ")
        assert done.stderr.count("\n") == 1


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


def test_a_key_of_several_columns_is_kept(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "db.sqlite")) as database, database:
        database.execute("create table lines (o integer, l integer, q integer, primary key (o, l))")
        database.executemany("insert into lines values (?, ?, ?)", [(i // 3, i % 3, i % 7) for i in range(300)])
    assert run("fit", f"{tmp_path / 'db.sqlite'}#lines", "-o", tmp_path / "m").exit_code == 0
    assert run("sample", tmp_path / "m", "-o", tmp_path / "x.sqlite", "--rows", 250).exit_code == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "x.sqlite")) as database:
        assert database.execute("select count(*) from (select distinct o, l from lines)").fetchall() == [(250,)]
        assert [row[5] for row in database.execute("pragma table_info(lines)")] == [1, 2, 0]
    done = run("sample", tmp_path / "m", "-o", tmp_path / "y.sqlite", "--rows", 2000)
    assert done.exit_code == 2
    assert "there are no more than 300 combinations" in done.stderr


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


def test_rows_under_a_condition_and_rows_filled_in(model_file, table_file, tmp_path):
    done = run("sample", model_file, "-n", 50, "--where", "age > 40 and region = 'east'", "-o", tmp_path / "some.csv")
    assert done.exit_code == 0, done.output
    some = csv.read_csv(tmp_path / "some.csv")
    assert some.num_rows == 50
    assert min(some["age"].to_pylist()) > 40
    assert set(some["region"].to_pylist()) == {"east"}
    done = run("sample", model_file, "--where", "region = 'nowhere'", "-o", tmp_path / "none.csv")
    assert done.exit_code == 2
    assert "no learnt row has" in done.output
    assert not (tmp_path / "none.csv").exists()
    done = run("impute", table_file, "-o", tmp_path / "filled.csv", "--model", model_file)
    assert done.exit_code == 0, done.output
    assert "filled in" in done.output
    real, filled = csv.read_csv(table_file), csv.read_csv(tmp_path / "filled.csv")
    assert sum(column.null_count for column in real.columns) > 0
    assert sum(column.null_count for column in filled.columns) == 0
    assert filled["person_id"].equals(real["person_id"])
