"""Every fault of a spec is found before the run, with its line and path."""

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.spec.check import check
from rowsmith.spec.document import parse

GOOD = """
seed: 7
parameters: {rate: 0.1}
tables:
  customers:
    rows: 1e3
    columns:
      customer_id: id
      age: {kind: normal, mean: 46, sd: 15, min: 18, max: 99, as: integer}
      income: {kind: normal, mean: 100, sd: 9, correlate: {age: 0.3}}
      spent: {sql: "sum(orders.total)"}
  orders:
    per: {table: customers, count: {kind: poisson, mean: 2}}
    columns:
      order_id: {kind: id, format: "O{:06d}"}
      customer_id: parent
      friend: {kind: reference, table: customers}
      qty: {kind: poisson, mean: {sql: "customers.age / 10"}, null: 0.1}
      total: {sql: "qty * (1 - rate) + friend.age"}
    rules:
      few: qty < 30
"""


def fault(text):
    with pytest.raises(SpecError) as caught:
        check(parse(text, "s.yaml"))
    return str(caught.value)


def test_a_good_spec_says_what_it_means():
    spec = check(parse(GOOD))
    assert spec.tables["customers"].rows == 1000
    assert spec.tables["orders"].primary_key == ("order_id",)
    assert spec.tables["orders"].columns["customer_id"].sampler.column == "customers.customer_id"
    assert spec.tables["customers"].columns["spent"].rollup == "orders"
    assert [t.name for t in spec.family("customers")] == ["customers", "orders"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: normal, mean: 46", "kind: norml, mean: 46", "line 9: tables.customers.columns.age: 'norml' is"),
        ("sd: 15", "sd: -1", "line 9: tables.customers.columns.age.sd=-1: expected a finite number greater than 0."),
        ("mean: 46", "mean: old", "line 9: tables.customers.columns.age.mean='old': expected a number or {sql: …}. Mean."),
        ("as: integer", "as: intger", "line 9: tables.customers.columns.age.as='intger': "),
        ("correlate: {age: 0.3}", "correlate: {age: 3}", "line 10: tables.customers.columns.income.correlate.age=3: expected"),
        ("correlate: {age: 0.3}", "correlate: {agee: 0.3}", "income.correlate: there is no other column 'agee'; did you mean 'age'?"),
        ("sum(orders.total)", "sum(orders.totl)", "spent: table 'orders' has no column 'totl'; did you mean"),
        ("sum(orders.total)", "sum(orders.total) + age", "can read nothing else besides"),
        ("customers.age / 10", "customer.age / 10", "tables.orders.columns.qty: there is no table 'customer'; did you mean 'customers'?"),
        ("customers.age / 10", "random()", "random gives another answer each time"),
        ("customers.age / 10", "(select 1", "syntax error"),
        ("null: 0.1", "null: 1.5", "line 18: tables.orders.columns.qty.null=1.5: expected a share from 0 to 1"),
        ("table: customers, count", "table: customer, count", "tables.orders.per.table='customer': there is no such table; did you"),
        ("qty < 30", "qtty < 30", "tables.orders.rules.few: there is no column 'qtty'; did you mean 'qty'?"),
        ("rows: 1e3", "rows: -3", "line 6: tables.customers.rows=-3: expected a whole number from 0 to 100,000,000,000."),
        ("rows: 1e3", "rws: 3", "tables.customers.rws=3: is not known here; did you mean 'rows'?"),
        ("seed: 7", "seed: x", "seed='x'"),
        ("rate: 0.1", "rate: [1]", "parameters.rate=[1]: expected"),
        ("customer_id: id\n", "customer_id: {sql: '1'}\n", "has no primary key"),
        ("format: \"O{:06d}\"", "format: O", "line 15: tables.orders.columns.order_id.format='O': expected a text with one place"),
        ("customer_id: parent", "a.b: parent", "a column's name may not be empty or hold a dot"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(old, new, message):
    assert old in GOOD
    assert message in fault(GOOD.replace(old, new))


def test_all_faults_come_at_once():
    broken = (
        GOOD.replace("sd: 15", "sd: 0").replace("kind: poisson, mean: 2", "kind: poison").replace("null: 0.1", "nul: 1")
    )
    found = fault(broken)
    assert "s.yaml: 3 faults:" in found
    assert [line.split(":")[0].strip() for line in found.splitlines()[1:]] == ["line 9", "line 13", "line 18"]


def test_a_cycle_is_shown_as_a_path():
    text = "tables: {t: {rows: 1, columns: {a: {sql: b + 1}, b: {sql: c}, c: {sql: a}}}}"
    assert "in a cycle: t.a → t.b → t.c → t.a" in fault(text)


def test_tables_that_belong_to_one_another_are_refused():
    text = "tables: {a: {per: {table: b}, columns: {x: id}}, b: {per: {table: a}, columns: {x: id}}}"
    assert "goes in a cycle: a → b → a" in fault(text)


def test_correlations_that_contradict_one_another_are_refused():
    columns = "{a: {kind: normal, correlate: {b: 0.9}}, b: {kind: normal, correlate: {c: 0.9}}, c: {kind: normal, correlate: {a: -0.9}}}"
    assert "contradict one another" in fault(f"tables: {{t: {{rows: 1, columns: {columns}}}}}")


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "tables: {}", "tables: {t: 3}", "tables: {t: {rows: 1}}", "a: [", "a: 1\na: 2"]
)
def test_what_is_no_spec_is_refused(text):
    assert "Traceback" not in fault(text)


def test_yaml_means_what_it_says():
    values = parse("a: [no, NO, yes, on, true, 12:30, 007, 1e6, 1_000]\nnull: 1\ntrue: 2").values
    assert values == {"a": ["no", "NO", "yes", "on", True, "12:30", "007", 1e6, 1000], "null": 1, "true": 2}
