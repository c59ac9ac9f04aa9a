"""What every planted structure keeps: the same bytes, types as said, no answer in the question, and facts that are found."""

import json
import math
import re
import warnings

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples import LEVELS, Example, all_examples

from rowsmith.core.errors import DataError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build, settings_of
from rowsmith.truth._plant import PILOT, PLANTS, Changer, Finding, Maker, verdict

EXAMPLES = all_examples()
MUST = {"easy": 0.99, "medium": 0.90, "hard": 0.60}
"""Share of seeds in which a fact must be found."""

each = pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e}-{i}" for i, e in enumerate(EXAMPLES)])


def planted(example: Example, difficulty="easy"):
    plant = build(PLANTS.load(example.plant), example.settings, "truth.it").at(LEVELS[difficulty])
    pilot = example.columns(np.random.default_rng(999), PILOT)
    return plant, plant.calibrate({name: pilot[name] for name in plant.reads})


def clean_columns(example, seed, n):
    return example.columns(np.random.default_rng(seed), n)


def made(example, plant, calibration, seed, n):
    """The table with the structure in it, and what was changed."""
    columns, rows, key = clean_columns(example, seed, n), Rows(0, n), Key(seed).child("truth", "it")
    given = {name: columns[name] for name in plant.reads}
    if isinstance(plant, Maker):
        batch = plant.sample(rows, key, given, calibration)
        return pa.table({**columns, **dict(zip(batch.schema.names, batch.columns, strict=True))}), []
    batch, changes = plant.change(pa.record_batch(columns), rows, key, given, calibration)
    return pa.table(batch), changes


def found(example, plant, calibration, seed, n) -> dict[str, Finding]:
    table, _ = made(example, plant, calibration, seed, n)
    question = json.loads(json.dumps(plant.question()))
    return {finding.name: finding for finding in type(plant).find(question, table)}


def test_every_structure_has_an_example():
    assert {example.plant for example in EXAMPLES} == set(PLANTS.names())


@each
def test_settings_are_explained(example):
    for setting in settings_of(PLANTS.load(example.plant)).values():
        assert setting.help, f"{example.plant}.{setting.name} has no docstring line"
    assert PLANTS.load(example.plant).main in settings_of(PLANTS.load(example.plant))


@each
def test_the_same_key_makes_the_same_and_another_does_not(example):
    plant, calibration = planted(example)
    first, second, other = (made(example, plant, calibration, seed, 500)[0] for seed in (1, 1, 2))
    assert first.equals(second)
    assert not first.equals(other)


@each
def test_columns_are_of_the_types_that_were_said(example):
    plant, calibration = planted(example)
    for n in (0, 1, 50):
        columns = clean_columns(example, 3, n)
        table, _ = made(example, plant, calibration, 3, n)
        if isinstance(plant, Maker):
            assert {name: table.schema.field(name).type for name in plant.makes} == dict(plant.makes)
            assert table.num_rows == n
        else:
            assert isinstance(plant, Changer)
            assert table.schema.names == list(columns)
            assert [f.type for f in table.schema] == [c.type for c in columns.values()]


@each
def test_neither_question_nor_brief_gives_an_answer_away(example):
    plant, calibration = planted(example)
    facts = plant.facts(calibration)
    listed = " ".join(f"{fact.name}: {fact.what}" for fact in facts if fact.public)
    told = f"{json.dumps(plant.question())} {plant.brief()} {listed}"
    for fact in facts:
        words = (fact.value,) if isinstance(fact.value, str) else fact.value if isinstance(fact.value, tuple) else ()
        for word in words:
            assert re.search(rf"(?<!\w){re.escape(word)}(?!\w)", listed) is None, (fact.name, word)
        for text in forms(fact.value) if isinstance(fact.value, float) else ():
            assert re.search(rf"(?<![\d.]){re.escape(text)}(?!\d|\.\d)", told) is None, (fact.name, text)
    json.dumps(calibration)
    assert plant.how(calibration)
    hidden = [fact for fact in facts if not fact.public]
    assert not hidden or "`" in plant.brief(), "a student cannot know what to call it"


def forms(value):
    """How a number may be written, it or what it is as a ratio, a percentage, an inverse."""
    numbers = {value, 100 * value, 1 / value if value else 0.0, math.exp(value) if abs(value) < 50 else 0.0}
    numbers |= {math.log(value)} if value > 0 else set()
    written = {f"{number:.{digits}g}" for number in numbers for digits in (3, 4, 6)}
    # short ones, such as 2 or 0.5, stand in a text for other reasons
    plain = {f"{value:g}"} if value != round(value) else set()
    return plain | {text for text in written if len(text.lstrip("-0.").replace(".", "")) >= 3}


@each
@pytest.mark.parametrize("n", [0, 1, 2, 5, 8, 12, 20, 51])
def test_few_rows_are_no_fault(example, n):
    plant, calibration = planted(example)
    table, _ = made(example, plant, calibration, 5, n)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            findings = type(plant).find(json.loads(json.dumps(plant.question())), table)
        except DataError as fault:
            findings, said = [], str(fault)
        else:
            said = "nothing."
    assert said.endswith(".")
    for finding in findings:
        assert finding.estimate is not None or finding.note, finding.name
        numbers = [finding.estimate, finding.error, finding.low, finding.high]
        assert all(math.isfinite(x) for x in numbers if isinstance(x, float)), finding
        assert n or finding.estimate is None


@each
def test_facts_have_findings_of_their_names(example):
    plant, calibration = planted(example)
    facts = plant.facts(calibration)
    names = [fact.name for fact in facts]
    assert len(set(names)) == len(names)
    assert set(names) <= set(found(example, plant, calibration, 5, example.rows["easy"]))


@pytest.mark.parametrize("example", [e for e in EXAMPLES if issubclass(PLANTS.load(e.plant), Changer)], ids=str)
def test_every_change_is_written_down(example):
    plant, calibration = planted(example, "hard")
    columns = clean_columns(example, 4, 2000)
    table, changes = made(example, plant, calibration, 4, 2000)
    if table.num_rows != 2000:
        pytest.skip("repeats rows: has a test of its own")
    cells = 0
    for name, clean in columns.items():
        differs = [i for i, (a, b) in enumerate(zip(clean.to_pylist(), table[name].to_pylist(), strict=True)) if a != b]
        logged = [c for c in changes if c.column == name]
        rows = np.concatenate([c.rows for c in logged]) if logged else np.empty(0, dtype=int)
        assert sorted(rows.tolist()) == differs
        for change in logged:
            assert clean.take(pa.array(change.rows)).to_pylist() == change.clean.to_pylist()
            assert table[name].take(pa.array(change.rows)).to_pylist() == change.dirty.to_pylist()
        cells += len(differs)
    assert cells


def rates(example, seeds):
    """Share of seeds in which each fact is found, by difficulty; and in which its interval covers the true value."""
    out, covered = {}, {}
    for level in LEVELS:
        plant, calibration = planted(example, level)
        facts = plant.facts(calibration)
        hits = {fact.name: 0 for fact in facts}
        for seed in range(seeds):
            findings = found(example, plant, calibration, 1000 + seed, example.rows[level])
            for fact in facts:
                finding = findings.get(fact.name)
                hits[fact.name] += verdict(fact, finding, example.rows[level]) == "found"
                if finding is not None and finding.low is not None and fact.name not in example.calm:
                    covered.setdefault(fact.name, []).append(finding.low <= fact.value <= finding.high)
        out[level] = {name: count / seeds for name, count in hits.items()}
    return out, {name: float(np.mean(hit)) for name, hit in covered.items()}


@each
def test_facts_are_found_in_a_few_seeds(example):
    shares, _ = rates(example, 4)
    assert min(shares["easy"].values(), default=1) == 1


@pytest.mark.slow
@each
def test_facts_are_found_and_intervals_cover(example):
    shares, covered = rates(example, 200)
    for level, must in MUST.items():
        assert min(shares[level].values(), default=1) >= must, (level, shares)
    for name, share in covered.items():
        assert 0.92 <= share <= 0.98, (name, covered)
