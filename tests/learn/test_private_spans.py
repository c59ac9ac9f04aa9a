"""Lines of which nobody knows where their values lie: single numbers, gaps, bounds, and that no rows get lost."""

import numpy as np
import pyarrow as pa
import pytest
from tests.learn._noise import repeated

from rowsmith.core.domains import Span
from rowsmith.learn._private_budget import Ledger
from rowsmith.learn._private_noise import noise
from rowsmith.learn._private_spans import cut_spans

SEEDS = range(20)
RHO = 2e-3


def cut(*lines, seed=0, rho=RHO):
    """The ranges of whole numbers of which nothing is declared."""
    span = Span(pa.int64(), None, None, None, True)
    with repeated(seed):
        found = cut_spans({str(i): (span, x) for i, x in enumerate(lines)}, Ledger(1.0), noise(), rho=rho, reach=1)
    return [found[str(i)].ends for i in range(len(lines))]


def rows_in(x, ends):
    """How many of the numbers lie in each range."""
    x = np.sort(x)
    return np.searchsorted(x, ends[1], side="right") - np.searchsorted(x, ends[0], side="left")


def gains(n=40_000):
    """Mostly nothing, some amounts, a few that many have."""
    rng = np.random.default_rng(3)
    x = np.where(rng.random(n) < 0.9, 0, rng.lognormal(8, 0.4, n).astype(np.int64))
    x[rng.choice(n, 1200, replace=False)] = np.repeat([7688, 15024, 99_999], 400)
    return x


def test_numbers_that_many_rows_share_are_found_each_on_its_own():
    found = [cut(gains(), seed=seed, rho=1e-3)[0] for seed in SEEDS]
    for number in (0, 7688, 15_024):
        assert sum(((low == number) & (high == number)).any() for low, high in found) >= 18
    assert sum((low <= 99_999).any() and (high >= 99_999).any() for low, high in found) >= 18


def test_few_rows_of_a_smooth_line_get_lost_and_bounds_are_near_the_rows():
    x = np.random.default_rng(5).normal(200_000, 60_000, 30_000).astype(np.int64)
    lost, wide = [], 0
    for seed in SEEDS:
        ends = cut(x, seed=seed, rho=5e-4)[0]
        lost.append(1 - rows_in(x, ends).sum() / len(x))
        wide += bool(ends[0][0] < -600_000 or ends[1][-1] > 900_000)
    assert np.mean(lost) < 0.05
    assert wide <= 1


def test_a_line_far_from_zero_is_not_spread_towards_it():
    days = 18_262 + (np.random.default_rng(7).beta(2, 5, 4000) * 1000).astype(np.int64)
    shift = []
    for seed in SEEDS:
        low, high = cut(days, seed=seed, rho=5e-3)[0]
        shift.append(np.average((low + high) / 2, weights=rows_in(days, (low, high))) - days.mean())
    assert np.abs(shift).mean() < 15


def test_gaps_stay_empty():
    x = np.r_[np.arange(1000, 2000), np.arange(60_000, 61_000)].repeat(20)
    for seed in SEEDS:
        low, high = cut(x, seed=seed)[0]
        assert rows_in(x, (low, high)).sum() > 0.93 * len(x)
        between = (low > 2500) & (high < 59_000)
        assert (high - low + 1)[between].sum() < 0.1 * 56_500


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_line_of_few_rows_has_a_range(rows):
    low, high = cut(np.arange(rows, dtype=np.int64))[0]
    assert len(low) >= 1
    assert (low <= high).all()
    assert (low[1:] > high[:-1]).all()
