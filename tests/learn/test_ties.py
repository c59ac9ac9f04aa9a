"""Rules that are kept by construction: what is learnt in the place of a column, and how the column is made of it."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from rowsmith.core import sql
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW
from rowsmith.learn._tie_rules import ties_from_state, ties_of, ties_state

N = 3000
RNG = np.random.default_rng(11)


def kinds(rows):
    names = {pa.types.is_integer: "integer", pa.types.is_floating: "float", pa.types.is_decimal: "decimal"}
    names |= {pa.types.is_timestamp: "timestamp", pa.types.is_date: "date", pa.types.is_boolean: "boolean"}

    def kind(values):
        return next((name for is_it, name in names.items() if is_it(values.type)), "category")

    return {name: Column(kind=kind(values), type=str(values.type)) for name, values in rows.items()}


def tied(rows, fixed=(), **rules):
    return ties_of(rules, kinds(rows), rows, frozenset(fixed))


def back(ties, rows):
    """The rows as they come of what is learnt of them; what is learnt has no nulls that would be learnt for nothing."""
    split = ties.split(rows)
    assert set(split) == set(ties.learns)
    for name, column in ties.learns.items():
        assert str(split[name].type) == column.type
    joined = ties.join({name: v for name, v in rows.items() if name not in ties.columns} | split)
    return {name: joined[name] for name in rows}


def holes(values, share, mask=None):
    gone = RNG.random(N) < share
    return pc.if_else(pa.array(gone if mask is None else gone | mask), pa.scalar(None, values.type), values)


def null(values):
    return values.is_null().to_numpy(zero_copy_only=False)


def minutes(start, length, unit="s", tz=None):
    ticks = {"s": 1, "us": 1_000_000}[unit]
    return pa.array((start + 60 * length) * ticks).cast(pa.timestamp(unit, tz))


START = RNG.integers(1_600_000_000, 1_700_000_000, N)
MONEY = pa.array([Decimal(int(c)).scaleb(-2) for c in RNG.integers(1, 90_000, N)], pa.decimal128(10, 2))
RATE = pa.array([Decimal(r) for r in RNG.choice(["0.00", "0.07", "0.19"], N)], pa.decimal128(4, 2))
VAT = sql.evaluate("cast(round(net * rate, 2) as decimal(10, 2))", {"net": MONEY, "rate": RATE}, "vat")
A, B = (pa.array(RNG.integers(0, 50, N)) for _ in "ab")

TABLES = {
    "formulas in a chain": (
        {"net": MONEY, "rate": RATE, "vat": VAT, "gross": pc.add(MONEY, VAT).cast(pa.decimal128(10, 2))},
        {"gross": "gross = net + vat", "vat": "round(net * rate, 2) = vat"},
        {"vat", "gross"},
        set(),
    ),
    "a formula of texts and truth": (
        {"a": A, "word": sql.evaluate("'n' || a", {"a": A}, "w"), "many": pc.greater(A, 20)},
        {"word": "word = concat('n', a)", "many": "many = (a > 20)"},
        {"word", "many"},
        set(),
    ),
    "a formula with gaps of its own": (
        {"a": (a := holes(A, 0.1)), "twice": holes(pc.multiply(a, 2), 0.2)},
        {"twice": "twice = 2 * a"},
        {"twice"},
        {"twice#missing"},
    ),
    "a formula whose column is known without it": (
        {"a": holes(A, 0.2), "b": pc.add(A, 1)},
        {"b": "b = a + 1"},
        {"b"},
        {"b#own"},
    ),
    "times in order": (
        {
            "opened": minutes(START, 0),
            "approved": (approved := holes(minutes(START, RNG.integers(0, 900, N)), 0.2)),
            "closed": holes(minutes(START, 900 + RNG.integers(0, 9000, N)), 0.3, null(approved)),
        },
        {"order": "opened <= approved and approved <= closed", "way": "closed is null or approved is not null"},
        {"approved", "closed"},
        {"approved#gap", "closed#gap", "closed#own"},
    ),
    "times in order, with a zone": (
        {"a": minutes(START, 0, "us", "UTC"), "b": minutes(START, RNG.integers(1, 90, N), "us", "UTC")},
        {"order": "b > a"},
        {"b"},
        {"b#gap"},
    ),
    "days in order": (
        {
            "born": pa.array(RNG.integers(-9000, 9000, N), pa.int32()).cast(pa.date32()),
            "died": pa.array(RNG.integers(9000, 19_000, N), pa.int32()).cast(pa.date32()),
        },
        {"order": "born <= died"},
        {"died"},
        {"died#gap"},
    ),
    "floats between": (
        {
            "low": pa.array(low := np.round(RNG.gamma(2, 3, N), 2)),
            "mid": pa.array(mid := np.round(low + RNG.gamma(1, 2, N), 2)),
            "high": pa.array(np.round(mid + RNG.gamma(1, 2, N), 2)),
        },
        {"order": "mid between low and high"},
        {"mid", "high"},
        {"mid#gap", "high#gap"},
    ),
    "the greatest of several bounds, one a formula": (
        {"a": A, "b": holes(B, 0.3), "c": pa.array(np.maximum(2 * A.to_numpy(), B.to_numpy()) + RNG.poisson(3, N))},
        {"one": "c >= 2 * a", "two": "b <= c"},
        {"c"},
        {"c#gap"},
    ),
    "above what is computed": (
        {
            "price": A,
            "pieces": B,
            "total": pc.multiply(A, B),
            "limit": pc.add(pc.multiply(A, B), pa.array(RNG.poisson(9, N))),
        },
        {"total": "total = price * pieces", "limit": 'total <= "limit"'},
        {"total", "limit"},
        {"limit#gap"},
    ),
    "a far end that stands for none": (
        {
            "since": minutes(START, 0),
            "until": pc.if_else(
                pa.array(RNG.random(N) < 0.3), dt.datetime(9999, 12, 31), minutes(START, RNG.integers(0, 99, N))
            ),
        },
        {"order": "since <= until"},
        {"until"},
        {"until#gap", "until#mark"},
    ),
    "missing together": (
        {
            "way": (way := pa.array(RNG.choice(["post", "pick-up"], N))),
            "street": holes(A, 0, way.to_numpy(False) == "post"),
        },
        {"street": "(street is null) = (way = 'post')"},
        {"street"},
        {"street#there"},
    ),
    "missing where another is": (
        {"a": (a2 := holes(A, 0.4)), "b": holes(B, 0.2, null(a2))},
        {"b": "b is null or a is not null"},
        {"b"},
        {"b#there"},
    ),
}


@pytest.mark.parametrize(("rows", "rules", "columns", "learns"), TABLES.values(), ids=TABLES)
def test_rows_that_keep_the_rules_come_back(rows, rules, columns, learns):
    ties = tied(rows, **rules)
    assert ties.columns == columns
    assert set(ties.learns) == learns
    again = back(ties, rows)
    for name, values in rows.items():
        unlike = np.flatnonzero(pc.not_equal(again[name], values).fill_null(False).to_numpy(zero_copy_only=False))
        assert again[name].type == values.type
        assert np.array_equal(null(again[name]), null(values)), name
        if len(unlike):  # but for the outermost values of a bounded column, each of one row
            assert f"{name}#gap" in learns
            assert len(unlike) <= 4 * FEW


@pytest.mark.parametrize(("rows", "rules", "columns", "learns"), TABLES.values(), ids=TABLES)
def test_no_rule_is_broken_whatever_is_drawn(rows, rules, columns, learns):
    ties = tied(rows, **rules)
    split = ties.split(rows)
    order = {name: pa.array(RNG.permutation(N)) for name in (*rows, *split)}  # every column on its own
    drawn = {name: values.take(order[name]) for name, values in (rows | split).items() if name not in ties.columns}
    made = ties.join(drawn)
    for name, rule in rules.items():
        assert sql.truth(rule, {c: made[c] for c in rows}, name).all(), name


@pytest.mark.parametrize(("rows", "rules", "columns", "learns"), TABLES.values(), ids=TABLES)
def test_ties_are_plain_values(rows, rules, columns, learns):
    ties = tied(rows, **rules)
    assert ties_from_state(ties_state(ties)) == ties


def test_rows_that_break_a_rule_are_mended():
    rows = {"a": A, "b": B, "sum": pc.add(A, pc.add(B, pa.array((RNG.random(N) < 0.1).astype(int))))}
    ties = tied(rows, sum="sum = a + b", order="a < b")
    again = back(ties, rows)
    assert sql.truth("sum = a + b and a < b", again, "rule").all()
    kept = pc.less(A, B).to_numpy(zero_copy_only=False)
    assert np.array_equal(again["b"].to_numpy()[kept], B.to_numpy()[kept])


def test_ends_of_a_column_are_kept():
    low = pa.array(RNG.integers(0, 100, N))
    high = pa.array(np.minimum(low.to_numpy() + RNG.integers(0, 60, N), 120))
    ties = tied({"low": low, "high": high}, order="low <= high")
    gap = pa.array(np.full(N, 130))
    mark = {name: pa.array(np.full(N, -1)) for name in ties.learns if name == "high#mark"}
    assert set(ties.join({"low": low, "high#gap": gap} | mark)["high"].to_pylist()) == {120}


@pytest.mark.parametrize(
    ("rules", "columns"),
    [
        ({"a": "a = b"}, {"a"}),
        ({"a": "a = b", "b": "b = a"}, {"a"}),
        ({"a": "a = b + c", "b": "b = c + a"}, {"a"}),
        ({"x": "a < b", "y": "b < c", "z": "c < a"}, {"a", "b"}),
        ({"x": "a < b and b < a"}, {"b"}),
        ({"key": "key = a + b"}, set()),
        ({"x": "a + b < c"}, {"c"}),
        ({"x": "a + b < c + 1"}, set()),
        ({"x": "a < 5 or b > 3"}, set()),
        ({"x": "not (a > b)"}, set()),
        ({"x": "word < other"}, set()),
        ({"x": "a = 5"}, set()),
        ({"x": "a >= 0 and b is not null"}, set()),
    ],
)
def test_what_needs_itself_or_has_no_such_form_is_left_to_redrawing(rules, columns):
    numbers = {name: pa.array(RNG.integers(0, 50, N)) for name in ("key", "a", "b", "c")}
    words = {name: pa.array(RNG.choice(["x", "y"], N)) for name in ("word", "other")}
    assert tied(numbers | words, fixed=("key",), **rules).columns == columns


def test_a_day_is_not_before_a_moment_of_it():
    moment = pa.array([dt.datetime(2024, 5, 1, 12)] * 4 + [dt.datetime(2024, 5, 3, 1)])
    day = pa.array([dt.date(2024, 5, 2), dt.date(2024, 5, 4), dt.date(2024, 5, 2), None, dt.date(2024, 5, 9)])
    rows = {"moment": moment, "day": day}
    ties = tied(rows, order="day >= moment")
    assert sql.truth("day >= moment", ties.join({"moment": moment} | ties.split(rows)), "rule").all()


def test_names_in_another_case_are_the_same():
    rows = {"Net": A, "vat": B, "TOTAL": pc.add(A, B)}
    assert tied(rows, sum="total = net + VAT").columns == {"TOTAL"}


def test_what_has_no_place_in_its_type_breaks_the_rule_and_is_no_fault():
    rows = {"a": pa.array(np.full(N, 100, np.uint8)), "b": pa.array(RNG.integers(0, 100, N), pa.uint8())}
    rows["sum"] = sql.evaluate("cast(a + b as utinyint)", rows, "sum")
    ties = tied(rows, sum="sum = a + b")
    made = ties.join({"a": pa.array([200, 1], pa.uint8()), "b": pa.array([200, 1], pa.uint8())})
    assert made["sum"].to_pylist() == [255, 2]


@pytest.mark.parametrize(
    "later",
    [
        pa.array(np.full(N, 19_000, np.int32) + 31 * RNG.integers(0, 9, N).astype(np.int32), pa.int32()).cast(
            pa.date32()
        ),
        pa.array(np.round(RNG.integers(400, 900, N) + 0.99, 2)),
    ],
    ids=["a few days", "ends in .99"],
)
def test_a_column_with_an_order_of_its_own_is_not_made_of_distances(later):
    early = {
        "date32[day]": pa.array(RNG.integers(10_000, 18_999, N), pa.int32()).cast(pa.date32()),
        "double": pa.array(np.round(RNG.random(N) * 300, 2)),
    }[str(later.type)]
    assert tied({"early": early, "later": later}, order="early <= later").columns.isdisjoint({"later"})


@pytest.mark.parametrize("upper", [False, True])
def test_whole_hours_stay_whole_where_what_bounds_them_is_finer(upper):
    minute = minutes(START, RNG.integers(0, 60, N))
    away = RNG.integers(0, 90, N) * 3600 * (-1 if upper else 1)
    hour = minutes((START // 3600 + (-1 if upper else 2)) * 3600 + away, 0)
    rule = "booked >= done" if upper else "booked <= done"
    rows = {"booked": minute, "done": hour}
    ties = ties_of({"order": rule}, kinds(rows), rows, frozenset(["booked"]))
    (tie,) = ties.each
    assert (tie.grid, tie.upper) == ((3600, 0), upper)
    assert np.mean(np.array(pc.equal(back(ties, rows)["done"], hour))) > 0.99  # but for the ends of the column
    gaps = {"done#gap": ties.split(rows)["done#gap"].take(pa.array(RNG.permutation(N)))}
    done, booked = (np.array(v.cast(pa.int64())) for v in (ties.join({"booked": minute, **gaps})["done"], minute))
    assert ((done <= booked) if upper else (done >= booked)).all()
    assert (done % 3600 == 0).all()
    assert ties_from_state(ties_state(ties)) == ties


def test_both_ends_of_a_bounded_column_are_kept():
    low = pa.array(RNG.integers(0, 90, N))
    high = pc.max_element_wise(low, pa.array(RNG.integers(50, 90, N)))
    ties = tied({"low": low, "high": high}, ("low",), order="low <= high")
    made = ties.join({"low": low, "high#gap": pa.array(np.zeros(N, np.int64))})["high"]
    assert pc.min(made).as_py() >= 50


def test_a_formula_that_a_few_rows_break_is_computed_in_the_others():
    pieces = RNG.integers(1, 20, N)
    price = np.round(RNG.gamma(3, 5, N), 2)
    total = np.round(pieces * price, 2)
    total[:9] += 7.5
    rows = {"pieces": pa.array(pieces), "price": pa.array(price), "total": pa.array(total)}
    habits = {"total computed": "total = round(pieces * price, 2)"}
    ties = ties_of({}, kinds(rows), rows, frozenset(), habits=habits)
    assert set(ties.learns) == {"total#breaks", "total#own"}
    assert ties.split(rows)["total#breaks"].to_pylist() == [i < 9 for i in range(N)]
    assert back(ties, rows) == rows
    assert ties_from_state(ties_state(ties)) == ties
    # so few that they would point at somebody: the formula holds in all
    rows["total"] = pa.array(np.where(np.arange(N) < FEW - 1, total, np.round(pieces * price, 2)))
    assert not ties_of({}, kinds(rows), rows, frozenset(), habits=habits).learns
    # entities count, where there are some
    rows["total"] = pa.array(total)
    assert not ties_of({}, kinds(rows), rows, frozenset(), np.arange(N) // 9, habits).learns


def test_a_habit_keeps_what_is_missing_and_what_has_no_formula():
    a, b = holes(pa.array(RNG.integers(0, 500, N)), 0.1), pa.array(RNG.integers(0, 500, N))
    total = pc.add(a, b).fill_null(7)
    total = pc.if_else(pa.array(np.arange(N) % 50 == 0), pa.scalar(None, pa.int64()), total)
    total = pc.if_else(pa.array(np.arange(N) % 300 == 1), 1000, total)
    rows = {"a": a, "b": b, "total": total}
    ties = ties_of({}, kinds(rows), rows, frozenset(), habits={"total computed": "total = a + b"})
    assert set(ties.learns) == {"total#missing", "total#breaks", "total#own"}
    assert back(ties, rows) == rows


def test_columns_that_are_mostly_nought_are_no_formula_of_each_other():
    a, b = (pa.array(np.where(RNG.random(N) < 0.99, 0, RNG.integers(1, 100, N))) for _ in "ab")
    rows = {"a": a, "b": b}
    assert not ties_of({}, kinds(rows), rows, frozenset(), habits={"b computed": "b = a"}).each


@pytest.mark.parametrize("unit", ["s", "us"])
def test_between_two_others_what_is_drawn_too_far_is_folded_back(unit):
    length = RNG.integers(0, 5000, N)
    opened, closed = (minutes(START, each, unit) for each in (np.zeros(N, dtype=np.int64), length))
    visit = minutes(START, (RNG.random(N) * length).astype(np.int64), unit)
    closed = holes(closed, 0.1)
    rows = {"opened": opened, "closed": closed, "visit": visit}
    ties = ties_of({"in": "visit between opened and closed"}, kinds(rows), rows, frozenset(["opened", "closed"]))
    (tie,) = ties.each
    assert (tie.form, tie.bounds, tie.ceilings) == ("bounded", ("opened",), ("closed",))
    assert ties_from_state(ties_state(ties)) == ties
    gaps = ties.split(rows)["visit#gap"].take(pa.array(RNG.permutation(N)))
    inside = ties.join({"opened": opened, "closed": closed, "visit#gap": gaps})["visit"]
    low, ticks, high = (np.array(each.cast(pa.int64()).cast(pa.float64())) for each in (opened, inside, closed))
    assert (ticks >= low).all()
    assert not (ticks > high).any()  # nothing is above what is not there
    step = 60 if unit == "s" else 60_000_000
    assert ((ticks - low) % step == 0).mean() > 0.99  # but for the ends of the column
    assert len(np.unique((ticks - low)[high - low > 1000 * step])) > 500


@pytest.mark.parametrize("n", [0, 1, 2])
def test_orders_of_hardly_any_rows_are_no_fault(n):
    rows = {"a": pa.array([1.5, 2.5][:n], pa.float64()), "b": pa.array([2.0, 3.0][:n], pa.float64())}
    made = back(tied(rows, order="a <= b"), rows)
    assert all(made[name].equals(rows[name]) for name in rows)
