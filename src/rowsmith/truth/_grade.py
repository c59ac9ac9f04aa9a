"""Answers of a person against the key: full marks, half marks, none, or points off, each with the reason."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.truth._axis import place, shown
from rowsmith.truth._key import AnswerKey, Planted
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
        points: from 0 to 1; below 0, to -1, for an answer beside the key, but no task has less than 0 in all.
        reason: in a few words.
    """

    planted: str
    fact: str
    answer: Any
    truth: Any
    points: float
    reason: str


def grade(key: AnswerKey, answers: Any, where: str) -> list[Mark]:
    """Marks for every fact of a key, and after them what was answered beside it, which costs points.

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
    return list(_marks(key, given))


def _marks(key: AnswerKey, given: Mapping[str, Mapping[str, Any]]) -> Iterator[Mark]:
    extras = []
    for planted in key.planted:
        answers = dict(given.get(planted.name, {}))
        earned = 0.0
        for fact in planted.facts:
            answer = next((answers[name] for name in _called(fact.name, answers)), None)
            truth = shown(fact.value, True) if fact.time and isinstance(fact.value, float) else fact.value
            points, reason = (0.0, "no answer") if answer is None else _points(fact, answer)
            earned += points
            yield Mark(planted=planted.name, fact=fact.name, answer=answer, truth=truth, points=points, reason=reason)
        extras += list(_beside(planted, answers, earned))
    yield from extras


def _beside(planted: Planted, answers: Mapping[str, Any], earned: float) -> Iterator[Mark]:
    """What was answered that was not planted: each costs what a right answer earns, or all would be found by naming all."""
    known = {name for fact in planted.facts for name in _called(fact.name, answers)}
    for name, answer in answers.items():
        if name in known or answer is None:
            continue
        cost, reason = min(1.0, earned), "was not planted, and costs what a right answer earns"
        if any(name in _called(_other_way(fact.name), answers) for fact in planted.facts):
            cost, reason = 0.0, "the other direction of a rule that was planted"
        elif not cost:
            reason = "was not planted"
        earned -= cost
        yield Mark(planted=planted.name, fact=name, answer=answer, truth=None, points=-cost or 0.0, reason=reason)


def _called(name: str, answers: Mapping[str, Any]) -> list[str]:
    """Names under which answers may be those of a fact, the best first: as it is, in other case or spacing, the other way round.

    Support and lift of a rule are the same in either direction.
    """
    named = [name, _other_way(name)] if name.endswith((": support", ": lift")) else [name]
    exact = [each for each in named if each in answers]
    return exact + [each for each in answers if each not in exact and _spaced(each) in map(_spaced, named)]


def _other_way(name: str) -> str:
    """A rule with its sides exchanged; another name as it is."""
    return re.sub(r"^(.+) -> (.+)(: \w+)$", r"\2 -> \1\3", name)


def _spaced(name: str) -> str:
    return " ".join(name.casefold().split())


def _points(fact: Fact, answer: Any) -> tuple[float, str]:
    if isinstance(fact.value, str | tuple):
        return _of_words((fact.value,) if isinstance(fact.value, str) else fact.value, answer)
    one = "date, such as 2025-03-31" if fact.time else "number"
    if isinstance(answer, list | Mapping):
        return 0.0, f"expected one {one}, got a {'list' if isinstance(answer, list) else 'mapping'}"
    number = _number(fact, answer)
    if number is None:
        return 0.0, f"expected a {one}"
    away, allowed = abs(number - fact.value), fact.tolerance or 0.0
    if away <= allowed:
        return 1.0, f"within {allowed:.3g}" if allowed else "right"
    if fact.null is not None and (number - fact.null) * (fact.value - fact.null) <= 0:
        return 0.0, "the wrong direction"
    if away <= NEAR * allowed:
        return 0.5, f"right direction, off by {away:.3g}"
    return 0.0, f"off by {away:.3g}; {allowed:.3g} were allowed"


def _of_words(value: tuple[str, ...], answer: Any) -> tuple[float, str]:
    listed = list(map(str, answer if isinstance(answer, list) else [answer]))
    alike = len(set(map(_letters, value))) < len(set(value))  # words that differ in signs alone
    form = _spaced if alike else _letters
    right, given = set(map(form, value)), set(map(form, listed))
    share = len(right & given) / len(right | given)
    return share, "right" if share == 1 else f"{len(right & given)} of {len(right)} right, {len(given - right)} wrong"


def _letters(word: str) -> str:
    """A word by letters and digits alone; a number by its value; what has no letters, such as 99.99.9999, as it is.

    >>> _letters("Decimal shift"), _letters("-1.0")
    ('decimalshift', '-1')
    """
    try:
        return f"{float(word):.12g}"
    except ValueError:
        bare = "".join(sign for sign in word.casefold() if sign.isalnum())
        return bare if any(sign.isalpha() for sign in bare) else _spaced(word)


def _number(fact: Fact, answer: Any) -> float | None:
    """A number, also written as text, or a moment; None for anything else."""
    if isinstance(answer, bool) or not isinstance(answer, str | int | float):
        return None
    try:
        number = place(answer) if fact.time and isinstance(answer, str) else float(answer)
    except (SpecError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
