"""The mixture: what it computes against brute force, what its fit does, what it fills in."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rowsmith as rs
from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.protocols import Codes, Known
from rowsmith.core.rng import Key
from rowsmith.learn import _em
from rowsmith.learn.mixture import Components, Mixture

KEY = Key(7)
SIZES = (3, 4, 2)


def small(seed, components=3):
    """A mixture of three columns with random laws."""
    rng = np.random.default_rng(seed)
    laws = [rng.dirichlet(np.full(size, 0.5), components).T.astype(np.float32) for size in SIZES]
    return Components(rng.dirichlet(np.ones(components)), tuple(laws))


def joint(fitted):
    """The chance of every row, shape SIZES."""
    out = np.zeros(SIZES)
    for weight, a, b, c in zip(fitted.weights, *(law.T for law in fitted.laws), strict=True):
        out += weight * a[:, None, None] * b[None, :, None] * c[None, None, :]
    return out


def itself(codes, size):
    return Known(np.asarray(codes, np.uint16), np.arange(size, dtype=np.uint16))


def table(*columns):
    return [Codes(np.asarray(values, np.uint16), size, ordered) for values, size, ordered in columns]


def sharp(n, seed=0):
    """A number, another that hangs on it sharply, and a category of both."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 60, n)
    b = np.clip(a + rng.integers(-4, 5, n), 0, 59)
    return table((a, 60, True), (b, 60, True), ((a + b) // 40, 3, False))


@given(seed=st.integers(0, 999))
def test_the_likelihood_is_that_of_all_rows_counted_out(seed):
    fitted = small(seed)
    every = np.array(list(itertools.product(*map(range, SIZES))))
    known = {j: itself(every[:, j], size) for j, size in enumerate(SIZES)}
    np.testing.assert_allclose(fitted.log_likelihood(known, len(every)), np.log(joint(fitted)).ravel(), rtol=1e-4)
    for j, size in enumerate(SIZES):  # the other columns summed out
        alone = joint(fitted).sum(axis=tuple({0, 1, 2} - {j}))
        np.testing.assert_allclose(
            np.exp(fitted.log_likelihood({j: itself(range(size), size)}, size)), alone, rtol=1e-4, atol=1e-9
        )
    assert fitted.log_likelihood({}, 2) == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize("seed", range(4))
def test_rows_follow_the_exact_law_given_a_group_and_a_code(seed):
    fitted, n = small(seed), 40_000
    known = {1: Known(np.full(n, 1, np.uint16), np.array([0, 1, 0, 1], np.uint16)), 2: itself(np.ones(n), 2)}
    a, b, c = fitted.draw(n, KEY, known)
    law = joint(fitted)[:, [1, 3], 1]
    drawn = np.zeros((3, 2))
    np.add.at(drawn, (a, b // 2), 1 / n)
    assert (b % 2 == 1).all()
    assert (c == 1).all()
    np.testing.assert_allclose(drawn, law / law.sum(), atol=5 * 0.5 / n**0.5)


def test_free_rows_follow_the_joint_law_more_evenly_than_by_chance():
    fitted, n = small(1, components=20), 20_000
    drawn = np.zeros(SIZES)
    np.add.at(drawn, tuple(fitted.draw(n, KEY)), 1 / n)
    np.testing.assert_allclose(drawn, joint(fitted), atol=5 * 0.5 / n**0.5)
    for axes in ((1, 2), (0, 2), (0, 1)):  # a column alone is off by at most a row a component
        np.testing.assert_allclose(drawn.sum(axis=axes), joint(fitted).sum(axis=axes), atol=2 * 20 / n)


def test_without_smoothing_each_step_raises_the_likelihood():
    columns = sharp(1500)
    layout = _em.lay_out(columns, np.random.default_rng(0).permutation(1500))
    mixed, found = _em.started(layout, 12), []
    for _ in range(25):
        expected = _em.expectation(layout, slice(0, 1500), mixed)
        found.append(expected.likelihood)
        mixed = _em.maximisation(layout, expected, prior=0.0, smooth=0.0)
        mixed = _em.Mixed(mixed.weights, np.maximum(mixed.laws, 1e-12))
    steps = np.diff(found)
    assert (steps > -1e-3 * abs(found[0]) / 1000).all()  # single precision
    assert found[-1] > found[0] + 500


def test_a_planted_mixture_is_found():
    rng = np.random.default_rng(3)
    n, laws = 6000, rng.dirichlet(np.full(6, 0.15), (4, 8))  # components, columns, codes
    which = rng.integers(0, 4, n)
    values = [[rng.choice(6, p=laws[k, j]) for k in which] for j in range(8)]
    columns = table(*((v, 6, False) for v in values))
    fitted = Mixture(components=16).fit(columns, key=KEY)
    fresh = rng.integers(0, 4, 2000)
    rows = [np.array([rng.choice(6, p=laws[k, j]) for k in fresh]) for j in range(8)]
    truth = np.log(np.mean([np.prod([laws[k, j][rows[j]] for j in range(8)], axis=0) for k in range(4)], axis=0))
    found = fitted.log_likelihood({j: itself(rows[j], 6) for j in range(8)}, 2000)
    apart = sum(np.log(np.bincount(values[j], minlength=6)[rows[j]] / n) for j in range(8))
    # unseen rows are almost as likely as under the law they came from; without components they are far less so
    assert truth.mean() - found.mean() < 0.15
    assert truth.mean() - apart.mean() > 1.5


@pytest.mark.parametrize("smooth", [0.0, 0.15, 1.0])
def test_smoothing_moves_no_margin(smooth):
    columns = sharp(3000)
    fitted = Mixture(smooth=smooth).fit(columns, key=KEY)
    for column, law in zip(columns, fitted.laws, strict=True):
        margin = np.bincount(column.values, minlength=column.size) / 3000
        np.testing.assert_allclose(law.astype(float) @ fitted.weights, margin, atol=1e-4)


def test_smoothing_keeps_the_sums_of_components_and_leaves_the_first_code_alone():
    columns = sharp(2000)
    layout = _em.lay_out(columns, np.arange(2000))
    found = np.random.default_rng(0).random((60, 5)) * layout.counts[:60, None]
    out = _em.smoothed(layout, layout.parts[0], found, np.full(5, 0.1))
    np.testing.assert_allclose(out.sum(axis=0), found.sum(axis=0))
    np.testing.assert_allclose(out[0], found[0])  # it may be "missing", and is nobody's neighbour
    shares = [np.abs(np.diff(c[1:] / layout.counts[1:60, None], axis=0)).sum() for c in (found, out)]
    assert shares[1] < 0.2 * shares[0]
    # with one reach for all, codes keep their sums too
    whole = found / found.sum(axis=1, keepdims=True) * layout.counts[:60, None]
    out = _em.smoothed(layout, layout.parts[0], whole, np.full(5, 0.1))
    np.testing.assert_allclose(out.sum(axis=1), layout.counts[:60])


def test_no_component_is_the_portrait_of_a_few_rows():
    rng = np.random.default_rng(0)
    values = [np.where(np.arange(2000) < 3, 20 + np.arange(2000) % 3, rng.integers(0, 5, 2000)) for _ in range(6)]
    fitted = Mixture(components=200).fit(table(*((v, 23, False) for v in values)), key=KEY)
    assert len(fitted.weights) < 200
    strange = np.prod([law[20:].sum(axis=0) for law in fitted.laws], axis=0)
    assert (strange < 0.5).all()  # three rows that are like no other have none of their own


def test_a_sharp_dependence_of_numbers_is_kept():
    columns = sharp(8000)
    a, b, c = Mixture().fit(columns, key=KEY).draw(8000, KEY)
    off = np.abs(a.astype(int) - b.astype(int))
    assert np.corrcoef(a, b)[0, 1] > 0.97
    assert (off <= 10).mean() > 0.95
    assert (np.abs((a.astype(int) + b) / 40 - (c + 0.5)) < 0.75).mean() > 0.95


def test_what_is_missing_is_filled_in_by_its_law():
    rng = np.random.default_rng(0)
    kind = rng.choice(["low", "high"], 2000)
    size = np.where(kind == "low", rng.normal(0, 1, 2000), rng.normal(20, 1, 2000)).round(1)
    frame = pd.DataFrame({"kind": kind, "size": size})
    model = rs.fit(frame, learner="mixture")
    holes = frame.copy()
    holes.loc[::3, "size"] = np.nan
    holes.loc[1::3, "kind"] = None
    filled = rs.impute(holes, learner="mixture").frame
    agree = (filled["size"] > 10) == (filled["kind"] == "high")
    assert agree.mean() > 0.97
    given = model.sample(given=pd.DataFrame({"kind": ["high"] * 200}))
    assert (given["size"] > 10).mean() > 0.97


def test_a_damaged_file_is_refused():
    state = small(0).state()
    for name, wrong in (
        ("weights", np.array([0.5, np.nan, 0.5])),
        ("weights", np.ones(2) / 2),
        ("laws", [law + 1 for law in state["laws"]]),
        ("laws", [-law for law in state["laws"]]),
        ("laws", [law[:, 0] for law in state["laws"]]),
    ):
        with pytest.raises(ModelFileError, match="laws of the mixture are damaged"):
            Components.from_state({**state, name: wrong})


@pytest.mark.parametrize("settings", [{"components": -1}, {"passes": 0}, {"prior": 0.0}, {"smooth": -0.1}])
def test_settings_out_of_their_range_are_refused(settings):
    with pytest.raises(SpecError, match="expected a number from"):
        Mixture(**settings)
