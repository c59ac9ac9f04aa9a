"""The answer key: what was planted, as a document that can be saved, read, and checked against tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar

from rowsmith.core.errors import DataError, suggest
from rowsmith.truth._plant import Fact

T = TypeVar("T")

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
        types: by table, the Arrow type of each column, which text files do not keep.
        about: seed, difficulty, version and the like.
    """

    planted: tuple[Planted, ...]
    joins: Mapping[str, tuple[Join, ...]] = field(default_factory=dict)
    related: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
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
            "types": {table: dict(types) for table, types in self.types.items()},
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
    about = {
        k: v for k, v in document.items() if k not in ("format", "version", "planted", "joins", "related", "types")
    }
    if "planted" not in document:
        raise DataError(f"{where}: lacks planted; expected a list of structures.")
    planted = _each(document["planted"], f"{where}: planted")
    joins, related, types = (_mapping(document.get(n, {}), f"{where}: {n}") for n in ("joins", "related", "types"))
    return AnswerKey(
        planted=tuple(_read(entry, at) for at, entry in planted),
        joins={t: tuple(_built(Join, j, at) for at, j in _each(js, f"{where}: joins.{t}")) for t, js in joins.items()},
        related={
            t: tuple(tuple(c for _, c in _each(g, at)) for at, g in _each(groups, f"{where}: related.{t}"))
            for t, groups in related.items()
        },
        types={t: {c: str(v) for c, v in _mapping(each, f"{where}: types.{t}").items()} for t, each in types.items()},
        about=about,
    )


def _planted(planted: Planted) -> dict[str, Any]:
    facts = [
        {k: list(v) if isinstance(v, tuple) else v for k, v in vars(f).items() if v is not None} for f in planted.facts
    ]
    return {**vars(planted), "facts": facts}


def _read(entry: Any, at: str) -> Planted:
    values = _mapping(entry, at)
    listed = {name: tuple(c for _, c in _each(values.get(name, []), f"{at}.{name}")) for name in ("reads", "columns")}
    for name in ("question", "settings"):
        _mapping(values.get(name, {}), f"{at}.{name}")
    facts = tuple(_fact(fact, place) for place, fact in _each(values.get("facts", []), f"{at}.facts"))
    return _built(Planted, {**values, **listed} | ({"facts": facts} if "facts" in values else {}), at)


def _fact(entry: Any, at: str) -> Fact:
    values = dict(_mapping(entry, at))
    for name in ("value", "null", "tolerance"):
        value = values.get(name)
        # only of a number can there be a distance
        words = name == "value" and not any(values.get(n) for n in ("tolerance", "time")) and values.get("null") is None
        if isinstance(value, int | float) and not isinstance(value, bool):
            values[name] = float(value)
        elif words and isinstance(value, str | list):
            values[name] = value if isinstance(value, str) else tuple(map(str, value))
        elif name in values:
            what = "a number, a text, or a list of texts" if words else "a number"
            raise DataError(f"{at}.{name}={json.dumps(value)}: expected {what}.")
    return _built(Fact, values, at)


def _built(kind: type[T], values: Any, at: str) -> T:
    """An object from plain values, which name its fields."""
    given, known = _mapping(values, at), {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    needed = [n for n, each in known.items() if each.default is MISSING and each.default_factory is MISSING]
    if lacks := [name for name in needed if name not in given]:
        raise DataError(f"{at}: lacks {', '.join(lacks)}; expected {', '.join(needed)}.")
    if strange := [str(name) for name in given if name not in known]:
        raise DataError(f"{at}: {strange[0]!r} is no entry of a {kind.__name__.lower()}{suggest(strange[0], known)}")
    return kind(**given)


def _mapping(value: Any, at: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DataError(f"{at}={json.dumps(value)}: expected a mapping.")
    return value


def _each(value: Any, at: str) -> list[tuple[str, Any]]:
    """The entries of a list, each with where it is."""
    if not isinstance(value, list):
        raise DataError(f"{at}={json.dumps(value)}: expected a list.")
    return [(f"{at}[{i}]", entry) for i, entry in enumerate(value)]
