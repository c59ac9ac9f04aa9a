"""The tables of a spec as statements that create them in a database."""

from __future__ import annotations

from rowsmith.engine.planning import schemas_of
from rowsmith.io._ddl import script
from rowsmith.spec.definitions import definitions
from rowsmith.spec.model import Spec


def ddl(spec: Spec, dialect: str = "postgresql") -> str:
    """The CREATE statements of every table, as `make` would create them: types, keys, and the rules that SQL can check.

    Args:
        spec: how the tables are made.
        dialect: kind of database: postgresql, sqlite, mysql, mariadb, mssql, oracle, or another that SQLAlchemy knows.

    Raises:
        SpecError: no such dialect.
        OutputError: a column's type cannot be kept in a database.

    >>> from rowsmith.spec.model import Spec
    >>> table = {"rows": 3, "columns": {"a": "id", "b": {"kind": "reference", "table": "t"}}, "rules": {"up": "b >= a"}}
    >>> print(ddl(Spec(tables={"t": table}), "sqlite"), end="")
    CREATE TABLE "t" (
        "a" INTEGER NOT NULL,
        "b" INTEGER NOT NULL,
        PRIMARY KEY ("a"),
        CONSTRAINT "t_b_fkey" FOREIGN KEY("b") REFERENCES "t" ("a"),
        CONSTRAINT "t_up_check" CHECK ("b" >= "a")
    );
    """
    return script(definitions(spec, schemas_of(spec)), dialect)
