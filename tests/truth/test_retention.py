"""Retention: settings that cannot be."""

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
