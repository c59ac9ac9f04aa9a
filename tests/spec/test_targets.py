"""Exact targets are read and checked: every fault has its line, its path, what was expected and what to do."""

from fractions import Fraction

import pyarrow as pa
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.samplers._sourced import Sourced
from rowsmith.spec.check import check
from rowsmith.spec.document import Document, parse
from rowsmith.spec.json_schema import json_schema
from rowsmith.spec.model import ColumnSpec
from rowsmith.spec.target import Target
from rowsmith.spec.target_columns import check_dealt, check_moved
from rowsmith.spec.targets import MEASURES

TABLES = """
parameters: {cut: 10}
tables:
  customers:
    rows: 1000
    columns:
      customer_id: id
      segment: {kind: category, values: [retail, business, public]}
      vip: boolean
      currency: {kind: category, given: {segment: {retail: [EUR], business: [USD]}}}
      loyal: {kind: boolean, p: {sql: age / 100}}
      code: {kind: category, values: [1, 2, 3], null: 0.1}
      level: {kind: category, values: [a, b], by: {vip: {true: {values: [b, c]}}}}
      seat: {kind: category, values: [x, y, z], unique: true}
      age: {kind: normal, mean: 46, sd: 15, min: 18, max: 99, as: integer}
      fixed: {kind: constant, value: 3}
      born: {kind: date, between: [1950-01-01, 2000-12-31]}
      label: {kind: uniform, as: text}
      coarse: {kind: uniform, as: float32}
      score: {kind: uniform, round: 1}
      plain: uniform
      boss: tree
      spent: {sql: "sum(orders.amount)"}
  orders:
    per: {table: customers, count: {kind: poisson, mean: 2}}
    columns:
      order_id: id
      customer_id: parent
      line: position
      friend: {kind: reference, table: customers}
      channel: {kind: category, values: {web: 6, shop: 4}}
      placed: {kind: date, between: [2024-01-01, 2024-12-31]}
      amount: {kind: lognormal, median: 40, sigma: 0.6, as: "decimal(10,2)"}
      tax: {sql: amount * 0.2}
      theirs: {sql: friend.age, as: integer}
  notes:
    per: {table: orders, count: 1}
    columns: {note_id: id, text: sentence}
targets:
"""
FIRST = TABLES.count("\n") + 1
"""Line of the first target."""


def read(*lines):
    return check(parse(TABLES + "".join(f"  {line}\n" for line in lines), "s.yaml"))


def fault(*lines):
    with pytest.raises(SpecError) as caught:
        read(*lines)
    return str(caught.value)


def test_targets_say_what_they_mean():
    found = read(
        "orders.amount by extract(month from placed): {sum: {1: 10_000, 2: 12_000.50}}",
        "customers.segment: {count: {retail: 700, business: 250, public: 50}}",
        "customers.vip: {share: {true: 0.1, false: 0.9}}",
        "customers.age: {mean: 42.5}",
        "customers.plain by segment: {share: {retail: 0.25, public: 0.75}, sum: 600}",
        "orders by customers.segment = 'retail': {count: {true: 900}}",
    ).targets
    assert [(t.table, t.column, t.by, t.measure, t.levels, t.dealt, t.rows_of) for t in found] == [
        ("orders", "amount", "extract(month from placed)", "sum", ("1", "2"), False, None),
        ("customers", "segment", None, "count", ("retail", "business", "public"), True, None),
        ("customers", "vip", None, "share", ("true", "false"), True, None),
        ("customers", "age", None, "mean", (), False, None),
        ("customers", "plain", "segment", "share", ("retail", "public"), False, None),
        ("customers", "#orders", "customers.segment = 'retail'", "count", ("true",), False, "orders"),
    ]
    assert found[0].amounts == (10_000, Fraction("12000.5"))
    assert found[4].total == 600


def test_a_spec_without_targets_has_none():
    assert check(parse(TABLES.replace("targets:\n", ""))).targets == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("order.amount: {sum: 5}", "there is no table 'order'; did you mean 'orders'? A target is written TABLE.COLUMN"),
        ("orders.amuont: {sum: 5}", "targets.orders.amuont: table 'orders' has no column 'amuont'; did you mean 'amount'?"),
        ("orders.amount by chanel: {sum: {web: 5}}", "there is no column 'chanel'; did you mean 'channel'?"),
        ("orders.amount by channel +: {sum: {web: 5}}", "syntax error"),
        ("orders.amount by random() > 1: {sum: {true: 5}}", "random gives another answer each time"),
        ("orders.amount by amount > 5: {sum: {true: 5}}", "reads amount, which the target changes; group by another"),
        ("customers.age by orders.channel: {sum: {web: 5}}", "of a child table; rows can be grouped by columns of customers only."),
        ("orders by orders.channel: {count: {web: 5}}", "rows of orders can be counted by columns of customers only."),
        ("orders.amount by channel: {sum: {wbe: 5}}", "sum.wbe: channel has no such value; did you mean 'web'?"),
        ("orders.amount: {summ: 5}", "targets.orders.amount.summ=5: is not known here; did you mean 'sum'?"),
        ("orders.amount: {}", "nothing is given: expected one of sum, mean, share."),
        ("orders.amount: {sum: 5, mean: 3}", "sum, mean: expected one of sum, mean, share."),
        ("orders.amount: 5", "5: expected a mapping, such as `name: value`."),
        ("orders.amount: {sum: much}", "targets.orders.amount.sum='much': expected a number."),
        ("orders.amount: {sum: true}", "sum=True: expected a number."),
        ("orders.amount: {sum: .inf}", "sum=inf: expected a finite number."),
        ("orders.amount: {sum: {web: 5}}", "sum: expected a number; for groups, write `orders.amount by EXPRESSION`."),
        ("orders.amount by channel: {sum: 5}", "sum=5: expected a mapping of each group to a number."),
        ("orders.amount by channel: {sum: {web: x}}", "sum.web='x': expected a number."),
        ("orders.amount: {sum: 5.001}", "sum=5.001: the column's values are 2 decimals, which cannot add up to that."),
        ("customers.age by vip: {sum: {true: 5.5}}", "sum.true=5.5: the column's values are whole numbers, which cannot add up to that."),
        ("orders.amount by channel: {share: {web: 0.6, shop: 0.5}}", "share: the shares sum to 1.1; expected 1."),
        ("orders.amount by channel: {share: {web: 1.5, shop: -0.5}}", "share: -0.5 is negative; expected shares from 0 to 1."),
        ("orders.amount by channel: {share: {web: 0.6, shop: 0.4}, sum: 1.234}", "sum=1.234: the column's values are 2 decimals"),
        ("orders.amount: {share: {web: 0.6, shop: 0.4}}", "amount is a column of numbers: give its sum or mean, or its shares by group"),
        ("orders.amount: {count: {web: 5}}", "amount is a column of numbers: give its sum or mean"),
        ("orders.tax: {sum: 5}", "(amount * 0.2) and cannot be moved itself; target a column that it reads (amount), or draw tax"),
        ("customers.spent: {sum: 5}", "spent is an aggregate of rows of orders (sum(orders.amount)); target orders.amount instead."),
        ("orders.customer_id: {sum: 5}", "customer_id is copied from the row's parent; target customers.customer_id instead."),
        ("orders.order_id: {sum: 5}", "order_id follows from the row's number; target a column of numbers or a category instead."),
        ("orders.line: {sum: 5}", "line follows from the row's number"),
        ("orders.friend: {sum: 5}", "friend points to other rows"),
        ("customers.boss: {sum: 5}", "boss points to other rows"),
        ("customers.segment: {sum: 5}", "segment has values from a list, which do not add up; give their count or share, without groups."),
        ("customers.fixed: {sum: 5}", "fixed is the same in every row; make it a distribution, such as normal."),
        ("customers.born: {sum: 5}", "born is no distribution of numbers and no walk; only such can be moved."),
        ("customers.born: {count: {2000-01-01: 5}}", "born is no category and no boolean; only their values can be counted out."),
        ("customers.label: {sum: 5}", "label is string, which does not add up"),
        ("customers.coarse: {sum: 5}", "coarse is float, too coarse for exact sums; make it `as: float`, a decimal or integer."),
        ("customers.segment: {count: {retail: 1000, publc: 0}}", "count.publc: segment has no such value; did you mean 'public'?"),
        ("customers.segment: {count: {retail: 900}}", "sum to 900, and customers has 1,000 rows; make them equal, or give a share."),
        ("customers.segment: {count: {retail: 999.5, public: 0.5}}", "count: 999.5 is no count; expected whole numbers from 0."),
        ("customers.segment: {count: {retail: 1001, public: -1}}", "count: -1 is no count"),
        ("customers.segment: {count: 5}", "count=5: expected a mapping of each value to a number."),
        ("customers.segment: {share: {retail: 0.9}}", "share: the shares sum to 0.9; expected 1."),
        ("customers.segment by vip: {count: {retail: 1000}}", "counted out over the whole table, not by group; leave out `by vip`."),
        ("customers.currency: {share: {EUR: 1}}", "currency depends on other columns (`given`), and values counted out would not; leave"),
        ("customers.level: {share: {a: 1}}", "level depends on other columns (`by`)"),
        ("customers.loyal: {share: {true: 1}}", "loyal depends on other columns (`p`)"),
        ("customers.code: {share: {1: 1}}", "code has nulls, which no count is about; leave out `null`, or make it a value."),
        ("customers.seat: {share: {x: 1}}", "seat has each value once (`unique`), so nothing is left to count out."),
        ("customers: {count: 500}", "the rows of customers are what its `rows` says; a target is for a table with `per`."),
        ("orders: {sum: 500}", "sum: rows have none; give their count, or name a column as orders.COLUMN."),
        ("orders: {count: -5}", "count=-5: expected a number from 0."),
        ("orders: {count: 5.5}", "count=5.5: the column's values are whole numbers"),
        ("notes: {count: 500}", "the `count` of notes is the same in every row; make it a distribution, such as normal."),
        ("orders.amount by customers.spent > 5: {sum: {true: 5}}", "needs itself, by customers.spent → orders.amount; let it hang"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(line, message):
    found = fault(line)
    assert message in found
    assert f"s.yaml, line {FIRST}: targets." in found or "s.yaml, targets." in found


def test_all_faults_come_at_once_with_their_lines():
    found = fault(
        "orders.amount: {sum: x}", "orders.tax: {sum: 1}", "customers.age by vip:", "  mean: {true: 1, false: no}"
    )
    assert [line.split(":")[0].strip() for line in found.splitlines()[1:]] == [
        f"line {FIRST}",
        f"line {FIRST + 1}",
        f"line {FIRST + 3}",
    ]


def test_a_column_has_one_target():
    found = fault("orders.amount: {sum: 5}", "orders.amount by channel: {sum: {web: 5}}")
    assert "targets.orders.amount by channel: has a target already, 'orders.amount'; give one of them." in found


def test_two_targets_that_need_one_another_are_refused():
    found = fault(
        "customers.age by plain > 0.5: {sum: {true: 5}}",
        "customers.plain by age > 30: {sum: {true: 5}}",
    )
    assert "targets.customers.age by plain > 0.5: needs itself, by customers.plain → customers.age" in found


def test_a_name_may_hold_the_word_by():
    text = "tables: {'a by b': {rows: 3, columns: {x by y: uniform, z: {kind: category, values: [u]}}}}\ntargets:\n"
    (first,) = check(parse(text + "  a by b.x by y by z: {sum: {u: 2}}")).targets
    assert (first.table, first.column, first.by) == ("a by b", "x by y", "z")
    (second,) = check(parse(text + "  a by b.x by y: {sum: 2}")).targets
    assert (second.column, second.by) == ("x by y", None)


def test_a_group_stands_once():
    document = parse(TABLES + "  orders.amount by line: {sum: {1: 5}}").values
    document["targets"]["orders.amount by line"]["sum"]["1"] = 6
    with pytest.raises(SpecError, match=r"sum\.1: stands twice; keep one of them\."):
        check(Document(document))


def test_the_json_schema_knows_targets():
    properties = json_schema()["properties"]
    assert set(properties["targets"]["additionalProperties"]["properties"]) == set(MEASURES)


@pytest.mark.parametrize("check_column", [check_moved, check_dealt])
def test_a_column_of_a_model_has_no_target(check_column):
    column = ColumnSpec(name="x", path="tables.t.model", sampler=Sourced(source="model", kind=pa.float64()))
    with pytest.raises(SpecError, match=r"^x comes of a model, together with other columns"):
        check_column(column)


def test_a_target_is_shown_in_a_line():
    numbers, values = read("orders.amount by channel: {sum: {web: 5}}", "customers.vip: {share: {true: 1}}").targets
    assert str(numbers) == "orders.amount by channel: sum of 1 groups, one more pass"
    assert str(values) == "customers.vip: share of 1 values, no pass"
    assert isinstance(numbers, Target)
