"""Which kind takes which column, and that the reason is said."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from tests.columns._examples import UUIDS

from rowsmith.columns._infer import infer
from rowsmith.core.codecs import fit_codec
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema
from rowsmith.core.text import with_form

RNG = np.random.default_rng(3)
WORDS = ["sun", "moon", "tree", "house", "sea", "wind"]
NOTES = [" ".join(RNG.choice(WORDS, int(RNG.integers(2, 9)))) + "." for _ in range(80)]
NAMES = [f"{chr(65 + i % 26)}na B{chr(97 + i // 26)}rg" for i in range(60)]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("order_id", list(range(1, 40)), "identifier"),
        ("x", list(range(1, 40)), "identifier"),
        ("year", list(range(1980, 2020)), "integer"),
        ("income", RNG.choice(90_000, 60, replace=False).tolist(), "integer"),
        ("customer_no", RNG.choice(10**8, 60, replace=False).tolist(), "identifier"),
        ("zip", [f"{z:05d}" for z in RNG.choice(99_999, 60, replace=False)], "integer"),
        ("height", RNG.normal(size=60).tolist(), "float"),
        ("uid", UUIDS.to_pylist(), "identifier"),
        ("whatever", UUIDS.to_pylist(), "identifier"),
        ("kind", ["blue", "green"], "category"),
        ("city", [f"town {i % 30}" for i in range(100)], "category"),
        ("country", ["NA", "DE", "", None, "FR"] * 5, "category"),
        ("note", NOTES, "text"),
        ("note", ["he said so", "she did not say", "who knows it then"], "text"),
        ("full_name", NAMES, "personal"),
        ("contact", [f"p{i}@mail.test" for i in range(30)] * 3, "personal"),
        ("home", [f"https://x.test/{i}" for i in range(30)], "personal"),
        ("ip", [f"10.0.{i}.7" for i in range(30)], "personal"),
        ("account", [f"DE{i:02d}3704004405320130{i:02d}" for i in range(10, 40)], "personal"),
        ("address", [f"Main Street {i}" for i in range(30)], "personal"),
        ("phone", [f"+49 30 {n}" for n in RNG.choice(range(10**6, 10**7), 50)], "code"),
        (
            "plate",
            [f"B-{a}{b} {n}" for a, b, n in zip("ABCDE" * 8, "KLMNOPQR" * 5, range(1000, 9000, 200), strict=True)],
            "code",
        ),
        ("part", ["<5", "neg"] * 9 + [f"{x:.1f}" for x in RNG.normal(50, 20, 60)], "mixed"),
        ("empty", [None] * 5, "null"),
        ("one", [7, 7, None], "constant"),
        ("when", ["2024-01-05", "2024-03-05", "2023-01-05"], "date"),
        ("flag", ["yes", "no", "no"], "boolean"),
    ],
)
def test_kinds(guess, name, values, kind):
    column = guess(values, name)
    assert (column.kind, bool(column.why)) == (kind, True)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pa.array([1.0, 2.0, 3.0, 9.0]), "identifier"),
        (pa.array(["b", "a", "z y"]), "identifier"),
        (pa.array([dt.date(2024, 1, 1), dt.date(2024, 1, 2)]), "identifier"),
        (pa.array(["one"]), "identifier"),
        (pa.array([0.5, 0.25, 0.125]), "float"),
    ],
)
def test_a_declared_key(guess, values, kind):
    assert guess(values, "anything", is_key=True).kind == kind


def test_a_schema_holds_no_value_of_protected_columns_and_comes_back():
    table = pa.table({"id": UUIDS, "note": NOTES[: len(UUIDS)], "size": pa.array(range(len(UUIDS)), pa.int16())})
    schema = Schema(tables={"t": infer(table, name="t", primary_key=("id",))})
    text = schema.to_yaml()
    assert Schema.from_yaml(text) == schema
    assert not any(str(v) in text for v in [*UUIDS.to_pylist(), *NOTES[:30]] if len(str(v)) > 9)


def test_dictionaries_are_seen_through_and_come_back():
    values = pa.array(["x", "y", None, "x"] * 5).dictionary_encode().cast(pa.dictionary(pa.int16(), pa.string()))
    ordered = pa.DictionaryArray.from_arrays(pa.array([0, 1, 1], pa.int8()), pa.array(["lo", "hi"]), ordered=True)
    numbers = pa.array([10, 20, 10] * 9).dictionary_encode()
    for column, kind in ((values, "category"), (ordered, "ordered"), (numbers, "integer")):
        table = pa.table({"c": column})
        found = infer(table, name="t").columns["c"]
        assert found.kind == kind
        codec = fit_codec("c", found, column, Key(1))
        made = codec.decode(codec.encode(column), Rows(0, len(column)), Key(2))
        assert made.type == column.type
        assert made.to_pylist() == column.to_pylist()
    unique = pa.array(NOTES).dictionary_encode()
    found = infer(pa.table({"c": unique}), name="t").columns["c"]
    codec = fit_codec("c", found, unique, Key(1))
    assert codec.decode(codec.encode(unique), Rows(0, len(unique)), Key(2)).type == unique.type


def test_long_strings_are_strings():
    for kind in (pa.large_string(), pa.string_view()):
        values = pa.array(["a", "b", "a", None] * 4, kind)
        found = infer(pa.table({"c": values}), name="t").columns["c"]
        codec = fit_codec("c", found, values, Key(1))
        assert codec.decode(codec.encode(values), Rows(0, 16), Key(2)).equals(values)


def test_text_of_a_form_is_printed_again():
    values = pa.array(["00017", "08299", None, "99999"] * 30)
    found = infer(pa.table({"zip": values}), name="t").columns["zip"]
    assert (found.kind, found.type, found.form["width"]) == ("integer", "string", 5)
    codec = fit_codec("zip", found, values, Key(1))
    made = codec.decode(codec.encode(values), Rows(0, len(values)), Key(2))
    assert made.equals(values)


def test_the_form_that_a_reader_left_is_kept():
    field = with_form(pa.field("c", pa.int64()), {"as": "integer", "width": 4})
    table = pa.table([pa.array([1, 20, 300])], schema=pa.schema([field]))
    assert infer(table, name="t").columns["c"].form == {"as": "integer", "width": 4}


def test_a_table_without_rows_has_a_schema():
    table = pa.table({"a": pa.array([], pa.string()), "b": pa.array([], pa.int32())})
    assert list(infer(table, name="t", primary_key=("a",)).columns) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", UUIDS.to_pylist()),
        ("note", NOTES),
        ("full_name", NAMES),
        ("email", [f"person{i}@mail.test" for i in range(40)]),
        ("phone", [f"+49 30 {n}" for n in RNG.choice(range(10**6, 10**7), 50)]),
        ("account", [f"DE{i:02d}3704004405320130{i:02d}" for i in range(10, 40)]),
        ("customer_no", [f"{n:08d}" for n in RNG.choice(10**8, 60, replace=False)]),
    ],
)
def test_no_protected_value_is_in_the_model_or_its_rows(guess, name, values):
    texts = pa.array(values)
    codec = fit_codec(name, guess(texts, name), texts, Key(1))
    assert not any(v in repr(codec.state()) for v in values)
    made = codec.decode(codec.encode(texts), Rows(0, len(texts)), Key(2)).to_pylist()
    assert not set(made) & set(values)


PERSONS = [
    f"{a} {b}" for a in ("Anna", "Max", "Eva", "Tom", "Lea") for b in ("Huber", "Gruber", "Koch", "Wolf", "Bauer")
]
GOODS = [
    f"{a} {b}" for a in ("Blue", "Red", "Small", "Large", "Oak") for b in ("Chair", "Table", "Lamp", "Desk", "Sofa")
]
LINES = ["S1 (north)", "ring & loop", "U 4/7", "10 to 20", "a; b; c"] * 5


@pytest.mark.parametrize(
    ("table", "column", "values", "personal"),
    [
        ("customers", "name", PERSONS, True),
        ("doctors", "name", PERSONS, True),
        ("table", "name", PERSONS, True),
        ("table", "name", GOODS, True),  # nothing says that they are not
        ("suppliers", "name", GOODS, True),
        ("product_owners", "name", PERSONS, True),
        ("products", "full_name", PERSONS, True),
        ("products", "customer_name", PERSONS, True),
        ("products", "name", GOODS, False),
        ("drugs", "Name", GOODS, False),
        ("Genre", "Name", GOODS, False),
        ("MediaType", "Name", GOODS, False),
        ("order_categories", "names", GOODS, False),
        ("table", "name", [f"{line} {i:c}" for i, line in zip(range(97, 122), LINES, strict=True)], False),
    ],
)
def test_whose_names_they_are_the_table_says_or_the_values(table, column, values, personal):
    found = infer(pa.table({column: values}), name=table).columns[column]
    assert (found.kind == "personal") is personal
