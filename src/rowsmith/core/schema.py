"""What is valid: tables, their columns and types, keys and rules. Written as YAML, or inferred from data.

A schema says of each column its *kind* (how it is learnt and made: a module of `columns/`), its Arrow type, and the
settings of the kind that differ from their defaults. It holds no data, save what its settings name (levels, bounds).
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.grouping import BasketLines, EventOrder, check_grouping
from rowsmith.core.grouping import expect as _expect
from rowsmith.core.grouping import known as _known
from rowsmith.core.noted import noted, noted_columns
from rowsmith.core.yaml12 import Dumper, Loader

VERSION = 1
PRIMARY_KEY = b"rowsmith.primary_key"
"""Key of an Arrow schema's metadata under which a reader keeps the columns of a declared primary key, as JSON."""
FOREIGN_KEYS = b"rowsmith.foreign_keys"
"""The same of declared foreign keys: a list of `ForeignKey` as plain values, in the names that the tables have."""
NOT_NULL = b"rowsmith.not_null"
"""The same of columns that are declared never to be null."""


def noted_links(schema: pa.Schema) -> list[ForeignKey]:
    """Foreign keys that a reader has noted, of columns that are there."""
    out = []
    for each in noted(schema, FOREIGN_KEYS):
        try:
            key = ForeignKey(columns=tuple(each["columns"]), table=each["table"], targets=tuple(each["targets"]))
        except (TypeError, KeyError):
            continue
        there = key.columns and all(column in schema.names for column in key.columns)
        if there and len(key.columns) == len(key.targets) and isinstance(key.table, str):
            out.append(key)
    return out


def key_of(table: pa.Table, wanted: Sequence[str] | str) -> tuple[str, ...]:
    """The primary key that is meant: the one that is wanted, or else that which the table's reader has noted.

    Raises:
        SpecError: the table has no such column.
    """
    key = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    if not key:
        key = noted_columns(table.schema, PRIMARY_KEY)
        key = key if len(key) == len(noted(table.schema, PRIMARY_KEY)) else ()
    for column in key:
        if column not in table.column_names:
            raise SpecError(f"primary_key={column!r}: there is no such column{suggest(column, table.column_names)}")
    return key


def not_null_of(table: pa.Table) -> tuple[str, ...]:
    """Columns that the reader of a table noted as never null."""
    return noted_columns(table.schema, NOT_NULL)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table."""

    kind: str
    """How it is learnt and made: the name of a module of `columns/`."""
    type: str = ""
    """Arrow type, as text: `int64`, `decimal128(10, 2)`, `timestamp[us, tz=UTC]`; empty for the data's own."""
    form: Mapping[str, Any] | None = None
    """How values are printed, where they are text or come from a text file; see `core.text`."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the kind that differ from their defaults."""
    public: bool = False
    """Whether its values may be known to all, so that even one of a single row is kept."""
    why: str = ""
    """One clause on why this kind was chosen, for the reader."""


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """Columns that point to a row of another table, or of the same one: a foreign key. A row with a null there points to none."""

    columns: tuple[str, ...]
    """That point."""
    table: str
    """That is pointed to."""
    targets: tuple[str, ...]
    """Its columns, one for each; no two of its rows have the same values there."""
    why: str = ""
    """What speaks for it, where it was found in the data."""
    enforced: bool = True
    """Whether every one points to a row that is there; if not, as many point to none in a twin as do in the data."""

    def __str__(self) -> str:
        return f"{', '.join(self.columns)} -> {self.table}.{', '.join(self.targets)}"


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: its columns in order, its keys, its rules. Without columns, they are inferred when data is at hand."""

    columns: Mapping[str, Column]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    """What points to rows of other tables."""
    public: bool = False
    """Whether it is a look-up table that anybody may see: in a database, its rows come as they are."""
    rules: Mapping[str, str] = field(default_factory=dict)
    proposed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Rules that nearly all rows keep, for a person to move to `rules`: `sql`, `rows` in which it says something, `broken` ones
    of these, and the number of the first, `example`. A formula is learnt with the rows that break it; others change nothing."""
    follows: Mapping[str, str] = field(default_factory=dict)
    """Columns that follow from the row before of the same entity, or parent: SQL in which `previous.x` is column x there."""
    sequence: EventOrder | None = None
    """Which columns make the rows sequences, if they are some."""
    basket: BasketLines | None = None
    """Which columns make the rows items of baskets, if they are some."""

    def __post_init__(self) -> None:
        for name in self.primary_key:
            if self.columns and name not in self.columns:
                raise SpecError(f"primary_key: there is no column {name!r}{suggest(name, self.columns)}")
        for key in self.foreign_keys:
            for name in key.columns:
                if self.columns and name not in self.columns:
                    raise SpecError(f"foreign_keys.{name}: there is no such column{suggest(name, self.columns)}")
        check_grouping({"sequence": self.sequence, "basket": self.basket}, self.columns)


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The tables of a data set.

    >>> schema = Schema(tables={"t": Table(columns={"a": Column(kind="integer", type="int64")})})
    >>> Schema.from_yaml(schema.to_yaml()) == schema
    True
    """

    tables: Mapping[str, Table]

    def __post_init__(self) -> None:
        for name, table in self.tables.items():
            for key in table.foreign_keys:
                where = f"tables.{name}.foreign_keys.{', '.join(key.columns)}"
                if key.table not in self.tables:
                    raise SpecError(f"{where}: there is no table {key.table!r}{suggest(key.table, self.tables)}")
                known = self.tables[key.table].columns
                for target in key.targets:
                    if known and target not in known:
                        raise SpecError(f"{where}: {key.table} has no column {target!r}{suggest(target, known)}")
                if len(key.columns) != len(key.targets) or not key.columns:
                    raise SpecError(
                        f"{where}: {len(key.columns)} columns point to {len(key.targets)}; expected as many, and one at least."
                    )

    @property
    def has_groups(self) -> bool:
        """Whether rows of a table are sequences or items of baskets, so that none may be left out."""
        return any(table.sequence is not None or table.basket is not None for table in self.tables.values())

    @property
    def only(self) -> tuple[str, Table]:
        """Name and schema of the single table.

        Raises:
            SpecError: there are several, or none.
        """
        if len(self.tables) != 1:
            raise SpecError(f"the schema has {len(self.tables)} tables ({', '.join(self.tables)}); expected one.")
        return next(iter(self.tables.items()))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, defaults left out."""
        return {"rowsmith": VERSION, "tables": {n: _table_dict(t) for n, t in self.tables.items()}}

    def to_yaml(self) -> str:
        """The schema as a YAML document."""
        return yaml.dump(self.to_dict(), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)

    @classmethod
    def from_dict(cls, document: Any, where: str = "schema") -> Schema:
        """The schema that plain values describe.

        Raises:
            SpecError: the document is not a schema; the message has the path into it.
        """
        _expect(document, dict, where)
        if document.get("rowsmith") != VERSION:
            raise SpecError(f"{where}.rowsmith={document.get('rowsmith')!r}: expected {VERSION}, the schema's version.")
        _known(document, ("rowsmith", "tables"), where)
        tables = _expect(document.get("tables"), dict, f"{where}.tables")
        read = {str(n): _table_from(t, f"{where}.tables.{n}") for n, t in tables.items()}
        try:
            return cls(tables=read)
        except SpecError as fault:
            raise SpecError(f"{where}.{fault}") from None

    @classmethod
    def from_yaml(cls, text: str, where: str = "schema") -> Schema:
        """The schema in a YAML document.

        Raises:
            SpecError: not YAML, or not a schema.
        """
        try:
            document = yaml.load(text, Loader=Loader)
        except yaml.YAMLError as fault:
            line = getattr(getattr(fault, "problem_mark", None), "line", None)
            at = f" at line {line + 1}" if line is not None else ""
            raise SpecError(f"{where}: is not YAML{at} ({getattr(fault, 'problem', fault)}).") from None
        return cls.from_dict(document, where)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Schema:
        """The schema in a YAML file.

        Raises:
            SpecError: no such file, or not a schema.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise SpecError(
                f"{path}: the schema cannot be read ({getattr(fault, 'strerror', None) or fault})."
            ) from None
        return cls.from_yaml(text, str(path))


def arrow_type(text: str, where: str = "type") -> pa.DataType:
    """The Arrow type that a schema's text names; the inverse of `str(type)`.

    >>> arrow_type("decimal128(10, 2)")
    Decimal128Type(decimal128(10, 2))
    >>> arrow_type("timestamp[us, tz=Europe/Berlin]")
    TimestampType(timestamp[us, tz=Europe/Berlin])
    """
    from rowsmith.core.types import parse_type

    try:
        return parse_type(text)
    except ValueError as fault:
        raise SpecError(f"{where}={text!r}: {fault}.") from None


def _table_dict(table: Table) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if table.primary_key:
        out["primary_key"] = list(table.primary_key)
    if table.foreign_keys:
        out["foreign_keys"] = _references_dict(table.foreign_keys)
    if table.public:
        out["public"] = True
    out["columns"] = {}
    for name, column in table.columns.items():
        entry: dict[str, Any] = {"kind": column.kind} | ({"type": column.type} if column.type else {})
        if column.form is not None:
            entry["form"] = dict(column.form)
        entry |= dict(column.settings)
        if column.public:
            entry["public"] = True
        if column.why:
            entry["why"] = column.why
        out["columns"][name] = entry
    if table.rules:
        out["rules"] = dict(table.rules)
    if table.follows:
        out["follows"] = dict(table.follows)
    if table.sequence is not None:
        out["sequence"] = table.sequence.document()
    if table.basket is not None:
        out["basket"] = table.basket.document()
    if table.proposed:
        out["proposed"] = {name: dict(entry) for name, entry in table.proposed.items()}
    return out


def _table_from(document: Any, where: str) -> Table:
    _expect(document, dict, where)
    entries = ("primary_key", "foreign_keys", "public", "columns", "rules", "proposed", "follows", "sequence", "basket")
    _known(document, entries, where)
    columns = _expect(document.get("columns", {}), dict, f"{where}.columns")
    key = document.get("primary_key", [])
    rules = _expect(document.get("rules", {}), dict, f"{where}.rules")
    public = document.get("public", False)
    if not isinstance(public, bool):
        raise SpecError(f"{where}.public={public!r}: expected true or false.")
    proposed = _expect(document.get("proposed", {}), dict, f"{where}.proposed")
    follows = _expect(document.get("follows", {}), dict, f"{where}.follows")
    try:
        return Table(
            columns={str(n): _column_from(c, f"{where}.columns.{n}") for n, c in columns.items()},
            primary_key=tuple(str(k) for k in (key if isinstance(key, list) else [key])),
            foreign_keys=tuple(_references_from(document.get("foreign_keys", {}), f"{where}.foreign_keys")),
            public=public,
            rules={str(n): str(r) for n, r in rules.items()},
            proposed={str(n): _expect(e, dict, f"{where}.proposed.{n}") for n, e in proposed.items()},
            follows={str(n): str(e) for n, e in follows.items()},
            sequence=None
            if (found := document.get("sequence")) is None
            else EventOrder.from_document(found, f"{where}.sequence"),
            basket=None
            if (found := document.get("basket")) is None
            else BasketLines.from_document(found, f"{where}.basket"),
        )
    except SpecError as fault:
        message = str(fault)
        raise SpecError(message if message.startswith(where) else f"{where}.{message}") from None


def _references_dict(keys: Sequence[ForeignKey]) -> Any:
    """Foreign keys as a mapping, `shop_id: shops.shop_id`, where each is of one column; else as a list."""
    short = len({key.columns for key in keys}) == len(keys) and all(
        len(key.columns) == 1 and "." not in key.targets[0] for key in keys
    )
    out: list[tuple[str, Any]] = []
    for key in keys:
        more = ({} if key.enforced else {"enforced": False}) | ({"why": key.why} if key.why else {})
        if short:
            to = f"{key.table}.{key.targets[0]}"
            out.append((key.columns[0], {"to": to, **more} if more else to))
        else:
            entry = {"columns": list(key.columns), "table": key.table, "targets": list(key.targets)}
            out.append(("", entry | more))
    return dict(out) if short else [entry for _, entry in out]


def _references_from(document: Any, where: str) -> list[ForeignKey]:
    if isinstance(document, list):
        return [_reference_from(entry, f"{where}.{i + 1}") for i, entry in enumerate(document)]
    out = []
    for column, entry in _expect(document, dict, where).items():
        at = f"{where}.{column}"
        if isinstance(entry, str):
            entry = {"to": entry}
        _known(_expect(entry, dict, at), ("to", *_SAID_OF_LINKS), at)
        to = _expect(entry.get("to"), str, f"{at}.to")
        table, _, target = to.rpartition(".")
        if not (table and target):
            raise SpecError(f"{at}={to!r}: expected TABLE.COLUMN, such as shops.shop_id.")
        out.append(ForeignKey(columns=(str(column),), table=table, targets=(target,), **_said_of_link(entry, at)))
    return out


def _reference_from(document: Any, where: str) -> ForeignKey:
    """A foreign key in the long form, which may have several columns."""
    _known(_expect(document, dict, where), ("columns", "table", "targets", *_SAID_OF_LINKS), where)
    table = _expect(document.get("table"), str, f"{where}.table")
    names: dict[str, Any] = {}
    for entry in ("columns", "targets"):
        found = document.get(entry)
        found = [found] if isinstance(found, str) else found
        if not isinstance(found, list) or not found:
            raise SpecError(f"{where}.{entry}={found!r}: expected a column or a list of columns.")
        names[entry] = tuple(str(name) for name in found)
    return ForeignKey(**names, table=table, **_said_of_link(document, where))


_SAID_OF_LINKS = ("why", "enforced")


def _said_of_link(document: Mapping[str, Any], where: str) -> dict[str, Any]:
    enforced = document.get("enforced", True)
    if not isinstance(enforced, bool):
        raise SpecError(f"{where}.enforced={enforced!r}: expected true or false.")
    return {"why": str(document.get("why", "")), "enforced": enforced}


def _column_from(document: Any, where: str) -> Column:
    if isinstance(document, str):  # `age: integer` is enough where the kind says it all
        document = {"kind": document}  # and its type is the data's
    _expect(document, dict, where)
    kind = _expect(document.get("kind"), str, f"{where}.kind")
    own = {f.name for f in dataclasses.fields(Column)} - {"settings"}
    given = {k: document[k] for k in own & document.keys()}
    column_type = ""
    if "type" in given:
        column_type = str(given.pop("type"))
        arrow_type(column_type, f"{where}.type")
    given.pop("kind")
    if not isinstance(document.get("public", False), bool):
        raise SpecError(f"{where}.public={document['public']!r}: expected true or false.")
    # YAML reads 2024-05-01 as a day; a setting is JSON.
    settings = {str(k): v.isoformat() if isinstance(v, date) else v for k, v in document.items() if k not in own}
    return Column(kind=kind, type=column_type, settings=settings, **given)
