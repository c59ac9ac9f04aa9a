"""A shop whose tables hang together, and what stands in a database."""

import contextlib
import sqlite3

import pyarrow as pa

from rowsmith.io._open import read_table

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


def ask(url, *statements):
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        found = [connection.execute(statement) for statement in statements]
        return found[-1].fetchall() if found[-1].description else []


def tables_of(url):
    return [name for (name,) in ask(url, "select tablename from pg_tables where schemaname = 'public' order by 1")]
