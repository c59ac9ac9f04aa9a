import numpy as np
import pyarrow as pa
import pytest
from tests.truth._checks import findings, normals, ready, refused, table_of

BASE = {"outcome": "y", "treatment": "t", "confounder": "c", "instrument": "w", "effect": 4.0}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"instrument": "c"}, "must be different columns"),
        ({"share": 0.99}, "share=0.99: expected 0.02 to 0.98; the nearest is 0.98"),
        ({"strength": 0}, "strength=0: expected 0.05 to 5.*the nearest is 0.05"),
        ({"pull": -9}, "pull=-9: .*the nearest is -5"),
        ({"bias": 0}, "bias=0: nothing would mislead"),
        ({"noise": 0}, "noise=0: expected a standard deviation above 0"),
        ({"effect": 0}, "effect=0: bias and noise cannot be taken from it; give both"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, says):
    refused(says, "treatment", BASE | settings)


def test_columns_that_cannot_serve_are_refused():
    pilot = normals(4000, "c", "w")
    refused("w: is the same in every row", "treatment", BASE, pilot | {"w": pa.array(np.ones(4000))})
    tied = pa.array(pilot["c"].to_numpy() + pilot["w"].to_numpy())
    refused(r"instrument='w': goes with the confounder c \(correlation 0.7", "treatment", BASE, pilot | {"w": tied})


@pytest.mark.parametrize(("effect", "bias"), [(4.0, 2.0), (4.0, -9.0), (-3.0, 3.0), (0.0, 5.0)])
def test_the_plain_difference_is_off_by_as_much_as_asked_and_the_others_are_not(effect, bias):
    plant = ready("treatment", BASE | {"effect": effect, "bias": bias, "noise": 2.0})
    table, calibration = table_of(plant, normals(200_000, "c", "w"))
    found = findings(plant, table)
    assert found["naive"].estimate == pytest.approx(effect + bias, abs=4 * found["naive"].error + 0.01)
    for name in ("effect", "effect by instrument"):
        assert found[name].estimate == pytest.approx(effect, abs=4 * found[name].error)
    nulls = {fact.name: fact.null for fact in plant.facts(calibration)}
    assert nulls == {"effect": 0.0 if effect else None, "effect by instrument": 0.0 if effect else None, "naive": None}


def test_so_many_are_treated_and_the_instrument_moves_the_treatment_alone():
    plant = ready("treatment", BASE | {"share": 0.15})
    table, _ = table_of(plant, normals(100_000, "c", "w"))
    t, w, y = (table[name].to_numpy() for name in "twy")
    assert t.mean() == pytest.approx(0.15, abs=0.006)
    assert w[t].mean() - w[~t].mean() > 0.5
    rest = y - 4 * t
    assert abs(np.corrcoef(rest, w)[0, 1]) < 0.015


def test_two_stage_least_squares_is_that_of_two_regressions():
    import statsmodels.api as sm

    plant = ready("treatment", BASE)
    table, _ = table_of(plant, normals(3000, "c", "w"))
    t, w, y = (table[name].to_numpy().astype(float) for name in "twy")
    guess = sm.OLS(t, sm.add_constant(w)).fit().fittedvalues
    found = findings(plant, table)["effect by instrument"]
    assert found.estimate == pytest.approx(sm.OLS(y, sm.add_constant(guess)).fit().params[1])
    assert "first-stage F" in found.note
    assert "weak" not in found.note


def test_a_weak_instrument_is_called_so():
    plant = ready("treatment", BASE)
    table, _ = table_of(plant, normals(300, "c", "w"))
    noise = np.random.default_rng(4).standard_normal(300)
    t = table["t"].to_numpy().astype(float)
    noise -= (noise @ (t - t.mean())) / ((t - t.mean()) @ (t - t.mean())) * (t - t.mean()) * 0.98
    found = findings(plant, table.set_column(1, "w", pa.array(noise)))["effect by instrument"]
    assert "(weak)" in found.note
