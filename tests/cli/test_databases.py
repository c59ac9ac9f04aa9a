"""Specs into databases from the command line."""

import contextlib
import json
import sqlite3
from pathlib import Path

import pyarrow.parquet
import pytest
from tests.cli.conftest import run

from rowsmith.core.provenance import Provenance

SPEC = """
tables:
  people:
    rows: 20
    columns:
      id: id
      age: {kind: normal, mean: 40, sd: 9, as: integer}
      boss: tree
    rules: {adult: age >= least}
  visits:
    per: {table: people}
    columns: {person: parent}
parameters: {least: 18}
"""


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(SPEC)


def test_make_and_ddl(spec):
    done = run("make", "s.yaml", "-o", "s.sqlite")
    assert done.exit_code == 0
    assert "people: 20 rows -> s.sqlite#people" in done.stderr
    with sqlite3.connect("s.sqlite") as connection:
        assert connection.execute("select count(*) from visits join people on id = person").fetchone() == (20,)
    connection.close()
    done = run("ddl", "s.yaml", "--dialect", "sqlite", "--set", "least=21")
    assert done.exit_code == 0
    assert 'CHECK ("age" >= 21)' in done.stdout
    connection = sqlite3.connect(":memory:")
    connection.executescript(done.stdout)
    connection.close()


def test_bad_input(spec):
    done = run("ddl", "s.yaml", "--dialect", "postgre")
    assert done.exit_code == 2
    assert done.stderr == "rowsmith: dialect='postgre': is not a known kind of database; did you mean 'postgresql'?\n"
    done = run("make", "s.yaml", "-o", "s.csv")
    assert done.exit_code == 2
    assert "give a folder, such as s/, or a database." in done.stderr


@pytest.fixture
def linked(tmp_path, monkeypatch):
    """A folder with two files that belong together."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    rows = "\n".join(f"S{i:02d},{'Ulm' if i % 3 else 'Jena'}" for i in range(30))
    (tmp_path / "shop" / "shops.csv").write_text(f"shop_id,town\n{rows}\n")
    rows = "\n".join(f"{i},{f'S{i * i % 30:02d}' if i % 7 else ''},{i % 9}" for i in range(200))
    (tmp_path / "shop" / "visits.csv").write_text(f"visit,shop_id,spend\n{rows}\n")


def test_a_folder_is_learnt_and_drawn(linked, tmp_path):
    done = run("fit", "shop/", "-o", "m", "--learner", "independent")
    assert done.exit_code == 0, done.stderr
    assert "note: took visits.shop_id -> shops.shop_id (all 171 values" in done.stderr
    assert "learnt 2 tables (rows: shops 30, visits 200)" in done.stderr
    done = run("sample", "m", "-o", "twin.sqlite", "--scale", 2)
    assert "drew 2 tables (rows: shops 60, visits 40" in done.stderr
    with sqlite3.connect("twin.sqlite") as database:
        assert database.execute("pragma foreign_key_list(visits)").fetchone()[2:5] == ("shops", "shop_id", "shop_id")
        assert database.execute("pragma foreign_key_check").fetchall() == []
    database.close()
    assert run("sample", "m", "-o", "out/", "--rows", "shops=1_0", "--format", "csv").exit_code == 0
    assert len((tmp_path / "out" / "shops.csv").read_text().splitlines()) == 11
    assert run("sample", "m", "-o", "marked/").exit_code == 0
    mark = Provenance.of(pyarrow.parquet.read_schema(tmp_path / "marked" / "visits.parquet"))
    assert (mark.method, mark.learner, mark.learnt_rows) == ("learnt", "independent", 200)


def test_a_database_keeps_its_indexes(linked):
    assert run("fit", "shop/", "-o", "m", "--learner", "independent").exit_code == 0
    assert run("sample", "m", "-o", "real.sqlite").exit_code == 0
    with contextlib.closing(sqlite3.connect("real.sqlite")) as database:
        database.execute("create index of_shop on visits (shop_id)")
        database.execute(
            "create table marks (visit integer references visits (visit) on delete cascade, mark varchar(9))"
        )
        database.execute("insert into marks select visit, 'good' from visits where visit < 80")
    done = run("synth", "real.sqlite", "-o", "twin.sqlite", "--learner", "independent", "--no-judge")
    assert done.exit_code == 0, done.stderr
    with contextlib.closing(sqlite3.connect("twin.sqlite")) as database:
        assert database.execute("pragma foreign_key_list(marks)").fetchone()[5:7] == ("NO ACTION", "CASCADE")
        assert database.execute("pragma table_info(marks)").fetchall()[1][2] == "varchar(9)"
    done = run("inspect", "twin.sqlite", "-o", "i.yaml")
    assert "note: the rows of visits are synthetic: learnt, made by rowsmith" in done.stderr
    with contextlib.closing(sqlite3.connect("twin.sqlite")) as database:
        assert database.execute("select tbl_name from sqlite_master where name = 'of_shop'").fetchone() == ("visits",)


def test_files_are_judged_as_a_database(linked):
    files = ["shop/shops.csv", "shop/visits.csv"]
    done = run("synth", *files, "-o", "twin/", "--report", "r.html", "--json", "r.json", "--model", "m")
    assert done.exit_code == 0, done.stderr
    assert "Children per parent" in done.output
    assert "fewer than 50 rows or nothing but keys: 'shops'" in done.output
    assert "Synthetic database, judged" in Path("r.html").read_text()
    assert run("sample", "m", "-o", "again/", "--format", "csv").exit_code == 0
    assert (
        Path("again/visits.csv").read_bytes() == Path("twin/visits.csv").read_bytes()
    )  # files like those that were read
    done = run(
        "evaluate", "shop/", "again/", "--json", "again.json", "--fail-under", "children=0.001", "--workers", "1"
    )
    assert done.exit_code in (0, 1), done.stderr
    assert {m["measure"] for m in json.loads(Path("again.json").read_text())["measures"]} >= {"keys", "hops", "shapes"}
    done = run("evaluate", "shop/", "again/", "--fail-under", "no=1")
    assert done.exit_code == 2
    assert "no such measure" in done.stderr


def test_the_schema_that_inspect_writes_is_taken(linked):
    assert run("inspect", "shop/", "-o", "s.yaml", "--key", "visits.visit").exit_code == 0
    text = Path("s.yaml").read_text()
    assert "to: shops.shop_id" in text
    assert text.count("primary_key:") == 2  # what is pointed to is a key too
    Path("s.yaml").write_text(text.replace("to: shops.shop_id", "to: shops.town"))
    done = run("fit", "shop/", "-o", "m", "--schema", "s.yaml")
    assert done.exit_code == 2
    assert "tables.visits.foreign_keys.shop_id: shops has several rows with town" in done.stderr
    assert not Path("m").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "shop/", "-o", "m", "--key", "visit"], "name the table too, as in shops.id"),
        (
            ["fit", "shop/", "-o", "m", "--key", "visits.vist"],
            "tables.visits.primary_key='vist': there is no such column",
        ),
        (["synth", "shop/", "-o", "t/", "--rows", "5"], "there are several tables; say --rows TABLE=5"),
        (["synth", "shop/", "-o", "t/", "--target", "spend"], "target='spend': of several tables, name the table too"),
        (["synth", "shop/shops.csv", "-o", "t.csv", "--rows", "shops=5"], "there is one table; say --rows 5"),
        (["synth", "shop/shops.csv", "-o", "t.csv", "--scale", "2"], "--scale: cannot be said of a single table"),
        (["synth", "shop/", "-o", "t.csv", "--no-judge"], "there are 2 tables; give a folder, such as t/"),
        (["synth", "shop/", "-o", "t.sqlit"], "the ending '.sqlit' is of no known format; did you mean"),
        (["synth", "shop/", "-o", "none/t.sqlite"], "the folder none does not exist; make it first"),
        (["synth", "shop/", "-o", "t/", "--format", "cvs"], "is not a known format of files; did you mean 'csv'"),
        (["synth", "shops", "-o", "t"], "shops: no such file or folder"),
        (["synth", "shop/shops.csv", "-o", "t/"], "t/: names a folder; name a file, such as t/table.csv"),
        (["subset", "shop", "-o", "t", "--where", "x9 = 3"], "has a column 'x9'; known: shop_id, spend, town, visit."),
        (["sample", "m", "-o", "t/", "--where", "spend > 3"], "the rows of visits are drawn around those of shops"),
        (["sample", "m", "-o", "t/", "--given", "shop/shops.csv"], "--given: cannot be said of a database"),
        (["sample", "m", "-o", "t/", "--steps", "3"], "--steps: cannot be said of a database"),
        (["synth", "shop/", "-o", "t/", "--time", "at"], "--time: cannot be said of several tables"),
        (["fit", "shop/", "-o", "m2", "--basket", "shop"], "--basket: cannot be said of several tables"),
        (["sample", "m", "-o", "t/", "--rows", "shop=3"], "rows: shop=3: there is no such table"),
        (
            ["impute", "shop/visits.csv", "-o", "t.csv", "--model", "m"],
            "only tables and sequences are filled in",
        ),
    ],
)
def test_what_does_not_go_with_several_tables_is_refused(linked, words, message):
    if "m" in words and words[words.index("m") - 1] != "-o":
        assert run("fit", "shop/", "-o", "m", "--learner", "independent").exit_code == 0
    done = run(*words)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert not Path("t.csv").exists()
    assert not Path("t").exists()


@pytest.mark.parametrize("command", [["synth"], ["subset", "--share", "0.5"]])
def test_one_file_for_several_tables_is_refused_before_they_are_read(linked, command):
    Path("shop/visits.csv").write_bytes(b"PAR1 nonsense")
    done = run(*command, "shop", "-o", "t.csv")
    assert done.exit_code == 2
    assert done.stderr == "rowsmith: t.csv: there are 2 tables; give a folder, such as t/, or a database.\n"


def test_a_folder_may_be_called_as_one_likes(linked):
    plain = ("--learner", "independent")
    assert run("fit", "shop", "-o", "m", *plain).exit_code == 0
    for words in (["synth", "shop", "--no-judge", *plain], ["sample", "m"], ["subset", "shop", "--share", "0.5"]):
        done = run(*words, "-o", f"{words[0]}.v2")
        assert done.exit_code == 0
        assert len(list(Path(f"{words[0]}.v2").iterdir())) == 2


def test_rows_of_no_table_are_told_before_anything_is_learnt(linked):
    done = run("synth", "shop/", "-o", "t/", "--rows", "shop=3")
    assert done.exit_code == 2
    assert "rows: shop=3: there is no such table; did you mean 'shops'?" in done.stderr
    assert "learnt" not in done.stderr


def test_what_is_no_table_in_a_folder_is_left_out_and_said(linked):
    """A read-me, notes and settings lie beside the tables."""
    Path("shop/readme.txt").write_text("The shops, and what was spent there.\nAsk Ann, or Ben,\nor nobody.\n")
    Path("shop/notes.md").write_text("# Notes\n")
    Path("shop/keys.json").write_text('{\n  "shops": ["shop_id"]\n}\n')
    Path("shop/.hidden.csv").write_text("")
    done = run("fit", "shop/", "-o", "m", "--learner", "independent")
    assert done.exit_code == 0, done.stderr
    assert "note: left out of shop/, as no tables: keys.json, notes.md, readme.txt.\n" in done.stderr
    assert "learnt 2 tables (rows: shops " in done.stderr
    Path("shop/more.csv").write_text("a,b\n1,2\n3,4,5\n")  # a table, but broken
    done = run("fit", "shop/", "-o", "m", "--learner", "independent")
    assert done.exit_code == 2
    assert "shop/more.csv: line 3 has 3 fields" in done.stderr
