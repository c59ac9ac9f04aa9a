"""Runs into databases: one that fails leaves nothing, what is there stays, and what cannot be is refused."""

import sqlite3

import pytest
from tests.engine._databases import SHOP, ask, connected, same_rows, tables_of

from rowsmith.core.errors import OutputError, SpecError
from rowsmith.engine.make import make
from rowsmith.spec.model import Spec


def fails(spec):
    """The spec with a rule that no row keeps, in a table that is made after others."""
    broken = {**SHOP["tables"]["products"], "rules": {"never": "product_id < 0 or first_buyer < 0"}}
    return Spec(**{**SHOP, "tables": {**SHOP["tables"], "products": broken}})


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
        ("shop.csv", "there are 5 tables; give a folder, such as shop/, or a database"),
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
    with pytest.raises(SpecError, match=r"t\.columns\.a: gives a calendar interval, which files do not hold"):
        make(Spec(tables={"t": table}), tmp_path / "t.sqlite")
