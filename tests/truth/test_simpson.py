import numpy as np
import pyarrow as pa
import pytest
from tests.truth._checks import findings, ready, refused, table_of

from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key

BASE = {"x": "x", "target": "y", "group": "g", "within": 2.0}


def groups(n=60_000, shares=(0.6, 0.3, 0.1), seed=0):
    codes = np.random.default_rng(seed).choice(len(shares), n, p=shares)
    return {"g": pa.array([f"g{i}" for i in codes])}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"within": 0}, "within=0: has no sign"),
        ({"pooled": 3}, "pooled=3, within=2: expected slopes of opposite signs; the nearest is pooled=-3"),
        ({"pooled": 0}, "the nearest is pooled=-1"),
        ({"x": "y"}, "x='y': is the target itself"),
        ({"noise": 0}, "noise=0: expected a number above 0"),
        ({"apart": -1}, "apart=-1: expected a number above 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, says):
    refused(says, "simpson", BASE | settings)


def test_one_group_or_too_many_are_refused():
    refused(
        "group='g': is a column of 1 groups; expected one of 2 to 50; name another", "simpson", BASE, groups(9, (1.0,))
    )
    refused("group='g': is a column of 99 groups", "simpson", BASE, {"g": pa.array(np.arange(99))})


@pytest.mark.parametrize("within", [2.0, -0.5])
@pytest.mark.parametrize("pooled", [None, 0.1, 7.0])
@pytest.mark.parametrize("apart", [0.3, 3.0])
def test_slopes_are_as_asked_and_every_group_has_the_other_sign(within, pooled, apart):
    settings = (
        BASE | {"within": within, "apart": apart} | ({} if pooled is None else {"pooled": -np.sign(within) * pooled})
    )
    plant = ready("simpson", settings)
    table, _ = table_of(plant, groups())
    found = findings(plant, table)
    for name, value in (("slope within", within), ("slope pooled", plant.pooled)):
        assert found[name].estimate == pytest.approx(value, abs=4 * found[name].error + 0.005 * abs(plant.pooled))
    for group in ("g0", "g1", "g2"):
        assert np.sign(found[f"slope in {group}"].estimate) == np.sign(within)


@pytest.mark.parametrize("places", [0, -1])
def test_rounded_columns_keep_the_slope(places):
    plant = ready("simpson", BASE | {"round": places, "noise": 1.0})
    table, _ = table_of(plant, groups())
    for name in ("x", "y"):
        values = table[name].to_numpy()
        assert np.array_equal(values, np.round(values, places))
    found = findings(plant, table)["slope within"]
    assert found.estimate == pytest.approx(2.0, abs=4 * found.error)


def test_slopes_agree_with_least_squares_with_a_level_for_each_group():
    import statsmodels.api as sm

    plant = ready("simpson", BASE)
    table, _ = table_of(plant, groups(900))
    x, y, g = (table[name].to_numpy(zero_copy_only=False) for name in "xyg")
    levels = np.column_stack([g == name for name in ("g0", "g1", "g2")]).astype(float)
    found = findings(plant, table)
    fit = sm.OLS(y, np.column_stack([x, levels])).fit(cov_type="HC1")
    assert found["slope within"].estimate == pytest.approx(fit.params[0])
    assert found["slope within"].error == pytest.approx(fit.bse[0])
    pooled = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HC1")
    assert found["slope pooled"].error == pytest.approx(pooled.bse[1])


def test_a_group_that_the_pilot_did_not_have_lies_in_the_middle():
    plant = ready("simpson", BASE)
    calibration = plant.calibrate(groups())
    new = plant.sample(Rows(0, 4000), Key(1), {"g": pa.array(["new"] * 4000)}, calibration)
    assert new["x"].to_numpy().mean() == pytest.approx(50, abs=1)
    assert new["y"].null_count == 0
