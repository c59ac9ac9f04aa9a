"""Who shares a value: rows, and the entities that they belong to."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.grid import fit_grid, without_names
from rowsmith.core.shield import FEWEST_UNITS, Whole, fewest, fewest_units, persons, shared_ends, too_few

ROWS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9)), min_size=1, max_size=200)


@given(ROWS, st.integers(1, 9))
def test_a_value_is_kept_if_enough_rows_and_entities_have_it(rows, rare):
    values, units = np.array(rows).T
    gone = too_few(values, 13, rare, units)
    for value in range(13):
        mine = values == value
        enough = mine.sum() >= fewest(rare, len(rows)) and len(set(units[mine])) >= fewest_units(rare, units)
        assert gone[value] == (not enough)
    assert (too_few(values, 13, rare, np.arange(len(rows))) >= too_few(values, 13, rare)).all()


@given(ROWS, st.integers(1, 9))
def test_enough_rows_and_entities_lie_at_either_end(rows, rare):
    values, units = np.array(rows).T
    k, many = fewest(rare, len(rows)), fewest_units(rare, units)
    low, high = shared_ends(values, rare, units)
    if len(set(units)) < many:  # the amount of no one stands for both
        assert low == high == np.rint(values.mean())
    for end, beyond in () if low == high else ((low, values <= low), (high, values >= high)):
        assert beyond.sum() >= k
        assert len(set(units[beyond])) >= many
        inside = beyond & (values != end)
        assert inside.sum() < k or len(set(units[inside])) < many  # the outermost such value
    assert shared_ends(values, rare) == (np.sort(values)[k - 1], np.sort(values)[-k])


def test_fewer_entities_are_no_persons():
    assert persons(np.arange(FEWEST_UNITS - 1)) is None
    assert persons(None) is None
    assert persons(np.arange(FEWEST_UNITS)) is not None


def test_no_number_of_one_entity_has_a_code_of_its_own():
    rng = np.random.default_rng(0)
    units = np.repeat(np.arange(100), 30)
    own = rng.choice(10_000_000, 100, replace=False)
    line = np.where(rng.random(3000) < 0.3, 5_000_000, own[units])  # what all have stays
    plain = fit_grid(line, bins=128, knots=8)
    assert plain.exact

    grid = without_names(plain, lambda x, names: fit_grid(x, bins=128, knots=8, names=names), line, line > 0, 5, units)
    exact = set(grid.low[grid.low == grid.high].tolist())
    assert exact == {5_000_000}
    assert np.abs(np.bincount(grid.encode(line)) / 3000).max() < 0.4


def test_of_too_few_of_many_rows_the_mean_stands_for_both_ends():
    for n in range(5, 10):
        line = np.arange(n) ** 2.0
        assert shared_ends(line, 5, None, Whole(1000)) == (line.mean(), line.mean())
    assert shared_ends(np.arange(10.0), 5, None, Whole(1000)) == (4, 5)
