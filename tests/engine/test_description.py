"""What a model knows can be read, and drafted as a spec."""

import numpy as np
import pandas as pd
import pytest
from tests.cli.conftest import run

import rowsmith as rs
from rowsmith.engine.description import describe, shown


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(4)
    z = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 3000)
    return pd.DataFrame(
        {
            "height": np.round(170 + 8 * z[:, 0], 1),
            "weight": np.round(70 * np.exp(0.15 * z[:, 1]), 1),
            "smokes": rng.choice(["no", "yes"], 3000, p=[0.8, 0.2]),
        }
    )


@pytest.fixture(scope="module")
def model(people):
    return rs.fit(people, learner="copula", name="people")


def test_laws_and_correlations_of_a_copula_are_shown(model):
    lines = describe(model).splitlines()
    assert lines[0].startswith('Learnt from 3,000 rows of "people" by copula')
    (height,) = (line for line in lines if line.startswith("  height:"))
    assert "kind: normal" in height
    (weight,) = (line for line in lines if line.startswith("   2 weight"))
    assert float(weight.split()[-1]) == pytest.approx(0.7, abs=0.04)


def test_many_columns_have_their_strongest_pairs_listed():
    r = np.eye(30)
    r[29, 3], r[12, 4], r[7, 5] = -0.95, 0.3, 0.01
    lines = shown([f"c{i}" for i in range(30)], np.tril(r) + np.tril(r, -1).T)
    assert [line.split() for line in lines[2:]] == [["-0.95", "c29,", "c3"], ["0.30", "c12,", "c4"]]


def test_a_learner_without_correlations_shows_the_laws(people):
    text = describe(rs.fit(people, learner="independent"))
    assert "height: {kind: normal" in text
    assert "independent keeps no correlations" in text


def test_a_model_is_drafted_with_its_correlations_and_its_tails(people):
    model = rs.fit(people, learner="copula", settings={"family": "t", "df": 4})
    text = rs.draft(model, name="people")
    assert "copula: {df: 4" in text
    assert "rows: 3_000" in text
    assert "correlate: {height: 0." in text


def test_a_model_file_is_inspected_and_drafted(model, tmp_path):
    model.save(tmp_path / "people.rowsmith")
    shown = run("inspect", tmp_path / "people.rowsmith")
    assert shown.exit_code == 0
    assert shown.stdout == describe(model)
    assert run("inspect", tmp_path / "people.rowsmith", "-o", tmp_path / "people.txt").exit_code == 0
    assert (tmp_path / "people.txt").read_text() == describe(model)
    drafted = run("draft", tmp_path / "people.rowsmith", "-o", tmp_path / "people.yaml")
    assert drafted.exit_code == 0, drafted.output
    made = run("make", tmp_path / "people.yaml", "-o", tmp_path / "made.csv")
    assert made.exit_code == 0, made.output
    rows = pd.read_csv(tmp_path / "made.csv")
    assert np.corrcoef(rows["height"], np.log(rows["weight"]))[0, 1] == pytest.approx(0.7, abs=0.06)


def test_a_model_of_sequences_is_refused_in_one_sentence(tmp_path):
    frame = pd.DataFrame({"who": np.repeat(np.arange(12), 6), "at": np.tile(np.arange(6), 12), "x": np.arange(72) % 7})
    rs.fit(frame, entity="who", time="at").save(tmp_path / "s.rowsmith")
    for command in ("inspect", "draft"):
        done = run(command, tmp_path / "s.rowsmith")
        assert done.exit_code == 2
        assert "only one of a single table" in done.stderr
