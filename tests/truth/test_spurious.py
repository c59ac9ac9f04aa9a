"""Spurious correlation: what cannot be, signs, and looking for the cause."""

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples import customers

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth.spurious import Spurious

PILOT = customers(np.random.default_rng(1), 20_000)


def made(plant, columns=PILOT):
    n = len(next(iter(columns.values())))
    batch = plant.sample(Rows(0, n), Key(3), columns, plant.calibrate(PILOT))
    return pa.table({**columns, **dict(zip(batch.schema.names, batch.columns, strict=True))})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"columns": ("a",)}, "expected two columns and a third"),
        ({"columns": ("a", "age")}, "expected two columns and a third"),
        ({"correlation": 1}, "correlation=1: expected a correlation from -0.95 to 0.95; the nearest is 0.95"),
        ({"correlation": -0.02}, "the nearest that is feasible is -0.1"),
        ({"balance": 2}, "balance=2: expected a share from 0 to 1; the nearest is 1"),
        ({"round": {"c": 1}}, r"round\.c: is no column that is made here; expected a, b"),
    ],
)
def test_what_cannot_be_is_refused(settings, says):
    with pytest.raises(SpecError, match=says):
        Spurious(**{"columns": ("a", "b"), "by": "age"} | settings).at(0)


def test_a_cause_that_never_differs_is_refused():
    with pytest.raises(SpecError, match="by='age': is the same in every row"):
        Spurious(columns=("a", "b"), by="age").at(0).calibrate({"age": pa.array([5, 5])})


@pytest.mark.parametrize("wanted", [-0.6, 0.4])
@pytest.mark.parametrize("balance", [0.0, 0.5, 0.8, 1.0])
def test_the_correlation_is_as_asked_however_the_cause_is_shared(wanted, balance):
    plant = Spurious(columns=("a", "b"), by="price", correlation=wanted, balance=balance, scale={"a": [10, 2]}).at(0)
    table = made(plant)
    a, b, cause = (table[name].to_numpy() for name in ("a", "b", "price"))
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(wanted, abs=0.02)
    assert (a.mean(), a.std()) == pytest.approx((10, 2), rel=0.03)
    assert abs(np.corrcoef(a, cause)[0, 1]) == pytest.approx(abs(wanted) ** balance, abs=0.02)


def test_gaps_pass_on():
    table = made(Spurious(columns=("a", "b"), by="age").at(0), {"age": pa.array([None, 30])})
    assert table["a"].is_null().to_pylist() == [True, False]


def test_the_cause_is_looked_for_only_where_the_student_is_told():
    table = made(Spurious(columns=("a", "b"), by="price", correlation=0.7).at(0))
    found = {f.name: f for f in Spurious.find({"columns": ["a", "b"], "among": ["age", "income"]}, table)}
    assert found["partial correlation"].low > 0.6
    alone = {f.name for f in Spurious.find({"columns": ["a", "b"]}, table.select(["a", "b", "channel"]))}
    assert alone == {"correlation"}
    with pytest.raises(DataError, match="channel: expected a column of numbers"):
        Spurious.find({"columns": ["a", "b"], "among": ["channel"]}, table)
    with pytest.raises(DataError, match="a, b: expected 10 rows"):
        Spurious.find({"columns": ["a", "b"]}, table.slice(0, 5))
