"""Rules as checks: a database says of every row what DuckDB says, or is not asked."""

import datetime
import decimal
import sqlite3

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowsmith.core import sql
from rowsmith.core.definition import TableDefinition
from rowsmith.core.portable import condition
from rowsmith.io._ddl import FILE, LACKS, _condition, metadata
from rowsmith.io._server import ServerTables
from rowsmith.io.sqlite import SqliteTables

COLUMNS = {
    "i": pa.int64(),
    "j": pa.int16(),
    "f": pa.float64(),
    "g": pa.float64(),
    "d": pa.decimal128(10, 2),
    "w": pa.decimal128(30, 4),
    "t": pa.string(),
    "c": pa.dictionary(pa.int8(), pa.string()),
    "b": pa.bool_(),
    "day": pa.date32(),
    "since": pa.timestamp("us"),
    "till": pa.timestamp("us"),
}
PARAMETERS = {"rate": 0.1, "most": 3, "word": "it's", "yes": True}


def rows(n=400):
    """Few different values, so that they often meet, among them ones that rounding moves."""
    rng = np.random.default_rng(5)
    moments = [
        datetime.datetime(2024, 1, 5),
        datetime.datetime(2024, 1, 5, 10, 0, 0, 500_000),
        datetime.datetime(2024, 1, 5, 10),
    ]
    values = {
        "i": [-7, -1, 0, 1, 3, 10],
        "j": [-7, 0, 2, 3, 10],
        "f": [-0.3, 0.0, 0.1, 0.3, 0.1 + 0.2, 3.0, 1e18],
        "g": [0.1, 1 / 3, 3.0, -1e-9],
        "d": [decimal.Decimal(x) for x in ("-0.30", "0.10", "0.30", "3.00", "33.33")],
        "w": [decimal.Decimal(x) for x in ("-0.3000", "0.1000", "3.0000", "12345678901234567890.1234")],
        "t": ["", "a", "A", "it's", "\\"],
        "c": ["a", "b"],
        "b": [True, False],
        "day": [m.date() for m in moments] + [datetime.date(1600, 2, 29)],
        "since": moments,
        "till": moments,
    }
    picked = {k: [v[i] if i < len(v) else None for i in rng.integers(len(v) + 1, size=n)] for k, v in values.items()}
    return pa.table({name: pa.array(picked[name], kind) for name, kind in COLUMNS.items()})


NUMBERS = st.sampled_from(
    [
        "i",
        "j",
        "f",
        "g",
        "d",
        "w",
        "rate",
        "most",
        "t.i",
        "0",
        "1",
        "3",
        "10",
        "0.1",
        "0.30",
        "1.5",
        "3e0",
        "-2",
        "1e-1",
    ]
)
SUMS = st.recursive(
    NUMBERS,
    lambda x: st.one_of(
        st.tuples(x, st.sampled_from("+-*"), x).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(x, st.sampled_from(["/ 3", "/ rate", "/ 0.3", "% 3", "% -2"])).map(lambda p: f"({p[0]} {p[1]})"),
        x.map(lambda p: f"(- {p})"),
    ),
    max_leaves=4,
)
SIGNS = st.sampled_from(["=", "<>", "<", "<=", ">", ">=", "!="])
EQUAL = st.sampled_from(["=", "<>"])


def joined(*parts):
    return st.tuples(*parts).map(" ".join)


TESTS = st.one_of(
    joined(SUMS, SIGNS, SUMS),
    joined(SUMS, st.just("between"), SUMS, st.just("and"), SUMS),
    joined(NUMBERS, st.sampled_from(["in", "not in"]), st.lists(NUMBERS, min_size=1, max_size=3).map(lambda x: f"({', '.join(x)})")),
    joined(st.sampled_from(["t", "c", "'a'", "word"]), EQUAL, st.sampled_from(["t", "c", "'A'", "''", "'it''s'", "'\\'", "word"])),
    joined(st.sampled_from(["day", "'2024-01-05'", "date '1600-02-29'"]), SIGNS, st.sampled_from(["day", "'2024-01-05'"])),
    joined(
        st.sampled_from(["since", "till", "timestamp '2024-01-05'", "date '2024-01-05'"]),
        SIGNS,
        st.sampled_from(["since", "till", "'2024-01-05 10:00:00.5'", "'2024-01-05 10:00:00'", "'2024-01-05'"]),
    ),
    joined(st.sampled_from(["b", "yes"]), EQUAL, st.sampled_from(["b", "true", "yes", "false"])),
    joined(st.sampled_from(["i", "d", "t", "b", "day", "(i + j)"]), st.sampled_from(["is null", "is not null"])),
    st.sampled_from(["b", "yes"]),
)  # fmt: skip
RULES = st.recursive(
    TESTS,
    lambda x: st.one_of(
        st.tuples(x, st.sampled_from(["and", "or"]), x).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        x.map(lambda p: f"not ({p})"),
    ),
    max_leaves=3,
)


class Judge:
    """A table in a real database, and what it says of a rule."""

    def __init__(self, sink, dialect, ask):
        table = rows()
        self.dialect, self.ask = dialect, ask
        self.given = {name: table[name].combine_chunks() for name in table.column_names}
        self.given |= {name: pa.repeat(pa.scalar(value), table.num_rows) for name, value in PARAMETERS.items()}
        numbered = table.append_column("n", pa.array(range(table.num_rows)))
        sink.open({"t": TableDefinition(schema=numbered.schema)})
        for batch in numbered.combine_chunks().to_batches():
            sink.write("t", batch)
        sink.commit()

    def agrees(self, rule):
        found = condition(rule, "t", COLUMNS, PARAMETERS)
        if found is None or found.needs & LACKS[self.dialect]:
            return
        text = _condition(found.term, self.dialect)
        given = {k.removeprefix("t."): v for k, v in self.given.items()}
        expected = sql.evaluate(rule.replace("t.i", "i"), given, "rule").to_pylist()
        said = [None if v is None else bool(v) for v in self.ask(f'select ({text}) from "t" order by "n"')]
        assert said == expected, text


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    path = tmp_path_factory.mktemp("checks") / "t.sqlite"

    def ask(query):
        connection = sqlite3.connect(path)
        try:
            return [value for (value,) in connection.execute(query)]
        finally:
            connection.close()

    return Judge(SqliteTables(str(path)), FILE, ask)


@pytest.fixture(scope="module")
def server(postgres):
    import sqlalchemy as sa

    engine = sa.create_engine(postgres.replace("://", "+psycopg://", 1))
    with engine.begin() as connection:
        connection.execute(sa.text("drop schema public cascade; create schema public"))
    with engine.connect() as connection:
        plain = connection.connection.driver_connection.cursor()
        yield Judge(ServerTables(postgres), "postgresql", lambda query: [v for (v,) in plain.execute(query)])
    engine.dispose()


@given(rule=RULES)
@settings(max_examples=100)
def test_sqlite_says_what_duckdb_says(files, rule):
    files.agrees(rule)


@given(rule=RULES)
@settings(max_examples=100)
def test_postgresql_says_what_duckdb_says(server, rule):
    server.agrees(rule)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("i <= 2 * most", '"i" <= (2 * 3)'),
        ("t.i <= f and not b", '("i" <= "f") AND (NOT "b")'),
        ("i / 10 >= rate", '(CAST("i" AS DOUBLE PRECISION) / CAST(10 AS DOUBLE PRECISION)) >= CAST(0.1 AS DOUBLE PRECISION)'),
        ("t in ('a', 'it''s') or t is null", """("t" IN ('a', 'it''s')) OR ("t" IS NULL)"""),
        ("t not in ('a')", """NOT ("t" IN ('a'))"""),
        ("day between '2024-01-31' and date '2024-02-01'", """"day" BETWEEN '2024-01-31' AND '2024-02-01'"""),
        ("since >= '2024-01-31'", """"since" >= '2024-01-31 00:00:00'"""),
        ("d * i <= 99.50", '("d" * "i") <= 99.50'),
        ("i % 2 = 0", '("i" % 2) = 0'),
        ("-f < +g", '(- "f") < "g"'),
        ("b", '"b"'),
    ],
)  # fmt: skip
def test_rules_in_postgresql(rule, text):
    assert _condition(condition(rule, "t", COLUMNS, PARAMETERS).term, "postgresql") == text


@pytest.mark.parametrize(
    "rule",
    [
        "i",  # no truth value
        "i / j > 1",  # by zero, PostgreSQL stops
        "i % 0 = 1",
        "f % 2 = 1",
        "i // 2 = 1",
        "i ** 2 < 9",
        "length(t) < 9",
        "t < 'b'",  # the order of texts is each database's own
        "t like 'a%'",
        "t || 'x' = 'ax'",
        "case when b then i < 1 else true end",
        "day + 1 > day",
        "day > since",
        "day > '2024-1-5'",
        "since > '2024-13-05'",
        "i = '5'",
        "i = null",
        "i is distinct from j",
        "cast(f as integer) = 1",
        "i in (select 1)",
        "w > f",  # decimals of many digits beside double precision
        "parent.i > 1",
        "hidden > 1",
        "b = 1",
    ],
)
def test_rules_that_are_not_portable(rule):
    assert condition(rule, "t", COLUMNS, PARAMETERS) is None


@pytest.mark.parametrize(
    ("rule", "needs"),
    [
        ("d * i < 10", {"decimals"}),
        ("w < 10", {"decimals"}),
        ("d < 10", set()),
        ("f is null", {"nan"}),
        ("t <> 'a'", {"collation"}),
        ("since < '2024-01-01'", {"moments"}),
        ("since < till", set()),
    ],
)
def test_what_a_database_must_be_able_to(rule, needs):
    assert condition(rule, "t", COLUMNS, PARAMETERS).needs == needs


@pytest.mark.parametrize("kind", [pa.float32(), pa.timestamp("ns"), pa.timestamp("us", tz="UTC"), pa.time64("us")])
def test_types_whose_values_change_on_the_way(kind):
    assert condition("a = b", "t", {"a": kind, "b": kind}, {}) is None


def test_both_versions_of_the_tree(monkeypatch):
    old = {
        "class": "COMPARISON",
        "type": "COMPARE_LESSTHAN",
        "left": {
            "class": "FUNCTION", "type": "FUNCTION", "function_name": "-", "is_operator": True,
            "children": [{"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": ["d"]}],
        },
        "right": {
            "class": "CONSTANT", "type": "VALUE_CONSTANT",
            "value": {
                "type": {"id": "DECIMAL", "type_info": {"width": 3, "scale": 2}}, "is_null": False, "value": 150,
            },
        },
    }  # fmt: skip
    new = condition("-d < 1.50", "t", COLUMNS, {})
    monkeypatch.setattr(sql, "tree", lambda expression, where: old)
    assert condition("-d < 1.50", "t", COLUMNS, {}) == new


def test_names_of_constraints_are_short_and_differ():
    rules = tuple((f"{'x' * 80}{i}", condition("i > 1", "t", COLUMNS, {})) for i in range(2))
    table = metadata({"t": TableDefinition(schema=pa.schema(COLUMNS), checks=rules)}, FILE).tables["t"]
    names = {c.name for c in table.constraints if c.name}
    assert len(names) == 2
    assert max(map(len, names)) <= 60
