"""What `make` refuses, and what it takes all the same."""

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.engine.make import make, overridden
from rowsmith.io._open import read_table
from rowsmith.spec.model import Spec


@pytest.fixture
def spec():
    return Spec(tables={"customers": {"rows": 5, "columns": {"id": "id"}}})


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda spec: make("shop.yaml"),
            r"spec: is of type str; expected a Spec, such as Spec\(tables=…\) or read_spec",
        ),
        (
            lambda spec: make(spec, rows=5),
            r"rows=5: expected a mapping of tables to numbers, such as \{'customers': 5\}",
        ),
        (lambda spec: make(spec, ""), "target='': expected a folder, a file or the URL of a database"),
    ],
)
def test_arguments_of_another_sort_are_named(spec, call, says):
    with pytest.raises(SpecError, match=says):
        call(spec)


def table(**columns):
    return {"t": {"rows": 20, "columns": {"a": "id", **columns}}}


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"b": {"sql": "sum(a) over ()"}}, r"reads other rows \(over\)"),
        ({"b": {"sql": "pg_sleep(1)"}}, "pg_sleep gives another answer each time"),
        ({"b": {"sql": "interval 3 days"}}, "tables.t.columns.b: gives a calendar interval, which files do not hold"),
        ({"boss": {"kind": "tree"}, "b": {"sql": "boss.a + 1"}}, "column 'boss' does not point to rows whose columns"),
    ],
)
def test_formulas_that_cannot_be_are_refused(columns, says):
    with pytest.raises(SpecError, match=says):
        make(Spec(tables=table(**columns)))


def test_a_rule_may_not_look_at_other_rows():
    spec = {"t": {"rows": 20, "columns": {"a": "id"}, "rules": {"steps": "a - lag(a) over (order by a) < 2"}}}
    with pytest.raises(SpecError, match=r"reads other rows \(over\)"):
        make(Spec(tables=spec))


def test_a_hidden_interval_may_be_read_and_a_column_of_nothing_be_written(tmp_path):
    columns = {
        "gap": {"sql": "interval 3 days", "hidden": True},
        "b": {"sql": "date '2024-01-01' + gap"},
        "c": {"sql": "null"},
    }
    made = make(Spec(tables=table(**columns)), tmp_path / "out/")
    found = read_table(made.files["t"])
    assert found.column_names == ["a", "b", "c"]
    assert found["c"].null_count == 20


def test_a_table_of_hidden_columns_and_a_name_too_long_for_a_file_are_refused():
    with pytest.raises(SpecError, match="columns: all are hidden"):
        Spec(tables={"t": {"rows": 2, "columns": {"a": {"kind": "id", "hidden": True}}}})
    with pytest.raises(
        SpecError, match=r"tttttttttttttttttttt…: a table's name becomes that of a file; expected at most 200"
    ):
        Spec(tables={"t" * 300: {"rows": 2, "columns": {"a": "id"}}})


def test_numbers_of_children_may_be_written_as_any_number():
    tables = table() | {"child": {"per": {"table": "t", "count": 2.0}, "columns": {"b": "id"}}}
    assert make(Spec(tables=tables)).rows["child"] == 40


def test_a_setting_of_a_column_that_is_written_short_and_a_name_that_is_none():
    document = {"parameters": {"vat": 0.2}, "tables": table(b="normal")}
    changed = overridden(document, {"tables.t.columns.b.mean": 5, "vat": 0.1})
    assert changed["tables"]["t"]["columns"]["b"] == {"kind": "normal", "mean": 5}
    with pytest.raises(SpecError, match=r"set VAT=0.1: is no parameter and no entry of the spec; did you mean 'vat'"):
        overridden(document, {"VAT": 0.1})


def test_a_spec_is_read_from_text():
    spec = Spec.from_yaml("tables: {t: {rows: 3, columns: {a: id}}}")
    assert make(spec)["t"]["a"].to_pylist() == [1, 2, 3]
    with pytest.raises(SpecError, match="draft, line 1: "):
        Spec.from_yaml("tables: {t: {rows: 3, columns: {a: idd}}}", "draft")
