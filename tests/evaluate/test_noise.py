import numpy as np
import pandas as pd
import pytest

import rowsmith as rs
from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._noise import apart, interval, jackknife, jackknife_rows, of_auc, of_share
from rowsmith.evaluate._stats import auc


def table(values):
    return Columns((np.asarray(values, dtype=float),), len(values))


def means(*tables):
    return np.array([np.mean([t.arrays[0].mean() for t in tables])])


def test_the_interval_of_a_mean_is_that_of_the_textbook():
    rng = np.random.default_rng(0)
    halves = [float(jackknife(means, [table(rng.normal(size=400))], rng)[0]) for _ in range(200)]
    assert np.median(halves) == pytest.approx(2.26 / 20, rel=0.15)


def test_a_part_of_the_rows_tells_the_noise_of_all():
    rng = np.random.default_rng(0)
    big = table(rng.normal(size=20_000))
    halves = [float(jackknife(means, [big], rng, most=500)[0]) for _ in range(100)]
    assert np.median(halves) == pytest.approx(2.26 / 20_000**0.5, rel=0.25)


def test_intervals_cover():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(300):
        values = rng.exponential(size=200)
        half = jackknife_rows(lambda some, v=values: np.array([v[some].mean()]), 200, rng)
        hits += abs(values.mean() - 1) <= half[0]
    assert 0.9 <= hits / 300 <= 0.99


def test_the_interval_of_an_auc_is_as_wide_as_it_varies():
    rng = np.random.default_rng(2)
    truth = np.repeat([0, 1], 150)
    found = [auc(truth, rng.normal(size=300) + 0.5 * truth) for _ in range(300)]
    assert of_auc(float(np.mean(found)), 150, 150) == pytest.approx(1.96 * np.std(found), rel=0.15)


def test_a_share_of_none_has_an_interval_too():
    assert 0 < of_share(0.0, 100) < of_share(0.1, 100)


def test_too_few_rows_have_no_interval():
    rng = np.random.default_rng(0)
    assert jackknife(means, [table(range(19))], rng) is None
    assert jackknife_rows(lambda some: np.array([1.0]), 5, rng) is None
    assert jackknife(lambda t: None, [table(range(50))], rng) is None


def test_what_is_not_known_is_left_out():
    assert apart(None, 1.0) is None
    assert apart(3.0, 4.0) == 5.0
    assert interval(None, 1.0) == interval(1.0, None) == {}
    assert interval(0.5, 1.0, 0.0, 1.0) == {"low": 0.0, "high": 1.0}


def test_what_reads_as_badly_of_unseen_real_rows_is_no_finding():
    rng = np.random.default_rng(4)

    def few(n):
        return pd.DataFrame({name: rng.choice(list("abcde"), n) for name in "uvwxyz"})

    found = {m.measure: m for m in rs.evaluate(few(40), few(40), holdout=few(20)).summary.measures}["trends"]
    assert found.level == "not measured"
    assert found.sentence.startswith("Pair trends cannot tell: unseen real rows read no better")
    assert found.figures[0].value is not None
