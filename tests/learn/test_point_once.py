"""Rows that exchange parents so that they differ."""

import numpy as np
import pytest

from rowsmith.core.rng import Key
from rowsmith.learn._deal import distinct, repeated
from rowsmith.learn._drawn import Drawn
from rowsmith.learn._point_once import _fresh, _Group


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_rows_that_exchange_parents_in_one_turn_do_not_get_the_same_by_another_group(seed):
    r = np.random.default_rng(seed)
    pairs = r.permutation(20 * 300)[:3_000]
    up = {0: pairs // 300, 1: pairs % 300, 2: r.integers(0, 60, 3_000)}
    rows, there = Drawn(3_000, {}, up), np.arange(3_000)
    columns = [up[1], up[2]]
    fits = _fresh(rows, there, 1, [_Group((0, 1), (), Key(0))], columns[0])
    assert repeated(columns).sum() > 200
    assert distinct(columns, 0, r, None, fits).sum() < 20
    assert not repeated([up[0], up[1]]).any(), "each pair came once, and still does"
