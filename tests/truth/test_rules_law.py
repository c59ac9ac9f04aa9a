"""Rules that share items: numbers that follow, exact laws, and what cannot be."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowsmith.core.errors import SpecError
from rowsmith.truth._rule import Rule
from rowsmith.truth._rules_filled import filled
from rowsmith.truth._rules_law import groups_of


def rule(when, then, support=None, confidence=None, lift=None):
    return Rule(when=tuple(when.split()), then=tuple(then.split()), support=support, confidence=confidence, lift=lift)


def law(rules, frequencies=None, difficulty=0.0):
    every, shares = filled(rules, frequencies or {}, difficulty)
    return every, groups_of(every, shares)


def share(groups, items):
    return float(np.prod([g.share(own) for g in groups if (own := [i for i in g.items if i in items])]))


def check(rules, frequencies=None, difficulty=0.0):
    every, groups = law(rules, frequencies, difficulty)
    for one in every.values():
        both, when, then = (share(groups, items) for items in (one.all, one.when, one.then))
        assert both == pytest.approx(one.support, abs=1e-8)
        assert both / when == pytest.approx(one.confidence, abs=1e-7)
        assert both / when / then == pytest.approx(one.lift, abs=1e-6)
    for item, frequency in (frequencies or {}).items():
        assert share(groups, [item]) == pytest.approx(frequency)
    return every, groups


def test_a_rule_is_exact():
    every, groups = check({"r": rule("pasta", "sauce", 0.06, 0.65)})
    assert share(groups, ["pasta"]) == pytest.approx(0.06 / 0.65)
    assert every["r"].lift == pytest.approx(3)


def test_what_is_left_out_follows_from_other_rules():
    every, _ = check(
        {
            "a": rule("pasta", "sauce", 0.06, 0.6, 3),
            "b": rule("pasta", "cheese", confidence=0.4),
            "c": rule("sauce", "pasta"),
            "d": rule("wine", "sauce", 0.05, 0.5),
        }
    )
    assert every["b"].support == pytest.approx(0.04)
    assert every["c"].support == pytest.approx(0.06)
    assert every["c"].confidence == pytest.approx(0.3)
    assert every["d"].lift == pytest.approx(0.5 / 0.2)


def test_overlapping_and_negative_rules_are_exact_together_and_tie_nothing_else():
    _, groups = check(
        {
            "a": rule("pasta", "sauce", 0.06, 0.65),
            "b": rule("cheese", "sauce", 0.06, 0.6),
            "c": rule("beer crisps", "salsa", 0.05, 0.6),
            "d": rule("crisps dip", "nuts", 0.04, 0.6),
            "e": rule("pasta", "rice", None, 0.1, 0.4),
        }
    )
    for pair in (["pasta", "cheese"], ["cheese", "rice"], ["beer", "crisps"], ["crisps", "dip"], ["beer", "dip"]):
        assert share(groups, pair) == pytest.approx(share(groups, pair[:1]) * share(groups, pair[1:]), rel=1e-6)


def test_items_of_one_side_are_independent_so_that_a_rare_pair_gains_no_lift():
    _, groups = check({"r": rule("a b c", "d e", 0.02, 0.5)})
    alone = [share(groups, [item]) for item in "abc"]
    assert np.prod(alone) == pytest.approx(0.04)
    assert share(groups, "ab") == pytest.approx(alone[0] * alone[1], rel=1e-6)


def test_a_side_may_be_tied_by_a_rule_of_its_own():
    rules = {"pair": rule("beer", "crisps", 0.09, 0.6), "r": rule("beer crisps", "salsa", confidence=0.65)}
    every, _ = check(rules, {"beer": 0.15, "crisps": 0.2})
    assert every["r"].support == pytest.approx(0.65 * 0.09)


def test_always_is_a_confidence():
    check({"r": rule("nappies", "beer", 0.06, 1.0)})


def test_a_chain_of_rules_as_long_as_can_be():
    _, groups = check({f"r{i}": rule(f"a{i}", f"a{i + 1}", None, 0.6 - 0.01 * i) for i in range(9)}, difficulty=0.5)
    assert share(groups, ["a0", "a5"]) == pytest.approx(share(groups, ["a0"]) * share(groups, ["a5"]), rel=1e-5)


@given(seed=st.integers(0, 2**32 - 1), difficulty=st.floats(0, 1))
@settings(deadline=None, max_examples=30)
def test_rules_left_open_can_always_be(seed, difficulty):
    r = np.random.default_rng(seed)
    items = [f"i{i}" for i in range(9)]
    rules = {}
    for number in range(3):
        size = int(r.integers(2, 4))
        some = r.permutation(items)[:size]
        rules[f"r{number}"] = rule(" ".join(some[:-1]), some[-1], confidence=float(np.round(r.uniform(0.4, 0.6), 2)))
        items = [i for i in items if i not in some[:-1]]
    check(rules, difficulty=difficulty)


SAID = [
    ({"r": rule("pasta", "sauce", 0.06, 0.65)}, {"sauce": 0.05}, "support=0.06 is above the frequency of sauce, 0.05"),
    ({"r": rule("pasta", "sauce", 0.06)}, {"pasta": 0.05}, "support=0.06 is above the frequency of pasta, 0.05"),
    ({"r": rule("pasta", "sauce", 0.02, 0.04)}, {"sauce": 0.6}, "support is from 0.1 to 0.5"),
    ({"r": rule("pasta", "sauce", 0.7, 0.65)}, {}, "expected a support from 0 to below 0.65"),
    ({"r": rule("pasta", "sauce", 0.06, 0.65, 0.6)}, {}, "expected a lift above 0.65"),
    ({"r": rule("pasta", "sauce", lift=9.0)}, {"sauce": 0.2}, "expected a lift of at most 5"),
    ({"r": rule("pasta", "sauce", 0.06, 0.65)}, {"sauce": 0.65}, "so there is nothing to find"),
    ({"r": rule("a", "b c", 0.02, 0.1, 0.5)}, {}, "expected at most two items in `if` and one in `then`"),
    ({"r": rule("a b", "c", 0.1, 0.5)}, {"a": 0.1}, "together they can be in 0 to 0.1, so take support from 0 to 0.05"),
    ({"r": rule("c", "a b", 0.05, 0.5, 2)}, {"a": 0.1}, "so take a lift from 5 on"),
    ({"r": rule("a b", "c", 0.02, 0.5)}, {"a": 0.6, "b": 0.7}, "so take support from 0.15 to 0.3"),
    ({"r": rule("a b", "c", 0.001, 0.1)}, {}, "the nearest is 0.005"),
    ({"r": rule("a b", "c", 0.006, 0.5, 0.7)}, {}, "are looked for only from 0.02"),
]


@pytest.mark.parametrize(("rules", "frequencies", "said"), SAID)
def test_one_rule_that_cannot_be_is_refused_with_what_can(rules, frequencies, said):
    with pytest.raises(SpecError, match=re.escape(said)) as fault:
        law(rules, frequencies)
    assert "'r'" in str(fault.value)


def test_two_rules_that_fight_are_both_named_and_the_number_that_would_do():
    with pytest.raises(SpecError, match=r"rule 'a' and rule 'b' fight: by the first pasta is in 9.2308%") as fault:
        law({"a": rule("pasta", "sauce", 0.06, 0.65), "b": rule("pasta", "rice", 0.05, 0.4)})
    needed = float(re.search(r"by which it is ([\d.]+)", str(fault.value))[1])
    check({"a": rule("pasta", "sauce", 0.06, 0.65), "b": rule("pasta", "rice", round(0.4 * needed, 6), 0.4)})


def test_rare_items_on_one_side_are_refused_and_the_nearest_support_can_be():
    rules, often = {"r": rule("beer crisps", "salsa", 0.06, 0.65)}, {"beer": 0.15, "crisps": 0.12}
    with pytest.raises(
        SpecError, match=r"beer, crisps would be together .* a lift of 5.13 that no rule asks for"
    ) as fault:
        law(rules, often)
    nearest = float(re.search(r"the nearest is ([\d.]+)\.", str(fault.value))[1])
    check({"r": rule("beer crisps", "salsa", nearest, 0.65)}, often)


def test_rules_that_cannot_hold_together_are_named_with_the_range_of_the_last():
    often = {"a": 0.1, "b": 0.1, "c": 0.1, "x": 0.1}
    rules = {
        "p": rule("a", "b", 0.09, 0.9),
        "no part": rule("a", "x", None, 0.3),
        "q": rule("b", "c", 0.09, 0.9),
        "r": rule("a", "c", None, 0.05),
    }
    with pytest.raises(SpecError, match="rules 'p', 'q', 'r': cannot hold together") as fault:
        law(rules, often)
    low, high = map(float, re.search(r"can be from ([\d.]+) to ([\d.]+)", str(fault.value)).groups())
    assert (low, high) == pytest.approx((0.08, 0.1))
    nearest = float(re.search(r"nearest is support=[\d.]+, confidence=(0\.\d+)", str(fault.value))[1])
    check({n: one for n, one in rules.items() if n in "pq"} | {"r": rule("a", "c", None, nearest)}, often)


def test_a_lift_that_rules_force_on_others_is_refused_and_what_is_near_can_be():
    often = {"a": 0.1, "b": 0.1, "c": 0.1}
    with pytest.raises(SpecError, match="rules 'p', 'q': force a lift of 8 on a, c") as fault:
        law({"p": rule("a", "b", 0.09, 0.9), "q": rule("b", "c", 0.09, 0.9)}, often)
    calm = re.findall(r"'(.)' support=[\d.]+, confidence=(0\.\d+)", str(fault.value))
    near = {name: float(confidence) for name, confidence in calm}
    _, groups = check({"p": rule("a", "b", None, near["p"]), "q": rule("b", "c", None, near["q"])}, often)
    assert share(groups, "ac") / 0.01 <= 1.5 + 1e-6


def test_a_rule_of_the_two_makes_the_forced_lift_an_asked_one():
    often = {"a": 0.1, "b": 0.1, "c": 0.1}
    check({"p": rule("a", "b", None, 0.9), "q": rule("b", "c", None, 0.9), "r": rule("a", "c", None, 0.85)}, often)


def test_too_many_tied_items_are_refused():
    with pytest.raises(SpecError, match=r"tie 18 items to one another .* at most 16"):
        law({f"r{i}": rule(f"a{i}", "milk", 0.02, 0.6) for i in range(17)})
