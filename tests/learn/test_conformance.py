"""What every learner must do: one run over the whole room."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.learn._noise import repeated

from rowsmith.core.protocols import LEARNERS, Codes, Known
from rowsmith.core.rng import Key
from rowsmith.core.state import read_state, write_state

KEY = Key(7)
TRAINED = ("autoregressive", "diffusion", "gan", "vae")
"""Networks: each table of a new shape is compiled anew, which takes seconds. They come with `make test-slow`."""
NAMES = [pytest.param(name, marks=pytest.mark.slow) if name in TRAINED else name for name in LEARNERS.names()]


SETTINGS = {"private": {"epsilon": 1000.0}}  # so little noise that the law is to be seen


@pytest.fixture(autouse=True)
def _noise():
    with repeated():
        yield


def learner(name):
    return LEARNERS.load(name)(**SETTINGS.get(name, {}))


def codes(values, size=None, ordered=False):
    values = np.asarray(values, dtype=np.uint16)
    return Codes(values, int(values.max(initial=0)) + 1 if size is None else size, ordered)


def mixed_table(n, seed=0):
    """Three dependent columns and one free: an ordered, its noisy copy, a category of it, a constant."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 100, n)
    b = np.clip(a + rng.integers(-3, 4, n), 0, 99)
    c = (a // 34 + (rng.random(n) < 0.1)) % 3
    return [codes(a, 100, True), codes(b, 100, True), codes(c, 3), codes(np.zeros(n), 1), codes(a % 2, 2)]


def same(first, second):
    return len(first) == len(second) and all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_codes_come_back_in_shape_type_and_range(name):
    table = mixed_table(500)
    fitted = learner(name).fit(table, key=KEY)
    for n in (0, 1, 7, 1000):
        drawn = fitted.draw(n, KEY)
        assert [d.dtype for d in drawn] == [np.uint16] * len(table)
        assert [d.shape for d in drawn] == [(n,)] * len(table)
        assert all((d < c.size).all() for d, c in zip(drawn, table, strict=True))


def test_the_fit_does_not_depend_on_workers_and_the_draw_only_on_its_key(name):
    table = mixed_table(800)
    one, three = (learner(name).fit(table, key=KEY, workers=w) for w in (1, 3))
    assert same(one.draw(300, KEY), three.draw(300, KEY))
    assert not same(one.draw(300, KEY), one.draw(300, Key(8)))


def test_a_saved_model_draws_the_same(name, tmp_path):
    fitted = learner(name).fit(mixed_table(400), key=KEY)
    write_state(tmp_path / "m", fitted.state(), kind="test", version=1)
    again = LEARNERS.load(name).fitted.from_state(read_state(tmp_path / "m", kind="test", version=1))
    assert same(fitted.draw(300, KEY), again.draw(300, KEY))


@given(
    rows=st.integers(1, 60),
    sizes=st.lists(st.tuples(st.integers(1, 300), st.booleans()), max_size=4),
    seed=st.integers(0, 99),
)
@pytest.mark.parametrize("name", NAMES)
def test_any_table_of_codes_is_learnt(name, rows, sizes, seed):
    rng = np.random.default_rng(seed)
    table = [codes(rng.integers(0, size, rows), size, ordered) for size, ordered in sizes]
    drawn = learner(name).fit(table, key=KEY).draw(20, KEY)
    assert all((d < c.size).all() for d, c in zip(drawn, table, strict=True))
    assert len(drawn) == len(table)


def test_margins_are_kept(name):
    table = mixed_table(4000)
    drawn = learner(name).fit(table, key=KEY).draw(4000, KEY)
    for column, draw in zip(table, drawn, strict=True):
        real, made = (np.bincount(v, minlength=column.size) / 4000 for v in (column.values, draw))
        # Two independent samples of this size and 100 levels differ by about 0.06.
        assert 0.5 * np.abs(real - made).sum() < 0.10


def together(drawn, table):
    """Shares of the pairs of coarse codes of the first two columns, and of the third and the last."""
    tens = [np.minimum(d.astype(int) * 10 // c.size, 9) for d, c in zip(drawn, table, strict=True)]
    pairs = tens[0] * 10 + tens[1], tens[2] * 10 + tens[4]
    return np.concatenate([np.bincount(p, minlength=100) for p in pairs]) / len(drawn[0])


@pytest.mark.parametrize("known", [(0,), (1,), (2,), (1, 2), (3, 4)])
def test_columns_that_are_given_stay_and_the_others_follow_their_law(name, known):
    table = mixed_table(4000)
    fitted = learner(name).fit(table, key=KEY)
    joint, other = fitted.draw(4000, KEY), fitted.draw(4000, Key(8))
    given = {i: Known(joint[i], np.arange(table[i].size, dtype=np.uint16)) for i in known}
    drawn = fitted.draw(4000, Key(9), given)
    assert all(np.array_equal(drawn[i], joint[i]) for i in known)
    assert [d.dtype for d in drawn] == [np.uint16] * len(table)
    # What comes of given columns with their own law is the joint law. Two samples of it differ by 0.09 to 0.19.
    noise = np.abs(together(joint, table) - together(other, table)).sum()
    assert np.abs(together(drawn, table) - together(other, table)).sum() < noise + 0.10


def test_a_column_is_drawn_within_the_group_that_is_given(name):
    table = mixed_table(4000)
    fitted = learner(name).fit(table, key=KEY)
    groups = (np.arange(100) % 5).astype(np.uint16)
    drawn = fitted.draw(4000, KEY, {0: Known(np.full(4000, 3, np.uint16), groups)})[0]
    own = fitted.draw(9000, KEY)[0]
    assert (groups[drawn] == 3).all()
    shares = [np.bincount(a // 10, minlength=10) / len(a) for a in (drawn, own[groups[own] == 3])]
    assert np.abs(shares[0] - shares[1]).sum() < 0.2


def test_a_row_does_not_hang_on_what_others_are_given(name):
    table = mixed_table(800)
    fitted = learner(name).fit(table, key=KEY)
    size = np.arange(100, dtype=np.uint16)
    first, second = (table[1].values[a:b] for a, b in ((0, 300), (300, 600)))
    alone = fitted.draw(300, KEY, {1: Known(first, size)})
    beside = fitted.draw(600, KEY, {1: Known(np.concatenate([first, second]), size)})
    among = fitted.draw(600, KEY, {1: Known(np.concatenate([first, second[::-1]]), size)})
    assert same(alone, [b[:300] for b in beside])
    assert same(alone, [a[:300] for a in among])


def test_progress_is_told_to_the_end(name):
    steps = []
    learner(name).fit(mixed_table(200), key=KEY, progress=lambda what, done, total: steps.append((done, total)))
    assert steps
    assert steps[-1][0] == steps[-1][1]
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
