"""Bundled specs with planted truth: every fact is found in the files, nothing else is, and students are told nothing."""

from __future__ import annotations

import dataclasses
import json
from functools import cache

import pytest

from rowsmith.engine.make import make, make_variants
from rowsmith.engine.verify import load_key, mark, verify
from rowsmith.spec.check import check
from rowsmith.spec.document import parse
from rowsmith.spec.examples import names, text

SEEDS = 40
ENOUGH = {"easy": 0.99, "medium": 0.9, "hard": 0.6}
"""Share of the facts that are found, over the seeds."""
QUIET = 0.95
"""Share of the seeds in which nothing is listed that nobody planted."""


@cache
def document(name):
    return parse(text(name), f"{name}.yaml")


def lesson(name, **top):
    found = document(name)
    return check(dataclasses.replace(found, values={**found.values, **top}))


LESSONS = [name for name in names() if "truth" in document(name).values]


def test_there_are_lessons():
    assert {"clinical-trial", "credit-drift", "sensor-faults", "web-ab-test"} <= set(LESSONS)


@pytest.mark.parametrize("name", LESSONS)
def test_every_fact_is_found_as_it_comes(name, tmp_path):
    make(lesson(name), tmp_path)
    result = verify(tmp_path)
    assert [(each.planted, each.fact.name) for each in result.checked if each.verdict != "found"] == []
    assert result.unplanned == ()
    assert len(result.checked) >= 10


@pytest.mark.parametrize("name", LESSONS)
def test_answers_that_are_those_of_the_key_have_all_points(name, tmp_path):
    make(lesson(name, parameters={**document(name).values["parameters"], "n": 400}), tmp_path)
    key = load_key(tmp_path)
    assert {each.name for each in key.planted} == {each.name for each in lesson(name).truth}
    answers = {f"task {i}": {f.name: f.value for f in each.facts} for i, each in enumerate(key.planted, 1)}
    (tmp_path / "answers.json").write_text(json.dumps(answers))
    assert {each.points for each in mark(tmp_path, tmp_path / "answers.json")} == {1.0}


@pytest.mark.parametrize("name", LESSONS)
def test_no_name_of_a_structure_reaches_a_student(name, tmp_path):
    made = list(make_variants(lesson(name), tmp_path, 1, bundle="student"))
    assert len(made) == 1
    files = {path.name for path in (tmp_path / "01").iterdir()}
    assert files == {"brief.md", "manifest.json", *(f"{table}.parquet" for table in made[0].rows)}
    told = (tmp_path / "01" / "brief.md").read_text() + (tmp_path / "01" / "manifest.json").read_text()
    assert not [each.name for each in lesson(name).truth if each.name in told]


@pytest.mark.slow
@pytest.mark.parametrize("difficulty", ENOUGH)
@pytest.mark.parametrize("name", LESSONS)
def test_facts_are_found_in_nearly_all_seeds_and_nothing_else(name, difficulty, tmp_path):
    facts, quiet = {}, 0
    for seed in range(1, SEEDS + 1):
        make(lesson(name, seed=seed, difficulty=difficulty), tmp_path / str(seed))
        result = verify(tmp_path / str(seed))
        for each in result.checked:
            facts.setdefault((each.planted, each.fact.name), []).append(each.verdict == "found")
        quiet += not result.unplanned
    found = [hit for hits in facts.values() for hit in hits]
    assert sum(found) / len(found) >= ENOUGH[difficulty]
    # none of them is the one that is always missed; of so few seeds, two may miss what is found in 99 of 100
    worst = min(facts, key=lambda name: sum(facts[name]))
    assert sum(facts[worst]) >= ENOUGH[difficulty] * SEEDS - 2, worst
    assert quiet / SEEDS >= QUIET
