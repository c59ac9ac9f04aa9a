"""Databases and folders read whole, with the keys that they declare."""

import contextlib
import json
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rowsmith.core.definition import TableDefinition
from rowsmith.core.errors import DataError
from rowsmith.core.schema import FOREIGN_KEYS, NOT_NULL, PRIMARY_KEY, ForeignKey
from rowsmith.io._tables import open_tables, read_tables

STATEMENTS = """
create table Shop (id integer primary key, town text not null);
create table shift (shop integer, day date, primary key (shop, day), foreign key (shop) references shop);
create table staff (no integer primary key, shop integer, day date, boss integer references staff (no), lost integer references nowhere (x),
  foreign key (shop, day) references shift (shop, day));
create view elders as select no from staff where boss is null;
insert into Shop values (1, 'Ulm');
insert into shift values (1, '2024-05-06');
insert into staff values (7, 1, '2024-05-06', null, null);
"""


def noted(table, key):
    return json.loads((table.schema.metadata or {}).get(key, b"[]"))


@pytest.fixture
def database(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "s.sqlite")) as connection, connection:
        connection.executescript(STATEMENTS)
    return tmp_path / "s.sqlite"


@pytest.mark.parametrize("scheme", ["", "sqlite:///"])
def test_keys_are_noted_and_views_left_out(database, scheme):
    if scheme:  # SQLAlchemy wants links that are whole
        database.unlink()
        whole = STATEMENTS.replace(", lost integer references nowhere (x)", ", lost integer")
        with contextlib.closing(sqlite3.connect(database)) as connection, connection:
            connection.executescript(whole.replace("references shop)", "references Shop (id))"))
    tables = read_tables([f"{scheme}{database}"])
    assert sorted(tables) == ["Shop", "shift", "staff"]
    assert noted(tables["shift"], PRIMARY_KEY) == ["shop", "day"]
    assert "town" in noted(tables["Shop"], NOT_NULL)
    links = {(tuple(k["columns"]), k["table"], tuple(k["targets"])) for k in noted(tables["staff"], FOREIGN_KEYS)}
    assert {(("boss",), "staff", ("no",)), (("shop", "day"), "shift", ("shop", "day"))} <= links
    assert [(k["table"], k["targets"]) for k in noted(tables["shift"], FOREIGN_KEYS)] in (
        [("Shop", ["id"])],
        [("shop", ["id"])],
    )


def test_a_named_table_is_read_alone(database):
    assert list(read_tables([f"{database}#staff"])) == ["staff"]


def test_folders_and_files_go_by_their_names(tmp_path):
    (tmp_path / "f").mkdir()
    pq.write_table(pa.table({"a": [1]}), tmp_path / "f" / "one.parquet")
    (tmp_path / "f" / "two.csv").write_text("b\n2\n")
    assert {n: t.column_names for n, t in read_tables([str(tmp_path / "f")]).items()} == {"one": ["a"], "two": ["b"]}
    files = [str(tmp_path / "f" / "two.csv"), str(tmp_path / "f" / "one.parquet")]
    assert list(read_tables(files)) == ["two", "one"]
    with pytest.raises(DataError, match=r"holds a table 'two', and so does a source before it"):
        read_tables([files[0], files[0]])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no table is in this folder"):
        read_tables([str(tmp_path / "empty")])


def test_links_of_a_server_come_back(empty_postgres):
    key = ForeignKey(columns=("shop", "day"), table="shift", targets=("shop", "day"))
    kinds = {"shop": pa.int64(), "day": pa.date32()}
    tables = {
        "shift": TableDefinition(schema=pa.schema(kinds), primary_key=("shop", "day")),
        "staff": TableDefinition(schema=pa.schema(kinds), foreign_keys=(key,), not_null=frozenset({"day"})),
    }
    sink = open_tables(empty_postgres, list(tables))
    sink.open(tables)
    sink.commit()
    found = read_tables([empty_postgres])
    assert noted(found["shift"], PRIMARY_KEY) == ["shop", "day"]
    assert noted(found["staff"], NOT_NULL) == ["day"]
    assert [
        ForeignKey(**{n: tuple(v) if isinstance(v, list) else v for n, v in k.items()})
        for k in noted(found["staff"], FOREIGN_KEYS)
    ] == [key]


@pytest.mark.parametrize(
    ("name", "content", "is_table"),
    [
        ("stops.txt", "stop_id,stop_name\n1,A\n2,B\n", True),
        ("stops.txt", "stop_id\tname\n1\tA, and more\n2\tB\n", True),
        ("read.txt", "Stops, and what they are.\n1,A\n", False),
        ("read.txt", "Dear all\nhere are, as I said, the stops\nyours, Ann\n", False),
        ("read.txt", "red\nblue\n", False),
        ("read.txt", "", False),
        ("rows.json", '[{"a": 1},\n {"a": 2}]\n', True),
        ("rows.json", '{"a": 1}\n{"a": 2}\n', True),
        ("settings.json", '{\n  "a": 1\n}\n', False),
        ("settings.json", '{"a": {\n  "b": 1}}\n', False),
    ],
)
def test_texts_and_settings_beside_tables_are_none(tmp_path, name, content, is_table):
    (tmp_path / name).write_text(content)
    (tmp_path / "trips.csv").write_text("stop_id,day\n1,2\n")
    assert (name.split(".")[0] in read_tables([str(tmp_path)])) == is_table


def test_a_list_of_words_that_stands_alone_is_a_table(tmp_path):
    (tmp_path / "words.txt").write_text("word\nred\nblue\n")
    assert read_tables([str(tmp_path)])["words"].num_rows == 2
