"""Sequences on the command line."""

import json
import zipfile

import pyarrow as pa
import pyarrow.csv
import pytest
from tests.cli.conftest import run
from tests.engine._events import visits

import rowsmith as rs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("visits")
    pyarrow.csv.write_csv(visits(30), path / "visits.csv")
    done = run("fit", path / "visits.csv", "--entity", "patient", "--time", "at", "-o", path / "m.rowsmith")
    assert done.exit_code == 0, done.output
    assert "in 30 sequences" in done.stderr
    return path


def rows(path):
    return pyarrow.csv.read_csv(path).num_rows


def test_as_many_entities_and_steps_as_are_asked_for(folder, tmp_path):
    out = tmp_path / "out.csv"
    assert run("sample", folder / "m.rowsmith", "--entities", 7, "--steps", 4, "-o", out).exit_code == 0
    assert rows(out) == 28
    done = run("sample", folder / "m.rowsmith", "--entities", 0, "-o", out)
    assert done.exit_code == 0, done.output
    assert out.read_text(encoding="utf-8").count("\n") == 1


@pytest.mark.parametrize("words", [["--rows", 5], ["--where", "pulse > 3"], ["--balance", "sex"]])
def test_what_only_tables_have_is_refused(folder, tmp_path, words):
    done = run("sample", folder / "m.rowsmith", *words, "-o", tmp_path / "out.csv")
    assert done.exit_code == 2
    assert "of sequences" in done.output
    assert not (tmp_path / "out.csv").exists()


def test_what_only_sequences_have_is_refused(model_file, tmp_path):
    done = run("sample", model_file, "--entities", 5, "-o", tmp_path / "out.csv")
    assert done.exit_code == 2
    assert "entities=5" in done.output


def test_a_schema_says_that_rows_are_sequences(folder, tmp_path):
    schema = tmp_path / "schema.yaml"
    words = ["inspect", folder / "visits.csv", "--entity", "patient", "--time", "at", "-o", schema]
    assert run(*words).exit_code == 0
    assert rs.Schema.read(schema).only[1].sequence.entity == ("patient",)
    assert run("fit", folder / "visits.csv", "--schema", schema, "-o", tmp_path / "m.rowsmith").exit_code == 0
    both = [run("sample", m, "-o", tmp_path / "out.csv") for m in (tmp_path / "m.rowsmith", folder / "m.rowsmith")]
    assert all(done.exit_code == 0 for done in both)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{entity: patient, time: when}", ["visits.sequence.time", "'when'"]),
        ("{entity: [who], time: at}", ["visits.sequence.entity", "'who'"]),
        ("{time: 3}", ["visits.sequence.time", "expected text"]),
        ("{entities: patient, time: at}", ["visits.sequence.entities", "did you mean 'entity'"]),
        ("at", ["visits.sequence", "expected a mapping"]),
    ],
)
def test_what_is_wrong_in_a_schema_is_said_with_its_path(folder, tmp_path, entry, words):
    path = tmp_path / "schema.yaml"
    columns = "".join(f"      {name}: {{kind: category}}\n" for name in ("patient", "at"))
    path.write_text(
        f"rowsmith: 1\ntables:\n  visits:\n    columns:\n{columns}    sequence: {entry}\n", encoding="utf-8"
    )
    done = run("fit", folder / "visits.csv", "--schema", path, "-o", tmp_path / "m.rowsmith")
    assert done.exit_code == 2
    assert all(word in done.output for word in words), done.output


def test_whole_entities_are_held_out_and_the_twin_is_judged(folder, tmp_path):
    words = ["synth", folder / "visits.csv", "--entity", "patient", "--time", "at", "-o", tmp_path / "twin.csv"]
    done = run(*words, "--json", tmp_path / "report.json", "--entities", 25)
    assert done.exit_code == 0, done.output
    assert "unseen" in done.stderr
    assert len(set(pyarrow.csv.read_csv(tmp_path / "twin.csv")["patient"].to_pylist())) == 25
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["settings"]["sequence"] == {"entity": "patient", "time": "at"}
    assert {"autocorrelation", "shapes"} < {m["measure"] for m in report["measures"]}
    whole = run(*words, "--no-judge", "--rows", 30)
    assert whole.exit_code == 2
    assert "--entities" in whole.output


def test_a_single_series_is_judged_in_its_order(tmp_path):
    table = pa.table({"at": list(range(150)), "x": [i % 7 for i in range(150)], "y": [i % 3 for i in range(150)]})
    pyarrow.csv.write_csv(table, tmp_path / "series.csv")
    done = run("synth", tmp_path / "series.csv", "--time", "at", "-o", tmp_path / "twin.csv")
    assert done.exit_code == 0, done.output
    assert "no part of it stands for the whole" in done.stderr
    assert "Autocorrelation" in done.stdout
    assert pyarrow.csv.read_csv(tmp_path / "twin.csv")["at"].to_pylist() == list(range(150))


def test_sequences_go_on(folder, tmp_path):
    out = tmp_path / "later.csv"
    done = run("sample", folder / "m.rowsmith", "--continue", folder / "visits.csv", "--steps", 3, "-o", out)
    assert done.exit_code == 0, done.output
    assert "rows that come after" in done.stderr
    assert rows(out) == 3 * 30
    real = set(pyarrow.csv.read_csv(folder / "visits.csv")["patient"].to_pylist())
    assert set(pyarrow.csv.read_csv(out)["patient"].to_pylist()) == real
    done = run("sample", folder / "m.rowsmith", "--continue", folder / "visits.csv", "-o", out)
    assert done.exit_code == 2
    assert "--steps" in done.stderr


def test_series_of_any_tool_are_judged(folder, tmp_path):
    visits = folder / "visits.csv"
    words = ["evaluate", visits, visits, "--entity", "patient", "--time", "at"]
    done = run(*words, "--json", tmp_path / "r.json", "--fail-under", "copied_windows=0")
    assert done.exit_code == 1, done.output
    assert "copied_windows is" in done.stderr
    alone = run("evaluate", visits, visits, "--entity", "patient")
    assert alone.exit_code == 2
    assert "give time (--time COLUMN)" in alone.stderr


def test_a_damaged_model_is_told(folder, tmp_path):
    with zipfile.ZipFile(folder / "m.rowsmith") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(parts["state.json"])
    document["state"]["table"]["columns"] = document["state"]["table"]["columns"][:-1]
    with zipfile.ZipFile(tmp_path / "bad.rowsmith", "w") as archive:
        for name, content in (parts | {"state.json": json.dumps(document).encode()}).items():
            archive.writestr(name, content)
    done = run("sample", tmp_path / "bad.rowsmith", "-o", tmp_path / "out.csv")
    assert done.exit_code == 2
    assert "damaged" in done.output


def test_gaps_are_filled_by_a_model_or_without_one(folder, tmp_path):
    out = tmp_path / "whole.csv"
    done = run("impute", folder / "visits.csv", "--entity", "patient", "--time", "at", "-o", out)
    assert done.exit_code == 0, done.output
    lacking = visits(30)["temp"].null_count
    assert f"filled in {lacking} values (temp {lacking})" in done.stderr
    assert pyarrow.csv.read_csv(out)["temp"].null_count == 0
    again = tmp_path / "again.csv"
    assert run("impute", folder / "visits.csv", "--model", folder / "m.rowsmith", "-o", again).exit_code == 0
    assert again.read_bytes() == out.read_bytes()
    done = run("impute", folder / "visits.csv", "--model", folder / "m.rowsmith", "--time", "at", "-o", again)
    assert done.exit_code == 2
    assert "leave --schema, --key, --entity and --time out" in done.stderr


def test_a_scenario_is_drawn(folder, tmp_path):
    means = []
    for words in ([], ["--shift", "pulse=5"]):
        done = run("sample", folder / "m.rowsmith", "--entities", 100, *words, "-o", tmp_path / "out.csv")
        assert done.exit_code == 0, done.output
        means.append(pyarrow.csv.read_csv(tmp_path / "out.csv")["pulse"].to_pandas().mean())
    assert 2.5 < means[1] - means[0] < 7.5
    for words, said in (("pulse", "expected COLUMN=NUMBER"), ("sex=1", "is no column of numbers")):
        done = run("sample", folder / "m.rowsmith", "--shift", words, "-o", tmp_path / "out.csv")
        assert done.exit_code == 2
        assert said in " ".join(done.stderr.split())
