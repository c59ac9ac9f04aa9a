import numpy as np
import pyarrow as pa
import pytest

from rowsmith.evaluate._align import align
from rowsmith.evaluate._pairs import Grid, compare, cramers_v, pearson


def pairs(real, synthetic):
    found = align({"real": pa.table(real), "synthetic": pa.table(synthetic)})
    grid = Grid.fit(found.features, found.tables["real"])
    return compare(found.features, grid, found.tables["real"], found.tables["synthetic"])


def test_two_numbers_differ_by_half_the_difference_of_their_correlations():
    (pair,) = pairs({"a": [1, 2, 4], "b": [1, 2, 4]}, {"a": [1, 2, 4], "b": [4, 2, 1]})
    assert pair.real == pytest.approx(1)
    x = np.corrcoef([1, 2, 4], [4, 2, 1])[0, 1]
    assert pair.error == pytest.approx((1 - x) / 2)
    assert pair.other == pytest.approx(abs(x))


def test_levels_differ_by_the_total_variation_of_their_table():
    (pair,) = pairs({"a": list("xxyy"), "b": list("uuvv")}, {"a": list("xxyy"), "b": list("uvuv")})
    assert pair.error == pytest.approx(0.5)
    assert pair.real == pytest.approx(1)
    assert pair.other == 0


def test_numbers_are_cut_into_ten_bins_and_nulls_have_their_own():
    real = {"a": [0.0, 10.0, None, 5.0], "b": list("xyxy")}
    assert pairs(real, real)[0].error == 0
    (pair,) = pairs(real, {"a": [0.5, 9.9, None, None], "b": list("xyxy")})
    assert pair.error == pytest.approx(0.25)


def test_constant_numbers_are_left_out_and_lost_ones_count_half():
    assert pairs({"a": [1, 1, 1], "b": [1, 2, 3]}, {"a": [1, 2, 3], "b": [1, 2, 3]}) == []
    (pair,) = pairs({"a": [1, 2, 3], "b": [1, 2, 3]}, {"a": [1, 1, 1], "b": [1, 2, 3]})
    assert pair.error == 0.5


def test_correlations_skip_missing_values_in_pairs():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3)) + 1e6
    x[rng.random(x.shape) < 0.2] = np.nan
    found = pearson(x)
    for i in range(3):
        for j in range(3):
            both = ~np.isnan(x[:, i]) & ~np.isnan(x[:, j])
            assert found[i, j] == pytest.approx(np.corrcoef(x[both, i], x[both, j])[0, 1], abs=1e-6)


def test_huge_numbers_and_infinities_stay_finite():
    huge = {"a": [1e308, -1e308, 0.0, float("inf")], "b": [1.0, 2.0, 3.0, 4.0], "c": list("xyxy")}
    assert all(np.isfinite([p.error, p.real, p.other]).all() for p in pairs(huge, huge))
    assert max(p.error for p in pairs(huge, huge)) == 0


def test_cramers_v_of_independent_columns_is_corrected_to_nothing():
    rng = np.random.default_rng(0)
    cells = rng.integers(0, 20, 400) * 20 + rng.integers(0, 20, 400)
    counts = np.bincount(cells, minlength=400)
    assert cramers_v(counts, np.arange(400) // 20, np.arange(400) % 20, (20, 20)) < 0.1
