"""Dealing rows out to parents."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.learn._deal import aligned, dealt, distinct, repeated, spread, to_sum

SEEDS = st.integers(0, 2**32 - 1)


def rng(seed=0):
    return np.random.default_rng(seed)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20), st.integers(0, 60), SEEDS)
def test_weights_are_dealt_out_to_a_sum(weights, total, seed):
    out = to_sum(np.array(weights), total, rng(seed))
    assert out.sum() == total
    assert (out[np.array(weights) == 0] == 0).all() or not any(weights)


@given(st.integers(0, 40), st.integers(1, 20), SEEDS)
def test_rows_are_taken_evenly(n, of, seed):
    times = np.bincount(spread(n, of, rng(seed)), minlength=of)
    assert times.sum() == n
    assert times.max() - times.min() <= 1


@given(st.data())
def test_every_parent_gets_as_many_rows_as_it_has_room_for(data):
    room = np.array(data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=12)))
    groups = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(room), max_size=len(room))))
    n = int(room.sum())
    wanted = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)), dtype=np.int64)
    wanted = np.append(wanted, [-1, -1])
    fine, fine_of = np.full(n + 2, -1), np.full(len(room), -1)
    out = dealt(wanted, groups, [(fine, fine_of)], room, np.arange(n + 2), rng(data.draw(SEEDS)))
    assert np.bincount(out[out >= 0], minlength=len(room)).tolist() == room.tolist()
    assert (out[-2:] == -1).all()
    # of its own group, as far as there is room
    hit = [(groups[out[wanted == g]] == g).sum() for g in range(4)]
    assert hit == [min(int((wanted == g).sum()), int(room[groups == g].sum())) for g in range(4)]


def test_what_both_have_the_same_of_counts_more_than_the_group():
    wanted, fine = np.array([0, 0, 1, 1]), np.array([7, 8, 7, 8])
    out = dealt(wanted, np.array([0, 1]), [(fine, np.array([8, 7]))], np.array([2, 2]), np.arange(4), rng())
    assert out.tolist() == [1, 0, 1, 0]


def test_where_room_is_short_whole_families_go_without():
    wanted, none = np.zeros(40, dtype=np.int64), np.full(40, -1)
    family = np.repeat(np.arange(10), 4)
    out = dealt(wanted, np.array([0, 1]), [(none, np.full(2, -1))], np.array([20, 20]), family, rng())
    assert all(len(set(out[family == f])) == 1 for f in range(10))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=30), SEEDS)
def test_every_real_row_is_given_once_and_to_a_like_one_where_there_is_one(rows, seed):
    real = np.array(rows).T
    order = rng(seed).permutation(len(rows))
    drawn = real[:, order]
    out = aligned(list(drawn), list(real), rng(seed))
    assert sorted(out.tolist()) == list(range(len(rows)))
    assert (real[:, out] == drawn).all()


def test_exchanges_leave_no_pair_twice_and_no_count_changed():
    r = rng(1)
    one, two = r.integers(0, 50, 400), r.integers(0, 20, 400)
    columns = [one.copy(), two.copy()]
    assert not distinct(columns, 1, r).any()
    assert not repeated(columns).any()
    assert columns[0].tolist() == one.tolist()
    assert sorted(columns[1].tolist()) == sorted(two.tolist())


def test_what_cannot_be_told_apart_is_said():
    columns = [np.zeros(5, dtype=int), np.array([0, 0, 1, 1, 1])]
    assert distinct(columns, 1, rng()).sum() == 3
