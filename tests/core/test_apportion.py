"""Whole amounts are dealt out to the last unit, each share within a unit of its quota."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.apportion import fair, largest_remainder, sums


def fair_alone(weights, total, seed):
    """Shares of one group."""
    group = np.zeros(len(weights), dtype=np.int64)
    return fair(np.array(weights, dtype=np.int64), group, [total], np.random.default_rng(seed)).tolist()


WEIGHTS = st.lists(st.integers(0, 2**53), min_size=1, max_size=30).filter(any)


@given(WEIGHTS, st.integers(-(10**20), 10**20))
def test_largest_remainders_sum_up_and_are_near_their_quotas(weights, total):
    shares = largest_remainder(weights, total)
    assert sum(shares) == total
    quotas = [Fraction(total * w, sum(weights)) for w in weights]
    assert all(abs(share - quota) < 1 for share, quota in zip(shares, quotas, strict=True))


@given(WEIGHTS, st.data())
def test_no_share_is_greater_than_its_weight_where_the_total_is_not(weights, data):
    total = data.draw(st.integers(0, sum(weights)))
    for shares in (
        largest_remainder(weights, total),
        fair_alone(weights, total, 0),
    ):
        assert sum(shares) == total
        assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))


@given(WEIGHTS, st.integers(0, 2**62), st.integers(0, 100))
def test_fair_shares_sum_up_and_are_near_their_quotas(weights, total, seed):
    if max(weights) * total // sum(weights) >= 2**63:
        return
    shares = fair_alone(weights, total, seed)
    assert sum(shares) == total
    quotas = [Fraction(total * w, sum(weights)) for w in weights]
    assert all(abs(share - quota) < 1 for share, quota in zip(shares, quotas, strict=True))


@given(
    st.lists(st.tuples(st.integers(0, 2**40), st.integers(-1, 3)), max_size=40),
    st.lists(st.integers(0, 2**60), min_size=4, max_size=4),
    st.integers(0, 100),
)
def test_every_group_has_its_own_total(rows, totals, seed):
    weights, group = (np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1))
    whole = sums(weights[group >= 0], group[group >= 0], 4)
    totals = [total if w else 0 for total, w in zip(totals, whole, strict=True)]
    shares = fair(weights, group, totals, np.random.default_rng(seed))
    assert (shares[group < 0] == 0).all()
    for number in range(4):
        some, quotas = shares[group == number].tolist(), weights[group == number].tolist()
        if some:
            assert sum(some) == totals[number]
        for share, weight in zip(some, quotas, strict=True):
            assert abs(share - Fraction(weight * totals[number], max(whole[number], 1))) < 1


def test_fair_shares_have_their_quotas_for_a_mean():
    weights, group, rng = np.array([1, 2, 3, 4] * 50), np.zeros(200, dtype=np.int64), np.random.default_rng(7)
    mean = np.mean([fair(weights, group, [600], rng) for _ in range(4000)], axis=0)
    # A share of 1.2 is 1 or 2: its mean over 4000 draws has a standard deviation below 0.008; six of them.
    assert np.abs(mean - weights * 1.2).max() < 0.048


def test_which_rows_are_rounded_up_has_no_pattern():
    shares = np.array(fair_alone([1] * 10_000, 5000, 7))
    assert 2000 < np.count_nonzero(np.diff(shares)) < 8000
    assert abs(int(shares[:5000].sum()) - 2500) < 250


def test_shares_may_be_fractions():
    assert largest_remainder([Fraction("0.7"), Fraction("0.25"), Fraction("0.05")], 1000) == [700, 250, 50]
    assert largest_remainder([0, 0], 0) == [0, 0]


@given(st.lists(st.tuples(st.integers(-(2**62), 2**62), st.integers(0, 3))))
def test_sums_are_exact(pairs):
    values, group = (np.array([p[i] for p in pairs], dtype=np.int64) for i in (0, 1))
    assert sums(values, group, 4) == [sum(v for v, g in pairs if g == place) for place in range(4)]


def test_dealing_out_to_nobody_is_our_own_fault():
    with pytest.raises(AssertionError):
        largest_remainder([0, 0], 3)
    with pytest.raises(AssertionError):
        fair_alone([0, 0], 3, 0)
