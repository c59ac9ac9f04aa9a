"""What a database is told of a table: columns, keys, what points where, and what every row keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from rowsmith.core.noted import noted
from rowsmith.core.portable import Condition
from rowsmith.core.schema import ForeignKey

__all__ = ["Declared", "ForeignKey", "Index", "TableDefinition", "declared_of", "indexes_of"]

INDEXES = b"rowsmith.indexes"
"""Key of an Arrow schema's metadata under which a reader keeps the indexes of the table in its database."""


@dataclass(frozen=True, kw_only=True)
class Index:
    """What a database looks rows up by.

    Attributes:
        name: of the index.
        columns: of the table, in order.
        unique: whether no two rows agree in all of them, but for rows with a null there.
    """

    name: str
    columns: tuple[str, ...]
    unique: bool = False


def indexes_of(schema: pa.Schema) -> tuple[Index, ...]:
    """The indexes that a reader has noted, of columns that are all there.

    >>> noted = {INDEXES: json.dumps([{"name": "by_day", "columns": ["day"], "unique": False}])}
    >>> indexes_of(pa.schema([("day", pa.date32())], metadata=noted))
    (Index(name='by_day', columns=('day',), unique=False),)
    """
    out = []
    for each in noted(schema, INDEXES):
        try:
            index = Index(name=str(each["name"]), columns=tuple(each["columns"]), unique=bool(each["unique"]))
        except (TypeError, KeyError):  # nothing that a reader has written
            continue
        if index.columns and all(column in schema.names for column in index.columns):
            out.append(index)
    return tuple(out)


DECLARED = b"rowsmith.declared"
"""The same of how the database declares the table in words of its own."""


_ACTIONS = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT")
LINKS = {"ondelete": _ACTIONS, "onupdate": _ACTIONS, "initially": ("DEFERRED", "IMMEDIATE")}
"""What is kept of a foreign key, with the words there are."""
_READ = set[bytes]()
"""What databases have said in this process."""
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]*(\(\d+(, ?\d+)?\))?[a-z ]*(\[\])?")
_CLAUSE = re.compile(
    r"\b(as|autoincrement|check|collate|compression|constraint|default|deferrable|generated|identity|key|not|null|on|primary"
    r"|references|storage|unique|using)\b",
    re.IGNORECASE,
)
"""What may come after a type in a declaration and is none of it."""
_OWN = re.compile(r'"([^"]|"")+"')


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What only one kind of database says of a table, in its own words.

    Attributes:
        dialect: name of the kind of database, as SQLAlchemy has it.
        types: column to its type, where that says more than the Arrow type does: `VARCHAR(20)`.
        casts: column to its type, where it can be known only by trying whether values are of it.
        enums: name of a type that the database has of its own to its values.
        identity: column that the database numbers to whether it always does.
        computed: column to the expression that it is computed from.
        defaults: column to the expression that stands in for a value that is not given.
        unique: sets of columns that identify a row, but for rows with a null there.
        checks: name to a condition that holds in every row.
        links: columns of a foreign key, joined by a comma, to what becomes of it when the other row goes, and when it is looked at:
            `ondelete`, `onupdate`, `initially`.
    """

    dialect: str
    types: Mapping[str, str] = field(default_factory=dict)
    casts: Mapping[str, str] = field(default_factory=dict)
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    identity: Mapping[str, bool] = field(default_factory=dict)
    computed: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    unique: tuple[tuple[str, ...], ...] = ()
    checks: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def noted(self) -> dict[bytes, bytes]:
        """What the reader of a database adds to the metadata of the table's schema."""
        text = json.dumps(vars(self), ensure_ascii=False).encode()
        _READ.add(text)
        return {DECLARED: text}


def declared_of(schema: pa.Schema) -> Declared | None:
    """How a table is declared, as its reader has noted it; None if it has not.

    Expressions are run by the database that the table is written to. So those count only that a database has said in this
    process, none that came in a file, which a stranger may have made.
    """
    kept = (schema.metadata or {}).get(DECLARED)
    if kept is None:
        return None
    try:
        return _declared(json.loads(kept), expressions=kept in _READ)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # nothing that a reader has written
        return None


def without_expressions(notes: Mapping[str, str]) -> dict[str, str]:
    """Notes of a table, as a model keeps them, without what only a database that has said it in this process may run.

    Args:
        notes: by key of the metadata.
    """
    name = DECLARED.decode()
    if name not in notes:
        return dict(notes)
    empty: dict[str, Any] = {"computed": {}, "defaults": {}, "checks": {}}
    try:
        return {**notes, name: json.dumps(json.loads(notes[name]) | empty, ensure_ascii=False)}
    except (ValueError, TypeError):  # nothing that a reader has written
        return {key: note for key, note in notes.items() if key != name}


def _is_type(word: str) -> bool:
    return _WORD.fullmatch(word) is not None and _CLAUSE.search(word) is None


def _declared(found: dict[str, Any], expressions: bool) -> Declared:
    enums = {name: tuple(map(str, values)) for name, values in found["enums"].items() if _OWN.fullmatch(name)}
    said = Declared(
        dialect=str(found["dialect"]),
        types={c: word for c, word in found["types"].items() if word in enums or _is_type(word)},
        casts={c: word for c, word in found["casts"].items() if _is_type(word)},
        enums=enums,
        identity={c: bool(always) for c, always in found["identity"].items()},
        unique=tuple(tuple(columns) for columns in found["unique"]),
        links={
            columns: {name: word for name, word in words.items() if word in LINKS.get(name, ())}
            for columns, words in found["links"].items()
        },
    )
    if not expressions:
        return said
    return replace(said, computed=found["computed"], defaults=found["defaults"], checks=found["checks"])


@dataclass(frozen=True, kw_only=True)
class TableDefinition:
    """A table as a database declares it.

    Attributes:
        schema: its columns and their types.
        primary_key: columns that identify a row.
        unique: other sets of columns that do, but for rows with a null there.
        not_null: columns without nulls.
        foreign_keys: what points to other rows.
        checks: name to what holds in every row.
        indexes: what rows are looked up by, besides keys.
        declared: what one kind of database says besides.
    """

    schema: pa.Schema
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    not_null: frozenset[str] = frozenset()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[tuple[str, Condition], ...] = ()
    indexes: tuple[Index, ...] = ()
    declared: Declared | None = None
