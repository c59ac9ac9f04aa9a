"""An audit with a white box: can an attacker who knows all but one row tell from the noise whether that row was there?

The claim (ε, δ) is refuted if some test of "the row was there" has a rate of hits above e^ε times that of false alarms plus δ
(M. Jagielski et al., "Auditing differentially private machine learning", 2020). Rates are bounded by Clopper and Pearson's
interval. The worst case for sums of noisy counts is known: a row that stands apart in all that is looked at.
"""

import math

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import beta

from rowsmith.core.domains import Span
from rowsmith.core.protocols import Codes
from rowsmith.core.rng import Key
from rowsmith.learn import _private_noise as noises
from rowsmith.learn._private_budget import Ledger, delta_of, rho_of
from rowsmith.learn._private_levels import found_levels
from rowsmith.learn._private_noise import Exact, Noise, scale_of
from rowsmith.learn._private_spans import cut_spans
from rowsmith.learn.private import Private

DELTA = 1e-3


class Watched(Noise):
    """The real noise, of which the attacker sees what comes out: each noisy count and each choice, not what went in."""

    def __init__(self):
        self.exact, self.seen, self.cost = Exact(), [], 0.0

    def gaussian(self, counts, scale, reach):
        noisy, rho = self.exact.gaussian(counts, scale, reach)
        self.seen.append((np.array(noisy, dtype=float).ravel(), scale))
        self.cost += rho
        return noisy, rho

    def greatest(self, scores, scale, reach):
        place, rho = self.exact.greatest(scores, scale, reach)
        self.cost += rho
        return place, rho

    def places(self, n):
        return self.exact.places(n)


def lower_bound(without, with_, delta=DELTA, confidence=0.95):
    """The greatest ε that scores without and with the row rule out, over thresholds set on one half and judged on the other."""
    n = len(without) // 2
    best, least = -np.inf, 0.0
    for threshold in np.quantile(np.concatenate([without[:n], with_[:n]]), np.linspace(0.02, 0.98, 49)):
        hits, alarms = np.mean(with_[:n] > threshold), np.mean(without[:n] > threshold)
        found = math.log(max(hits - delta, 1e-9) / max(alarms, 1 / n))
        if found > best:
            best, at = found, threshold
    hits, alarms = np.sum(with_[n:] > at), np.sum(without[n:] > at)
    m, tail = len(without) - n, (1 - confidence) / 2
    low = beta.ppf(tail, hits, m - hits + 1) if hits else 0.0
    high = beta.ppf(1 - tail, alarms + 1, m - alarms) if alarms < m else 1.0
    return max(least, math.log(max(low - delta, 1e-12) / high))


def evidence(watched, worth):
    """Log-likelihood, up to a constant, that the row was there: noisy counts of its cells, each by its precision."""
    return sum(float(noisy @ w) / scale**2 for (noisy, scale), w in zip(watched.seen, worth, strict=True))


def audited(epsilon, runs):
    """Scores without and with a row that is alone in every cell that is counted; nothing else is there."""
    size = 2
    scores = []
    for there in (False, True):
        values = np.full(int(there), size - 1, dtype=np.uint16)
        columns = [Codes(values, size, False)] * 2
        found = []
        for _ in range(runs):
            watched = Watched()
            token = noises.door.set(watched)
            try:
                Private(epsilon=epsilon, delta=DELTA).fit(columns, key=Key(0))
            finally:
                noises.door.reset(token)
            worth = [np.arange(len(noisy)) == len(noisy) - 1 for noisy, _ in watched.seen]
            found.append(evidence(watched, worth))
            assert watched.cost <= rho_of(epsilon, DELTA) * (1 + 1e-6)
        scores.append(np.array(found))
    return lower_bound(*scores), scores


def test_no_attack_beats_the_claim():
    found, (without, with_) = audited(1.0, 150)
    assert found <= 1.0
    assert with_.mean() > without.mean()  # the attack is one: the row is seen, as far as the noise lets it be


@pytest.mark.slow
@pytest.mark.parametrize("epsilon", [0.5, 1.0, 2.0, 4.0])
def test_no_attack_beats_the_claim_in_many_runs_nor_falls_far_short_of_it(epsilon):
    found, (without, with_) = audited(epsilon, 3000)
    assert found <= epsilon
    # A noise far above what is claimed would be a bug as well: all that is paid for tells scores so many deviations apart.
    due = math.sqrt(2 * rho_of(epsilon, DELTA))
    assert (with_.mean() - without.mean()) / without.std() > due / 2


def test_a_broken_mechanism_is_found_out():
    # With a third of the noise that is due, the same attack refutes the claim: it has the power that it needs.
    rng = np.random.default_rng(0)
    scale = scale_of(rho_of(1.0, DELTA), 1) / 3
    without, with_ = (there + rng.normal(0, scale, 4000) for there in (0.0, 1.0))
    assert lower_bound(without, with_) > 1.0


def test_noise_costs_what_is_noted_and_has_its_spread():
    source = Exact()
    scale = scale_of(0.02, 3)
    noisy, rho = source.gaussian(np.zeros(4000, dtype=np.int64), scale, 3)
    assert rho <= 0.02
    assert rho == pytest.approx(0.02, rel=1e-6)
    assert noisy.std() == pytest.approx(scale, rel=0.06)
    assert abs(noisy.mean()) < 5 * scale / math.sqrt(4000)
    assert source.greatest(np.array([0, 10_000, 0]), scale, 3) == (1, pytest.approx(0.02, rel=1e-6))
    assert source.greatest(np.zeros(2, dtype=np.int64), scale_of(0.02, 3), 3)[1] <= 0.02


def test_a_choice_follows_the_exponential_mechanism():
    # Of two, the greater by one standard unit of Gumbel noise is chosen with probability e / (1 + e).
    source = Exact()
    picked = sum(source.greatest(np.array([0, 50]), 50.0, 1)[0] for _ in range(2000))
    assert picked / 2000 == pytest.approx(math.e / (1 + math.e), abs=0.04)


@pytest.mark.parametrize("rows", [1, 20])
def test_a_level_that_one_person_has_hardly_ever_shows(rows):
    # The person has all rows of a level, in each of three columns, and half of δ is what this may happen with.
    common = pa.array(["a"] * 500 + ["b"] * 500 + ["alone"] * rows)
    columns = {name: common for name in "xyz"}
    shown = 0
    for _ in range(200):
        ledger = Ledger(1.0)
        found = found_levels(columns, ledger, Exact(), rho=0.5, delta=1e-4, reach=rows)
        shown += any("alone" in each.levels.to_pylist() for each in found.values())
        assert ledger.spent["levels"] <= 0.5 * (1 + 1e-9)
    assert shown == 0
    assert all({"a", "b"} <= set(each.levels.to_pylist()) for each in found.values()) or rows > 1


def test_a_level_that_many_have_shows_in_the_second_look_at_less():
    # Of a table with three columns of common levels, one with rarer ones besides: the second turn finds what the first cannot.
    rng = np.random.default_rng(0)
    common = {name: pa.array(rng.choice(["a", "b"], 5000)) for name in "xyzuvw"}
    rare = pa.array(np.where(np.arange(5000) < 150, "rare", "often"))
    found = found_levels({**common, "r": rare}, Ledger(1.0), Exact(), rho=0.05, delta=1e-6, reach=1)
    assert found["r"].levels.to_pylist() == ["often", "rare"]
    assert found["r"].cover > 0.95


@pytest.mark.parametrize("lattice", [True, None])
def test_numbers_are_cut_where_rows_are_and_never_show_one(lattice):
    rng = np.random.default_rng(1)
    kind = pa.int64() if lattice else pa.float64()
    x = rng.integers(100_000, 200_000, 20_000)
    x[:4000] = 0
    line = np.append(x, 10**12).astype(np.int64 if lattice else np.float64)
    span = cut_spans({"x": (Span(kind, None, None, None, lattice), line)}, Ledger(1.0), Exact(), rho=0.5, reach=1)["x"]
    low, high = span.ends
    assert (low[1:] > high[:-1]).all()
    assert high.max() < 10**6  # the one far away is not seen
    assert ((low == 0) & (high == 0)).any()  # zero stands alone
    counts = np.histogram(x[x > 0], np.append(low[low > 0], high[-1] + 1))[0]
    assert counts.max() < 2000
    assert span.digits == (None if lattice else 0)  # floats without decimals are seen to be such


def test_the_claim_holds_for_the_sum_of_what_is_spent():
    assert delta_of(rho_of(3.0, 1e-5), 3.0) <= 1e-5
