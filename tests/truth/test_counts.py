import numpy as np
import pyarrow as pa
import pytest
from tests.truth._checks import findings, normals, ready, refused, table_of

from rowsmith.core.errors import DataError

BASE = {"target": "y", "on": {"a": 0.3}}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"intercept": 0, "mean": 2}, "intercept=0, mean=2: each follows from the other"),
        ({"mean": 0}, "mean=0: expected a number above 0"),
        ({"dispersion": -1}, "dispersion=-1: expected 0 to 20; the nearest is 0"),
        ({"dispersion": 99}, "the nearest is 20"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, says):
    refused(says, "counts", BASE | settings)


def test_counts_without_end_and_no_exposure_are_refused():
    pilot = normals(1000, "a") | {"hours": pa.array(np.zeros(1000))}
    refused(
        r"a few rows would hold nearly all counts.* 0\.0\d+ times these do", "counts", BASE | {"on": {"a": 50}}, pilot
    )
    refused(r"intercept=30: .* above 1e\+09; expected at most 19", "counts", BASE | {"intercept": 30}, pilot)
    refused(r"mean=1e\+06: .* expected at most", "counts", BASE | {"mean": 1e6, "on": {"a": 2.5}}, normals(60_000, "a"))
    refused("exposure='hours': is 0 in every row", "counts", BASE | {"exposure": "hours"}, pilot)


@pytest.mark.parametrize("dispersion", [0.0, 0.7])
def test_mean_and_variance_are_as_said(dispersion):
    a = np.repeat([-1.0, 1.0], 100_000)
    settings = BASE | {"intercept": 1.0, "dispersion": dispersion}
    table, _ = table_of(ready("counts", settings), {"a": pa.array(a)})
    y = table["y"].to_numpy()
    for value in (-1, 1):
        mean = np.exp(1 + 0.3 * value)
        assert y[a == value].mean() == pytest.approx(mean, rel=0.02)
        assert y[a == value].var() == pytest.approx(mean + dispersion * mean**2, rel=0.04)


def test_counts_are_in_proportion_to_the_exposure():
    hours = np.repeat([0.0, 1.0, 5.0], 30_000)
    columns = normals(90_000, "a") | {"hours": pa.array(hours)}
    table, _ = table_of(ready("counts", BASE | {"mean": 4, "exposure": "hours"}), columns)
    y = table["y"].to_numpy()
    assert y.mean() == pytest.approx(4, rel=0.02)
    assert y[hours == 0].sum() == 0
    assert y[hours == 5].mean() / y[hours == 1].mean() == pytest.approx(5, rel=0.03)


def test_no_dispersion_is_seen_in_poisson_counts_and_some_in_others():
    low = [
        findings(ready("counts", BASE), table_of(ready("counts", BASE), normals(3000, "a"), s)[0]) for s in range(15)
    ]
    assert sum(found["dispersion"].low > 0 for found in low) <= 2
    plant = ready("counts", BASE | {"dispersion": 0.4})
    found = findings(plant, table_of(plant, normals(3000, "a"))[0])["dispersion"]
    assert found.low > 0.3
    assert found.high < 0.5


def test_the_negative_binomial_agrees_with_that_of_statsmodels():
    from statsmodels.discrete.discrete_model import NegativeBinomial

    plant = ready("counts", BASE | {"dispersion": 0.4})
    table, _ = table_of(plant, normals(3000, "a"))
    x = np.column_stack([np.ones(3000), table["a"].to_numpy()])
    fit = NegativeBinomial(table["y"].to_numpy(), x).fit(disp=0)
    found = findings(plant, table)
    assert [found[n].estimate for n in ("intercept", "a", "dispersion")] == pytest.approx(fit.params.tolist(), rel=5e-3)
    assert found["dispersion"].error == pytest.approx(fit.bse[2], rel=0.05)


def test_numbers_below_zero_are_no_counts():
    with pytest.raises(DataError, match="y: expected counts"):
        findings(ready("counts", BASE), pa.table({**normals(100, "a"), "y": np.full(100, -1)}))
