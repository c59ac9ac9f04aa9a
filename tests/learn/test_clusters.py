"""Groups of rows with like features."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.learn._clusters import clusters, nominal


@given(st.lists(st.integers(5, 40), min_size=2, max_size=6), st.integers(0, 2**32 - 1))
def test_kinds_that_nothing_else_tells_apart_are_the_groups(sizes, seed):
    kinds = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    found = clusters(nominal(kinds), np.ones(len(kinds)), most=100, least=5)
    pairs = np.unique(np.stack([kinds, found]), axis=1).T
    assert len(pairs) == len(sizes) == found.max() + 1


@given(st.integers(1, 12), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_groups_are_as_many_and_as_large_as_they_may_be(most, least, seed):
    features = np.random.default_rng(seed).random((60, 2))
    counts = np.bincount(clusters(features, np.ones(60), most=most, least=least))
    assert len(counts) <= most
    assert counts.min() >= least
