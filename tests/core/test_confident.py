"""Which class a model is sure of."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.confident import UNSURE, sure_classes


@given(st.integers(2, 5), st.integers(0, 60), st.integers(0, 99))
def test_a_sure_class_is_given_its_usual_chance_at_least(classes, n, seed):
    rng = np.random.default_rng(seed)
    chances, labels = rng.dirichlet(np.ones(classes), n), rng.integers(0, classes, n)
    found = sure_classes(chances, labels)
    for row, j in enumerate(found):
        over = [k for k in range(classes) if (labels == k).any() and chances[row, k] >= chances[labels == k, k].mean()]
        assert j == (max(over, key=lambda k: chances[row, k]) if over else UNSURE)


def test_no_row_is_surely_of_a_class_that_no_label_names():
    assert (sure_classes(np.array([[0.1, 0.9]] * 4), np.zeros(4, dtype=np.int64)) == 0).all()
