"""Linked tables in databases: what is declared holds, what breaks it is refused, and values come back as they were."""

import contextlib
import datetime
import decimal
import re
import sqlite3

import numpy as np
import pyarrow as pa
import pytest
from tests.engine._databases import SHOP, ask, connected, same_rows, tables_of

from rowsmith.core.definition import ForeignKey
from rowsmith.core.errors import SpecError
from rowsmith.engine.ddl import ddl
from rowsmith.engine.make import make
from rowsmith.engine.planning import schemas_of
from rowsmith.io._open import read_table
from rowsmith.spec.definitions import definitions
from rowsmith.spec.model import Spec


def test_what_is_declared(spec):
    found = definitions(spec, schemas_of(spec))
    keys = {name: [(k.columns, k.table, k.targets) for k in table.foreign_keys] for name, table in found.items()}
    assert keys == {
        "customers": [
            (("boss",), "customers", ("customer_id",)),
            (("favourite",), "products", ("product_id",)),
        ],
        "orders": [
            (("customer_id",), "customers", ("customer_id",)),
            (("friend",), "customers", ("code",)),
        ],
        "lines": [
            (("order_id",), "orders", ("order_id",)),
            (("customer",), "customers", ("customer_id",)),  # handed down
            (("product",), "products", ("product_id",)),
        ],
        "marks": [(("order", "line"), "lines", ("order_id", "line"))],
        "products": [(("first_buyer",), "customers", ("customer_id",))],  # `like` is cast
    }
    assert found["customers"].unique == (("code",),)
    assert [table.primary_key for table in found.values()] == [
        ("customer_id",), ("order_id",), ("order_id", "line"), (), ("product_id",),
    ]  # fmt: skip
    assert {name: sorted(table.not_null) for name, table in found.items()} == {
        "customers": ["code", "customer_id", "favourite"],
        "orders": ["customer_id", "day", "friend", "order_id", "paid", "share"],
        "lines": ["customer", "day", "line", "order_id", "price", "quantity"],
        "marks": ["at", "line", "order"],
        "products": ["first_buyer", "like", "product_id"],
    }
    assert {name: [rule for rule, _ in table.checks] for name, table in found.items()} == {
        "customers": ["of age", "50%"], "orders": ["in time", "small"], "lines": ["cheap"], "marks": [], "products": [],
    }  # fmt: skip


def test_nothing_is_declared_that_may_not_hold():
    tables = {
        "a": {"rows": 9, "columns": {"id": {"kind": "id", "null": 0.5}, "b": "normal", "c": {"kind": "id", "by": {"b": {}}}}},
        "d": {"rows": 9, "columns": {c: {"kind": "reference", "table": "a", "column": c} for c in ("id", "b")}},
    }  # fmt: skip
    tables["a"]["columns"]["c"] = {"kind": "id"}
    spec = Spec(tables=tables)
    found = definitions(spec, schemas_of(spec))
    assert found["d"].foreign_keys == ()  # some rows of the one have no key, and the other is no key
    assert found["a"].unique == ()


BROKEN = [
    ("delete from {customers} where customer_id = (select customer_id from {orders} limit 1)", "foreign"),
    ("update {orders} set friend = 'nobody' where order_id = 'O000001'", "foreign"),
    ("update {customers} set boss = -1", "foreign"),
    ("update {lines} set customer = -1", "foreign"),
    ("update {lines} set product = 7", "foreign"),
    ("update {marks} set line = 99", "foreign"),
    ("update {products} set first_buyer = -1", "foreign"),
    ("update {customers} set code = 'C00001'", "unique"),
    ("insert into {lines} select * from {lines} limit 1", "unique"),
    ("update {orders} set share = null", "null"),
    ("update {orders} set customer_id = null", "null"),
    ("update {customers} set age = 5", "check"),
    ("update {customers} set note = '100%'", "check"),
    ("update {orders} set shipped = '2023-01-01'", "check"),
    ("update {orders} set share = 0.01", "check"),
]


def test_sqlite(spec, made, tmp_path):
    path = tmp_path / "shop.sqlite"
    path.write_text("what was there before")
    found = make(spec, path)
    assert found.rows == made.rows
    assert dict(found.files) == {name: f"{path}#{name}" for name in made}
    same_rows(path, made)
    assert list(tmp_path.iterdir()) == [path]
    with connected(path) as connection:
        assert connection.execute("pragma foreign_key_check").fetchall() == []
        for statement, what in BROKEN:
            with pytest.raises(sqlite3.IntegrityError, match=f"(?i){what}"):
                connection.execute(statement.format(**{name: name for name in made}))
            connection.rollback()


def test_sqlite_takes_every_row_with_its_keys_enforced(spec, made, tmp_path):
    """The statements of `ddl`, and rows in the order of the tables with keys looked at as they come."""
    make(spec, tmp_path / "a.sqlite")
    script = ddl(spec, "sqlite")
    with contextlib.closing(sqlite3.connect(tmp_path / "b.sqlite")) as connection:
        connection.executescript(script)
        connection.execute("pragma foreign_keys = on")
        connection.execute("attach ? as made", [str(tmp_path / "a.sqlite")])
        connection.execute("begin")
        connection.execute("pragma defer_foreign_keys = on")
        for name in made:
            connection.execute(f"insert into main.{name} select * from made.{name}")
        connection.commit()
        for name in made:
            (n,) = connection.execute(f"select count(*) from main.{name}").fetchone()
            assert n == made.rows[name]
        tables = "select name, sql from {}.sqlite_master where type = 'table' order by name"
        one, other = (connection.execute(tables.format(each)).fetchall() for each in ("main", "made"))
        words = [(n, re.sub(r"/\* rowsmith.synthetic .*? \*/", "", s).split()) for n, s in other]  # the rows are marked
        assert [(n, s.split()) for n, s in one] == words


def constraints_of(url):
    here = "connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f', 'c')"
    return dict(ask(url, f"select contype::text, count(*) from pg_constraint where {here} group by 1"))


def test_postgresql(spec, made, empty_postgres):
    import psycopg

    url = empty_postgres
    found = make(spec, url)
    assert found.rows == made.rows
    assert found.files["orders"] == f"{url.replace('secret', '***')}#orders"
    same_rows(url, made)
    assert constraints_of(url) == {"p": 4, "u": 1, "f": 9, "c": 5}
    whole = (*BROKEN, ("update {lines} set price = 999", "check"))
    for statement, what in whole:
        with pytest.raises(psycopg.IntegrityError, match=what.replace("null", "not-null")):
            ask(url, statement.format(**{name: name for name in made}))
    same_rows(url, made)


def test_the_statements_of_ddl_work_in_postgresql(spec, empty_postgres):
    ask(empty_postgres, *ddl(spec).split(";\n"))
    assert tables_of(empty_postgres) == sorted(SHOP["tables"])
    assert constraints_of(empty_postgres) == {"p": 4, "u": 1, "f": 9, "c": 5}


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite", "mysql", "mariadb", "mssql", "oracle"])
def test_ddl_of_every_dialect(spec, dialect):
    script = ddl(spec, dialect)
    assert script.count("CREATE TABLE") == 5
    assert script.count("FOREIGN KEY") == 9
    assert script.count("CHECK") == {"postgresql": 5, "sqlite": 4, "mysql": 4, "mariadb": 4}.get(dialect, 0)
    assert "%%" not in script


def test_an_unknown_dialect(spec):
    with pytest.raises(SpecError, match="did you mean 'postgresql'"):
        ddl(spec, "postgres")


def test_every_type_comes_back_from_postgresql(empty_postgres):
    """Through COPY: what is printed on the way is read again as it was."""
    from rowsmith.core.definition import TableDefinition
    from rowsmith.io._tables import open_tables

    moment = datetime.datetime(2024, 1, 5, 10, 0, 0, 123)
    table = pa.table(
        {
            "i": pa.array([1, None, -(2**63)], pa.int64()),
            "s": pa.array(["", None, 'a,"b"\n\\N\\.\r\t'], pa.string()),
            "c": pa.array(["x", None, ""]).dictionary_encode(),
            "f": [0.1, None, float("inf")],
            "g": [float("nan"), -0.0, 5e-324],
            "e": pa.array([0.1, None, 1], pa.float32()),
            "d": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("-99999999.99")], pa.decimal128(10, 2)),
            "b": [True, None, False],
            "day": [datetime.date(9999, 12, 31), None, datetime.date(1, 1, 1)],
            "at": pa.array([moment, None, datetime.datetime(1, 1, 1)], pa.timestamp("us")),
            "ns": pa.array([1, None, -1], pa.timestamp("ns")),
            "tz": pa.array([moment, None, moment], pa.timestamp("us", tz="UTC")),
            "t": [datetime.time(1, 2, 3, 4), None, datetime.time(0)],
            "long": [datetime.timedelta(days=-3, microseconds=5), None, datetime.timedelta(hours=999)],
            "raw": [b"\x00\xff,", None, b""],
            "list": [[1, 2], None, []],
            '100% "sure"': ["a", "b", "c"],
        }
    )
    sink = open_tables(empty_postgres, ["t"])
    sink.open({"t": TableDefinition(schema=table.schema)})
    sink.write("t", table.combine_chunks().to_batches()[0])
    sink.commit()
    found = read_table(f"{empty_postgres}#t")
    for name in set(table.column_names) - {"g", "e", "ns", "list", "c"}:
        assert found[name].to_pylist() == table[name].to_pylist(), name
    assert np.array_equal(found["g"].to_numpy(), table["g"].to_numpy(), equal_nan=True)
    assert found["e"].to_pylist() == table["e"].to_pylist()
    assert found["c"].to_pylist() == ["x", None, ""]
    assert found["list"].to_pylist() == ["[1, 2]", None, "[]"]
    assert found["ns"].to_pylist()[0] == datetime.datetime(1970, 1, 1)


def test_a_table_of_one_column_with_nulls(empty_postgres, tmp_path):
    spec = Spec(tables={"t": {"rows": 100, "columns": {"a": {"kind": "category", "values": ["", "x"], "null": 0.5}}}})
    for target in (empty_postgres, tmp_path / "t.sqlite"):
        make(spec, target)
        same_rows(target, make(spec))


def test_foreign_keys_are_values():
    assert ForeignKey(columns=("a",), table="t", targets=("b",)) == ForeignKey(
        columns=("a",), table="t", targets=("b",)
    )
