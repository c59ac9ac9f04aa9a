"""Marks for a person's answers."""

import json
import re

import pytest

from rowsmith.core.errors import DataError
from rowsmith.truth._grade import grade
from rowsmith.truth._key import AnswerKey, Planted, read_key
from rowsmith.truth._plant import Fact, Finding, verdict

KEY = AnswerKey(
    planted=(
        Planted(
            name="sales drivers",
            plant="regression",
            table="sales",
            brief="What drives sales?",
            question={"target": "sales", "terms": ["price"]},
            how="a line",
            facts=(
                Fact(name="price", what="coefficient", value=-2.0, null=0.0, tolerance=0.4),
                Fact(name="levels", what="levels that matter", value=("web", "shop")),
                Fact(name="since", what="day", value=20_148.0, tolerance=15.0, time=True),  # 2025-03-01
            ),
        ),
    ),
    about={"seed": 7},
)


def marks(**answers):
    return {mark.fact: (mark.points, mark.reason) for mark in grade(KEY, {"task 1": answers}, "student.json")}


@pytest.mark.parametrize(
    ("answer", "points", "reason"),
    [
        (-2.3, 1, "within 0.4"),
        (-2.9, 0.5, "right direction, off by 0.9"),
        (-9, 0, "off by 7; 0.4 were allowed"),
        (1.9, 0, "the wrong direction"),
        ("-2.3", 1, "within 0.4"),
        ("much", 0, "expected a number"),
        ("nan", 0, "expected a number"),
        ([-2.0], 0, "expected one number, got a list"),
        ({"b": -2.0}, 0, "expected one number, got a mapping"),
        (True, 0, "expected a number"),
        (None, 0, "no answer"),
    ],
)
def test_numbers(answer, points, reason):
    assert marks(price=answer)["price"] == (points, reason)


def test_words_in_any_order_and_part_of_them():
    assert marks(levels=["Shop", " web "])["levels"] == (1, "right")
    assert marks(levels=["shop", "phone"])["levels"] == (pytest.approx(1 / 3), "1 of 2 right, 1 wrong")
    assert marks(levels=["S-hop", "WEB!"])["levels"] == (1, "right")


def test_names_of_answers_in_other_case_and_spacing():
    assert marks(**{" Price": -2.0, "SINCE": "2025-03-01"}) == {
        "price": (1, "within 0.4"),
        "levels": (0, "no answer"),
        "since": (1, "within 15"),
    }


COSTS = "was not planted, and costs what a right answer earns"


def test_answers_beside_the_key_cost_what_right_ones_earn():
    found = marks(price=-2.9, levels=["web", "shop"], age=3, size=1, none=None, more=2)
    assert {name: found[name] for name in found if name not in ("price", "levels", "since")} == {
        "age": (-1, COSTS),
        "size": (-0.5, COSTS),
        "more": (0, "was not planted"),
    }
    assert sum(points for points, _ in found.values()) == 0


def of_words(value, answer):
    facts = (Fact(name="words", what="words", value=value),)
    planted = Planted(name="t", plant="p", table="t", brief="", question={}, how="", facts=facts)
    (mark,) = grade(AnswerKey(planted=(planted,)), {"t": {"words": answer}}, "student.json")
    return mark.points


@pytest.mark.parametrize(
    ("value", "answer", "points"),
    [
        ("decimal-shift", "Decimal shift", 1),
        ("2025-Q2", "2025 q2", 1),
        (("-1", "999"), [-1, 999.0], 1),
        (("-1", "999"), ["1", "999"], 1 / 3),
        (("99.99.9999", "99/99/9999"), ["99/99/9999", "99.99.9999 "], 1),
        (("C", "C++"), ["c"], 1 / 2),
        ("true", True, 1),
    ],
)
def test_words_are_compared_by_letters_and_digits(value, answer, points):
    assert of_words(value, answer) == pytest.approx(points)


RULE = "a, b -> c"


def test_all_pairs_of_items_earn_nothing_and_a_rule_the_other_way_costs_nothing():
    kinds = {"support": 0.1, "confidence": 0.6, "lift": 3.0}
    facts = tuple(Fact(name=f"{RULE}: {k}", what=k, value=v, tolerance=v / 10, public=False) for k, v in kinds.items())
    planted = Planted(name="t", plant="baskets", table="t", brief="", question={}, how="", facts=facts)
    key = AnswerKey(planted=(planted,))

    def total(*rules):
        answers = {f"{rule}: {kind}": value for rule in rules for kind, value in kinds.items()}
        return sum(mark.points for mark in grade(key, {"t": answers}, "student.json"))

    assert total(RULE) == 3
    assert total(RULE, "c -> a, b") == 3
    assert total("c -> a, b") == 2
    assert total(RULE, "a -> b, c") == 0
    assert total(*(f"{x} -> {y}" for x in "abcde" for y in "abcde" if x != y), RULE) == 0


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([1], r"student.json: expected a mapping such as"),
        ({"task 2": {}}, r"student.json: 'task 2' is no task of the key; did you mean 'task 1'"),
        ({"task 1": 3}, r"student.json: task 1=3: expected a mapping of facts to values"),
    ],
)
def test_answers_of_another_form(answers, says):
    with pytest.raises(DataError, match=says):
        grade(KEY, answers, "student.json")


def test_a_key_is_read_as_it_was_written():
    assert read_key(KEY.to_json(), "truth.json") == KEY


@pytest.mark.parametrize("text", ["[", "{}", "[]"])
def test_what_is_no_key(text):
    with pytest.raises(DataError, match=r"^truth.json: "):
        read_key(text, "truth.json")


def edited(change):
    document = json.loads(KEY.to_json())
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.pop("planted"), "truth.json: lacks planted; expected a list of structures."),
        (lambda d: d.update(planted={}), "truth.json: planted={}: expected a list."),
        (lambda d: d["planted"][0].pop("facts"), "truth.json: planted[0]: lacks facts; expected name, plant, table"),
        (
            lambda d: d["planted"][0].update(fact=1),
            "truth.json: planted[0]: 'fact' is no entry of a planted; did you mean",
        ),
        (lambda d: d["planted"][0].update(facts=3), "truth.json: planted[0].facts=3: expected a list."),
        (lambda d: d["planted"][0].update(question=3), "truth.json: planted[0].question=3: expected a mapping."),
        (
            lambda d: d["planted"][0]["facts"][1].pop("what"),
            "truth.json: planted[0].facts[1]: lacks what; expected name",
        ),
        (
            lambda d: d["planted"][0]["facts"][0].update(value="abc"),
            'truth.json: planted[0].facts[0].value="abc": expected a number.',
        ),
        (
            lambda d: d["planted"][0]["facts"][1].update(value=None),
            "truth.json: planted[0].facts[1].value=null: expected a number, a text, or a list of texts.",
        ),
        (
            lambda d: d["planted"][0]["facts"][0].update(tolerance="wide"),
            'truth.json: planted[0].facts[0].tolerance="wide": expected a number.',
        ),
        (lambda d: d.update(joins={"t": [{"head": "c"}]}), "truth.json: joins.t[0]: lacks table, column, to; expected"),
        (lambda d: d.update(related={"t": 1}), "truth.json: related.t=1: expected a list."),
    ],
)
def test_a_key_that_is_not_complete_says_where(change, says):
    with pytest.raises(DataError, match=f"^{re.escape(says)}"):
        read_key(edited(change), "truth.json")


@pytest.mark.parametrize(("value", "estimate"), [("abc", 3.0), (3.0, "abc"), (("a", "b"), 3.0), (3.0, ("a",))])
def test_a_key_of_another_kind_than_the_finding_is_contradicted(value, estimate):
    assert verdict(Fact(name="k", what="", value=value), Finding(name="k", estimate=estimate)) == "contradicted"


@pytest.mark.parametrize(
    ("answer", "points", "reason"),
    [
        ("2025-03-09", 1, "within 15"),
        ("2025-03-20 12:00", 0.5, "right direction, off by 19.5"),
        (20_148, 1, "within 15"),
        ("spring", 0, "expected a date, such as 2025-03-31"),
        (True, 0, "expected a date, such as 2025-03-31"),
    ],
)
def test_moments_are_answered_as_dates(answer, points, reason):
    assert marks(since=answer)["since"] == (points, reason)
    (mark,) = (m for m in grade(KEY, {"task 1": {"since": answer}}, "a.json") if m.fact == "since")
    assert mark.truth == "2025-03-01"
