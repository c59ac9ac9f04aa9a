"""The budget's arithmetic, against published values and an independent implementation."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.errors import InternalError
from rowsmith.learn._private_budget import Ledger, delta_of, rho_of


def test_the_published_budget_of_the_census():
    # U.S. Census Bureau, "Disclosure Avoidance for the 2020 Census: An Introduction" (2021), P.L. 94-171 file of persons:
    # rho = 2.56 is stated as epsilon = 17.14 for delta = 1e-10.
    assert math.isclose(delta_of(2.56, 17.14), 1e-10, rel_tol=0.1)
    assert rho_of(17.14, 1e-10) == pytest.approx(2.56, abs=0.005)


@pytest.mark.parametrize(("rho", "epsilon"), [(0.01, 1.0), (0.5, 1.0), (0.5, 5.0), (2.0, 20.0)])
def test_the_same_as_opendp(rho, epsilon):
    from opendp.combinators import make_zCDP_to_approxDP
    from opendp.domains import atom_domain
    from opendp.measurements import make_gaussian
    from opendp.metrics import absolute_distance
    from opendp.mod import enable_features

    enable_features("contrib")
    noisy = make_gaussian(atom_domain(T="i64"), absolute_distance(T="i64"), scale=math.sqrt(1 / (2 * rho)))
    theirs = make_zCDP_to_approxDP(noisy).map(1).delta(epsilon)
    assert delta_of(rho, epsilon) == pytest.approx(theirs, rel=1e-6)


@given(st.floats(0.01, 100), st.floats(1e-12, 0.05))
def test_the_budget_is_all_that_is_allowed_and_more_than_the_plain_bound(epsilon, delta):
    rho = rho_of(epsilon, delta)
    assert delta_of(rho, epsilon) <= delta * (1 + 1e-9)
    assert delta_of(rho * 1.01, epsilon) > delta
    log = math.log(1 / delta)
    plain = (math.sqrt(log + epsilon) - math.sqrt(log)) ** 2  # Bun and Steinke (2016), proposition 1.3, solved for rho
    assert rho >= plain * (1 - 1e-9)


def test_a_ledger_adds_up_and_never_gives_more_than_there_is():
    ledger = Ledger(1.0)
    ledger.spend("a", 0.25)
    ledger.spend("b", 0.5)
    ledger.spend("a", 0.125)
    assert ledger.spent == {"a": 0.375, "b": 0.5}
    assert ledger.left == 0.125
    with pytest.raises(InternalError):
        ledger.spend("c", 0.2)
    assert "c" not in ledger.spent
