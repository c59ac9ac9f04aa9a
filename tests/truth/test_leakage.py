"""Leaks: what cannot be, kinds of targets, and screening."""

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples import customers

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._roc import area, placements
from rowsmith.truth.leakage import Leakage

PILOT = customers(np.random.default_rng(1), 20_000)


def made(plant, columns=PILOT):
    n = len(next(iter(columns.values())))
    return plant.sample(Rows(0, n), Key(3), columns, plant.calibrate(PILOT | columns))[plant.column]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"target": "leak"}, "is the column itself"),
        ({"target": "age", "strength": 1}, "strength=1: expected .* from 0.6 to 0.999; the nearest is 0.999"),
        ({"target": "age", "strength": 0.2}, "the nearest is 0.6"),
        ({"target": "age", "scale": (1.0,)}, r"scale.leak=\(1.0,\): expected \[mean, standard deviation\]"),
        ({"target": "age", "round": -1}, "too coarse"),
    ],
)
def test_what_cannot_be_is_refused(settings, says):
    with pytest.raises(SpecError, match=says):
        Leakage(column="leak", **settings).at(0)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"target": "channel"}, "channel has 3 values; expected the one that is given away, such as 'phone'"),
        ({"target": "channel", "level": "fax"}, "channel never has it; expected one of phone, shop, web"),
        ({"target": "one"}, "is the same in every row"),
    ],
)
def test_targets_that_cannot_be_given_away_are_refused(settings, says):
    with pytest.raises(SpecError, match=says):
        Leakage(column="leak", **settings).at(0).calibrate({**PILOT, "one": pa.array(np.ones(5))})


def test_numbers_leak_by_a_correlation_in_the_units_that_are_asked():
    leak = made(Leakage(column="leak", target="price", strength=0.9, scale=(100.0, 5.0), round=1)).to_numpy()
    assert np.corrcoef(leak, PILOT["price"])[0, 1] == pytest.approx(0.9, abs=0.01)
    assert (leak.mean(), leak.std()) == pytest.approx((100, 5), rel=0.02)
    assert np.array_equal(leak, np.round(leak, 1))


@pytest.mark.parametrize("target", ["holiday", "flag", "word"])
def test_two_classes_leak_by_an_area(target):
    columns = {
        "holiday": PILOT["holiday"],
        "flag": PILOT["holiday"].cast(pa.int64()),
        "word": PILOT["holiday"].cast(pa.string()).dictionary_encode(),
    }
    leak = made(Leakage(column="leak", target=target, strength=0.9), columns).to_numpy()
    positive = PILOT["holiday"].to_numpy(zero_copy_only=False)
    assert area(*placements(leak, positive))[0] == pytest.approx(0.9, abs=0.01)


def test_a_gap_in_the_target_is_one_in_the_leak():
    plant = Leakage(column="leak", target="price").at(0)
    leak = plant.sample(Rows(0, 2), Key(3), {"price": pa.array([None, 9.0])}, plant.calibrate(PILOT))["leak"]
    assert leak.is_null().to_pylist() == [True, False]


def test_a_category_that_gives_the_target_away_is_found_too():
    r = np.random.default_rng(0)
    y = r.random(2000) < 0.3
    code = np.where(r.random(2000) < 0.05, ~y, y)
    table = pa.table({"y": y, "x": r.normal(size=2000), "code": np.where(code, "C1", "B7"), "key": np.arange(2000)})
    found = {f.name: f for f in Leakage.find({"target": "y"}, table)}
    assert found["column"].estimate == "code"
    assert found["strength"].estimate > 0.9
    found = {f.name: f for f in Leakage.find({"target": "y", "among": ["x"]}, table)}
    assert found["column"].estimate == "x"


def test_nothing_to_compare_is_named():
    with pytest.raises(DataError, match="y: no column beside it can be compared"):
        Leakage.find({"target": "y"}, pa.table({"y": np.arange(20.0), "name": list("abcdefghijklmnopqrst")}))


def test_a_class_that_is_not_there_is_named():
    table = pa.table({"y": ["a", "b"] * 10, "x": np.arange(20.0)})
    with pytest.raises(DataError, match="level='c': y never has it; expected one of a, b"):
        Leakage.find({"target": "y", "level": "c"}, table)
