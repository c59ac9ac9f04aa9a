"""The adversarial network: modes, sampling by conditions, margins, conditions by values and groups, what it refuses to load."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.protocols import Codes, Known
from rowsmith.core.rng import Key
from rowsmith.learn._modes import NARROWEST, Modes, normal_scores
from rowsmith.learn._nets import Alphabet
from rowsmith.learn.gan import Gan, Made

pytestmark = pytest.mark.slow  # every fit compiles a network

KEY = Key(7)


def codes(values, size, ordered):
    return Codes(np.asarray(values).astype(np.uint16), size, ordered)


def table(n=2000):
    """A group, a number that hangs on it, and whether the number is large."""
    rng = np.random.default_rng(1)
    group = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    number = np.clip(10 * group + rng.integers(0, 12, n), 0, 29)
    return [codes(group, 3, False), codes(number, 30, True), codes(number > 14, 2, False)]


@pytest.fixture(scope="module")
def fitted():
    return Gan(width=64, steps=900, epochs=1000, batch=200, rate=0.001).fit(table(), key=KEY)


@given(counts=st.lists(st.integers(1, 1000), min_size=2, max_size=60))
def test_modes_are_a_law_over_the_classes_and_few(counts):
    shares = np.array(counts) / sum(counts)
    scores = normal_scores(shares)
    modes = Modes.fit(shares, scores)
    assert abs(shares @ scores) < 1e-6
    assert modes.of.shape == (len(counts), len(modes.center))
    assert np.allclose(modes.of.sum(axis=1), 1)
    assert 1 <= len(modes.center) <= 10
    assert (modes.width >= NARROWEST).all()


def test_an_atom_has_a_narrow_mode_of_its_own():
    shares = np.r_[0.6, np.full(40, 0.01)]
    scores = normal_scores(shares)
    modes = Modes.fit(shares, scores)
    own = int(np.argmin(np.abs(modes.center - scores[0])))
    assert modes.width[own] == NARROWEST
    assert modes.of[0, own] > 0.99
    assert modes.of[1:, own].max() < 0.01


def test_real_rows_meet_the_conditions_they_are_sampled_by_and_rare_classes_come_often():
    jax = pytest.importorskip("jax")
    from rowsmith.learn import _gan_net

    columns = table()
    alphabets = [Alphabet.of(c) for c in columns]
    modes = [Modes.fit(a.shares, normal_scores(a.shares)) if a.ordered else None for a in alphabets]
    rows = np.stack([c.values for c in columns], axis=1).astype(np.int32)
    _, fixed = _gan_net.begin(alphabets, modes, rows, 8, KEY)
    sample = _gan_net._Sample.of(fixed, jax.random.uniform(jax.random.key(0), (20_000, 2 + len(fixed["of"]))))
    states, condition = np.asarray(sample.states), np.asarray(sample.condition)
    assert (states @ np.asarray(fixed["of"]).T == [1, 1, 1, 0]).all()  # the last column is padding
    assert (condition.sum(axis=1) == 1).all()
    assert (states[condition == 1] == 1).all()
    state = condition.argmax(axis=1)
    column, wanted = np.asarray(fixed["column"])[state], np.asarray(fixed["number"])[state]
    assert set(column.tolist()) == {0, 2}
    rare = (wanted[column == 0] == 2).mean()
    count = np.bincount(columns[0].values)
    assert abs(rare - np.log1p(count)[2] / np.log1p(count).sum()) < 0.02
    # The number's mode hangs on its group as in the real rows: given the first group, no mode of the last one.
    own = np.asarray(fixed["of"])[1] > 0
    first = states[(column == 0) & (wanted == 0)][:, own].argmax(axis=1)
    assert modes[1].center[first].max() < normal_scores(alphabets[1].shares)[20]


def test_margins_are_kept_and_what_hangs_together_is_learnt(fitted):
    group, number, large = (d.astype(int) for d in fitted.draw(20_000, KEY))
    for column, drawn in zip(table(), (group, number, large), strict=True):
        real, made = (np.bincount(v, minlength=column.size) / len(v) for v in (column.values, drawn))
        assert 0.5 * np.abs(real - made).sum() < 0.05
    assert ((number > 14) == large).mean() > 0.9
    assert (np.abs(number - 10 * group - 5) < 9).mean() > 0.9


def test_what_is_given_is_met_and_the_others_follow(fitted):
    n, same = 2000, np.arange(3, dtype=np.uint16)
    group, number, large = fitted.draw(n, KEY, {0: Known(np.full(n, 2, np.uint16), same)})
    assert (group == 2).all()
    assert (number > 14).mean() > 0.9
    assert large.mean() > 0.9


def test_groups_that_are_given_are_met_in_every_column(fitted):
    n, high = 2000, (np.arange(30) > 20).astype(np.uint16)
    known = {1: Known(np.ones(n, np.uint16), high), 2: Known(np.ones(n, np.uint16), np.arange(2, dtype=np.uint16))}
    group, number, large = fitted.draw(n, KEY, known)
    assert (number > 20).all()
    assert (large == 1).all()
    assert (group == 2).mean() > 0.5


def test_what_no_row_is_like_is_met_all_the_same(fitted):
    """A condition that contradicts the learnt rows: the columns are as given, and the rest is drawn."""
    n = 500
    known = {
        0: Known(np.zeros(n, np.uint16), np.arange(3, dtype=np.uint16)),
        1: Known(np.full(n, 29, np.uint16), np.arange(30, dtype=np.uint16)),
    }
    group, number, large = fitted.draw(n, KEY, known)
    assert (group == 0).all()
    assert (number == 29).all()
    assert set(large.tolist()) <= {0, 1}


@pytest.mark.parametrize("shape", [[(5, True), (300, True)], [(2, False), (300, False)]])
def test_tables_of_one_kind_of_column_are_learnt(shape):
    rng = np.random.default_rng(0)
    columns = [codes(rng.integers(0, size, 150), size, ordered) for size, ordered in shape]
    drawn = Gan(width=8, steps=50, batch=20).fit(columns, key=KEY).draw(50, KEY)
    assert all((d < c.size).all() for d, c in zip(drawn, columns, strict=True))


def test_of_a_few_rows_no_network_is_trained():
    assert Gan().fit(table(60), key=KEY).curves.step == ()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("weights", {}),
        ("modes", [None, None, None]),
        ("modes", [None, {"center": np.zeros(2, np.float32), "width": np.zeros(3, np.float32)}, None]),
        ("added", []),
        ("edges", [np.zeros(0, np.float32), np.arange(29, 0, -1).astype(np.float32), np.zeros(0, np.float32)]),
    ],
)
def test_a_damaged_model_is_refused(fitted, place, value):
    with pytest.raises((ModelFileError, KeyError)):  # a KeyError is told by `TableModel.from_state`
        Made.from_state({**copy.deepcopy(fitted.state()), place: value})


@pytest.mark.parametrize("setting", [{"steps": 0}, {"rate": -1}, {"width": 1}, {"batch": 5}])
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(SpecError, match=next(iter(setting))):
        Gan(**setting)
