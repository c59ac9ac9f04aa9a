import datetime

import pyarrow as pa
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.core.sql import evaluate, truth

ROWS = pa.table({"a b": [1, 2, None], "c": [1, 1, 1], "t": ["x", "y", "z"]})


def test_values_come_back_in_order():
    many = pa.table({"i": range(100_000)})
    assert evaluate("i * 2", many, "f").to_pylist() == list(range(0, 200_000, 2))


def test_null_holds_as_in_an_sql_check():
    assert truth('"a b" <= c', ROWS, "rule").tolist() == [True, False, True]
    assert truth('"a b" <= c', ROWS.slice(0, 0), "rule").tolist() == []


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("cc > 1", "there is no column 'cc'; did you mean 'c'"),
        ("c +", "syntax error"),
        ("c + 1", "expected true or false for each row"),
        ("count(*) > 1", "not an aggregate"),
        ("random() > c", "random gives another answer each time"),
        ("now() is not null", "now gives another answer"),
        ("age(d) is not null", "age gives another answer"),
        ("(select count(*) from read_csv('/etc/passwd')) > 1", "Permission"),
        ("(select count(*) from ROWS) > 1", "does not exist"),
        ("c > 1; drop table x", "more than one statement"),
        ("getenv('HOME') = 'x'", "getenv"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(expression, message):
    with pytest.raises(SpecError) as caught:
        truth(expression, ROWS, "tables.t.rules.r")
    assert str(caught.value).startswith("tables.t.rules.r=")
    assert message in str(caught.value)


def test_parts_of_dates_are_those_of_utc_on_any_machine(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    moment = datetime.datetime(2024, 12, 31, 23, 30, tzinfo=datetime.UTC)
    rows = pa.table({"a": pa.array([moment]), "d": pa.array([moment.date()])})
    assert evaluate("year(d)", rows, "f").to_pylist() == [2024]
    assert evaluate("year(a) * 100 + hour(a)", rows, "f").to_pylist() == [202423]
