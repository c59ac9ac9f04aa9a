"""Tables of a hundred rows: what belongs together in them does so in the twin."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs


def flowers(n, seed=0):
    """Three sorts, each with sizes of its own."""
    rng = np.random.default_rng(seed)
    sort = rng.integers(0, 3, n)
    long = np.array([1.5, 4.3, 5.6])[sort] + rng.normal(0, 0.3, n)
    wide = 0.4 * long - 0.35 + rng.normal(0, 0.12, n)
    return pa.table({"long": long.round(1), "wide": wide.round(1), "sort": np.array(["a", "b", "c"])[sort]})


@pytest.mark.parametrize("rows", [80, 120, 300])
def test_sorts_keep_their_sizes(rows):
    real = flowers(rows)
    twin = rs.fit(real, seed=1).sample(2000, seed=1)
    long, sort = np.array(twin["long"]), np.array(twin["sort"])
    for name, middle in (("a", 1.5), ("b", 4.3), ("c", 5.6)):
        own = long[sort == name]
        assert own.mean() == pytest.approx(middle, abs=0.5)
        assert own.std() < 1.1
    assert np.corrcoef(long, np.array(twin["wide"]))[0, 1] > 0.75
