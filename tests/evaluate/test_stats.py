import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from rowsmith.evaluate import _stats as stats

few = st.lists(st.integers(-3, 3), min_size=1, max_size=30).map(lambda x: np.array(x, dtype=float))


@given(few)
def test_ranks_are_those_of_scipy(values):
    assert stats.average_ranks(values).tolist() == rankdata(values).tolist()


@given(few, few)
def test_kolmogorov_smirnov_is_the_largest_gap(a, b):
    gaps = [abs((a <= x).mean() - (b <= x).mean()) for x in range(-4, 5)]
    assert stats.kolmogorov_smirnov(a, b) == pytest.approx(max(gaps))


def test_kolmogorov_smirnov_of_nothing():
    nothing, one = np.array([]), np.array([1.0])
    assert stats.kolmogorov_smirnov(nothing, one) == 1.0
    assert stats.kolmogorov_smirnov(nothing, nothing) == 0.0


@given(few, few)
def test_auc_and_area_under_roc_are_those_of_sklearn(positive, negative):
    truth, score = np.repeat([1, 0], [len(positive), len(negative)]), np.concatenate([positive, negative])
    wanted = roc_auc_score(truth, score)
    assert stats.auc(truth, score) == pytest.approx(wanted)
    false, true = stats.roc(truth, score)
    assert np.trapezoid(true, false) == pytest.approx(wanted)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)


def test_folds_deal_out_every_class_evenly():
    classes = np.repeat([0, 1], [30, 6])
    fold = stats.stratified_folds(classes, 3, np.random.default_rng(0))
    assert np.bincount(fold[:30]).tolist() == [10, 10, 10]
    assert np.bincount(fold[30:]).tolist() == [2, 2, 2]
