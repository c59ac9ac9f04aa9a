"""Linked tables in databases: what is declared holds, what breaks it is refused, and a run that fails leaves nothing."""

import contextlib
import datetime
import decimal
import sqlite3

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.definition import ForeignKey
from rowsmith.core.errors import OutputError, SpecError
from rowsmith.engine.ddl import ddl
from rowsmith.engine.make import make
from rowsmith.engine.planning import schemas_of
from rowsmith.io._open import read_table
from rowsmith.spec.definitions import definitions
from rowsmith.spec.model import Spec

SHOP = {
    "seed": 11,
    "chunk_rows": 64,  # so that there are several
    "parameters": {"most": 99, "rate": 0.1},
    "tables": {
        "customers": {
            "rows": 150,
            "columns": {
                "customer_id": {"kind": "id", "shuffled": 1000},
                "code": {"kind": "id", "format": "C{:05d}"},
                "age": {"kind": "normal", "mean": 40, "sd": 20, "as": "integer", "null": 0.1},
                "note": {"kind": "category", "values": ["", 'a "b"', "x,y\nz", "50%"], "null": 0.2},
                "boss": {"kind": "tree", "children": 4},
                "favourite": {"kind": "reference", "table": "products"},
                "secret": {"kind": "normal", "hidden": True},
            },
            "rules": {"of age": "age between 18 and most", "50%": "note <> '100%'", "hidden": "secret < 3"},
        },
        "orders": {
            "per": {"table": "customers", "count": {"kind": "poisson", "mean": 2}},
            "columns": {
                "order_id": {"kind": "id", "format": "O{:06d}"},
                "customer_id": "parent",
                "friend": {"kind": "reference", "table": "customers", "column": "code", "law": "zipf"},
                "friend_age": {"sql": "friend.age"},
                "day": {"kind": "date", "between": ["2024-01-01", "2024-12-31"]},
                "shipped": {"kind": "date", "after": "day", "within": "20 days", "null": 0.1},
                "paid": {"kind": "boolean", "p": 0.8},
                "share": {"kind": "uniform", "min": 0, "max": 1},
            },
            "rules": {
                "in time": "shipped >= day and (paid or shipped is null)",
                "small": "share / 2 >= rate / 4",
                "friends": "friend_age < customers.age + 30",
            },
        },
        "lines": {
            "per": {"table": "orders", "count": {"kind": "poisson", "mean": 2, "max": 5}},
            "primary_key": ["order_id", "line"],
            "columns": {
                "line": "position",
                "order_id": "parent",
                "customer": {"kind": "parent", "column": "customer_id"},
                "day": {"kind": "parent", "column": "day"},
                "product": {"kind": "reference", "table": "products", "distinct": True, "null": 0.05},
                "quantity": {"kind": "poisson", "mean": 2, "min": 1},
                "price": {"kind": "normal", "mean": 20, "sd": 5, "min": 0, "as": "decimal(10,2)"},
            },
            "rules": {"cheap": "price * quantity <= 99.90"},
        },
        "marks": {
            "per": {"table": "lines"},
            "columns": {
                "order": {"kind": "parent", "column": "order_id"},
                "line": {"kind": "parent", "column": "line"},
                "at": {"kind": "timestamp", "between": ["2024-01-01", "2024-12-31"]},
            },
        },
        "products": {
            "rows": 20,
            "columns": {
                "product_id": {"kind": "id", "start": 5, "step": 5},
                "first_buyer": {"kind": "reference", "table": "customers"},
                "like": {"kind": "reference", "table": "products", "as": "text"},
            },
        },
    },
}


@pytest.fixture(scope="module")
def spec():
    return Spec(**SHOP)


@pytest.fixture(scope="module")
def made(spec):
    return make(spec)


def fails(spec):
    """The spec with a rule that no row keeps, in a table that is made after others."""
    broken = {**SHOP["tables"]["products"], "rules": {"never": "product_id < 0 or first_buyer < 0"}}
    return Spec(**{**SHOP, "tables": {**SHOP["tables"], "products": broken}})


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


def sorted_rows(table):
    return sorted(table.to_pylist(), key=lambda row: [(v is not None, str(v)) for v in row.values()])


def same_rows(url, made):
    for name, table in made.items():
        found = read_table(f"{url}#{name}")
        plain = [
            pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema
        ]
        assert found.schema.names == table.schema.names
        assert sorted_rows(found) == sorted_rows(table.cast(pa.schema(plain))), name


@contextlib.contextmanager
def connected(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma foreign_keys = on")
        yield connection


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
        assert [(n, s.split()) for n, s in one] == [(n, s.split()) for n, s in other]


def ask(url, *statements):
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        found = [connection.execute(statement) for statement in statements]
        return found[-1].fetchall() if found[-1].description else []


def tables_of(url):
    return [name for (name,) in ask(url, "select tablename from pg_tables where schemaname = 'public' order by 1")]


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


class Stop(BaseException):
    pass


def stop(what, done, total):
    if what == "making" and done > 100:
        raise Stop


@pytest.fixture(params=["sqlite", "sqlite url", "postgresql"])
def place(request, tmp_path):
    """A target, and what is there: names of files or tables."""
    folder = tmp_path / "place"
    folder.mkdir()
    if request.param == "postgresql":
        url = request.getfixturevalue("empty_postgres")
        return url, lambda: tables_of(url)
    target = folder / "a.sqlite"
    return str(target) if request.param == "sqlite" else f"sqlite:///{target}", lambda: list(folder.iterdir())


def test_nothing_is_left_of_a_run_that_is_stopped_or_fails(spec, place):
    target, there = place
    with pytest.raises(Stop):
        make(spec, target, progress=stop)
    assert there() == []
    with pytest.raises(SpecError, match="never"):
        make(fails(spec), target)
    assert there() == []
    make(spec, target)
    assert len(there()) in (1, 5)


def test_a_sqlite_file_stays_until_another_is_whole(spec, tmp_path):
    path = tmp_path / "shop.sqlite"
    make(spec, path)
    before = path.read_bytes()
    with pytest.raises(Stop):
        make(spec, path, progress=stop)
    assert path.read_bytes() == before
    make(spec, path)
    assert path.read_bytes() == before


def test_tables_that_are_there_are_not_touched(spec, made, tmp_path, empty_postgres):
    for url in (f"sqlite:///{tmp_path}/a.db", empty_postgres):
        make(spec, url)
        with pytest.raises(OutputError, match=r"there are tables 'customers', 'orders', .*; drop them, or") as caught:
            make(spec, url)
        assert "secret" not in str(caught.value)
        same_rows(url, made)
    ask(empty_postgres, "drop table lines cascade", "drop table marks")
    ask(empty_postgres, "drop table products cascade", "drop table customers cascade")
    with pytest.raises(OutputError, match="there is a table 'orders'; drop it, or name another database"):
        make(spec, empty_postgres)
    assert tables_of(empty_postgres) == ["orders"]


def test_a_sqlite_url(spec, made, tmp_path):
    """Other tables of the file stay."""
    path = tmp_path / "a.db"
    with connected(path) as connection:
        connection.execute("create table mine (x)")
        connection.commit()
    make(spec, f"sqlite:///{path}")
    same_rows(f"sqlite:///{path}", made)
    with connected(path) as connection:
        assert connection.execute("select count(*) from mine").fetchone() == (0,)
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            connection.execute("update customers set age = 5")


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("postgresql://me@host:port/x", "is not a database URL"),
        ("postgrsql://me@host/x", "no known kind of database"),
        ("shop.sqlite#orders", "leave out #orders"),
        ("missing/shop.sqlite", "the folder missing does not exist"),
        ("shop.csv", "the spec makes 5 tables; give a folder, such as shop/, or a database"),
    ],
)
def test_targets_that_cannot_be(spec, target, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((OutputError, SpecError), match=says) as caught:
        make(spec, target)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_no_such_database(spec, postgres):
    with pytest.raises(OutputError, match='database "nowhere" does not exist') as caught:
        make(spec, postgres.replace("/postgres?", "/nowhere?"))
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_key_that_is_none(empty_postgres, tmp_path):
    table = {"rows": 50, "primary_key": "a", "columns": {"a": {"kind": "poisson", "mean": 3}}}
    for target in (empty_postgres, tmp_path / "t.sqlite"):
        with pytest.raises(SpecError, match=r"tables\.t\.primary_key \(a\): rows \d+ and \d+ are the same there"):
            make(Spec(tables={"t": table}), target)
    assert tables_of(empty_postgres) == []
    assert list(tmp_path.iterdir()) == []


def test_intervals_have_no_place(tmp_path):
    table = {"rows": 2, "columns": {"a": {"sql": "interval 1 month"}}}
    with pytest.raises(OutputError, match=r"t\.a: holds calendar intervals"):
        make(Spec(tables={"t": table}), tmp_path / "t.sqlite")


def test_foreign_keys_are_values():
    assert ForeignKey(columns=("a",), table="t", targets=("b",)) == ForeignKey(
        columns=("a",), table="t", targets=("b",)
    )
