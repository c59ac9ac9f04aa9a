import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit
from tests.truth._checks import findings, normals, ready, refused, table_of

BASE = {"target": "y", "on": {"a": 0.8}}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"intercept": 0, "share": 0.2}, "intercept=0, share=0.2: each follows from the other"),
        ({"share": 1}, "share=1: expected a share above 0 and below 1; the nearest is 0.999"),
        ({"share": -0.1}, "the nearest is 0.001"),
        ({"values": ["no"]}, r"values=\['no'\]: expected two texts"),
        ({"values": ["no", "no"]}, "expected two texts"),
        ({"on": {}}, "at least one term"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, says):
    refused(says, "logistic", BASE | settings)


def test_coefficients_that_decide_every_row_are_refused_with_a_factor_that_would_do():
    pilot = normals(5000, "a")
    refused(r"decide nearly every row.* 0\.\d+ times these leave enough", "logistic", BASE | {"on": {"a": 2000}}, pilot)
    refused("intercept=50: all rows would say the same", "logistic", BASE | {"intercept": 50}, pilot)
    # the factor that the sentence names is one that is taken
    ready("logistic", BASE | {"on": {"a": 2000 * 0.01}}).calibrate(pilot)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_so_many_say_yes(share):
    table, calibration = table_of(ready("logistic", BASE | {"share": share}), normals(50_000, "a"))
    assert calibration["share"] == pytest.approx(share, abs=1e-9)
    assert np.mean(table["y"].to_pylist()) == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 50_000))


def test_odds_are_as_said_at_each_value():
    a = np.repeat([-1.0, 0.0, 2.0], 40_000)
    table, _ = table_of(ready("logistic", BASE | {"intercept": -0.5}), {"a": pa.array(a)})
    y = table["y"].to_numpy()
    for value in (-1, 0, 2):
        assert y[a == value].mean() == pytest.approx(expit(-0.5 + 0.8 * value), abs=0.012)


def test_texts_stand_for_no_and_yes():
    yes, _ = table_of(ready("logistic", BASE), normals(1000, "a"))
    plant = ready("logistic", BASE | {"values": ["stays", "leaves"]})
    words, _ = table_of(plant, normals(1000, "a"))
    assert words["y"].to_pylist() == ["leaves" if y else "stays" for y in yes["y"].to_pylist()]
    assert findings(plant, words)["a"] == findings(ready("logistic", BASE), yes)["a"]


def test_rows_that_terms_tell_apart_have_no_estimate():
    a = np.linspace(-1, 1, 100)
    table = pa.table({"a": a, "y": a > 0})
    found = findings(ready("logistic", BASE), table)
    assert [f.estimate for f in found.values()] == [None, None]
    assert "no end" in found["a"].note


def test_estimates_do_not_hang_on_units():
    columns = normals(4000, "a")
    small = ready("logistic", BASE)
    table, _ = table_of(small, columns)
    large = table.set_column(0, "a", pa.array(table["a"].to_numpy() * 1e7))
    first, second = findings(small, table)["a"], findings(small, large)["a"]
    assert second.estimate == pytest.approx(first.estimate / 1e7)
    assert second.error == pytest.approx(first.error / 1e7, rel=1e-5)
