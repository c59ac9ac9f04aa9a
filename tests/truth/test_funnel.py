"""Funnels: settings that cannot be."""

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.truth.funnel import Funnel

STEPS = {"visit": 1, "cart": 0.3, "order": 0.5}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"steps": {"visit": 1}}, "expected at least two steps"),
        ({"steps": {"visit": 0.9, "cart": 0.3}}, r"steps.visit=0.9: all rows are at the first step; write 1"),
        ({"steps": {"visit": 1, "cart": 1.3}}, r"steps.cart=1.3: expected a share above 0 and below 1"),
        ({"by": "variant"}, r"by='variant', lift=None: expected both of them or none"),
        (
            {"by": "v", "lift": {"B": {"pay": 1.1}}},
            r"lift.B.pay: expected a step after the first, of visit, cart, order",
        ),
        ({"by": "v", "lift": {"B": {"order": 3}}}, r"lift.B.order=3: would bring the rate of 0.5 to 1.5; .* below 2"),
        ({"by": "v", "lift": {"B": {"order": 1.1}, "C": {"order": 1.2}}}, r"lift.C.order: B has a lift of order too"),
    ],
)
def test_settings_that_cannot_be(settings, says):
    with pytest.raises(SpecError, match=says):
        Funnel(**{"column": "stage", "steps": STEPS, **settings}).at(0)
