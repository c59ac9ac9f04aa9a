import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples_dirt import tiers
from tests.truth._spoil import dirty_cells, findings, refused, spoiler, spoilt

N = 4000
ROWS = tiers(np.random.default_rng(8), N)
BASE = {"column": "tier", "features": ["income", "age"]}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"rate": 0.9}, "rate=0.9: expected a share above 0 and at most 0.4"),
        ({"features": []}, r"features=\[\]: expected the columns that a row's class can be told from"),
        ({"features": ["tier", "age"]}, "tier is the label itself; expected others"),
        ({"flip": {}}, r"flip=\{\}: expected classes to other classes"),
        ({"flip": {"gold": "gold"}}, "expected classes to other classes, such as {fraud: ok}"),
        ({"flip": {"gold": "tin"}}, "flip: tier has no class 'tin'; expected some of bronze, gold, silver"),
        ({"column": "income", "features": ["age"]}, "income: is double; expected labels"),
        ({"column": "age", "features": ["income"]}, "age: has 72 classes; expected 2 to 20"),
    ],
)
def test_what_cannot_be_is_refused(settings, says):
    refused(says, "label_noise", ROWS, **{**BASE, **settings})


@pytest.mark.parametrize("kind", ["text", "dictionary", "integer", "boolean"])
def test_labels_of_every_type_stay_of_it(kind):
    score = ROWS["income"].to_numpy() > 33_000
    label = {
        "text": pa.array(np.where(score, "yes", "no"), pa.string()),
        "dictionary": pa.array(np.where(score, "yes", "no"), pa.string()).dictionary_encode(),
        "integer": pa.array(score.astype(np.int32)),
        "boolean": pa.array(score),
    }[kind]
    plant = spoiler("label_noise", column="y", features=["income"], rate=0.2)
    table, changes, calibration = spoilt(plant, {"income": ROWS["income"], "y": label})
    assert abs(dirty_cells(changes) / N - 0.2) < 0.04
    assert [fact.name for fact in plant.facts(calibration)] == ["rate"]
    assert findings(plant, table)["rate"].estimate == pytest.approx(0.2, abs=0.04)


@pytest.mark.parametrize("flip", [{True: False}, {"true": "false"}])
def test_truths_may_be_written_as_such(flip):
    plant = spoiler("label_noise", column="good", features=["income", "age"], flip=flip)
    _, changes, calibration = spoilt(plant, ROWS)
    assert set(changes[0].clean.to_pylist()) == {True}
    assert {fact.name: fact.value for fact in plant.facts(calibration)}["flips"] == ("true → false",)


def test_several_classes_may_be_taken_for_others():
    flip = {"gold": "silver", "silver": "bronze"}
    plant = spoiler("label_noise", flip=flip, rate=0.2, **BASE)
    table, changes, calibration = spoilt(plant, ROWS)
    pairs = set(zip(changes[0].clean.to_pylist(), changes[0].dirty.to_pylist(), strict=True))
    assert pairs == set(flip.items())
    assert set(findings(plant, table)["flips"].estimate) == {"gold → silver", "silver → bronze"}
    rate = plant.facts(calibration)[0].value
    assert rate == pytest.approx(0.2 * calibration["share"])


def test_without_a_column_that_tells_nothing_is_asked_for():
    plant = spoiler("label_noise", column="tier", features=["price", "channel"])
    _, changes, calibration = spoilt(plant, ROWS)
    assert dirty_cells(changes)
    assert plant.facts(calibration) == []
    assert "No model can be sure enough" in plant.how(calibration)


def test_clean_labels_are_hardly_wrong():
    plant = spoiler("label_noise", **BASE)
    assert findings(plant, pa.table(ROWS))["rate"].estimate < 0.01


def test_gaps_stay_and_little_is_no_fault():
    some = {name: pa.array([*column.to_pylist()[:300], None], column.type) for name, column in ROWS.items()}
    plant = spoiler("label_noise", **BASE)
    table, _, _ = spoilt(plant, some, pilot=ROWS)
    assert table["tier"].null_count == 1
    assert findings(plant, pa.table(some).slice(0, 0))["rate"].estimate is None
    assert findings(plant, pa.table(some).slice(0, 40))["rate"].estimate is None
