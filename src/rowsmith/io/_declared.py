"""How a database declares tables in words of its own: what a reader notes of it, and what of it rows keep that are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.definition import LINKS, Declared, Index, TableDefinition
from rowsmith.core.rowhash import complete, row_hashes
from rowsmith.io._ddl import quote

if TYPE_CHECKING:
    import sqlalchemy as sa

LISTED: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("TEXT", "VARCHAR"), (str,)),
    **dict.fromkeys(("SMALLINT", "INTEGER", "BIGINT"), (int,)),
    "DOUBLE PRECISION": (int, float),
    "BOOLEAN": (bool,),
}
"""Types of the values of arrays that are read as JSON and written from it, with their types there."""


_PLAIN = re.compile(
    r"text|integer|bigint|smallint|boolean|date|bytea|double precision|interval|time(stamp)? with(out)? time zone|numeric(\(.*\))?|.*\[\]"
)
"""Types that follow from those of Arrow, and arrays, which are written as JSON."""
_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


def of_server(table: sa.Table, inspector: sa.Inspector, exact: Mapping[str, str]) -> Declared:
    """How PostgreSQL declares a table.

    Args:
        table: as it was reflected.
        inspector: of the connection.
        exact: types of its columns, as PostgreSQL writes them.
    """
    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    types, enums, identity, computed, defaults = {}, {}, {}, {}, {}
    for column in table.columns:
        kind: Any = column.type
        if isinstance(kind, postgresql.ENUM):
            if kind.schema is None and kind.name:
                types[column.name], enums[quote(kind.name)] = quote(kind.name), tuple(kind.enums)
        elif isinstance(kind, postgresql.ARRAY):
            item = kind.item_type.compile(dialect=dialect)
            if isinstance(kind.item_type, postgresql.ENUM) and kind.item_type.name:
                enums[quote(kind.item_type.name)] = tuple(kind.item_type.enums)
            if item in LISTED and (kind.dimensions or 1) == 1:
                types[column.name] = f"{item}[]"
        elif isinstance(kind, sa.JSON | sa.Uuid) or (
            isinstance(kind, sa.String) and not isinstance(kind, sa.Text) and kind.collation is None
        ):
            types[column.name] = kind.compile(dialect=dialect)
        elif isinstance(kind, sa.Numeric) and not isinstance(kind, sa.Float) and kind.precision is None:
            types[column.name] = "NUMERIC"  # of any length
        default = getattr(
            getattr(column.server_default, "arg", None), "text", None
        )  # printed, it would lose backslashes
        if column.identity is not None:
            identity[column.name] = bool(column.identity.always)
        elif column.computed is not None:
            computed[column.name] = str(getattr(column.computed.sqltext, "text", column.computed.sqltext))
        elif default is not None and str(default).startswith("nextval("):
            identity[column.name] = False  # a number that the database gives, in the older way
        elif default is not None:
            defaults[column.name] = str(default)
    links = {
        ", ".join(e.parent.name for e in key.elements): {n: str(getattr(key, n)) for n in LINKS if getattr(key, n)}
        for key in table.foreign_key_constraints
    }
    unique = inspector.get_unique_constraints(table.name, schema=table.schema)
    checks = inspector.get_check_constraints(table.name, schema=table.schema)
    return Declared(
        dialect="postgresql",
        types=types,
        casts={c: word for c, word in exact.items() if c not in types and not _PLAIN.fullmatch(word)},
        enums=enums,
        identity=identity,
        computed=computed,
        defaults=defaults,
        unique=tuple(tuple(each["column_names"]) for each in unique),
        links={columns: said for columns, said in sorted(links.items()) if said},
        checks={each["name"]: each["sqltext"] for each in checks if each["name"]},
    )


def indexes_in(table: sa.Table, inspector: sa.Inspector) -> list[Index]:
    """Indexes of a table in a server that somebody made: of whole columns and of all rows."""
    out = []
    for each in inspector.get_indexes(table.name, schema=table.schema):
        options = each.get("dialect_options", {})
        plain = "expressions" not in each and "duplicates_constraint" not in each and None not in each["column_names"]
        if plain and each["name"] and not options.get("postgresql_where") and "postgresql_using" not in options:
            columns = tuple(str(name) for name in each["column_names"])
            out.append(Index(name=each["name"], columns=columns, unique=bool(each["unique"])))
    return out


def fitted(definitions: Mapping[str, TableDefinition], tables: Mapping[str, pa.Table]) -> dict[str, TableDefinition]:
    """Definitions without what rows do not keep of the ways in which their tables were declared.

    Args:
        definitions: of the tables.
        tables: their rows.
    """
    out = dict(definitions)
    for name, definition in definitions.items():
        declared, rows = definition.declared, tables[name]
        if declared is None:
            continue
        types = {
            c: w for c, w in declared.types.items() if c in rows.column_names and _fits(w, declared.enums, rows[c])
        }
        known = {definition.primary_key, *definition.unique}
        more = (u for u in declared.unique if u not in known and set(u) <= set(rows.column_names) and _differ(rows, u))
        lost = set(declared.types) - set(types)  # an expression may not do with other types
        out[name] = replace(
            definition,
            unique=(*definition.unique, *more),
            declared=replace(
                declared,
                types=types,
                identity={c: always for c, always in declared.identity.items() if c in definition.not_null},
                computed={
                    c: text
                    for c, text in declared.computed.items()
                    if not any(name in text for name in (*lost, *declared.casts))
                },
                defaults={c: text for c, text in declared.defaults.items() if c not in lost},
            ),
        )
    return alike(out, definitions)


def alike(definitions: dict[str, TableDefinition], before: Mapping[str, TableDefinition]) -> dict[str, TableDefinition]:
    """Definitions in which no foreign key has lost the declared type at one end alone.

    Args:
        definitions: of the tables.
        before: the same, before types were left out.
    """

    def typed(of: Mapping[str, TableDefinition]) -> set[tuple[str, str]]:
        return {(n, c) for n, each in of.items() if each.declared is not None for c in each.declared.types}

    links = [
        {(name, c), (key.table, t)}
        for name, definition in definitions.items()
        for key in definition.foreign_keys
        for c, t in zip(key.columns, key.targets, strict=True)
    ]
    links, has = [pair for pair in links if pair <= typed(before)], typed(definitions)
    while lonely := {end for pair in links if not pair <= has for end in pair & has}:
        has -= lonely
    out = {}
    for name, each in definitions.items():
        types = {} if each.declared is None else each.declared.types
        kept = {c: word for c, word in types.items() if (name, c) in has}
        out[name] = each if each.declared is None else replace(each, declared=replace(each.declared, types=kept))
    return out


def less(definition: TableDefinition) -> Iterator[TableDefinition]:
    """A definition with fewer and fewer words that a database may not know: without defaults and formulas, then without types."""
    yield definition
    if definition.declared is not None:
        plain = replace(definition.declared, defaults={}, computed={})
        yield replace(definition, declared=plain)
        yield replace(definition, declared=replace(plain, types={}, casts={}))


def _fits(word: str, enums: Mapping[str, Sequence[str]], values: pa.ChunkedArray) -> bool:
    """Whether all values may stand in a column of a declared type."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return not enums.get(word) and not word.endswith("[]")
    known = values.drop_null()
    if word in enums:
        return bool(pc.all(pc.is_in(known, pa.array(enums[word], known.type)), min_count=0).as_py())
    size = re.search(r"\((\d+)\)", word)
    if size is not None:
        return bool((pc.max(pc.utf8_length(known)).as_py() or 0) <= int(size[1]))
    if word == "UUID":
        return bool(pc.all(pc.match_substring_regex(known, _UUID), min_count=0).as_py())
    return not (word.endswith("[]") or word.startswith("JSON")) or all(_is_json(v, word) for v in known.to_pylist())


def _is_json(text: str, word: str) -> bool:
    """Whether a text is JSON that a column takes; of a column of lists, such a list."""
    try:
        value = json.loads(text)
    except ValueError:
        return False
    if "\\u0000" in text:
        return False
    if not word.endswith("[]"):
        return True
    return isinstance(value, list) and all(v is None or type(v) in LISTED[word.removesuffix("[]")] for v in value)


def _differ(rows: pa.Table, columns: Sequence[str]) -> bool:
    """Whether no two rows agree in some columns, but for rows with a null there."""
    arrays = [rows[c].combine_chunks() for c in columns]
    hashes = row_hashes(arrays, 1)[:, 0][complete(arrays)]
    return len(set(hashes.tolist())) == len(hashes)


def array_literals(texts: pa.Array) -> pa.Array:
    """Lists that are written as JSON, as PostgreSQL writes arrays."""

    def item(value: Any) -> str:
        if isinstance(value, str):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return "NULL" if value is None else json.dumps(value)

    lists = ((None if t is None else json.loads(t)) for t in texts.to_pylist())
    return pa.array([None if v is None else "{" + ",".join(map(item, v)) + "}" for v in lists], pa.string())
