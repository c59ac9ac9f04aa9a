"""The any-order network: what it learns, conditions by values and by groups, what it refuses to load."""

import copy

import numpy as np
import pytest

from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.protocols import Codes, Known
from rowsmith.core.rng import Key
from rowsmith.learn.autoregressive import Autoregressive, Laws

KEY = Key(7)


def table(n=3000):
    """A number, a noisy copy of it, and whether their sum is even, which hangs on both and on neither alone."""
    rng = np.random.default_rng(1)
    a = rng.integers(0, 12, n)
    b = np.clip(a + rng.integers(-1, 2, n), 0, 11)
    return [
        Codes(v.astype(np.uint16), size, ordered)
        for v, size, ordered in ((a, 12, True), (b, 12, True), ((a + b) % 2, 2, False))
    ]


@pytest.fixture(scope="module")
def fitted():
    return Autoregressive().fit(table(), key=KEY)


def test_what_hangs_on_two_columns_together_is_learnt(fitted):
    a, b, even = (d.astype(int) for d in fitted.draw(4000, KEY))
    assert (np.abs(a - b) <= 1).mean() > 0.98
    assert (even == (a + b) % 2).mean() > 0.95


def test_the_law_of_a_column_is_that_given_the_others(fitted):
    """Given the second column and the sum's parity, the first is where both allow it, though it is drawn last."""
    n = 3000
    b, even = np.full(n, 5, np.uint16), np.zeros(n, np.uint16)
    known = {1: Known(b, np.arange(12, dtype=np.uint16)), 2: Known(even, np.arange(2, dtype=np.uint16))}
    a = fitted.draw(n, KEY, known)[0]
    assert (a == 5).mean() > 0.9


def test_columns_that_are_always_given_tell_of_the_others():
    rows = table()
    fitted = Autoregressive().fit(rows, key=KEY, given=1)
    assert fitted.order[0] == 0
    known = Known(rows[0].values, np.arange(12, dtype=np.uint16))
    a, b, even = (d.astype(int) for d in fitted.draw(len(known.values), KEY, {0: known}))
    assert (np.abs(a - b) <= 1).mean() > 0.98
    assert (even == (a + b) % 2).mean() > 0.95


def test_groups_in_two_columns_are_met_together_by_their_joint_law(fitted):
    """Of the rows with a at most 3 and b from 3 on there are a few, and all have (3, 3), (3, 4) or (2, 3)."""
    n = 3000
    halves = [(np.arange(12) > k).astype(np.uint16) for k in (3, 2)]
    known = {0: Known(np.zeros(n, np.uint16), halves[0]), 1: Known(np.ones(n, np.uint16), halves[1])}
    a, b, _ = (d.astype(int) for d in fitted.draw(n, KEY, known))
    assert ((a <= 3) & (b >= 3)).all()
    drawn = {pair: ((a == pair[0]) & (b == pair[1])).mean() for pair in ((3, 3), (3, 4), (2, 3))}
    assert sum(drawn.values()) > 0.9
    assert max(drawn.values()) < 0.5  # a third each


def test_a_training_that_was_cut_short_gives_the_same_model(tmp_path, monkeypatch):
    from rowsmith.learn import _nets_train

    monkeypatch.setattr(_nets_train, "SECONDS", -1.0)
    few = {"steps": 200, "width": 8}

    def cut(what, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Autoregressive(**few, checkpoints=str(tmp_path)).fit(table(500), key=KEY, progress=cut)
    again = Autoregressive(**few, checkpoints=str(tmp_path)).fit(table(500), key=KEY)
    whole = Autoregressive(**few).fit(table(500), key=KEY)
    assert all(np.array_equal(again.network[name], array) for name, array in whole.network.items())
    assert again.curves == whole.curves
    assert not list(tmp_path.iterdir())


def test_a_draw_does_not_hang_on_how_many_rows_are_drawn(fitted):
    many, few = fitted.draw(3000, KEY), fitted.draw(1100, KEY)
    assert all(np.array_equal(m[:1100], f) for m, f in zip(many, few, strict=True))


@pytest.mark.parametrize(
    "harm",
    [
        lambda s: s["network"].update(inner=s["network"]["inner"][:-1]),
        lambda s: s["network"]["weight"].fill(np.nan),
        lambda s: s.update(order=[0, 0, 1]),
        lambda s: s["coding"]["alphabets"][0]["classes"].fill(3),
        lambda s: s["coding"].update(places=[0, 1, 9]),
    ],
)
def test_a_state_whose_parts_do_not_fit_is_refused(fitted, harm):
    state = copy.deepcopy(fitted.state())
    harm(state)
    with pytest.raises(ModelFileError):
        Laws.from_state(state)


@pytest.mark.parametrize("wrong", [{"width": 1}, {"steps": 0}, {"rate": 1.5}, {"patience": -0.1}, {"batch": 0}])
def test_settings_out_of_range_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(SpecError, match=f"{name}="):
        Autoregressive(**wrong)
