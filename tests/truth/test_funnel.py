"""Funnels: settings that cannot be."""

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._checks import ready, table_of

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


GROUPS = {"v": pa.array(np.array(["A", "B", None])[np.random.default_rng(1).choice(3, 200_000, p=[0.5, 0.3, 0.2])])}


def test_rates_are_those_of_all_rows():
    plant = ready("funnel", {"column": "stage", "steps": STEPS, "by": "v", "lift": {"B": {"cart": 2, "order": 1.4}}})
    table, calibration = table_of(plant, GROUPS)
    stage = table["stage"].combine_chunks().dictionary_decode().to_numpy(zero_copy_only=False)
    facts = {fact.name: fact for fact in plant.facts(calibration)}
    assert facts["cart"].value == pytest.approx(0.3 * 1.3, abs=0.001)
    assert np.mean(stage != "visit") == pytest.approx(facts["cart"].value, abs=0.005)
    assert np.mean(stage[stage != "visit"] == "order") == pytest.approx(facts["order"].value, abs=0.005)


def test_no_listed_fact_tells_the_group_or_the_step():
    plant = ready("funnel", {"column": "stage", "steps": STEPS, "by": "v", "lift": {"B": {"order": 1.4}}})
    facts = plant.facts(plant.calibrate(GROUPS))
    assert [fact.name for fact in facts if fact.public] == ["cart", "order"]
    assert not [fact for fact in facts if fact.public and "B" in fact.what]
    assert "`GROUP: STEP`" in plant.brief()


def test_of_two_groups_the_better_one_is_named():
    plant = ready("funnel", {"column": "stage", "steps": STEPS, "by": "v", "lift": {"B": {"order": 0.8}}})
    assert [(f.name, f.value) for f in plant.facts(plant.calibrate(GROUPS)) if not f.public] == [("A: order", 1.25)]


def test_a_group_that_is_not_there_is_refused():
    plant = ready("funnel", {"column": "stage", "steps": STEPS, "by": "v", "lift": {"C": {"order": 1.4}}})
    with pytest.raises(SpecError, match=r"lift.C: v never has it; expected some of A, B"):
        plant.calibrate(GROUPS)
