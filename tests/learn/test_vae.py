"""The variational autoencoder: what it learns, calibration, conditions, what it refuses to load."""

import copy

import numpy as np
import pytest

from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.protocols import Codes, Known
from rowsmith.core.rng import Key
from rowsmith.learn.vae import Decoder, Vae

KEY = Key(7)


def table(n=3000):
    """Two kinds of rows, told apart by a category, and a rare level."""
    rng = np.random.default_rng(1)
    kind = rng.random(n) < 0.3
    a = np.where(kind, rng.integers(0, 10, n), rng.integers(30, 40, n))
    b = np.where(kind, rng.integers(20, 30, n), rng.integers(0, 10, n))
    rare = (rng.random(n) < 0.02).astype(int)
    columns = ((a, 40, True), (b, 30, True), (kind.astype(int), 2, False), (rare, 2, False))
    return [Codes(v.astype(np.uint16), size, ordered) for v, size, ordered in columns]


@pytest.fixture(scope="module")
def fitted():
    return Vae(steps=600).fit(table(), key=KEY)


def test_kinds_of_rows_are_kept_apart(fitted):
    a, b, kind, _ = (d.astype(int) for d in fitted.draw(4000, KEY))
    assert ((a < 20) == (kind == 1)).mean() > 0.97
    assert ((b >= 15) == (kind == 1)).mean() > 0.97


def test_shares_are_calibrated(fitted):
    for drawn, column in zip(fitted.draw(40_000, KEY), table(), strict=True):
        shares = [np.bincount(v, minlength=column.size) / len(v) for v in (drawn, column.values)]
        assert 0.5 * np.abs(shares[0] - shares[1]).sum() < 0.02


def test_what_is_known_tells_of_the_others(fitted):
    n = 2000
    low = (np.arange(40) >= 20).astype(np.uint16)
    a, b, kind, _ = fitted.draw(n, KEY, {0: Known(np.zeros(n, np.uint16), low)})
    assert (a < 20).all()
    assert (kind == 1).mean() > 0.97
    assert (b >= 15).mean() > 0.97


def test_a_draw_does_not_hang_on_how_many_rows_are_drawn(fitted):
    many, few = fitted.draw(3000, KEY), fitted.draw(1100, KEY)
    assert all(np.array_equal(m[:1100], f) for m, f in zip(many, few, strict=True))


@pytest.mark.parametrize(
    "harm",
    [
        lambda s: s["network"].update(outer=s["network"]["outer"][:-1]),
        lambda s: s["network"]["centre"].fill(np.inf),
        lambda s: s["network"]["share"].fill(0.0),
        lambda s: s["coding"]["alphabets"][0]["counts"].fill(-1.0),
    ],
)
def test_a_state_whose_parts_do_not_fit_is_refused(fitted, harm):
    state = copy.deepcopy(fitted.state())
    harm(state)
    with pytest.raises(ModelFileError):
        Decoder.from_state(state)


@pytest.mark.parametrize("wrong", [{"width": 1}, {"latent": 0}, {"parts": 0}, {"weight": 0.0}, {"epochs": -1.0}])
def test_settings_out_of_range_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(SpecError, match=f"{name}="):
        Vae(**wrong)
