"""An association rule by itself."""

import json

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build
from rowsmith.truth._plant import verdict
from rowsmith.truth.association import Association
from rowsmith.truth.baskets import Baskets

PASTA = {"basket": "items", "when": ["pasta"], "then": ["sauce"], "support": 0.06, "confidence": 0.65}


def made(plant, n=4000, seed=1):
    return pa.table(plant.sample(Rows(0, n), Key(seed), {}, plant.calibrate({})))


def test_numbers_of_the_issue_are_kept_at_every_difficulty():
    for difficulty in (0.0, 0.5, 1.0):
        plant = build(Association, PASTA, "truth.it").at(difficulty)
        support, confidence, lift = plant.facts({})
        assert (support.value, confidence.value) == (0.06, 0.65)
        assert lift.value == pytest.approx(3 - difficulty)
        assert lift.null == 1
        assert support.null == pytest.approx(support.value / lift.value)


def test_alone_it_makes_what_it_makes_among_the_rules_of_baskets():
    plant = build(Association, PASTA, "truth.it").at(0.0)
    whole = Baskets(basket="items", rules={"it": {name: PASTA[name] for name in PASTA if name != "basket"}}).at(0.0)
    assert made(plant).equals(made(whole))
    assert whole.facts({}) == plant.facts({})
    assert whole.each["it"] == plant.rule


def test_a_rule_of_other_rules_items_follows_from_them():
    rules = {
        "mine": {"if": ["pasta"], "then": ["sauce"], "support": 0.06, "confidence": 0.65},
        "no rice": {"if": ["pasta"], "then": ["rice"], "confidence": 0.1, "lift": 0.4},
    }
    whole = Baskets(basket="items", rules=rules).at(0.0)
    assert whole.each["no rice"].support == pytest.approx(0.1 * 0.06 / 0.65)
    found = {f.name: f for f in whole.find(whole.question(), made(whole, 20_000))}
    assert {verdict(fact, found.get(fact.name)) for fact in whole.facts({})} == {"found"}


def test_once_at_a_difficulty_it_stays():
    plant = build(Association, PASTA, "truth.it").at(0.7)
    assert plant.at(0.1) == plant


@pytest.mark.parametrize("form", ["lists", "json", "long"])
def test_it_is_found_however_the_baskets_are_written(form):
    plant = build(Association, PASTA, "truth.it").at(0.0)
    baskets = made(plant)["items"].to_pylist()
    question, table = plant.question(), made(plant)
    if form == "json":
        table = pa.table({"items": [json.dumps(one) for one in baskets]})
    if form == "long":
        ids = np.repeat(np.arange(len(baskets)), [len(one) for one in baskets])
        table = pa.table({"order_id": ids, "items": [item for one in baskets for item in one]})
        question = question | {"by": "order_id"}
    found = {f.name: f for f in Association.find(question, table)}
    assert {verdict(fact, found[fact.name]) for fact in plant.facts({})} == {"found"}


def test_a_rule_that_is_not_there_is_missed():
    plant = build(Association, PASTA, "truth.it").at(0.0)
    other = build(Association, PASTA | {"when": ["tea"], "then": ["milk"]}, "truth.it").at(0.0)
    found = {f.name: f for f in plant.find(plant.question(), made(other))}
    assert {verdict(fact, found.get(fact.name)) for fact in plant.facts({})} == {"missed"}


def test_a_rule_below_base_rate_is_found():
    settings = {"basket": "items", "when": ["tea"], "then": ["coffee"], "confidence": 0.15, "lift": 0.5}
    plant = build(Association, settings, "truth.it").at(0.5)
    found = {f.name: f for f in plant.find(plant.question(), made(plant, 3000))}
    assert {verdict(fact, found.get(fact.name)) for fact in plant.facts({})} == {"found"}
    assert found["tea -> coffee: lift"].high < 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"support": 0.7}, "expected a support from 0 to below 0.65"),
        ({"confidence": 0.05}, "expected a support from 0 to below 0.05"),
        ({"size": 0.1}, "expected a mean from"),
        ({"lift": 0.5}, "expected a lift above 0.65"),
    ],
)
def test_what_cannot_be_is_said(changed, said):
    with pytest.raises(SpecError, match=said) as fault:
        build(Association, PASTA | changed, "truth.it").at(0.0)
    assert "size" in changed or "'pasta -> sauce'" in str(fault.value)
