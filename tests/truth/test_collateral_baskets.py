"""Rules that nobody planted: none in our baskets, and those in others' are seen."""

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples_baskets import RULES
from tests.truth.test_baskets import TWENTY, made, ready

from rowsmith.core.rng import Key
from rowsmith.truth._baskets import Others, draw
from rowsmith.truth._baskets import ready as ready_law
from rowsmith.truth._collateral_baskets import planned_in, unplanned
from rowsmith.truth._maxent import fit
from rowsmith.truth._quest import Patterns
from rowsmith.truth._rules_law import Group

ASKED = {"basket": "items"}
CHAIN = {
    "a": {"if": ["pasta"], "then": ["sauce"], "support": 0.06, "confidence": 0.65},
    "b": {"if": ["cheese"], "then": ["sauce"], "support": 0.05, "confidence": 0.6},
    "c": {"if": ["sauce"], "then": ["wine"], "confidence": 0.5},
    "d": {"if": ["wine", "olives"], "then": ["grapes"], "support": 0.04, "confidence": 0.6},
    "n": {"if": ["wine"], "then": ["beer"], "lift": 0.3},
}


@pytest.mark.parametrize("rules", [RULES, CHAIN], ids=["some", "chain"])
@pytest.mark.parametrize("difficulty", [0.0, 1.0])
def test_there_are_none_in_our_baskets(rules, difficulty):
    plant, calibration = ready(difficulty, rules=rules)
    for seed in range(3):
        assert unplanned(ASKED, made(plant, calibration, 5000, seed), *planned_in(vars(plant))) == []


@pytest.mark.slow
def test_twenty_rules_over_500_items_bring_none_in_95_of_100_seeds():
    plant, calibration = ready(0.5, rules=TWENTY, items=500)
    planned = planned_in(vars(plant))
    clean = [unplanned(ASKED, made(plant, calibration, 10_000, seed), *planned) == [] for seed in range(100)]
    assert np.mean(clean) >= 0.95


def test_a_rule_that_the_key_does_not_name_is_told_once():
    plant, calibration = ready()
    planned, _ = planned_in(vars(plant))
    found = unplanned(ASKED, made(plant, calibration, 5000), planned[1:])
    assert {frozenset(f.name.removesuffix(": lift").split(" -> ")) for f in found} == {frozenset({"pasta", "sauce"})}
    assert found[0].low > 1.5
    assert found[0].note == "not planted"


def test_a_rule_of_three_items_that_the_key_does_not_name_is_told():
    plant, calibration = ready(rules={"r": {"if": ["a", "b"], "then": ["c"], "support": 0.06, "confidence": 0.65}})
    found = unplanned(ASKED, made(plant, calibration, 20_000), [])
    assert found
    assert all(set(f.name.removesuffix(": lift").replace(" -> ", ", ").split(", ")) <= set("abc") for f in found)


def drawn(sets, shares, names="abc"):
    """Baskets by a law of our own, and independent items beside it."""
    group = Group(tuple(names), fit(len(names), sets, shares))
    none = Patterns(count=0, size=4, correlation=0.5, corruption=0.5)
    others = Others(
        items=40, size=sum(shares[: len(names)]) + 3, names=(), skew=0.8, empty=False, patterns=none, seed=0
    )
    return pa.table({"items": draw(8000, Key(2), ready_law([group], others))})


def test_two_rare_items_on_one_side_that_come_together_are_told():
    # the rule a, b -> c is as planted, but its first side came out with a lift of 5
    baskets = drawn([1, 2, 4, 3, 7], [0.15, 0.12, 0.2167, 0.0923, 0.06])
    found = unplanned(ASKED, baskets, [{"when": ["a", "b"], "then": ["c"]}])
    assert [frozenset(f.name.removesuffix(": lift").split(" -> ")) for f in found] == [frozenset("ab")]
    asked = [{"when": ["a", "b"], "then": ["c"]}, {"when": ["a"], "then": ["b"]}]
    assert unplanned(ASKED, baskets, asked) == []


def test_a_tie_through_a_third_item_is_allowed_and_a_greater_one_is_told():
    planned = [{"when": ["a"], "then": ["b"]}, {"when": ["b"], "then": ["c"]}]
    tied = [0.1, 0.15, 0.15, 0.07, 0.09]
    free = drawn([1, 2, 4, 3, 6], tied)
    assert unplanned(ASKED, free, planned) == []
    assert unplanned(ASKED, free, planned[:1])
    more = drawn([1, 2, 4, 3, 6, 5], [*tied, 0.095])
    assert any(f.name.startswith(("a -> c", "c -> a")) for f in unplanned(ASKED, more, planned))


def test_items_that_may_all_go_together():
    plant, calibration = ready(patterns=40, items=100, size=9)
    baskets, (planned, others) = made(plant, calibration, 4000), planned_in(vars(plant))
    assert others
    assert unplanned(ASKED, baskets, planned, others) == []
    assert len(unplanned(ASKED, baskets, planned)) > 50


@pytest.mark.parametrize("n", [1, 4, 40, 200])
def test_few_baskets_are_no_fault(n):
    plant, calibration = ready(0.0, rules=CHAIN)
    for seed in range(5):
        assert unplanned(ASKED, made(plant, calibration, n, seed), *planned_in(vars(plant))) == []
