"""Marks for a person's answers."""

import pytest

from rowsmith.core.errors import DataError
from rowsmith.truth._grade import grade
from rowsmith.truth._key import AnswerKey, Planted, read_key
from rowsmith.truth._plant import Fact

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
        ("much", 0, "expected a number"),
        (None, 0, "no answer"),
    ],
)
def test_numbers(answer, points, reason):
    assert marks(price=answer)["price"] == (points, reason)


def test_words_in_any_order_and_part_of_them():
    assert marks(levels=["Shop", " web "])["levels"] == (1, "right")
    assert marks(levels=["shop", "phone"])["levels"] == (pytest.approx(1 / 3), "1 of 2 right, 1 wrong")


def test_answers_beside_the_key_earn_nothing():
    found = grade(KEY, {"sales drivers": {"age": 3}}, "student.json")
    assert [(m.fact, m.truth, m.points, m.reason) for m in found][3:] == [("age", None, 0.0, "was not planted")]


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


@pytest.mark.parametrize("text", ["[", "{}", '{"format": "rowsmith answer key", "version": 1, "planted": [{}]}'])
def test_what_is_no_key(text):
    with pytest.raises(DataError, match=r"^truth.json: "):
        read_key(text, "truth.json")


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
