"""The law of greatest entropy."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowsmith.truth._maxent import fit, most_of, shares_of, support_range


def entropy(cells):
    return float(-(cells * np.log(np.maximum(cells, 1e-300))).sum())


@given(k=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_shares_of_any_law_are_met_with_the_greatest_entropy(k, seed):
    r = np.random.default_rng(seed)
    some = r.dirichlet(np.full(1 << k, 0.5)) * 0.99 + 0.01 / (1 << k)
    sets = [1 << i for i in range(k)]
    sets += [s for s in range(1, 1 << k) if s not in sets and r.random() < 0.5]
    wanted = shares_of(some)[sets]
    cells = fit(k, sets, wanted)
    assert np.abs(shares_of(cells)[sets] - wanted).max() < 1e-9
    assert cells.sum() == pytest.approx(1)
    assert entropy(cells) >= entropy(some) - 1e-9


def test_shares_are_sums_over_cells_that_hold_the_set():
    cells = np.random.default_rng(0).dirichlet(np.ones(8))
    for one in range(8):
        assert shares_of(cells)[one] == pytest.approx(sum(cells[c] for c in range(8) if c & one == one))


def test_items_alone_are_independent():
    p = [0.1, 0.3, 0.6]
    cells = fit(3, [1, 2, 4], p)
    for some in itertools.product([0, 1], repeat=3):
        expected = np.prod([q if there else 1 - q for q, there in zip(p, some, strict=True)])
        assert cells[sum(there << i for i, there in enumerate(some))] == pytest.approx(expected)


def test_a_set_as_frequent_as_its_part_never_comes_apart():
    cells = fit(2, [1, 2, 3], [0.1, 0.2, 0.1])
    assert cells[1] == 0
    assert cells[3] == pytest.approx(0.1)


@pytest.mark.parametrize("both", [0.25, 0.01])
def test_shares_that_cannot_be_are_no_law(both):
    assert fit(2, [1, 2, 3], [0.6, 0.45, both + (0.21 if both > 0.1 else 0)]) is None


def test_three_items_that_shun_one_another_cannot_all_be_in_half():
    assert fit(3, [1, 2, 4, 3, 5, 6], [0.5, 0.5, 0.5, 0.01, 0.01, 0.01]) is None


def test_the_range_of_two_is_frechets():
    assert support_range(2, [1, 2], [0.7, 0.6], 3) == pytest.approx((0.3, 0.6))
    assert support_range(2, [1, 2, 3], [0.1, 0.2, 0.15], 3) is None


def test_how_far_shares_can_go():
    # the share of both goes from 0.02 to 0.22, and can be 0.1 at most; with a cap, 0.06
    assert most_of(2, [1, 2, 3], [0.1, 0.2, 0.02], [0.1, 0.2, 0.22], [], []) == pytest.approx(0.4)
    assert most_of(2, [1, 2, 3], [0.1, 0.2, 0.02], [0.1, 0.2, 0.22], [3], [0.06]) == pytest.approx(0.2)
