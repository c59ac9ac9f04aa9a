"""Rules out of baskets: the same counts as the usual package, and nothing out of chance."""

import numpy as np
import pyarrow as pa
import pytest
from efficient_apriori import apriori

from rowsmith.truth._basket_table import purchases
from rowsmith.truth._itemsets import frequent
from rowsmith.truth._rules_mined import Counted, beyond_chance, discovered, findings, followed, mined

ASKED = {"basket": "items"}


def table(there):
    return pa.table({"items": pa.array([[f"i{j}" for j in np.flatnonzero(row)] for row in there])})


def some_baskets(seed, n=2000):
    """Ten items: i1 follows i0, i4 follows i2 and i3 together, i6 shuns i5, i9 shuns i7 with i8."""
    r = np.random.default_rng(seed)
    there = r.random((n, 10)) < 0.3
    there[:, 1] = r.random(n) < np.where(there[:, 0], 0.7, 0.1)
    there[:, 4] = r.random(n) < np.where(there[:, 2] & there[:, 3], 0.8, 0.15)
    there[:, 6] = r.random(n) < np.where(there[:, 5], 0.1, 0.4)
    there[:, 9] = r.random(n) < np.where(there[:, 7] & there[:, 8], 0.05, 0.4)
    return table(there)


def test_frequent_sets_are_those_of_the_usual_package():
    bought = purchases(ASKED, some_baskets(0, 500))
    items = followed(bought)
    levels = frequent(bought, items, bought.together(items))
    sets, _ = apriori([tuple(one) for one in some_baskets(0, 500)["items"].to_pylist()], min_support=0.01, max_length=5)
    for size in range(1, 6):
        names = [tuple(bought.names[items[i]] for i in one) for one in levels.sets[size]]
        assert dict(zip(names, levels.counts[size].tolist(), strict=True)) == sets[size]


def test_support_confidence_and_lift_are_those_of_the_usual_package():
    baskets = some_baskets(1)
    found = {finding.name: finding for finding in mined(ASKED, baskets)}
    _, rules = apriori([tuple(one) for one in baskets["items"].to_pylist()], min_support=0.002, min_confidence=0.01)
    usual = {f"{', '.join(sorted(r.lhs))} -> {', '.join(sorted(r.rhs))}": r for r in rules}
    names = {name.rpartition(": ")[0] for name in found}
    assert names <= set(usual)
    for name in names:
        for kind in ("support", "confidence", "lift"):
            finding = found[f"{name}: {kind}"]
            assert finding.estimate == pytest.approx(getattr(usual[name], kind))
            assert finding.low < finding.estimate < finding.high


def test_rules_that_are_there_are_found_and_their_parts_but_no_others():
    found = {finding.name.rpartition(": ")[0] for finding in mined(ASKED, some_baskets(2))}
    assert {"i0 -> i1", "i2, i3 -> i4", "i5 -> i6", "i7, i8 -> i9"} <= found
    tied = [{"i0", "i1"}, {"i2", "i3", "i4"}, {"i5", "i6"}, {"i7", "i8", "i9"}]
    for name in found:
        items = set(name.replace(" -> ", ", ").split(", "))
        assert any(items <= one for one in tied), name


def test_nothing_is_found_in_baskets_without_rules():
    r = np.random.default_rng(3)
    found = sum(len(mined(ASKED, table(r.random((1000, 30)) < 0.2))) for _ in range(10))
    assert found <= 6  # one rule and its reverse, three numbers each


def test_the_likelihood_ratio_is_normal_by_chance_and_counts_by_hand():
    # 2 sum O log(O / E) of the table (30, 20, 10, 40)
    by_hand = 2 * (30 * np.log(30 / 20) + 20 * np.log(20 / 30) + 10 * np.log(10 / 20) + 40 * np.log(40 / 30))
    assert beyond_chance(30, 50, 40, 100) == pytest.approx(np.sqrt(by_hand))
    r = np.random.default_rng(4)
    both = r.hypergeometric(300, 700, 200, size=4000)
    z = beyond_chance(both, 300, 200, 1000)
    assert abs(z.mean()) < 0.1
    assert abs(z.std() - 1) < 0.05


def test_false_discoveries_are_kept_few():
    r = np.random.default_rng(5)
    real = np.concatenate([np.full(50, 6.0), np.zeros(5000)])
    stands = discovered(real + r.standard_normal(5050))
    assert stands[:50].mean() > 0.85
    assert stands[50:].sum() <= 4
    assert not discovered(np.zeros(0)).any()


def test_intervals_cover():
    r = np.random.default_rng(6)
    p = np.array([0.03, 0.09, 0.17, 0.71])  # both, when alone, then alone, none
    inside = np.zeros(3)
    for counts in r.multinomial(1500, p, size=600):
        both, when, then = counts[0], counts[0] + counts[1], counts[0] + counts[2]
        support, confidence, lift = findings(["a"], ["b"], Counted(both, when, then, 1500))
        inside += [
            support.low <= 0.03 <= support.high,
            confidence.low <= 0.25 <= confidence.high,
            lift.low <= 1.25 <= lift.high,
        ]
    assert (np.abs(inside / 600 - 0.95) < 0.025).all()


def test_a_pair_that_never_comes_has_an_interval():
    *_, lift = findings(["a"], ["b"], Counted(0, 50, 60, 100))
    assert lift.estimate == 0
    assert lift.low == 0
    assert 0 < lift.high < 1


@pytest.mark.parametrize("n", [1, 3, 30])
def test_few_baskets_give_few_findings_and_no_fault(n):
    for seed in range(3):
        mined(ASKED, table(np.random.default_rng(seed).random((n, 5)) < 0.5))


def test_an_item_that_is_in_every_basket_brings_nothing():
    there = np.random.default_rng(7).random((500, 4)) < 0.4
    there[:, 0] = True
    assert not any("i0" in finding.name for finding in mined(ASKED, table(there)))
