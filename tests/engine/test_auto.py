"""Learners tried out: which is kept, what is said of the others, that the choice can be made again."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import rowsmith as rs
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import LEARNERS
from rowsmith.engine import auto
from rowsmith.engine.auto import Trial, Trials
from rowsmith.learn.independent import Independent


def frame(n=1500, seed=0):
    rng = np.random.default_rng(seed)
    kind = rng.choice(["a", "b", "c"], n)
    x = np.where(kind == "a", 0, 5) + rng.normal(size=n)
    return pd.DataFrame({"kind": kind, "x": x.round(2), "y": (2 * x + rng.normal(0, 0.2, n)).round(2)})


NAMED = {"learners": "independent,trees"}


@pytest.fixture(scope="module")
def model():
    return rs.fit(frame(), learner="auto", settings=NAMED, seed=3)


def test_the_one_whose_rows_are_hardest_to_tell_is_kept(model):
    floor, trees = model.trials.each
    assert (floor.learner, trees.learner) == ("independent", "trees")
    assert floor.c2st > trees.c2st + 0.1
    assert model.table.learner == "trees"
    assert model.settings["detail"] == 0.5
    assert model.n_rows == 1500
    assert (model.trials.learnt, model.trials.unseen) == (1200, 300)


def test_the_kept_one_learns_all_rows_as_if_it_had_been_named(model):
    named = rs.fit(frame(), learner="trees", seed=3)
    pd.testing.assert_frame_equal(model.sample(200, seed=1), named.sample(200, seed=1))


def test_named_learners_are_all_tried_and_chosen_again(model):
    again = rs.fit(frame(), learner="auto", settings={**NAMED, "seconds": 0}, seed=3)
    assert again.trials == model.trials


def test_the_trials_are_saved_and_shown(model, tmp_path):
    model.save(tmp_path / "m.rowsmith")
    again = rs.load(tmp_path / "m.rowsmith")
    assert again.trials == model.trials
    assert "trees: c2st" in again.notes[0]
    assert again.notes[0].count("<- kept") == 1
    assert rs.fit(frame(200), seed=3).trials.note == ""


def test_time_decides_which_trials_are_begun_but_one_always_is(monkeypatch):
    clock = iter(range(0, 10_000, 50))
    monkeypatch.setattr(auto.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(auto, "_in_order", lambda: iter(["independent", "trees"]))
    (tried, left, *rest) = rs.fit(frame(600), learner="auto", settings={"seconds": 120}).trials.each
    assert tried.c2st is not None
    assert (left.learner, left.reason) == ("trees", "the 120 seconds were up")
    assert "independent" in {t.learner for t in rest}


def test_without_names_quick_ones_come_first_and_some_are_only_tried_by_name():
    order = list(auto._in_order())
    assert order[:2] == ["trees", "mixture"]
    assert set(order) == set(LEARNERS.names()) - set(auto.NOT_BY_ITSELF)


def test_one_that_cannot_learn_is_told_of_and_the_others_go_on(monkeypatch):
    def lacking(self, *args, **options):
        raise SpecError("it takes the package jax; install it: pip install 'rowsmith[nets]'.")

    monkeypatch.setattr(Independent, "fit", lacking)
    model = rs.fit(frame(600), learner="auto", settings=NAMED)
    assert model.trials.each[0].reason.startswith("it takes the package jax")
    assert model.table.learner == "trees"
    with pytest.raises(SpecError, match="none could be tried; independent: it takes the package"):
        rs.fit(frame(600), learner="auto", settings={"learners": "independent"})


def made(**figures):
    return Trials(tuple(Trial(learner=n, **f) for n, f in figures.items()), 100, 25)


@pytest.mark.parametrize(
    ("trials", "kept"),
    [
        ({"a": {"c2st": 0.6, "attack": 0.1}, "b": {"c2st": 0.5, "attack": 0.2}}, "b"),
        ({"a": {"c2st": 0.51, "noise": 0.01, "attack": 0.1}, "b": {"c2st": 0.5, "noise": 0.01, "attack": 0.2}}, "a"),
        ({"a": {"c2st": 0.51, "noise": 0.01}, "b": {"c2st": 0.5, "noise": 0.01, "attack": 0.2}}, "b"),
        ({"a": {"c2st": 0.7, "attack": 0.1}, "b": {"c2st": 0.5, "attack": 0.5, "poor": True}}, "a"),
        ({"a": {"c2st": 0.7, "poor": True}, "b": {"c2st": 0.5, "attack": 0.5, "poor": True}}, "b"),
        ({"a": {"reason": "no time"}, "b": {"c2st": 0.9}}, "b"),
    ],
)
def test_first_the_classifier_then_within_its_noise_the_attack(trials, kept):
    found = made(**trials)
    assert found.best.learner == kept
    assert Trials.from_state(json.loads(json.dumps(found.state()))) == found


def test_what_cannot_be_is_refused(tmp_path):
    with pytest.raises(DataError, match="too few to tell learners apart"):
        rs.fit(frame(100), learner="auto")
    with pytest.raises(SpecError, match="did you mean 'trees'"):
        rs.fit(frame(), learner="auto", settings={"learners": "tres"})
    with pytest.raises(SpecError, match="seconds=-1"):
        rs.fit(frame(), learner="auto", settings={"seconds": -1})
    with pytest.raises(SpecError, match="not for sequences or linked tables"):
        rs.fit(frame().assign(at=range(1500)), time="at", learner="auto")
    nothing = dataclasses.asdict(made(a={"reason": "no time"}))
    with pytest.raises(ValueError, match="none of the trials"):
        Trials.from_state(nothing)
