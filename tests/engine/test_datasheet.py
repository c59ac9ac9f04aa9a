"""The data sheet: what is known is stated, what only people can say is asked, and nothing is invented."""

import hashlib
import json

import numpy as np
import pyarrow as pa
import pytest
from tests.cli.conftest import run

import rowsmith as rs
from rowsmith.engine.datasheet import datasheet
from rowsmith.evaluate._criteria import CRITERIA
from rowsmith.evaluate._questions import LISTS, QUESTIONS
from rowsmith.evaluate._summary import Summary


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A real table, its twin, the judgement and the model."""
    at = tmp_path_factory.mktemp("sheet")
    rng = np.random.default_rng(0)
    real = pa.table(
        {
            "age": rng.integers(18, 90, 600),
            "town": rng.choice(["Ahr", "Bex", "<b>Cu</b>"], 600, p=[0.6, 0.3, 0.1]),
            "ill": rng.random(600) < 0.2,
            "note": [*["rare thing"] * 2, *["usual"] * 298, *["other"] * 300],
        }
    )
    sink = rs.synth(real, seed=1)
    sink.model.save(at / "m.rowsmith")
    sink.model.sample_to(at / "twin.parquet", 600, seed=2)
    sink.model.sample_to(at / "twin.csv", 600, seed=2)
    sink.report.save(at / "report.json")
    return at


ANSWERS = {
    "purpose": "A course.",
    "owner": "Head of data",
    "non_uses": ["Pricing"],
    "releases": ["2026-01-01, to the lab"],
}


def test_facts_are_those_of_the_file_and_its_mark(folder):
    sheet = datasheet(folder / "twin.parquet").content
    assert sheet.file.sha256 == hashlib.sha256((folder / "twin.parquet").read_bytes()).hexdigest()
    assert (sheet.file.rows, list(sheet.file.columns)) == (600, ["age", "town", "ill", "note"])
    assert (sheet.provenance.learner, sheet.provenance.learnt_rows) == ("trees", 480)
    assert [each["column"] for each in sheet.provenance.protected] == ["note"]
    towns = {g.level: g.rows for g in sheet.groups if g.column == "town"}
    assert sum(towns.values()) == 600
    assert set(sheet.open) == set(QUESTIONS) - set(LISTS)


def test_a_file_without_a_mark_takes_its_model(folder):
    assert datasheet(folder / "twin.csv").content.provenance is None
    assert datasheet(folder / "twin.csv", model=rs.load(folder / "m.rowsmith")).content.provenance.learner == "trees"


def test_the_command_writes_page_markdown_json_and_metadata(folder):
    (folder / "a.yaml").write_text(json.dumps(ANSWERS))
    words = ["datasheet", folder / "twin.parquet", "--report", folder / "report.json", "--answers", folder / "a.yaml"]
    done = run(*words, "-o", folder / "s.html", "--croissant", folder / "s.jsonld")
    assert done.exit_code == 0, done.output
    assert "note: open: source, legal_basis" in done.output
    page = (folder / "s.html").read_text()
    assert "A course." in page
    assert "Pricing" in page
    assert "<b>Cu</b>" not in page  # a level is no markup
    assert 'http-equiv="Content-Security-Policy" content="default-src \'none\'' in page
    assert run(*words, "-o", folder / "s.md").exit_code == 0
    assert "| Privacy | Membership attack |" in (folder / "s.md").read_text()
    assert run(*words, "-o", folder / "s.json").exit_code == 0
    document = json.loads((folder / "s.json").read_text())
    assert document["answers"] == ANSWERS
    town = next(g for g in document["groups"] if g["column"] == "town" and g["level"] == "Ahr")
    assert abs(town["real"] - 0.6) < 0.06
    metadata = json.loads((folder / "s.jsonld").read_text())
    assert metadata["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert metadata["distribution"][0]["sha256"] == document["file"]["sha256"]
    assert [f["dataType"] for f in metadata["recordSet"][0]["field"]] == [
        "sc:Integer",
        "sc:Text",
        "sc:Boolean",
        "sc:Text",
    ]


def test_it_never_calls_a_table_anonymous(folder):
    report = rs.Report(Summary.from_dict(json.loads((folder / "report.json").read_text())))
    content = json.dumps(datasheet(folder / "twin.parquet", report=report, answers=ANSWERS).content.to_dict())
    assert "does not say that the table is anonymous" in content
    assert content.count("anonymous") == 1


def test_every_measure_that_a_guide_is_answered_by_exists(folder):
    known = {m["measure"] for m in json.loads((folder / "report.json").read_text())["measures"]}
    assert {m for c in CRITERIA for m in c.measures} <= known
    assert {a for c in CRITERIA for a in c.answers} <= set(QUESTIONS)


def test_the_questionnaire_is_answered_by_filling_it_in(folder):
    assert run("datasheet", "--questions", folder / "q.yaml").exit_code == 0
    text = (folder / "q.yaml").read_text()
    assert all(f"\n{name}:" in text for name in QUESTIONS)
    (folder / "q.yaml").write_text(text.replace("purpose:", "purpose: tests"))
    assert run("datasheet", folder / "twin.csv", "--answers", folder / "q.yaml", "-o", folder / "q.json").exit_code == 0
    assert json.loads((folder / "q.json").read_text())["answers"] == {"purpose": "tests"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--answers", "bad.yaml"], r"bad.yaml.purose: there is no such question; did you mean 'purpose'?"),
        (["--answers", "list.yaml"], "list.yaml.releases='once': expected a list."),
        (["--answers", "none.yaml"], "none.yaml: cannot be read"),
        (["--report", "bad.yaml"], "bad.yaml: is not JSON"),
        (["--report", "other.json"], "other.json: this is not the summary of a judgement"),
        (["--model", "bad.yaml"], "bad.yaml: "),
    ],
)
def test_bad_input_is_told_in_a_sentence(folder, monkeypatch, words, said):
    monkeypatch.chdir(folder)
    for name, text in (("bad.yaml", "purose: x"), ("list.yaml", "releases: once"), ("other.json", "{}")):
        (folder / name).write_text(text)
    done = run("datasheet", "twin.csv", "-o", "never.html", *words)
    assert (done.exit_code, "Traceback" in done.output) == (2, False)
    assert said in done.output
    assert not (folder / "never.html").exists()


def test_nothing_asked_for_is_told_too(folder):
    done = run("datasheet", folder / "twin.csv")
    assert done.exit_code == 2
    assert "expected a table and where to write" in done.output
    assert run("datasheet", folder, "-o", folder / "x.html").exit_code == 2
