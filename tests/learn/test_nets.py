"""What neural learners share: codes as classes, training that can be cut short, weights that are checked."""

import sys
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.curves import Curves
from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.protocols import Codes, Known, silent
from rowsmith.core.rng import Key
from rowsmith.learn import _nets_train
from rowsmith.learn._nets import CLASSES, Coding, checked, need, pick
from rowsmith.learn._nets_train import Budget, Descent, flat, train

KEY = Key(7)


def column(n, size, ordered, seed=0):
    values = (np.random.default_rng(seed).random(n) ** 3 * size).astype(np.uint16)
    return Codes(values, size, ordered)


def test_a_missing_extra_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "optax", None)
    with pytest.raises(SpecError, match=r"learner='gan': needs .*; pip install 'rowsmith\[nets\]'"):
        need("gan")


@given(st.integers(2, 2000), st.booleans(), st.integers(1, 300))
def test_codes_are_those_of_their_class(size, ordered, n):
    columns = [column(n, size, ordered), Codes(np.zeros(n, np.uint16), 1, False)]
    coding = Coding.of(columns)
    classes = coding.encode(columns).astype(np.int64)
    (alphabet,) = coding.alphabets
    assert alphabet.size <= CLASSES
    codes, constant = coding.decode(classes, KEY, {})
    assert codes.dtype == constant.dtype == np.uint16
    assert (alphabet.classes[codes] == classes[:, 0]).all()
    assert set(codes) <= set(columns[0].values)  # what no row has is not made
    if ordered:
        assert (np.diff(alphabet.classes) >= 0).all()


@pytest.mark.parametrize("ordered", [False, True])
def test_codes_of_a_class_come_by_their_shares_also_within_a_group(ordered):
    size = 1000
    columns = [column(50_000, size, ordered)]
    coding = Coding.of(columns)
    classes, real = coding.encode(columns).astype(np.int64), columns[0].values
    drawn = coding.decode(classes, KEY, {})[0]
    assert abs(np.bincount(drawn, minlength=size) - np.bincount(real, minlength=size)).sum() / 50_000 < 0.2
    odd = Known(real % 2, (np.arange(size) % 2).astype(np.uint16))
    known = coding.known({0: odd})
    assert (coding.decode(classes, KEY, known)[0] % 2 == real % 2).all()
    assert known[0].shares.shape == (2, coding.sizes[0])
    assert np.allclose(known[0].shares.sum(axis=0), 1)
    given = coding.known({0: Known(real, np.arange(size, dtype=np.uint16))})
    assert (coding.decode(classes * 0, KEY, given)[0] == real).all()


def test_a_class_is_picked_by_its_share_and_only_where_it_may_come():
    logits = np.log(np.tile(np.array([0.1, 0.6, 0.3], np.float32), (30_000, 1)))
    places = KEY.generator().random(30_000)
    shares = np.bincount(pick(logits, places)) / 30_000
    assert np.abs(shares - [0.1, 0.6, 0.3]).max() < 0.01
    some = np.tile([0.5, 0.0, 1.0], (30_000, 1))
    shares = np.bincount(pick(logits, places, some), minlength=3) / 30_000
    assert np.abs(shares - [1 / 7, 0, 6 / 7]).max() < 0.01


SHAPES = {"w": (2, 3)}


@pytest.mark.parametrize(
    "weights",
    [
        None,
        {},
        {"w": np.zeros((3, 2), np.float32)},
        {"w": np.zeros((2, 3), np.int64)},
        {"w": np.full((2, 3), np.nan, np.float32)},
        {"w": np.zeros((2, 3), np.float32), "more": np.zeros(1)},
    ],
)
def test_weights_that_do_not_fit_are_refused(weights):
    with pytest.raises(ModelFileError, match="weights"):
        checked(weights, SHAPES)


def squared(weights, rows, fixed, key):
    return (rows[:, 1] - weights["a"] * rows[:, 0] - weights["b"]) ** 2


LINE = Descent(squared, rate=0.1)
START = {"a": jnp.zeros(()), "b": jnp.zeros(())}


def line(n):
    x = KEY.child("x").generator().normal(size=n)
    return np.stack([x, 3 * x + 1 + 0.1 * KEY.child("e").generator().normal(size=n)], axis=1).astype(np.float32)


def fit_line(rows=2000, progress=lambda *_: None, **budget):
    options = {"steps": 500, "epochs": 100, "batch": 32} | budget
    return train(LINE, START, line(rows), {}, Budget(**options), KEY, progress)


@pytest.mark.parametrize("rows", [1, 5, 2000])
def test_a_line_is_learnt(rows):
    weights, curves = fit_line(rows)
    assert rows < 2000 or abs(weights["a"] - 3) < 0.05
    assert rows < 2000 or abs(weights["b"] - 1) < 0.05
    assert set(curves.losses) == {"training", "validation"}
    assert all(np.isfinite(values).all() for values in curves.losses.values())
    assert Curves.from_dict(curves.to_dict()) == curves


def test_the_best_weights_are_kept_and_training_stops_when_there_is_no_more_gain():
    _, curves = fit_line(steps=5000, patience=0.1)
    assert curves.stopped
    assert len(curves.step) < 100
    assert curves.losses["validation"][curves.step.index(curves.kept)] == min(curves.losses["validation"])


class CutError(Exception):
    """A kill."""


@dataclass(frozen=True)
class Diverging(Descent):
    """Descent that comes to what is no number after a part of the budget."""

    after: float = 0.5

    def step(self, carry, rows, fixed, key, done):
        (weights, mean, state, at), losses = super().step(carry, rows, fixed, key, done)
        return (weights, jnp.where(done > self.after, jnp.nan, mean), state, at), losses


def test_training_that_diverges_ends_with_the_best_weights_so_far():
    weights, curves = train(
        Diverging(squared, rate=0.1), START, line(2000), {}, Budget(steps=500, epochs=100, batch=32), KEY, silent
    )
    assert abs(weights["a"] - 3) < 0.2
    assert curves.stopped
    assert np.isfinite(curves.losses["validation"]).all()
    assert len(curves.step) == len(curves.losses["validation"]) == 5


def test_training_that_never_comes_to_a_number_is_refused():
    never = Diverging(squared, after=-1.0)
    with pytest.raises(SpecError, match="no number: try a lower rate of learning"):
        train(never, START, line(200), {}, Budget(steps=100, epochs=100, batch=32), KEY, silent)


def test_training_that_was_cut_short_goes_on_to_the_same_end(tmp_path, monkeypatch):
    monkeypatch.setattr(_nets_train, "SECONDS", -1.0)
    whole, curves = fit_line()

    def cut(what, done, total):
        if done == 4:
            raise CutError

    with pytest.raises(CutError):
        fit_line(progress=cut, checkpoints=str(tmp_path))
    (file,) = tmp_path.iterdir()
    done = []
    fit_line(rows=1999, checkpoints=str(tmp_path))  # another training leaves it alone
    again, same = fit_line(progress=lambda what, at, total: done.append(at), checkpoints=str(tmp_path))
    assert done[0] == 3
    assert {k: v.tobytes() for k, v in whole.items()} == {k: v.tobytes() for k, v in again.items()}
    assert same == curves
    assert not file.exists()


def test_a_damaged_checkpoint_and_a_folder_that_is_none_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_nets_train, "SECONDS", -1.0)

    def cut(what, done, total):
        if done == 2:
            raise CutError

    with pytest.raises(CutError):
        fit_line(progress=cut, checkpoints=str(tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ModelFileError):
        fit_line(checkpoints=str(tmp_path))
    with pytest.raises(SpecError, match="checkpoints="):
        fit_line(checkpoints=str(file))


def test_like_tables_are_compiled_once():
    fit_line(1500)
    before = _nets_train._round._cache_size()
    fit_line(1700, steps=300)
    assert _nets_train._round._cache_size() == before


def test_names_of_arrays_are_paths():
    tree = {"a": jnp.zeros(2), "b": [jnp.ones(3)]}
    assert flat(tree).keys() == {"a", "b.0"}
    assert jax.tree.structure(tree).num_leaves == 2
