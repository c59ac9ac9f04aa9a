"""Retention: settings that cannot be."""

import pyarrow as pa
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.truth.retention import Retention


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"rates": (0.5,)}, r"rates=\[0.5\]: expected at least two"),
        ({"rates": (1, 1)}, r"rates.1=1: expected a share above 0 and below 1"),
        ({"by": "cohort"}, r"by='cohort', better=None: expected both of them or none"),
        ({"by": "c", "better": {"a": 1.2, "b": 2}}, "expected one cohort, which the others are compared with"),
        ({"by": "c", "better": {"a": 1.0}}, r"better.a=1: expected a factor above 0 that is not 1"),
    ],
)
def test_settings_that_cannot_be(settings, says):
    with pytest.raises(SpecError, match=says):
        Retention(**{"column": "active", "age": "month", "rates": (1, 0.5), **settings}).at(0)


@pytest.mark.parametrize("wrong", [-1.0, 0.5])
def test_ages_that_are_none_are_refused(wrong):
    plant = Retention(column="active", age="month", rates=(1, 0.5)).at(0)
    with pytest.raises(SpecError, match=rf"age='month': has numbers such as {wrong:g}; expected whole numbers from 0"):
        plant.calibrate({"month": pa.array([0.0, None, wrong, 2.0])})
    plant.calibrate({"month": pa.array([0.0, None, 2.0])})


def test_no_fact_names_the_cohort_that_differs():
    plant = Retention(column="a", age="month", rates=(1, 0.5), by="cohort", better={"2025-Q2": 1.5}).at(0)
    assert not [fact for fact in plant.facts({}) if "2025-Q2" in fact.name + fact.what]
