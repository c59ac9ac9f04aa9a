import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.protocols import Codes
from rowsmith.learn import _dependencies


def codes(values, size=None):
    values = np.asarray(values, dtype=np.uint16)
    return Codes(values, int(values.max()) + 1 if size is None else size, ordered=False)


def find(columns, exact, hidden=()):
    """The dependencies of columns; `hidden` maps some to the rows in which they say nothing."""
    masks = [np.isin(np.arange(len(c.values)), dict(hidden).get(i, [])) for i, c in enumerate(columns)]
    return _dependencies.find(columns, exact, masks)


def test_a_label_of_a_code_is_looked_up_and_a_chain_goes_to_its_root():
    city = np.random.default_rng(0).integers(0, 40, 2000)
    land, side = city // 5, city // 20
    links = find([codes(land), codes(city), codes(side)], [True] * 3)
    assert [(d.source, d.target) for d in links] == [(1, 0), (1, 2)]
    assert all(np.array_equal(d.apply(city), v) for d, v in zip(links, (land, side), strict=True))


def test_columns_that_determine_each_other_keep_one():
    a = np.random.default_rng(0).integers(0, 16, 500)
    (link,) = find([codes(a), codes(15 - a)], [True, True])
    assert (link.source, link.target) == (0, 1)


def test_one_counter_example_is_enough_against():
    a = np.random.default_rng(0).integers(0, 16, 500)
    b = a // 2
    b[3] = 7 - b[3]
    assert find([codes(a), codes(b)], [True, True]) == []


def test_rows_in_which_a_column_says_nothing_do_not_speak_against():
    a = np.random.default_rng(0).integers(0, 16, 500)
    b = a // 2
    b[3] = 7 - b[3]
    (link,) = find([codes(a), codes(b)], [True, True], [(1, [3, 4])])
    assert np.array_equal(link.apply(np.arange(16)), np.arange(16) // 2)
    assert find([codes(a), codes(b)], [True, True], [(0, [4])]) == []


def test_inexact_codes_are_left_alone():
    a = np.random.default_rng(0).integers(0, 16, 500)
    assert find([codes(a), codes(a // 2)], [True, False]) == []
    assert find([codes(a), codes(a // 2)], [False, True]) == []


@given(st.integers(0, 500))
def test_chance_is_not_taken_for_a_law(seed):
    # Nearly every level of `a` stands once, and `b` is nearly constant: pure groups, but by chance.
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 5000, 300), (rng.random(300) < 0.01).astype(int)
    assert find([codes(a, 5000), codes(b, 2)], [True, True]) == []
