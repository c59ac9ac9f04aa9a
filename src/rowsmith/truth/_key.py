"""The answer key: what was planted, as a document that can be saved, read, and checked against tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rowsmith.core.errors import DataError
from rowsmith.truth._plant import Fact, Value

FORMAT, VERSION = "rowsmith answer key", 1


@dataclass(frozen=True, kw_only=True)
class Join:
    """How a table's rows find the columns of a table above.

    Attributes:
        head: what stands before the dot where its columns are named: `customers` in `customers.age`.
        table: the table above.
        column: the table's own column that points to it.
        to: the column there.
    """

    head: str
    table: str
    column: str
    to: str


@dataclass(frozen=True, kw_only=True)
class Planted:
    """One planted structure, as the key tells of it.

    Attributes:
        name: as it was named in the spec.
        plant: kind of structure.
        table: the table.
        brief: the question to a student.
        question: what the analysis has to know.
        how: how it was planted.
        facts: what is true.
        settings: of the structure, in full.
        reads: columns that it needs beside those of its table, such as `customers.age`.
        columns: columns of the table that hang together by it.
        rows: how many rows it touched; None for all.
    """

    name: str
    plant: str
    table: str
    brief: str
    question: Mapping[str, Any]
    how: str
    facts: tuple[Fact, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: int | None = None


@dataclass(frozen=True, kw_only=True)
class AnswerKey:
    """All that was planted in some tables.

    Attributes:
        planted: the structures.
        joins: by table, how its rows find those above.
        related: by table, groups of columns that hang together by the way they are made, so that it is no surprise.
        about: seed, difficulty, version and the like.
    """

    planted: tuple[Planted, ...]
    joins: Mapping[str, tuple[Join, ...]] = field(default_factory=dict)
    related: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The document; `read_key` is the inverse."""
        document = {
            "format": FORMAT,
            "version": VERSION,
            **self.about,
            "planted": [_planted(p) for p in self.planted],
            "joins": {table: [vars(join) for join in joins] for table, joins in self.joins.items()},
            "related": {table: [list(group) for group in groups] for table, groups in self.related.items()},
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_key(text: str, where: str) -> AnswerKey:
    """The key in a document.

    Args:
        text: of the document.
        where: it is from, for messages.

    Raises:
        DataError: it is no answer key.
    """
    try:
        document = json.loads(text)
    except ValueError as fault:
        raise DataError(f"{where}: is no JSON ({fault}).") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("version") != VERSION:
        raise DataError(f'{where}: is no answer key of version {VERSION}; expected "format": "{FORMAT}" in it.')
    about = {k: v for k, v in document.items() if k not in ("format", "version", "planted", "joins", "related")}
    try:
        return AnswerKey(
            planted=tuple(_read(entry) for entry in document["planted"]),
            joins={t: tuple(Join(**join) for join in joins) for t, joins in document.get("joins", {}).items()},
            related={t: tuple(map(tuple, groups)) for t, groups in document.get("related", {}).items()},
            about=about,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise DataError(f"{where}: the answer key is not complete ({fault!r}).") from None


def _planted(planted: Planted) -> dict[str, Any]:
    facts = [
        {k: list(v) if isinstance(v, tuple) else v for k, v in vars(f).items() if v is not None} for f in planted.facts
    ]
    return {**vars(planted), "facts": facts}


def _read(entry: Mapping[str, Any]) -> Planted:
    facts = tuple(Fact(**{**fact, "value": _value(fact["value"])}) for fact in entry["facts"])
    listed = {name: tuple(entry.get(name, ())) for name in ("reads", "columns")}
    return Planted(**{**entry, **listed, "facts": facts})


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return tuple(map(str, value))
    return value if isinstance(value, str) else float(value)
