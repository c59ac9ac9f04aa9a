"""What a student is told of each task: enough to answer it, and no answer; the rest is for the instructor."""

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._checks import findings, normals, ready, refused, table_of
from tests.truth._examples import customers
from tests.truth._examples_groups import readings

from rowsmith.core.errors import SpecError
from rowsmith.core.settings import build
from rowsmith.truth._key import AnswerKey, Planted
from rowsmith.truth._papers import brief, instructor
from rowsmith.truth._plant import PLANTS, Fact

PEOPLE = customers(np.random.default_rng(1), 5000) | readings(np.random.default_rng(1), 5000)
RULES = [{"if": {"income": "< 30000", "age": ">= 40"}, "then": "high"}]


def facts(plant, **settings):
    made = build(PLANTS.load(plant), settings, "truth.it").at(0)
    return made, made.facts(made.calibrate({name: PEOPLE[name] for name in made.reads}))


@pytest.mark.parametrize(
    ("plant", "settings", "listed", "hidden", "said"),
    [
        (
            "clusters",
            {"columns": ["x", "y"], "k": 2},
            ["k"],
            ["share of group 1", "x of group 1", "y of group 1", "share of group 2", "x of group 2", "y of group 2"],
            "`share of group 1`, `x of group 1`, `y of group 1`, and so on",
        ),
        (
            "decision",
            {"target": "risk", "rules": RULES, "otherwise": "low"},
            ["columns", "noise"],
            ["threshold of income", "threshold of age"],
            "as `threshold of COLUMN`",
        ),
        (
            "missing",
            {"column": "income", "mechanism": "MAR", "by": "age"},
            ["rate"],
            ["strength of age"],
            "as `strength of COLUMN`",
        ),
        ("drift", {"column": "celsius", "on": "at"}, [], ["point", "mean"], "as `point` from where on"),
        ("drift", {"column": "celsius", "on": "at", "gradual": True}, [], ["slope"], "as `slope`"),
        (
            "drift",
            {"column": "device", "on": "at", "shares": {"phone": 0.75}},
            [],
            ["point", "share of phone", "share of desk", "share of tablet"],
            "for each level whose share moves by 0.02 or more, as `share of LEVEL`",
        ),
        (
            "counts",
            {"target": "visits", "on": {"price": 0.1}, "dispersion": 0.5},
            ["price", "intercept"],
            ["dispersion"],
            "as `dispersion`",
        ),
    ],
)
def test_names_that_would_tell_are_not_listed_but_can_be_known(plant, settings, listed, hidden, said):
    made, found = facts(plant, **settings)
    assert [fact.name for fact in found if fact.public] == listed
    assert sorted(fact.name for fact in found if not fact.public) == sorted(hidden)
    assert said in made.brief()


@pytest.mark.parametrize("others", [{"mechanism": "MAR", "by": "age"}, {"mechanism": "MNAR"}])
def test_the_mechanism_of_gaps_is_not_told(others):
    made, found = facts("missing", column="income")
    other, there = facts("missing", column="income", **others)
    assert made.brief() == other.brief()
    assert [f.name for f in found if f.public] == [f.name for f in there if f.public]


def test_what_coefficients_mean_is_for_the_instructor():
    for plant, name, what in (("logistic", "odds", "log-odds of"), ("counts", "rate", "log rate of")):
        made, found = facts(plant, target="y", on={"price": 0.49, "channel[web]": -0.2})
        assert [fact.what for fact in found][:2] == [
            f"{what} one more of price",
            f"{what} channel = web against the others",
        ]
        calibration = made.calibrate({column: PEOPLE[column] for column in made.reads})
        assert f"{name} ratios: price × 1.632, channel[web] × 0.8187" in made.how(calibration)


def test_a_class_of_the_columns_name_is_said_once():
    for label, said in (("sepsis", "rows with sepsis"), ("yes", "rows with sepsis = yes")):
        made, found = facts("classes", target="sepsis", on={"price": 1}, labels=["no", label])
        assert found[0].what == f"share of {said}"
        assert f"How rare is {said.removeprefix('rows with ')}, and" in made.brief()


def test_columns_below_zero_are_refused():
    pilot = normals(1000, "a", "b")
    says = r"='b': has numbers below 0, such as -\d\.\d+; expected numbers from 0; name another column"
    refused(f"exposure{says}", "counts", {"target": "y", "on": {"a": 0.1}, "exposure": "b"}, pilot)
    refused(f"spread{says}", "regression", {"target": "y", "on": {"a": 0.1}, "spread": "b"}, pilot)


def test_no_share_leaves_its_range():
    plant = ready("regression", {"target": "y", "on": {"a": 1.0}, "r2": 0.95})
    for seed in range(20):
        columns = normals(12, "a", seed=seed)
        found = findings(plant, table_of(plant, columns, seed)[0])["R²"]
        assert found.estimate is None or found.estimate <= found.high <= 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"mechanism": "MAR"}, "by=None: mechanism MAR is by another column; expected the name of a column of numbers"),
        ({"by": "b"}, "by='b': gaps hang on no other column by mechanism MCAR; leave `by` out, or take mechanism MAR"),
    ],
)
def test_what_gaps_hang_on_goes_with_the_mechanism(settings, says):
    with pytest.raises(SpecError, match=says):
        facts("missing", column="income", **settings)


def test_papers_do_not_tell_which_tasks_hide_something():
    def task(name, *public):
        found = tuple(Fact(name=f"f{i}", what=f"what {i}", value=1.0, public=p) for i, p in enumerate(public))
        return Planted(name=name, plant="p", table="t", brief="Find it.", question={}, how="so", facts=found)

    key = AnswerKey(planted=(task("a", True), task("b", True, False), task("c", False)))
    told = brief(key, {"t": pa.schema([("x", pa.int64())])}, {"t": 3})
    first, second, third = (part.split("##")[0].strip() for part in told.split(": table t\n")[1:])
    assert first == second == "Find it.\n\nAnswer with:\n\n- `f0`: what 0"
    assert third == "Find it."
    assert "an answer beside the\nright ones costs what a right one earns" in told
    assert "f1" in instructor(key)
