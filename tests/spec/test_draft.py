"""A drafted spec loads, makes the like of any table, and holds no row."""

import datetime as dt
import json
import re
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from tests.columns._examples import EXAMPLES, UUIDS
from tests.io._tables import PLAIN, tables
from tests.spec._draft import N, drafted, made, orders, rng

from rowsmith.core.errors import DataError, SpecError
from rowsmith.engine.draft import draft
from rowsmith.engine.make import make
from rowsmith.spec.check import check
from rowsmith.spec.document import parse


def people(n=300):
    r = rng(6)
    first, last = r.choice(["Anna", "Bert", "Cleo", "Dora"], n), [f"Huber{chr(97 + i % 26)}{i}" for i in range(n)]
    return pa.table(
        {
            "customer_no": [f"K-{170_000 + 37 * i:07d}" for i in range(n)],
            "customer name": [f"{a} {b}" for a, b in zip(first, last, strict=True)],
            "email": [f"{b.lower()}@mail.test" for b in last],
            "street address": [f"{i * 7 + 11} Linden Lane" for i in range(n)],
            "note": [f"called on day {i * 13} about matter {i * 17} and was content" for i in range(n)],
            "plate": [f"AB {r.integers(100, 999)} XY{i % 10}" for i in range(n)],
            "income": r.lognormal(10, 0.7, n).round(2) + 0.37,
            "lat": r.normal(48, 1, n),
            "token": [f"{r.integers(2**62):016x}" for _ in range(n)],
            "seen": np.datetime64("2024-01-01T00:00:00") + r.integers(0, 10**7, n),
        }
    )


def test_no_value_that_is_somebodys_own_stands_in_the_spec():
    table = people()
    text = draft(table, name="people")
    for name in ("customer_no", "customer name", "email", "street address", "note", "plate", "token"):
        assert not [value for value in table[name].to_pylist() if value in text], name
    numbers = set(re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])", text))
    for name in ("income", "lat"):
        assert not numbers & {repr(value) for value in table[name].to_pylist()}, name
    assert not [moment for moment in table["seen"].to_pylist() if str(moment) in text]


def test_an_extreme_value_is_not_published():
    x = np.append(rng().lognormal(10, 0.3, N).round(), [9_876_543.0, 9_876_541.0])
    text = draft(pa.table({"income": x}))
    assert "98765" not in text
    assert made(pa.table({"income": x}))["income"].to_numpy().max() < 1_000_000


def test_a_person_that_has_many_rows_is_not_named():
    names = [f"{a} {b}" for a in ("Anna", "Bert") for b in ("Huber", "Maier", "Weiss")]
    table = pa.table({"patient name": names * 40, "patient": [f"P{100 + i:04d}" for i in range(24)] * 10})
    text = draft(table)
    assert not [name for name in names if name in text]
    assert "P0107" not in text


def test_personal_columns_are_invented_and_keys_are_keys():
    columns = drafted(people(), primary_key=("customer_no",))
    assert columns["customer name"]["kind"] == "person.name"
    assert (columns["email"]["kind"], columns["email"]["from"]) == ("person.email", "customer name")
    assert columns["street address"]["kind"] == "address.street"
    assert columns["note"]["kind"] == "sentence"
    twin = made(people(), primary_key=("customer_no",))
    assert len(set(twin["customer_no"].to_pylist())) == 300
    assert all(re.fullmatch(r"K-\d{7}", key) for key in twin["customer_no"].to_pylist())


ODD = {
    **EXAMPLES,
    "uuids": UUIDS,
    "json": pa.array([json.dumps({"a": i, "b": f"x{i % 3}", "c": [1, i]}) for i in range(60)]),
    "struct": pa.array([{"a": i, "b": None if i % 2 else f"x{i}"} for i in range(60)]),
    "map": pa.array([[("k", i)] for i in range(9)], pa.map_(pa.string(), pa.int64())),
    "lists of structs": pa.array([[{"a": 1.5 * i}] * (i % 4) for i in range(60)]),
    "nan": pa.array([float("nan")] * 9),
    "huge": pa.array([1e300, -1e300, 1e-300, 0.0, 5.0] * 9),
    "int64": pa.array([-(2**63), 2**63 - 1, 0, 1, 7] * 9),
    "uint64": pa.array([2**64 - 1, 0, 1, 7] * 9, pa.uint64()),
    "uint8": pa.array([*range(0, 256, 3), 255], pa.uint8()),
    "float32": pa.array(rng().normal(3, 1, 90).round(2), pa.float32()),
    "decimal of one": pa.array([Decimal("1.50")] * 9),
    "time of one": pa.array([dt.time(12, 30)] * 9),
    "moment of one": pa.array([dt.datetime(2024, 5, 1, 12)] * 9),
    "day of one": pa.array([dt.date(2024, 5, 1)] * 9),
    "bytes of one": pa.array([b"abc"] * 9),
    "spread by two": pa.array([0] * 500 + [10**6, 2 * 10**6]),
    "units": pa.array([f"{i * 3} kg" for i in range(60)]),
    "zeros in front": pa.array([f"{i % 7:03d}" for i in range(60)]),
    "empty texts": pa.array(["", "", "x"] * 9),
    "long": pa.array(["word " * 400, "text " * 400] * 9),
    "signs": pa.array(['"', "'", ": x", "# y", "\n", "\t", "{a}", "- b", "null", "true", "~", "\u2028", "😀"] * 9),
    "large text": pa.array([f"t{i % 3}" for i in range(30)], pa.large_string()),
    "text view": pa.array([f"t{i % 3}" for i in range(30)], pa.string_view()),
    "far dates": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(1582, 10, 15)] * 9),
    "fixed bytes": pa.array([bytes([i] * 4) for i in range(60)], pa.binary(4)),
}


@pytest.mark.parametrize("rows", [1, 3, None])
@pytest.mark.parametrize("name", ODD)
def test_every_odd_column_has_a_spec_that_makes_it(name, rows):
    table = pa.table({name: ODD[name][:rows]})
    twin = made(table)
    assert twin.num_rows == table.num_rows
    assert twin.column_names == [name]


def test_levels_come_back_letter_for_letter():
    assert set(made(pa.table({"x": ODD["signs"].take(pa.array(range(117)))}))["x"].to_pylist()) <= set(
        ODD["signs"].to_pylist()
    )


@settings(max_examples=15)
@given(tables(PLAIN, min_rows=1))
def test_any_table_has_a_spec_that_makes_it(table):
    assert made(table).num_rows == table.num_rows


def test_odd_names_come_back_and_dots_are_told():
    names = [
        "a.b",
        "a_b",
        "A_B",
        'quote"d',
        "col: on",
        "ünï",
        "line\nbreak",
        " pad ",
        "null",
        "true",
        "select",
        "#1",
        "{x}",
        "😀",
    ]
    table = pa.table({name: [1.5 * i for i in range(40)] for name in names})
    text = draft(table)
    assert "named 'a.b' in the data" in text
    made_names = make(check(parse(text)))["table"].column_names
    assert made_names[1:] == names[1:]
    assert made_names[0] not in names


def test_the_same_data_give_the_same_text_and_a_sample_hangs_on_the_seed(monkeypatch):
    table = people()
    assert draft(table) == draft(table)
    assert draft(table) == draft(table.to_pandas())
    monkeypatch.setattr("rowsmith.spec.draft.MOST_ROWS", 100)
    assert draft(table, seed=1) == draft(table, seed=1)
    assert draft(table, seed=1) != draft(table, seed=2)
    assert "300 rows (measured on 100 of them)" in draft(table)


def test_the_header_says_what_was_done_and_rows_can_be_asked_for():
    text = draft(orders(), name="sales.2024", n=70)
    assert text.startswith('# A spec drafted from the table "sales_2024" of 5,000 rows, 10 columns.')
    assert check(parse(text)).tables["sales_2024"].rows == 70
    assert "columns computed from others" in text


def test_a_table_without_rows_gives_a_skeleton():
    table = pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())})
    assert "Without rows there is nothing to measure" in draft(table)
    assert made(table).num_rows == 0


def test_a_key_of_several_columns_is_told_not_to_be_kept():
    table = pa.table({"a": [1, 1, 2, 2] * 5, "b": list(range(20))})
    text = draft(table, primary_key=("a", "b"))
    assert "Not kept: the primary key (a, b)" in text
    assert "primary_key:" not in text


def test_wrong_arguments_are_refused():
    table = pa.table({"a": [1, 2]})
    with pytest.raises(SpecError, match="rare=0: expected a whole number from 1"):
        draft(table, rare=0)
    with pytest.raises(SpecError, match="rows=-1"):
        draft(table, n=-1)
    with pytest.raises(SpecError, match="no such column"):
        draft(table, primary_key="b")
    with pytest.raises(DataError, match="expected a table"):
        draft([1, 2])
