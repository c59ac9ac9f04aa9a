"""Answers of a person against the key: full marks, half marks, none, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.truth._axis import place, shown
from rowsmith.truth._key import AnswerKey
from rowsmith.truth._plant import Fact

NEAR = 3.0
"""Times the tolerance within which a number earns half marks."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What one answer earns.

    Attributes:
        planted: name of the structure.
        fact: name of the fact.
        answer: as it was given; None if there is none.
        truth: the true value; None where nothing was planted.
        points: from 0 to 1.
        reason: in a few words.
    """

    planted: str
    fact: str
    answer: Any
    truth: Any
    points: float
    reason: str


def grade(key: AnswerKey, answers: Any, where: str) -> list[Mark]:
    """Marks for every fact of a key, and after them what was answered beside it, which earns nothing.

    Args:
        key: the truth.
        answers: task (`task 1`, or the name of the structure) to names of facts to values, as JSON has them.
        where: they are from, for messages.

    Raises:
        DataError: they are not of this form, or speak of a task that the key does not have.
    """
    if not isinstance(answers, Mapping):
        raise DataError(f'{where}: expected a mapping such as {{"task 1": {{"price": -2.3}}}}.')
    names = {
        task: planted.name for number, planted in enumerate(key.planted, 1) for task in (f"task {number}", planted.name)
    }
    given: dict[str, Mapping[str, Any]] = {}
    for task, answer in answers.items():
        if task not in names:
            raise DataError(f"{where}: {task!r} is no task of the key{suggest(str(task), names)}")
        if not isinstance(answer, Mapping):
            raise DataError(f"{where}: {task}={answer!r}: expected a mapping of facts to values.")
        given[names[task]] = {**given.get(names[task], {}), **answer}
    return [*_marks(key, given), *_beside(key, given)]


def _marks(key: AnswerKey, given: Mapping[str, Mapping[str, Any]]) -> Iterator[Mark]:
    for planted in key.planted:
        answers = given.get(planted.name, {})
        for fact in planted.facts:
            answer = answers.get(fact.name)
            truth = shown(fact.value, True) if fact.time and isinstance(fact.value, float) else fact.value
            points, reason = (0.0, "no answer") if answer is None else _points(fact, answer)
            yield Mark(planted=planted.name, fact=fact.name, answer=answer, truth=truth, points=points, reason=reason)


def _beside(key: AnswerKey, given: Mapping[str, Mapping[str, Any]]) -> Iterator[Mark]:
    for planted in key.planted:
        known = {fact.name for fact in planted.facts}
        for name, answer in given.get(planted.name, {}).items():
            if name not in known:
                yield Mark(
                    planted=planted.name, fact=name, answer=answer, truth=None, points=0.0, reason="was not planted"
                )


def _points(fact: Fact, answer: Any) -> tuple[float, str]:
    if isinstance(fact.value, str | tuple):
        right = {fact.value.casefold()} if isinstance(fact.value, str) else {v.casefold() for v in fact.value}
        listed = answer if isinstance(answer, list) else [answer]
        given = {str(word).strip().casefold() for word in listed}
        share = len(right & given) / len(right | given)
        return (
            share,
            "right" if share == 1 else f"{len(right & given)} of {len(right)} right, {len(given - right)} wrong",
        )
    number = _number(fact, answer)
    if number is None:
        return 0.0, "expected a date, such as 2025-03-31" if fact.time else "expected a number"
    away, allowed = abs(number - fact.value), fact.tolerance or 0.0
    if away <= allowed:
        return 1.0, f"within {allowed:.3g}" if allowed else "right"
    if fact.null is not None and (number - fact.null) * (fact.value - fact.null) <= 0:
        return 0.0, "the wrong direction"
    if away <= NEAR * allowed:
        return 0.5, f"right direction, off by {away:.3g}"
    return 0.0, f"off by {away:.3g}; {allowed:.3g} were allowed"


def _number(fact: Fact, answer: Any) -> float | None:
    if fact.time and isinstance(answer, str):
        try:
            return place(answer)
        except SpecError:
            return None
    return None if isinstance(answer, bool) or not isinstance(answer, int | float) else float(answer)
