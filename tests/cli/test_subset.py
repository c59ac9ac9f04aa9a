"""Smaller databases of real rows, from the command line."""

import contextlib
import sqlite3
from pathlib import Path

import pyarrow.parquet
import pytest
from tests.cli.conftest import run

from rowsmith.core.provenance import Provenance

STATEMENTS = """
create table towns (name text primary key, land varchar(2));
create table shops (id integer primary key, town text references towns (name), size integer check (size > 0));
create table visits (shop integer references shops (id), day date, spend decimal(8,2), primary key (shop, day));
create index of_day on visits (day);
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with contextlib.closing(sqlite3.connect("shop.sqlite")) as database, database:
        database.executescript(STATEMENTS)
        towns = ["Ulm", "Jena", "Bern", "Graz", "Wien"]
        database.executemany("insert into towns values (?, ?)", zip(towns, ["DE", "DE", "CH", "AT", "AT"], strict=True))
        database.executemany("insert into shops values (?, ?, ?)", [(i, towns[i % 5], i + 1) for i in range(40)])
        days = [(i % 40, f"2024-{i // 40 + 1:02d}-01", f"{i}.50") for i in range(400)]
        database.executemany("insert into visits values (?, ?, ?)", days)


def ask(path, query):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_a_database_comes_out_as_one(shop):
    done = run("subset", "shop.sqlite", "-o", "small.sqlite", "--where", "size <= 10", "--share", 0.5)
    assert done.exit_code == 0, done.stderr
    assert [line.split()[:4] for line in done.stderr.splitlines()[1:4]] == [
        ["towns", str(len(ask("small.sqlite", "select * from towns"))), "5", done.stderr.splitlines()[1].split()[3]],
        ["shops", "5", "40", "12.5%"],
        ["visits", "50", "400", "12.5%"],
    ]
    assert "These are REAL rows: nothing protects the people in them." in done.stderr
    assert "rowsmith synth" in done.stderr
    definitions = "select type, name, sql from sqlite_master order by 2"
    assert ask("small.sqlite", definitions) == ask("shop.sqlite", definitions)
    assert ask("small.sqlite", "pragma foreign_key_check") == []
    assert set(ask("small.sqlite", "select * from visits")) < set(ask("shop.sqlite", "select * from visits"))
    before = Path("small.sqlite").read_bytes()
    assert run("subset", "shop.sqlite", "-o", "small.sqlite", "--where", "size <= 10", "--share", 0.5).exit_code == 0
    assert Path("small.sqlite").read_bytes() == before


def test_into_a_folder_and_on_into_a_twin(shop):
    assert run("subset", "shop.sqlite", "-o", "part/", "--rows", "shops=12", "--format", "csv", "--quiet").output == ""
    assert len(Path("part/visits.csv").read_text().splitlines()) == 121
    done = run("subset", "part/", "-o", "less/", "--share", 0.5)
    assert done.exit_code == 0, done.stderr
    assert "note: took visits.shop -> shops.id" in done.stderr
    assert set(Path("less/shops.csv").read_text().splitlines()) < set(Path("part/shops.csv").read_text().splitlines())
    assert run("subset", "shop.sqlite", "-o", "files/", "--share", 0.5).exit_code == 0
    assert Provenance.of(pyarrow.parquet.read_schema("files/visits.parquet")) is None
    assert run("synth", "shop.sqlite", "-o", "twin.sqlite", "--learner", "independent", "--no-judge").exit_code == 0
    done = run("subset", "twin.sqlite", "-o", "small.sqlite", "--share", 0.2)
    assert done.exit_code == 0, done.stderr
    assert "REAL" not in done.stderr
    assert "rowsmith.synthetic" in ask("small.sqlite", "select sql from sqlite_master")[0][0]
    done = run("subset", "less/", "-o", "less.sqlite", "--share", 1)
    assert ask("less.sqlite", "pragma foreign_key_list(visits)")[0][2:5] == ("shops", "shop", "id")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected what to keep: a condition"),
        (["--share", "0"], "share=0.0: expected a share of the rows above 0 and up to 1"),
        (["--rows", "5"], "say --rows TABLE=5"),
        (["--rows", "shop=5"], "there is no such table; did you mean 'shops'?"),
        (["--where", "town = 'Rom'"], "no row of shops meets (town = 'Rom') (of 40), so that nothing would be left"),
        (["--where", "town = "], "syntax error"),
        (["--share", "0.1", "--format", "csv"], "is said of files in a folder"),
        (["--share", "0.1", "-o", "shop.sqlite"], "is read from too"),
        (["--share", "0.1", "-o", "t.csv"], "there are 3 tables; give a folder, such as t/"),
        (["--share", "0.1", "-o", "t.sqlite#a"], "leave out #a"),
    ],
)
def test_bad_input(shop, words, message):
    before = Path("shop.sqlite").read_bytes()
    done = run("subset", "shop.sqlite", *(["-o", "t.sqlite"] if "-o" not in words else []), *words)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert [p.name for p in Path().iterdir()] == ["shop.sqlite"]
    assert Path("shop.sqlite").read_bytes() == before
