"""Concentration: settings that cannot be."""

import pyarrow as pa
import pytest

from rowsmith.core.errors import DataError, SpecError
from rowsmith.truth.concentration import Concentration


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"top": 1.0}, "top=1: expected a share above 0 and below 1"),
        ({"share": 0.1}, r"share=0.1: expected more than top=0.2 and less than 0.97; the nearest is 0.21"),
        ({"share": 0.99}, r"the nearest is 0.96"),
        ({"mean": 0.0}, "mean=0: expected a number above 0"),
    ],
)
def test_settings_that_cannot_be(settings, says):
    with pytest.raises(SpecError, match=says):
        Concentration(column="revenue", **settings).at(0)


def test_too_few_numbers():
    with pytest.raises(DataError, match="revenue: expected at least 10 numbers"):
        Concentration.find({"column": "revenue", "top": 0.2}, pa.table({"revenue": [1.0]}))
