import numpy as np
import pytest
from statsmodels.stats.outliers_influence import variance_inflation_factor
from tests.truth._checks import findings, normals, ready, refused, table_of

BASE = {"target": "c", "on": {"a": 1.0, "b": -2.0}}


@pytest.mark.parametrize(
    ("vif", "says"),
    [
        (1, "vif=1: expected a factor above 1 .* the nearest is 1.1"),
        (1e9, "the nearest is 1e.06"),
        (-3, "nearest is 1.1"),
    ],
)
def test_factors_that_cannot_be_are_refused(vif, says):
    refused(says, "collinear", BASE | {"vif": vif})


@pytest.mark.parametrize("vif", [1.2, 5, 400, 1e6])
def test_the_factor_is_as_asked_and_that_of_statsmodels(vif):
    plant = ready("collinear", BASE | {"vif": vif, "intercept": 7})
    table, _ = table_of(plant, normals(20_000, "a", "b"))
    x = np.column_stack([np.ones(20_000), *(table[name].to_numpy() for name in "cab")])
    found = findings(plant, table)["VIF"]
    assert found.estimate == pytest.approx(variance_inflation_factor(x, 1), rel=1e-3)
    assert found.estimate == pytest.approx(vif, rel=0.06)


def test_it_inflates_the_variance_of_a_coefficient_by_so_much():
    import statsmodels.api as sm

    plant = ready("collinear", BASE | {"vif": 25})
    table, _ = table_of(plant, normals(5000, "a", "b"))
    c, others = table["c"].to_numpy(), [table["a"].to_numpy(), table["b"].to_numpy()]
    y = c + np.random.default_rng(5).standard_normal(5000)
    alone = sm.OLS(y, np.column_stack([np.ones(5000), c])).fit().bse[1]
    beside = sm.OLS(y, np.column_stack([np.ones(5000), c, *others])).fit().bse[1]
    assert (beside / alone) ** 2 == pytest.approx(25, rel=0.1)


def test_a_column_that_others_decide_has_no_end():
    plant = ready("collinear", BASE)
    table, _ = table_of(plant, normals(100, "a", "b"))
    exact = table.set_column(2, "c", [table["a"].to_numpy() - 2 * table["b"].to_numpy()])
    found = findings(plant, exact)["VIF"]
    assert found.note == "the others decide it, so the factor has no end"
    assert found.estimate is None
