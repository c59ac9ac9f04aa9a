"""Definitions of tables as SQL: columns and keys through SQLAlchemy, checks in each database's own words."""

from __future__ import annotations

import datetime
import decimal
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from rowsmith.core.definition import Declared, TableDefinition
from rowsmith.core.errors import OutputError, SpecError, suggest
from rowsmith.core.portable import Apply, Need, Term, Value
from rowsmith.core.portable import Name as Column
from rowsmith.core.provenance import comment_of

if TYPE_CHECKING:
    import sqlalchemy as sa

FILE = "sqlite file"
"""SQLite as it is written here, rather than by SQLAlchemy: it keeps zones and lengths of time."""
LACKS: Mapping[str, frozenset[Need]] = {
    "postgresql": frozenset(),
    # Decimals are floats there, and NaN is null.
    FILE: frozenset({"decimals", "nan"}),
    "sqlite": frozenset({"decimals", "nan", "moments"}),
    # Texts are equal whatever their case.
    "mysql": frozenset({"collation"}),
    "mariadb": frozenset({"collation"}),
}
"""What a database cannot do that a check may need; one that is not listed gets no checks."""
DIALECTS = ("postgresql", "sqlite", "mysql", "mariadb", "mssql", "oracle")
_KEY_LENGTH = 255  # characters of a text in a key, where a database wants to know
_NAME_LENGTH = 60  # bytes of a constraint's name


def quote(name: str) -> str:
    """An identifier in standard SQL."""
    return '"' + name.replace('"', '""') + '"'


def metadata(tables: Mapping[str, TableDefinition], dialect: str) -> sa.MetaData:
    """Tables as SQLAlchemy knows them, in the given order.

    Args:
        tables: by name; `sales.orders` lies in the schema `sales`.
        dialect: name of one of SQLAlchemy's dialects, or `FILE`.

    Raises:
        OutputError: a column's type cannot be kept in a database.
    """
    import sqlalchemy as sa

    out, made = sa.MetaData(), {}
    for name, definition in tables.items():
        schema, _, plain = ("", "", name) if dialect == FILE else name.rpartition(".")  # which has no schemas
        pointing = {c for key in definition.foreign_keys for c in key.columns}
        keyed = {*definition.primary_key, *(c for columns in definition.unique for c in columns), *pointing}
        words = declared_in(definition, dialect)
        columns = [
            sa.Column(
                _quoted(field.name),
                _declared(words.types[field.name])
                if field.name in words.types
                else _type(name, field, dialect, keyed=field.name in keyed),
                *([sa.Identity(always=words.identity[field.name])] if field.name in words.identity else []),
                *(
                    [sa.Computed(_sql_text(words.computed[field.name]), persisted=True)]
                    if field.name in words.computed
                    else []
                ),
                server_default=_sql_text(words.defaults[field.name])
                if field.name in words.defaults and field.name not in words.casts
                else None,
                nullable=field.name not in definition.not_null,
                autoincrement="auto" if field.name in words.identity else False,
            )
            for field in definition.schema
        ]
        where = _quoted(schema) if schema else None
        made[name] = sa.Table(_quoted(plain), out, *columns, schema=where, comment=comment_of(definition.schema))
    for name, definition in tables.items():
        _constrain(made, name, definition, dialect)
    return out


def _sql_text(expression: str) -> Any:
    """An expression as it stands: a literal column is the one kind of text in which SQLAlchemy looks for no parameters."""
    import sqlalchemy as sa

    return sa.literal_column(expression)


def declared_in(definition: TableDefinition, dialect: str) -> Declared:
    """What a table is declared as in the words of a database; nothing, if its words are another one's."""
    own, found = "sqlite" if dialect == FILE else dialect, definition.declared
    return found if found is not None and found.dialect == own else Declared(dialect=own)


def created(table: sa.Table, dialect: Any) -> str:
    """The statement that creates a table, of a database without comments: a comment stands inside, where it is kept."""
    from sqlalchemy.schema import CreateTable

    text = str(CreateTable(table).compile(dialect=dialect)).strip()
    start = f"CREATE TABLE {quote(table.name)} ("
    if table.comment is None or not text.startswith(start):
        return text
    return f"{start}\n\t/* {table.comment} */{text.removeprefix(start)}"


def _constrain(made: Mapping[str, sa.Table], name: str, definition: TableDefinition, dialect: str) -> None:
    import sqlalchemy as sa

    table = made[name]
    if definition.primary_key:
        table.append_constraint(sa.PrimaryKeyConstraint(*(table.c[c] for c in definition.primary_key)))
    for columns in definition.unique:
        table.append_constraint(sa.UniqueConstraint(*(table.c[c] for c in columns)))
    for key in definition.foreign_keys:
        mine = [table.c[c] for c in key.columns]
        its = [made[key.table].c[c] for c in key.targets]
        said: dict[str, Any] = dict(declared_in(definition, dialect).links.get(", ".join(key.columns), {}))
        said |= {"deferrable": True} if "initially" in said else {}
        named = _constraint(name, *key.columns, "fkey")
        table.append_constraint(sa.ForeignKeyConstraint(mine, its, name=named, **said))
    lacks = LACKS.get(dialect)
    for rule, found in definition.checks:
        if lacks is not None and not found.needs & lacks:
            text = _sql_text(_condition(found.term, dialect))
            table.append_constraint(sa.CheckConstraint(text, name=_constraint(name, rule, "check")))


def script(tables: Mapping[str, TableDefinition], dialect: str) -> str:
    """The statements that create tables, as text.

    Args:
        tables: by name.
        dialect: name of one of SQLAlchemy's dialects.

    Raises:
        SpecError: no such dialect is installed.
    """
    import sqlalchemy as sa
    from sqlalchemy import schema

    try:
        kind: Any = sa.make_url(f"{dialect}://").get_dialect()
        found = kind(paramstyle="named")  # with another one, percent signs would be doubled
    except (sa.exc.NoSuchModuleError, sa.exc.ArgumentError, ImportError):
        raise SpecError(f"dialect={dialect!r}: is not a known kind of database{suggest(dialect, DIALECTS)}") from None
    name = FILE if found.name == "sqlite" else "mariadb" if dialect.startswith("mariadb") else found.name
    meta = metadata(tables, name)
    statements: list[str] = []
    later: list[sa.ForeignKeyConstraint] = []
    done: set[sa.Table] = set()
    for table in _pointed_to_first(meta.tables.values()):
        done.add(table)
        keys = sorted(table.foreign_key_constraints, key=lambda key: str(key.name))
        inside = [key for key in keys if key.referred_table in done or not found.supports_alter]
        later += [key for key in keys if key not in inside]
        created = schema.CreateTable(table, include_foreign_key_constraints=inside)
        statements.append(str(created.compile(dialect=found)))
    statements += [str(schema.AddConstraint(key).compile(dialect=found)) for key in later]
    return "\n\n".join(_tidy(statement) for statement in statements) + "\n"


def _pointed_to_first(tables: Iterable[sa.Table]) -> Iterator[sa.Table]:
    """Tables in the given order, but each after those that it points to, unless they point to one another."""
    left = list(tables)
    while left:
        waits = ({key.referred_table for key in table.foreign_key_constraints} - {table} for table in left)
        chosen = next((t for t, others in zip(left, waits, strict=True) if others.isdisjoint(left)), left[0])
        left.remove(chosen)
        yield chosen


def _tidy(statement: str) -> str:
    lines = [line.rstrip() for line in statement.strip().split("\n")]
    return "\n".join("    " + line[1:] if line.startswith("\t") else line for line in lines) + ";"


def _quoted(name: str) -> Any:
    from sqlalchemy.sql.elements import quoted_name

    return quoted_name(name, True)


def _constraint(*parts: str) -> Any:
    """A constraint's name, which some databases want to be unique among all tables."""
    name = "_".join(part.replace(".", "_") for part in parts)
    if len(name.encode()) > _NAME_LENGTH:
        short = name.encode()[: _NAME_LENGTH - 9].decode(errors="ignore")
        name = f"{short}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return _quoted(name)


def _type(table: str, field: pa.Field, dialect: str, *, keyed: bool) -> Any:
    """The SQL type of a column.

    Args:
        table: its name, for messages.
        field: the column.
        dialect: of the database.
        keyed: whether the column is part of a key.
    """
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if kind == pa.month_day_nano_interval():
        raise OutputError(
            f"{table}.{field.name}: holds calendar intervals, which databases keep in different ways; "
            "turn them into a number of days or seconds."
        )
    if dialect == FILE:
        return _declared(_declaration(kind))
    return _sql_type(kind, dialect, keyed=keyed)


def _declared(word: str) -> Any:
    from sqlalchemy.types import UserDefinedType

    class Declared(UserDefinedType[Any]):
        cache_ok = True

        def get_col_spec(self, **_: Any) -> str:
            return word

    return Declared()


def _declaration(kind: pa.DataType) -> str:
    """The type in an SQLite file, from which its reader knows what the values are."""
    if pa.types.is_boolean(kind):
        return "BOOLEAN"
    if pa.types.is_integer(kind):
        return "INTEGER"
    if pa.types.is_floating(kind):
        return "REAL"
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if pa.types.is_date(kind):
        return "DATE"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz is None else "TIMESTAMP WITH TIME ZONE"
    if pa.types.is_time(kind):
        return "TIME"
    return "BLOB" if is_bytes(kind) else "TEXT"


def is_bytes(kind: pa.DataType) -> bool:
    """Whether values are bytes."""
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _sql_type(kind: pa.DataType, dialect: str, *, keyed: bool) -> Any:
    """The SQL type for an Arrow one."""
    import sqlalchemy as sa

    if pa.types.is_boolean(kind):
        return sa.Boolean()
    if pa.types.is_integer(kind):
        if kind.bit_width == 64:
            return sa.Numeric(20, 0) if pa.types.is_unsigned_integer(kind) else sa.BigInteger()
        if kind in (pa.int8(), pa.int16(), pa.uint8()):
            return sa.SmallInteger()
        return sa.BigInteger() if kind == pa.uint32() else sa.Integer()
    if pa.types.is_floating(kind):
        return sa.Double()
    if pa.types.is_decimal(kind):
        return sa.Numeric(kind.precision, kind.scale)
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _moment(kind, dialect)
    if pa.types.is_date(kind):
        return sa.Date()
    if pa.types.is_duration(kind):
        return sa.Interval()
    if is_bytes(kind):
        return sa.LargeBinary()
    # A text of any length cannot be in a key but here.
    return sa.String(_KEY_LENGTH) if keyed and dialect not in ("postgresql", "sqlite") else sa.Text()


def _moment(kind: pa.DataType, dialect: str) -> Any:
    import sqlalchemy as sa

    if dialect in ("mysql", "mariadb"):  # which rounds to seconds, unless it is told
        from sqlalchemy.dialects import mysql

        return mysql.DATETIME(fsp=6) if pa.types.is_timestamp(kind) else mysql.TIME(fsp=6)
    return sa.DateTime(timezone=kind.tz is not None) if pa.types.is_timestamp(kind) else sa.Time()


def _condition(term: Term, dialect: str) -> str:
    """A check in the words of a database."""
    mark = "`" if dialect in ("mysql", "mariadb") else '"'
    files = dialect in (FILE, "sqlite")
    double = "REAL" if files else "DOUBLE" if mark == "`" else "DOUBLE PRECISION"

    def write(term: Term) -> str:
        if isinstance(term, Column):
            return mark + term.column.replace(mark, mark * 2) + mark
        if isinstance(term, Value):
            return _literal(term, double if not files else None)
        return _apply(term, inside, double)

    def inside(term: Term) -> str:
        text = write(term)
        simple = not isinstance(term, Apply) or term.operator == "float"
        return text if simple else f"({text})"

    return write(term)


def _apply(term: Apply, inside: Callable[[Term], str], double: str) -> str:
    operands = [inside(operand) for operand in term.operands]
    match term.operator, operands:
        case "float", [operand]:
            return f"CAST({operand} AS {double})"
        case "not", [operand]:
            return f"NOT {operand}"
        case "-", [operand]:
            return f"- {operand}"
        case (("is null" | "is not null"), [operand]):
            return f"{operand} {term.operator.upper()}"
        case "between", [operand, low, high]:
            return f"{operand} BETWEEN {low} AND {high}"
        case "in", [operand, *options]:
            return f"{operand} IN ({', '.join(options)})"
    return f" {term.operator.upper()} ".join(operands)


def _literal(term: Value, double: str | None) -> str:
    value = term.value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, float):  # a number with a point is a decimal in most databases
        return repr(value) if double is None else f"CAST({value!r} AS {double})"
    if isinstance(value, datetime.datetime):
        return f"'{value.isoformat(' ')}'"
    if isinstance(value, datetime.date):
        return f"'{value.isoformat()}'"
    return "'" + value.replace("'", "''") + "'"
