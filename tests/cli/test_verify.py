"""`rowsmith verify` as a person sees it."""

import json

import pytest
from tests.cli.conftest import run

SPEC = """
seed: 3
tables:
  sales:
    rows: 1_500
    columns:
      id: id
      price: {kind: normal, mean: 10, sd: 2, round: 2}
      sales: planted
truth:
  sales drivers, a rather long name for a structure of one line:
    plant: regression
    target: sales
    on: {price: -2}
"""


@pytest.fixture
def lesson(tmp_path):
    (tmp_path / "spec.yaml").write_text(SPEC)
    assert run("make", tmp_path / "spec.yaml", "-o", f"{tmp_path}/lesson/").exit_code == 0
    return tmp_path / "lesson"


def test_every_fact_stands_in_a_line_that_a_narrow_terminal_shows(lesson):
    done = run("verify", lesson)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[1] == "sales drivers, a rather long name for a structure of one line"
    assert [line.split()[0] for line in lines[2:]] == ["price", "intercept", "R²"]
    assert all(line.endswith("found") and len(line) < 80 for line in lines[2:])
    assert "nothing else was found" in done.stderr


def test_a_fact_that_is_not_found_is_no_fault_of_the_program(lesson):
    key = json.loads((lesson / "truth.json").read_text())
    next(fact for fact in key["planted"][0]["facts"] if fact["name"] == "price")["value"] = 3.0
    (lesson / "truth.json").write_text(json.dumps(key))
    done = run("verify", lesson)
    assert done.exit_code == 1
    assert "contradicted" in done.stdout
    assert "rowsmith:" not in done.output


def test_a_quiet_run_prints_nothing(lesson, tmp_path):
    assert run("verify", lesson, "-q").output == ""
    (tmp_path / "answers.json").write_text(json.dumps({"task 1": {"price": -2.1}}))
    assert run("verify", lesson, "--answers", tmp_path / "answers.json", "-q").output == ""
    assert "points" in run("verify", lesson, "--answers", tmp_path / "answers.json").output


def test_a_bundle_for_students_does_not_take_the_place_of_the_key(lesson):
    done = run("make", lesson.parent / "spec.yaml", "-o", f"{lesson}/", "--bundle", "student")
    assert done.exit_code == 2
    assert "truth.json: holds an answer key; make the students' bundle into another folder" in done.stderr
    assert run("verify", lesson).exit_code == 0
