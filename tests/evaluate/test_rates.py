"""Intervals of attack rates: known values, coverage, and few rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.evaluate._rates import Gap, area, hit_rate, share


def test_a_share_has_the_exact_interval():
    found = share(10, 100)
    assert (found.low, found.high) == pytest.approx((0.0490, 0.1762), abs=1e-4)
    assert share(0, 10).low == 0
    assert share(10, 10).high == 1


def test_a_gap_has_the_interval_of_the_literature():
    # Newcombe (1998), table II (a): 56 of 70 against 48 of 80, method 10.
    found = Gap(56, 70, 48, 80).advantage()
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


counts = st.tuples(st.integers(1, 60), st.floats(0, 1)).map(lambda x: (round(x[0] * x[1]), x[0]))


@given(counts, counts, st.integers(1, 50))
def test_a_gap_lies_in_its_interval_and_more_tests_widen_it(learnt, unseen, tests):
    gap = Gap(*learnt, *unseen)
    one, many = gap.advantage(), gap.advantage(tests)
    assert -1 <= many.low <= one.low + 1e-12
    assert one.low - 1e-12 <= one.value <= one.high + 1e-12
    assert one.high - 1e-12 <= many.high <= 1


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.005, 0.5), st.integers(0, 2**32))
def test_a_hit_rate_lies_in_its_interval_whatever_the_ties(n, m, rate, seed):
    rng = np.random.default_rng(seed)
    found = hit_rate(rng.integers(0, 4, n).astype(float), rng.integers(0, 4, m).astype(float), rate)
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(("n", "m", "rate"), [(200, 80, 0.1), (400, 400, 0.01), (60, 60, 0.1), (1000, 500, 0.01)])
def test_the_interval_of_hits_knows_the_noise_of_the_threshold(n, m, rate):
    rng = np.random.default_rng(n)
    missed = sum(not hit_rate(rng.normal(size=n), rng.normal(size=m), rate).covers(rate) for _ in range(400))
    assert missed <= 0.05 * 400  # exact, and conservative


def test_too_few_unseen_rows_give_no_lower_end():
    learnt, unseen = np.full(50, 9.0), np.arange(100) / 100
    assert hit_rate(learnt, unseen, 0.01).low == 0
    assert hit_rate(learnt, np.arange(500) / 500, 0.01).low > 0.9


def test_an_area_covers_chance_and_finds_a_difference():
    rng = np.random.default_rng(0)
    missed = sum(not area(rng.normal(size=80), rng.normal(size=60)).covers(0.5) for _ in range(200))
    assert missed <= 20
    assert area(rng.normal(1, 1, 300), rng.normal(size=200)).low > 0.65
