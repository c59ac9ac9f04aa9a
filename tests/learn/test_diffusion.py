"""Diffusion: what noise leaves of a class, the steps of a draw, what is learnt, conditions, what it refuses to load."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.protocols import Codes, Known
from rowsmith.core.rng import Key
from rowsmith.learn._diffusion import TIMES, Channels
from rowsmith.learn._diffusion_draw import Walk
from rowsmith.learn._diffusion_schedule import Schedule
from rowsmith.learn._nets import Alphabet
from rowsmith.learn.diffusion import Denoised, Diffusion

pytestmark = pytest.mark.slow  # every fit compiles a network

KEY = Key(7)
QUICK = {"width": 64, "training": 800, "epochs": 60, "rate": 0.005}


def codes(values, size, ordered):
    return Codes(np.asarray(values).astype(np.uint16), size, ordered)


def table(n=3000):
    """A number with an atom, a noisy copy of it, and whether the copy is the larger, which neither tells alone."""
    rng = np.random.default_rng(1)
    a = rng.integers(0, 12, n) * (rng.random(n) < 0.7)
    b = np.clip(a + rng.integers(-1, 2, n), 0, 11)
    return [codes(a, 12, True), codes(b, 12, True), codes(b > a, 2, False)]


@pytest.fixture(scope="module")
def fitted():
    return Diffusion(**QUICK).fit(table(), key=KEY)


@given(shares=st.lists(st.integers(1, 100), min_size=2, max_size=40))
def test_noise_takes_away_a_class_evenly_with_time(shares):
    column = codes(np.repeat(np.arange(len(shares)), shares), len(shares), True)
    precisions = Channels.of([Alphabet.of(column)]).precisions[0]
    assert precisions.shape == (TIMES + 1,)
    assert (np.diff(precisions) <= 0).all()
    assert precisions[-1] == 0
    # At time 0 the two classes that are nearest to each other are still some standard deviations apart, or as far as the table goes.
    scores = Channels.of([Alphabet.of(column)]).scores
    assert np.diff(scores).min() * np.sqrt(precisions[0]) > 3 or precisions[0] > 9e4


def test_columns_that_tell_of_each_other_are_drawn_in_different_steps():
    rng = np.random.default_rng(0)
    pairs = [rng.integers(0, 4, 2000) for _ in range(3)]
    columns = [codes(v, 4, False) for v in (*pairs, *pairs)]
    last = Schedule.learnt(columns, 3).last
    assert (last[:3] != last[3:]).all()
    assert np.bincount(last).tolist() == [2, 2, 2]


@given(sizes=st.lists(st.booleans(), min_size=1, max_size=8), steps=st.integers(1, 12))
def test_every_column_is_told_to_the_end_whatever_the_steps(sizes, steps):
    rng = np.random.default_rng(0)
    schedule = Schedule.learnt([codes(rng.integers(0, 3, 50), 3, ordered) for ordered in sizes], steps)
    assert 1 <= schedule.steps <= steps
    certain = [j for step in range(schedule.steps) for j in schedule.due(step) if schedule.last[j] == step]
    assert sorted(certain) == list(range(len(sizes)))
    assert (np.diff(schedule.times, axis=0) <= 0).all()


def test_what_is_told_of_a_class_adds_up_as_if_it_were_told_at_once(fitted):
    """Two tellings with precision 1 and 3 are one with precision 4: the mean of the score is right, and so is its variance."""
    n, rng = 20_000, np.random.default_rng(3)
    classes, walk = np.full(n, 5), Walk(fitted.network, n)
    for precision in (1.0, 4.0):
        walk.tell(0, classes, precision, rng.standard_normal(n).astype(np.float32))
    scores, law = fitted.network.channels.scores[:12], walk._own[0] - fitted.network.channels.logs[:12]
    told = (law[:, 1] - law[:, 0]) / (scores[1] - scores[0]) + 2 * (scores[1] + scores[0])
    assert abs(told.mean() / 4 - scores[5]) < 0.02
    assert abs(told.std() - 2) < 0.05


def test_what_hangs_on_two_columns_together_is_learnt(fitted):
    a, b, larger = (d.astype(int) for d in fitted.draw(4000, KEY))
    assert (np.abs(a - b) <= 1).mean() > 0.95
    assert (larger == (b > a)).mean() > 0.8


def test_margins_are_closer_than_chance_would_have_them(fitted):
    for column, drawn in zip(table(), fitted.draw(20_000, KEY), strict=True):
        real = np.bincount(column.values, minlength=column.size) / len(column.values)
        made = np.bincount(drawn, minlength=column.size) / len(drawn)
        assert 0.5 * np.abs(real - made).sum() < 0.03


def test_the_law_of_a_column_is_that_given_the_others(fitted):
    """Given the second column, and that it is the larger, the first is about one less, whatever is drawn first otherwise."""
    n = 2000
    b, larger = np.full(n, 5, np.uint16), np.ones(n, np.uint16)
    known = {1: Known(b, np.arange(12, dtype=np.uint16)), 2: Known(larger, np.arange(2, dtype=np.uint16))}
    a, drawn, _ = fitted.draw(n, KEY, known)
    assert (drawn == 5).all()
    assert (np.abs(a.astype(int) - 4) <= 1).mean() > 0.75  # a fifth without conditions
    assert np.bincount(a).argmax() == 4


def test_groups_in_two_columns_are_met_together_by_their_joint_law(fitted):
    """Of the rows with a at most 3 and b from 3 on there are a few, and all have (3, 3), (3, 4) or (2, 3)."""
    n = 2000
    halves = [(np.arange(12) > k).astype(np.uint16) for k in (3, 2)]
    known = {0: Known(np.zeros(n, np.uint16), halves[0]), 1: Known(np.ones(n, np.uint16), halves[1])}
    a, b, _ = (d.astype(int) for d in fitted.draw(n, KEY, known))
    assert ((a <= 3) & (b >= 3)).all()
    drawn = [((a == x) & (b == y)).mean() for x, y in ((3, 3), (3, 4), (2, 3))]
    assert sum(drawn) > 0.7
    assert max(drawn) < 0.6  # a third each


def test_a_longer_draw_begins_with_the_rows_of_a_shorter_one(fitted):
    longer, shorter = fitted.draw(3000, KEY), fitted.draw(1100, KEY)
    assert all(np.array_equal(a[:1100], b) for a, b in zip(longer, shorter, strict=True))


@pytest.mark.parametrize("shape", [[(1, True), (300, True)], [(2, False), (300, False), (7, False)], [(40, True)] * 2])
def test_tables_of_one_kind_of_column_are_learnt(shape):
    rng = np.random.default_rng(0)
    columns = [codes(rng.integers(0, size, 150), size, ordered) for size, ordered in shape]
    drawn = Diffusion(width=8, training=50).fit(columns, key=KEY).draw(50, KEY)
    assert all((d < c.size).all() for d, c in zip(drawn, columns, strict=True))


def test_of_a_few_rows_no_network_is_trained(fitted):
    few = Diffusion().fit(table(60), key=KEY)
    assert few.curves.step == ()
    assert len(fitted.curves.step) > 0
    assert np.isfinite(fitted.curves.losses["validation"]).all()


def damage(state, place, value):
    state = copy.deepcopy(state)
    if place in state["weights"]:
        state["weights"][place] = value
    else:
        state[place] = value
    return state


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("times", np.ones((2, 9))),
        ("times", np.full((9, 3), np.nan)),
        ("last", np.array([0, 99, 0])),
        ("precisions", np.ones((3, 5))),
        ("precisions", np.full((3, TIMES + 1), np.inf)),
        ("enter", np.zeros((3, 3), np.float32)),
        ("added", np.zeros((1, 1), np.float32)),
        ("bias", np.full(64, np.nan, np.float32)),
    ],
)
def test_a_damaged_model_is_refused(fitted, place, value):
    with pytest.raises(ModelFileError):
        Denoised.from_state(damage(fitted.state(), place, value))


@pytest.mark.parametrize("setting", [{"steps": 0}, {"rate": -1}, {"width": 1}, {"depth": 100}, {"patience": 2}])
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(SpecError, match=next(iter(setting))):
        Diffusion(**setting)
