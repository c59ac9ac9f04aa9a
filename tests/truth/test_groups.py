import numpy as np
import pyarrow as pa
import pytest
from tests.truth._checks import findings, normals, ready, refused, table_of

from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._plant import verdict

BASE = {"target": "y", "group": "g", "on": {"a": 2.0}}


def columns(n=4000, groups=40, seed=0):
    g = np.random.default_rng(seed).integers(groups, size=n)
    return normals(n, "a", seed=seed) | {"g": pa.array([f"g{i}" for i in g])}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"on": {"a": 1, "g": 2}}, "group='g': is in a term too"),
        ({"slopes": {"b": 1}}, "slopes.b: expected a term of `on`, which has a"),
        ({"slopes": {"a": 0}}, "slopes.a=0: expected a standard deviation above 0"),
        ({"between": 1, "icc": 0.5}, "between=1, icc=0.5: each follows from the other"),
        ({"noise": 1, "r2": 0.5}, "noise=1, r2=0.5: each follows"),
        ({"noise": -1}, "noise=-1: expected a standard deviation above 0"),
        ({"icc": 1}, "icc=1: expected a share above 0 and below 1; the nearest is 0.99"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, says):
    refused(says, "groups", BASE | settings)


def test_too_few_or_too_many_groups_are_refused():
    says = "group='g': is a column of 3 groups in 4,000 rows that were tried; expected 5 groups or more"
    refused(says, "groups", BASE, columns(groups=3))
    refused(r"group='g': is a column of 3,\d+ groups in 4,000 rows", "groups", BASE, columns(groups=10**4))


def test_a_group_is_the_same_in_every_chunk_and_however_it_is_laid_out():
    plant = ready("groups", BASE | {"noise": 1e-9, "between": 3.0, "slopes": {"a": 1.5}})
    calibration = plant.calibrate(columns())
    whole = {"a": pa.array([0.0, 1.0, 0.0, 1.0]), "g": pa.array(["x", "x", "y", "y"])}
    one = plant.sample(Rows(0, 4), Key(7).child("chunk", 0), whole, calibration)["y"].to_numpy()
    turned = {"a": pa.array([1.0, 0.0]), "g": pa.array(["y", "x"]).dictionary_encode()}
    two = plant.sample(Rows(4, 2), Key(7).child("chunk", 1), turned, calibration)["y"].to_numpy()
    assert two == pytest.approx([one[3], one[0]])
    other = plant.sample(Rows(4, 2), Key(8).child("chunk", 1), turned, calibration)["y"].to_numpy()
    assert abs(other - two).min() > 1e-3
    assert one[2] - one[0] != pytest.approx(0, abs=1e-3)  # levels differ
    assert one[3] - one[2] != pytest.approx(one[1] - one[0], abs=1e-3)  # and slopes


def test_what_is_a_groups_own_is_normal_and_levels_do_not_go_with_slopes():
    n = 40_000
    plant = ready("groups", BASE | {"noise": 1e-9, "between": 3.0, "slopes": {"a": 1.5}, "intercept": 10})
    names = pa.array(np.arange(n))
    calibration = {"noise": 1e-9, "between": 3.0, "centers": [5.0]}

    def made(a):
        given = {"a": pa.array(np.full(n, a)), "g": names}
        return plant.sample(Rows(0, n), Key(3), given, calibration)["y"].to_numpy()

    level, slope = made(5.0) - 20, made(6.0) - made(5.0) - 2
    for values, sd in ((level, 3.0), (slope, 1.5)):
        assert values.mean() == pytest.approx(0, abs=4 * sd / np.sqrt(n))
        assert values.std() == pytest.approx(sd, rel=0.02)
        assert np.mean(np.abs(values) < sd) == pytest.approx(0.6827, abs=0.01)
    assert abs(np.corrcoef(level, slope)[0, 1]) < 0.02


def test_shares_of_variance_are_as_asked():
    plant = ready("groups", BASE | {"icc": 0.25, "r2": 0.5})
    calibration = plant.calibrate(columns())
    noise, between = calibration["noise"], calibration["between"]
    assert between**2 / (between**2 + noise**2) == pytest.approx(0.25)
    signal = 4 * np.var(columns()["a"].to_numpy())
    assert signal / (signal + noise**2) == pytest.approx(0.5)


def test_a_term_that_groups_decide_is_as_sure_as_there_are_groups():
    given = columns(groups=20)
    size = {name: i % 7 for i, name in enumerate(sorted(set(given["g"].to_pylist())))}
    given["size"] = pa.array([float(size[name]) for name in given["g"].to_pylist()])
    plant = ready("groups", BASE | {"on": {"a": 2.0, "size": 1.0}})
    found = findings(plant, table_of(plant, given)[0])
    assert found["size"].error > 5 * found["a"].error
    reach = {name: (found[name].high - found[name].estimate) / found[name].error for name in ("a", "size")}
    assert reach["a"] == pytest.approx(1.96, abs=0.01)
    assert reach["size"] == pytest.approx(2.10, abs=0.02)  # Student's t of 18


def test_where_groups_do_not_differ_none_is_found_to():
    plant, given = ready("groups", BASE), columns()
    fact = plant.facts(plant.calibrate(given))[2]
    assert fact.name == "sd of levels"
    for seed in range(6):
        y = 2 * given["a"].to_numpy() + np.random.default_rng(seed).standard_normal(4000)
        assert verdict(fact, findings(plant, pa.table({**given, "y": y}))["sd of levels"]) == "missed"
