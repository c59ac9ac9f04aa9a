"""Readings of detectors lead back to the parameters with which they were made."""

import pyarrow.csv
import pytest

from rowsmith.core.errors import DataError
from rowsmith.core.settings import build
from rowsmith.engine.simulate import calibrate, simulate
from rowsmith.simulate._traffic_fit import settings_from_readings
from rowsmith.simulate.traffic import Traffic

RINGS = [
    {"density": 0.06, "vmax": 5, "p": 0.3},
    {"density": 0.25, "vmax": 3, "p": 0.2},
]
MANY_RINGS = [{"density": d, "vmax": v, "p": p} for v in (2, 3, 5) for p in (0.15, 0.4) for d in (0.05, 0.12, 0.3)]


def fitted(folder, seed, **settings):
    """What is found in the readings of two hours."""
    made = simulate("traffic", set={"horizon": 7200, **settings}, seed=seed, tables=("readings",))
    pyarrow.csv.write_csv(made["readings"], folder / "readings.csv")
    return calibrate("traffic", folder / "readings.csv")


def check(found, true):
    assert (found["vmax"], found["detectors"], found["every"]) == (true["vmax"], 4, 60)
    # where cars are free, a ring and a corridor look the same
    assert found["road"] == "ring" or true["density"] < 0.1
    assert found["p"] == pytest.approx(true["p"], abs=0.04)
    assert found["density"] == pytest.approx(true["density"], rel=0.12)


@pytest.mark.parametrize("true", RINGS)
def test_what_a_ring_was_made_with_is_found(true, tmp_path):
    check(fitted(tmp_path, 3, **true), true)


@pytest.mark.slow
@pytest.mark.parametrize("true", MANY_RINGS)
def test_what_many_rings_were_made_with_is_found(true, tmp_path):
    check(fitted(tmp_path, 8, **true), true)


def test_demand_of_a_corridor_is_found_by_time_of_day(tmp_path):
    true = {"road": "corridor", "demand": 1200.0, "profile": (0.3, 1.0, 0.5), "vmax": 4, "p": 0.15}
    found = fitted(tmp_path, 3, **true)
    assert (found["road"], found["vmax"]) == ("corridor", 4)
    assert found["p"] == pytest.approx(0.15, abs=0.04)
    assert found["demand"] == pytest.approx(
        1200, rel=0.14
    )  # four standard errors of the 800 cars of its busiest stretch
    assert found["profile"] == pytest.approx(list(true["profile"]), abs=0.1)
    assert build(Traffic, found, "parameters").horizon == 7200


HEAD = "detector_id,at,vehicles,speed"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "no column 'detector_id': expected a CSV file"),
        (["detector_id,at,cars,speed"], "no column 'vehicles'"),
        ([HEAD, "1,60,3,90"] * 3, "line 3: expected numbers"),
        ([HEAD, "1,60,-3,90"], "line 2: expected a moment, and vehicles and speed from 0"),
        ([HEAD, "1,60,3,90"], "1 readings: expected 100 at least"),
        ([HEAD, *["1,60,3,90"] * 200], "readings of a detector lie 0 s apart"),
        ([HEAD, *[f"1,{60 * i},0," for i in range(200)]], "0 readings with cars: expected 100"),
    ],
)
def test_other_files_are_refused(lines, words):
    with pytest.raises(DataError, match=words):
        settings_from_readings(lines)
