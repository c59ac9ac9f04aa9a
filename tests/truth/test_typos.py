import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples_dirt import CITIES, contacts, people
from tests.truth._spoil import dirty_cells, findings, refused, spoiler, spoilt

from rowsmith.core.errors import DataError
from rowsmith.core.slips import SLIPS, is_near

N = 4000
TOWNS = contacts(np.random.default_rng(6), N)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"rate": 0.3}, "rate=0.3: expected a share above 0 and at most 0.2"),
        ({"slips": []}, "slips=.*expected at least one of swap, drop, double, neighbour"),
        ({"column": "height"}, "height: is double; expected a column of texts, in which one can mistype"),
        ({"column": "signs", "slips": ["swap"]}, "none of the values can be changed: the others are too short"),
    ],
)
def test_what_cannot_be_is_refused(settings, says):
    refused(says, "typos", TOWNS | {"signs": pa.array(["a", "b"] * 2000)}, **{"column": "town", **settings})


@pytest.mark.parametrize("slip", SLIPS)
def test_each_slip_is_one_step_away_and_no_level_of_its_own(slip):
    words = pa.array(["cart", "care", "cat", "art"] * 1000)
    plant = spoiler("typos", column="w", slips=[slip], rate=0.2)
    _, changes, _ = spoilt(plant, {"w": words})
    assert [change.mechanism for change in changes] == [slip]
    pairs = list(zip(changes[0].clean.to_pylist(), changes[0].dirty.to_pylist(), strict=True))
    assert all(a != b and is_near(a, b) and b not in words.to_pylist() for a, b in pairs)
    assert abs(len(pairs) / len(words) - 0.2) < 0.04


def test_a_small_dictionary_holds_them_all():
    levels = [f"level {chr(97 + i)}{chr(97 + j)}" for i in range(10) for j in range(10)]
    codes = np.random.default_rng(1).integers(0, 100, 60_000).astype(np.int8)
    column = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(levels))
    some = pa.DictionaryArray.from_arrays(pa.array((codes % 6).astype(np.int8)), pa.array(CITIES))
    table, changes, _ = spoilt(spoiler("typos", column="w", rate=0.2), {"w": some})
    assert len(set(table["w"].to_pylist())) <= 128
    assert dirty_cells(changes) > 11_000
    with pytest.raises(
        DataError,
        match=r"^w: is a category of 100 values in codes of 8 bits, with no room for 100 more that are spoilt; .*as: text",
    ):
        spoilt(spoiler("typos", column="w", rate=0.2), {"w": column})


def test_names_are_mistyped_and_nobody_is_asked_how_many():
    columns = people(np.random.default_rng(1), N)
    plant = spoiler("typos", column="street")
    _, changes, calibration = spoilt(plant, columns)
    assert dirty_cells(changes)
    assert plant.facts(calibration) == []
    assert "Nobody can count them" in plant.how(calibration)


@pytest.mark.parametrize("shares", [(0.9, 0.1), (0.999, 0.001)])
def test_levels_a_slip_apart_or_too_rare_are_not_asked_for(shares):
    near = ["shop", "chop"] if shares[0] == 0.9 else ["shop", "phone"]
    words = pa.array(near).take(pa.array(np.random.default_rng(2).choice(2, N, p=shares)))
    plant = spoiler("typos", column="w")
    assert plant.facts(plant.calibrate({"w": words})) == []


def test_levels_without_typos_are_all_there():
    plant = spoiler("typos", column="town")
    found = findings(plant, pa.table(TOWNS))
    assert found["rate"].estimate == 0
    assert set(found["levels"].estimate) == set(CITIES)
    assert findings(plant, pa.table(TOWNS).slice(0, 0))["rate"].estimate is None


def test_gaps_stay():
    column = pa.array([*TOWNS["town"].to_pylist(), None, None])
    table, _, _ = spoilt(spoiler("typos", column="town"), {"town": column})
    assert table["town"].null_count == 2
