"""What goes with tables in which something is planted: the tasks for a student, and the key for the instructor."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pyarrow as pa

from rowsmith.truth._axis import shown
from rowsmith.truth._key import AnswerKey, Planted
from rowsmith.truth._plant import Fact

A_DATE = ', such as "2025-03-31"'
MORE = """A file `answers.json`: the number of each task, and for each answer its name and its value; a day as a text, "2025-03-31".

Any task may have more to find than it lists, or nothing. Hand in what you find under the names that its text gives, with names
of columns as they are here, and of another table's columns as `table.column`. Leave out what is not there: an answer beside the
right ones costs what a right one earns.
"""
"""Said of all tasks alike, as it would tell which of them hide something."""


def brief(key: AnswerKey, tables: Mapping[str, pa.Schema], rows: Mapping[str, int]) -> str:
    """The tasks, in Markdown, with the form of the answers and none of them.

    Args:
        key: what was planted.
        tables: columns of each table as it is written.
        rows: of each table.
    """
    return "\n".join(_brief(key, tables, rows)) + "\n"


def instructor(key: AnswerKey) -> str:
    """The key, in Markdown: every task with its answers, how they were planted, and what was touched."""
    return "\n".join(_instructor(key)) + "\n"


def _brief(key: AnswerKey, tables: Mapping[str, pa.Schema], rows: Mapping[str, int]) -> Iterator[str]:
    yield "# Tasks\n"
    yield "## The tables\n"
    yield "| table | rows | columns |\n|---|---|---|"
    for name, schema in tables.items():
        yield f"| {name} | {rows[name]:,} | {', '.join(schema.names)} |"
    for number, planted in enumerate(key.planted, start=1):
        yield f"\n## Task {number}: table {planted.table}\n\n{planted.brief}"
        asked = [fact for fact in planted.facts if fact.public]
        if asked:
            yield "\nAnswer with:\n"
            yield "\n".join(f"- `{fact.name}`: {fact.what}{A_DATE * fact.time}" for fact in asked)
    yield "\n## How to hand in\n"
    yield MORE
    yield f"```json\n{json.dumps(_form(key), indent=1, ensure_ascii=False)}\n```"


def _form(key: AnswerKey) -> dict[str, dict[str, None]]:
    """The answers, all empty."""
    return {
        f"task {number}": {fact.name: None for fact in planted.facts if fact.public}
        for number, planted in enumerate(key.planted, start=1)
    }


def _instructor(key: AnswerKey) -> Iterator[str]:
    yield "# Answer key\n"
    for name, value in key.about.items():
        if name != "spoilt":  # each task says it
            yield f"- {name}: {value}"
    for number, planted in enumerate(key.planted, start=1):
        yield f"\n## Task {number}: {planted.name}\n\n{planted.brief}\n"
        yield f"Planted in table `{planted.table}` ({planted.plant}): {planted.how}{_touched(planted)}\n"
        yield "| fact | truth | full marks within |\n|---|---|---|"
        for fact in planted.facts:
            allowed = "the words" if fact.tolerance is None else f"± {fact.tolerance:.3g}{' days' if fact.time else ''}"
            yield f"| {fact.what} (`{fact.name}`) | {_text(fact)} | {allowed} |"


def _touched(planted: Planted) -> str:
    return "" if planted.rows is None else f" It touched {planted.rows:,} rows; the file `flaws` lists them all."


def _text(fact: Fact) -> str:
    if isinstance(fact.value, str):
        return fact.value
    return ", ".join(fact.value) if isinstance(fact.value, tuple) else shown(fact.value, fact.time)
