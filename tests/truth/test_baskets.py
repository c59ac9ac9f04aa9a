"""Baskets: rules exact, everything else independent."""

import itertools
import json

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples_baskets import RULES

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._basket_table import purchases
from rowsmith.truth._rules_mined import beyond_chance
from rowsmith.truth.baskets import Baskets

TWENTY = {
    f"r{i}": {"if": [f"a{i}"], "then": [f"c{i}"], "support": 0.02 + 0.002 * i, "confidence": 0.6}
    if i % 4
    else {"if": [f"a{i}", f"b{i}"], "then": [f"c{i}"], "support": 0.03, "confidence": 0.55}
    for i in range(20)
}


def ready(difficulty=0.0, **settings):
    plant = Baskets(**{"basket": "items", "rules": RULES} | settings).at(difficulty)
    return plant, json.loads(json.dumps(plant.calibrate({})))


def made(plant, calibration, n, seed=1, first=0):
    rows = Rows(first, n)
    return pa.table(plant.sample(rows, Key(seed).child("truth", "it"), {}, calibration))


def presence(table):
    """Whether each item is in each basket, shape (baskets, items), and the items' names."""
    bought = purchases({"basket": table.column_names[0]}, table)
    there = np.zeros((bought.n, len(bought.names)), dtype=bool)
    there[bought.basket, bought.item] = True
    return there, list(bought.names)


def share(there, names, items):
    return there[:, [names.index(i) for i in items]].all(axis=1)


def errors(plant, table):
    """How many standard errors support and confidence of each rule are off."""
    there, names = presence(table)
    out = []
    for rule in plant.each.values():
        when, both = share(there, names, rule.when), share(there, names, [*rule.when, *rule.then])
        out.append((both.mean() - rule.support) / np.sqrt(rule.support * (1 - rule.support) / len(both)))
        c = rule.confidence
        out.append((both[when].mean() - c) / np.sqrt(c * (1 - c) / when.sum()))
    return np.array(out)


def test_supports_and_confidences_are_exact_in_the_long_run():
    plant, calibration = ready()
    assert np.abs(errors(plant, made(plant, calibration, 200_000))).max() < 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [{}, {"patterns": 60, "size": 10}, {"rules": TWENTY, "items": 500}],
    ids=lambda s: " ".join(s) or "plain",
)
def test_supports_and_confidences_are_within_three_standard_errors(settings):
    plant, calibration = ready(0.5, **settings)
    off = np.stack([errors(plant, made(plant, calibration, 3000, seed)) for seed in range(200)])
    assert (np.abs(off) <= 3).mean() > 0.99
    # nor is any of them off on average
    assert np.abs(off.mean(axis=0) * np.sqrt(len(off))).max() < 4


def test_given_frequencies_are_kept():
    plant, calibration = ready(frequencies={"bread": 0.3, "jam": 0.05})
    there, names = presence(made(plant, calibration, 100_000))
    assert share(there, names, ["bread"]).mean() == pytest.approx(0.3, abs=0.006)
    assert share(there, names, ["jam"]).mean() == pytest.approx(0.05, abs=0.003)
    assert beyond_chance(share(there, names, ["jam", "bread"]).sum(), 5000, 30_000, 100_000) < 4


def test_other_items_are_independent_of_one_another_and_of_the_rules():
    plant, calibration = ready(items=40, size=9)
    there, names = presence(made(plant, calibration, 40_000))
    named = {item for rule in plant.each.values() for item in (*rule.when, *rule.then)}
    z = [
        float(beyond_chance((there[:, i] & there[:, j]).sum(), there[:, i].sum(), there[:, j].sum(), len(there)))
        for i, j in itertools.combinations(range(len(names)), 2)
        if not {names[i], names[j]} <= named
    ]
    assert abs(np.mean(z)) < 0.2
    assert abs(np.std(z) - 1) < 0.15
    assert np.abs(z).max() < 4.8


@pytest.mark.parametrize("size", [4.5, 8, 12])
def test_baskets_are_as_large_as_asked_and_vary(size):
    plant, calibration = ready(size=size, items=300)
    column = made(plant, calibration, 40_000)["items"].combine_chunks()
    sizes = np.diff(column.offsets.to_numpy())
    assert sizes.mean() == pytest.approx(size, rel=0.01)
    assert sizes.std() > 1
    assert sizes.min() >= 1


def test_small_baskets_are_never_empty_unless_asked_and_rules_stay_exact():
    rules = {"r": {"if": ["pasta"], "then": ["sauce"], "support": 0.06, "confidence": 0.65}}
    for empty in (False, True):
        plant, calibration = ready(rules=rules, size=1.2, items=30, empty=empty)
        table = made(plant, calibration, 50_000)
        sizes = np.diff(table["items"].combine_chunks().offsets.to_numpy())
        assert (sizes.min() == 0) == empty
        assert sizes.mean() == pytest.approx(1.2, rel=0.02)
        assert np.abs(errors(plant, table)).max() < 4


def test_the_order_of_items_and_popularity_say_nothing():
    plant, calibration = ready(names=tuple(f"n{i:03}" for i in range(191)))
    baskets = made(plant, calibration, 2000)["items"].to_pylist()
    assert all(one == sorted(set(one)) for one in baskets)
    there, names = presence(made(plant, calibration, 20_000))
    others = [i for i, name in enumerate(names) if name.startswith("n")]
    assert abs(np.corrcoef(others, there[:, others].mean(axis=0))[0, 1]) < 0.3


def test_invented_names_do_not_tell_the_rules_items_apart():
    plant, calibration = ready(items=400)
    assert len(set(calibration["items"])) == 400
    assert calibration["items"] == sorted(calibration["items"])
    assert {"pasta", "sauce", "beer"} < set(calibration["items"])
    assert plant.items == 400


def test_a_rule_added_changes_no_draw_of_another():
    rules = {"r": {"if": ["pasta"], "then": ["sauce"], "support": 0.06, "confidence": 0.65}}
    more = rules | {"s": {"if": ["tea"], "then": ["milk"], "support": 0.06, "confidence": 0.65}}
    seen = []
    for some in (rules, more):
        there, names = presence(made(*ready(rules=some), 5000))
        seen.append(there[:, [names.index("pasta"), names.index("sauce")]])
    assert (seen[0] == seen[1]).all()


def test_harder_means_more_items_larger_baskets_and_lifts_nearer_to_chance():
    rules = {"r": {"if": ["pasta"], "then": ["sauce"], "support": 0.06, "confidence": 0.65}}
    easy, hard = (ready(d, rules=rules)[0] for d in (0.0, 1.0))
    assert easy.items < hard.items
    assert easy.size < hard.size
    assert easy.each["r"].lift > hard.each["r"].lift
    assert easy.each["r"].support == hard.each["r"].support == 0.06


def test_sets_of_other_items_go_together_and_are_told():
    plant, calibration = ready(rules={}, patterns=40, items=100, size=8)
    names = {finding.name for finding in plant.find(plant.question(), made(plant, calibration, 5000))}
    assert len(names) > 300
    assert "40 sets" in plant.how(calibration)
    other, _ = (made(*ready(rules={}, patterns=40, items=100, size=8, patterns_seed=s), 50) for s in (0, 1))
    assert not other.equals(made(*ready(rules={}, patterns=40, items=100, size=8, patterns_seed=1), 50))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"size": 1}, "a basket holds .* items of rules on average, .* the nearest is"),
        ({"size": 60, "items": 60}, "expected a mean from"),
        ({"items": 3}, "expected at least the 8 of the rules"),
        ({"items": 9000}, "unless they have names of yours"),
        ({"items": 8}, "would be empty; expected at least 9 items, or empty=true"),
        ({"names": ("x", "y"), "items": 50}, "there are 10 in `names` and the rules together"),
        ({"names": ("x", "x")}, "'x' cannot be there"),
        ({"skew": -1.0}, "skew=-1"),
        ({"patterns": -1}, "patterns=-1"),
        ({"patterns_seed": -1}, "patterns_seed=-1"),
        ({"frequencies": {"bread": 1.2}}, "frequencies.bread=1.2"),
        ({"frequencies": {"sauce": 0.03}}, "rule 'pasta brings sauce': support=0.06 is above the frequency of sauce"),
        ({"rules": {"r": {"if": ["a"]}}}, "rules.r: Rule needs then"),
        ({"rules": {"r": {"if": ["a"], "then": ["b"], "lfit": 3}}}, "rules.r.lfit: no such setting"),
        ({"rules": {"r": {"if": ["a"], "then": ["a"]}}}, "a is there twice"),
        (
            {"rules": {"r": {"if": [], "then": ["a"]}}},
            r"rule 'r': if=\[\]: expected at least one item, such as if: \[pasta\]",
        ),
        ({"rules": {"r": {"if": ["a"], "then": ["b"], "support": 1.5}}}, "support=1.5: expected a share"),
        ({"rules": {"r": {"if": list("abcd"), "then": list("ef")}}}, "has 6 items; expected at most 5"),
    ],
)
def test_what_cannot_be_is_said(settings, said):
    with pytest.raises(SpecError, match=said):
        ready(**settings)
