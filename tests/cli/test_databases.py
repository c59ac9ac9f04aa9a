"""Specs into databases from the command line."""

import sqlite3

import pytest
from tests.cli.conftest import run

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
