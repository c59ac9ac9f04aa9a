"""Points by values: noise is a little way, nulls and extremes are finite."""

import numpy as np
import pyarrow as pa

from rowsmith.evaluate._align import align
from rowsmith.evaluate._space import Space
from rowsmith.evaluate._values import Values


def points(*columns):
    table = pa.table({f"c{i}": pa.array(c) for i, c in enumerate(columns)})
    found = align({"real": table, "synthetic": table})
    real = found.tables["real"]
    return Values.fit(found.features, real, Space.fit(found.features, [real])).points(real)


def test_noise_on_a_frequent_value_is_a_little_way():
    gain = np.where(np.arange(200) % 10 == 0, np.arange(200) * 100.0, 0.0)
    noisy = gain + np.where(np.arange(200) == 7, 30.0, 0.0)
    found = points(noisy)[:, 0]
    assert 0 < abs(found[7] - found[3]) < 0.05


def test_whatever_the_values_points_are_finite():
    odd = [1.7e308, -1.7e308, np.inf, -np.inf, 0.0, 5e-324, None]
    assert np.isfinite(points([*odd, *odd], ["a", "b"] * 7)).all()
    assert np.isfinite(points([np.nan] * 5, [1] * 5)).all()


def test_the_scale_is_that_of_the_values_not_of_outliers():
    rng = np.random.default_rng(0)
    plain = rng.normal(size=1000)
    found = points(np.append(plain, 1e12))[:, 0]
    assert np.std(found[:1000]) > 0.2
