"""What only people can say of a table: asked in a YAML file, never invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.yaml12 import Loader

QUESTIONS: Mapping[str, str] = {
    "title": "What is the table called?",
    "purpose": "What was it made for, and what may it be used for?",
    "source": "What real data was it learnt from: of whom, by whom, when, for what?",
    "legal_basis": "On which legal basis were the real data processed to make it?",
    "controller": "Who is responsible for the processing, and how can they be reached?",
    "owner": "Who has accepted the risk that is left, and when?",
    "release": "Who gets the table, under which conditions?",
    "outside_data": "Which other data about the same people are out there?",
    "retention": "How long is the table kept, and what ends its use?",
    "licence": "Under which licence?",
    "preparation": "What was left out of the real data, merged or corrected before it was learnt?",
    "assumptions": "What are the values supposed to measure and stand for?",
    "gaps": "What is known to be missing, or too little of?",
    "biases": "Which biases are known, and what was done about them?",
    "unit": "How many rows can one person have in the real data?",
    "non_uses": "What must it not be used for? (a list)",
    "releases": "Which tables were made of the same real data before? (a list of texts, such as: 2026-03-01, 10,000 rows, to the lab)",
}
"""Name of each question to its words."""
LISTS = ("non_uses", "releases")


def questionnaire() -> str:
    """An empty questionnaire: YAML with each question above its answer."""
    parts = ["# Answers for a data sheet. What is left empty is shown as open.\n"]
    parts += [f"# {words}\n{name}: {'[]' if name in LISTS else ''}\n" for name, words in QUESTIONS.items()]
    return "\n".join(parts)


def read_answers(text: str, where: str) -> dict[str, Any]:
    """The answers in a filled questionnaire, those left empty apart.

    Raises:
        SpecError: not YAML, an unknown question, or an answer that is no text (or list, where one is asked for).
    """
    try:
        document = yaml.load(text, Loader=Loader)
    except yaml.YAMLError as fault:
        raise SpecError(f"{where}: is not YAML ({getattr(fault, 'problem', fault)}).") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise SpecError(f"{where}: expected questions and answers, as `rowsmith datasheet --questions` writes them.")
    return checked_answers(document, where)


def checked_answers(document: Mapping[Any, Any], where: str) -> dict[str, Any]:
    """Answers by question, those left empty apart.

    Raises:
        SpecError: an unknown question, or an answer that is no text (or list, where one is asked for).
    """
    answers: dict[str, Any] = {}
    for name, answer in document.items():
        if name not in QUESTIONS:
            raise SpecError(f"{where}.{name}: there is no such question{suggest(str(name), QUESTIONS)}")
        if answer is None or answer in ("", [], ()):
            continue
        if name in LISTS:
            if not isinstance(answer, list | tuple):
                raise SpecError(f"{where}.{name}={answer!r}: expected a list.")
            answers[name] = [str(each) for each in answer]
        elif isinstance(answer, Mapping | list | tuple):
            raise SpecError(f"{where}.{name}={answer!r}: expected a text.")
        else:
            answers[name] = str(answer)
    return answers
