"""What is added to steps lets columns go further as is reckoned."""

import numpy as np
import pytest

from rowsmith.learn._sequence_reach import _response

DECAY, TICKS, ROWS, ADDED = np.array([0.3, 0.03]), [4, 24, 100], 200_000, 0.004


def walk(shocks, back, added, decay):
    """Steps that hang on the step before, and on the distances from the origin and from a running mean."""
    out, step, now, mean = np.zeros(len(shocks)), 0.0, 0.0, 0.0
    for i, shock in enumerate(shocks):
        step = 0.4 * step - back * now + added * (now - mean) + shock
        now += step
        mean += decay * (now - mean)
        out[i] = now
    return out


def lengths(values):
    near = np.mean(np.diff(values) ** 2)
    return np.array([np.log(np.mean((values[n:] - values[:-n]) ** 2) / near) for n in TICKS])


@pytest.mark.parametrize("back", [0.0, 0.02])
def test_the_response_of_ways_is_that_of_a_simulation(back):
    shocks = np.random.default_rng(2).normal(size=ROWS)
    plain = walk(shocks, back, 0.0, 0.1)
    found = _response(np.diff(plain), TICKS, DECAY)
    for j, decay in enumerate(DECAY):
        more, less = (lengths(walk(shocks, back, sign * ADDED, decay)) for sign in (1, -1))
        np.testing.assert_allclose(found[:, j], (more - less) / (2 * ADDED), rtol=0.2, atol=0.5)
