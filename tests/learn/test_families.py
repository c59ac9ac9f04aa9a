"""Rows of one parent in their order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.learn._clusters import clusters, nominal, numeric
from rowsmith.learn._families import Families, agreement, blocks, means, modes

UPS = st.lists(st.integers(-1, 5), min_size=1, max_size=60).map(np.array)


@given(UPS)
def test_families_are_whole_and_in_order(up):
    f = Families.of(up, 6)
    assert sorted(f.rows.tolist()) == np.flatnonzero(up >= 0).tolist()
    assert (up[f.rows] == f.parent).all()
    assert f.size.tolist() == [int((up == p).sum()) for p in range(6)]
    for p in range(6):
        mine = f.parent == p
        assert f.place[mine].tolist() == list(range(int(mine.sum())))
        assert (np.diff(f.rows[mine]) > 0).all()


@given(st.integers(0, 10_000))
def test_blocks_cover_all_places_in_few_steps(n):
    edges = blocks(n)
    assert edges[0] == 0
    assert edges[-1] == n
    assert (np.diff(edges) > 0).all()
    assert len(edges) < 40


@given(UPS)
def test_siblings_before_are_of_the_family_and_of_a_block_before(up):
    f = Families.of(up, 6)
    before = f.before()
    seen = before >= 0
    assert (f.parent[before[seen]] == f.parent[seen]).all()
    assert (f.place[before[seen]] == f.block_start[seen] - 1).all()
    assert (f.block_start[~seen] == 0).all()


@given(UPS, st.integers(0, 100))
def test_what_is_left_to_draw_brings_a_family_to_its_mean(up, seed):
    f = Families.of(up, 6)
    values = np.random.default_rng(seed).normal(size=len(f.rows))
    rest = f.left_to_draw(values, means(values, f))
    for i in range(len(f.rows)):
        left = (f.parent == f.parent[i]) & (f.place >= f.block_start[i])
        assert rest[i] == pytest.approx(values[left].mean())


def test_the_most_frequent_code_of_each_family():
    f = Families.of(np.array([0, 0, 0, 2, 2]), 3)
    assert modes(np.array([4, 1, 4, 3, 3]), f).tolist() == [4, -1, 3]


def test_agreement_is_of_siblings_and_not_of_the_column():
    r = np.random.default_rng(0)
    up = np.repeat(np.arange(200), 4)
    for ordered in (True, False):
        assert agreement(up % 5, ordered, up) == pytest.approx(1.0, abs=0.02)
        assert agreement(r.integers(0, 5, 800), ordered, up) < 0.06
        half = np.where(r.random(800) < 0.5, up % 5, r.integers(0, 5, 800))
        assert 0.1 < agreement(half, ordered, up) < 0.5
    assert agreement(up[:20] % 5, True, up[:20]) == 0.0  # too few to say
    assert agreement(np.zeros(800, dtype=int), False, up) == 0.0


def test_parents_with_like_children_are_grouped():
    sort = np.random.default_rng(1).permutation(np.arange(300) % 4)
    noise = np.random.default_rng(2).normal(size=300)
    features = np.concatenate([nominal(sort), 0.2 * numeric(noise)], axis=1)
    groups = clusters(features, np.ones(300), most=4, least=5)
    assert len(set(groups.tolist())) == 4
    assert all(len(set(groups[sort == s].tolist())) == 1 for s in range(4))
    many = clusters(features, np.ones(300), most=100, least=10)
    assert np.bincount(many).min() >= 10
    assert clusters(np.zeros((9, 1)), np.ones(9), most=5, least=1).tolist() == [0] * 9
