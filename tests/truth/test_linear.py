"""Checks of terms; two-valued columns however they are written; findings from files as from memory."""

import io
import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv
from tests.truth._examples_causal import EXAMPLES
from tests.truth.test_conformance import made, planted

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._linear import check_coefficients, check_terms, flags, rows_of
from rowsmith.truth._terms import parse

COLUMNS = {
    "a": pa.array([1.0, 2.0, 3.0, 5.0, None]),
    "b": pa.array([2.0, 1.0, 4.0, 3.0, 9.0]),
    "same": pa.array([7.0, 7.0, 7.0, 7.0, 7.0]),
    "kind": pa.array(["x", "y", "z", "x", "y"]),
}


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ({}, "at least one term"),
        ({"a": 0}, r"on\.a=0: plants nothing"),
        ({"a": "much"}, r"on\.a='much': expected a number"),
        ({"a": float("nan")}, r"on\.a=nan: expected a number"),
        ({"a": True}, r"on\.a=True: expected a number"),
        ({"a^": 1}, r"'a\^': is no term"),
    ],
)
def test_coefficients_that_cannot_be_are_refused(on, says):
    with pytest.raises(SpecError, match=says):
        check_coefficients(on)


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        (["a", "same"], "same: is the same in every row"),
        (["kind[w]"], r"kind\[w\]: is the same in every row"),
        (["kind[x]", "kind[y]", "kind[z]"], r"kind\[z\]: follows from the terms before it"),
        (["b", "a", "b"], "b: follows from the terms before it"),
    ],
)
def test_terms_that_cannot_be_told_apart_are_refused(terms, says):
    with pytest.raises(SpecError, match=says):
        check_terms(terms, COLUMNS)


def test_terms_that_can_are_not_refused_in_any_unit():
    check_terms(["a", "b", "kind[x]"], COLUMNS)
    r = np.random.default_rng(3)
    check_terms(["year", "tiny"], {"year": pa.array(2000 + r.random(99)), "tiny": pa.array(1e-9 * r.random(99))})


def test_terms_without_any_row_that_has_all_are_refused():
    with pytest.raises(SpecError, match="a, c: no row has a value of each"):
        check_terms(["a", "c"], {"a": pa.array([1.0, None]), "c": pa.array([None, 2.0])})


@pytest.mark.parametrize(
    ("column", "yes"),
    [
        (pa.array([True, False, None]), None),
        (pa.array([1, 0, None]), None),
        (pa.array([1.0, 0.0, None]), None),
        (pa.array(["true", "false", None]), None),
        (pa.array(["leaves", "stays", None]), "leaves"),
        (pa.array(["leaves", "stays", None]).dictionary_encode(), "leaves"),
        (pa.chunked_array([["True"], ["False", None]]), None),
    ],
)
def test_two_values_are_read_however_they_are_written(column, yes):
    assert np.array_equal(flags(column, "c", yes), [1.0, 0.0, np.nan], equal_nan=True)


@pytest.mark.parametrize("column", [pa.array([1, 2]), pa.array(["on", "off"])])
def test_other_values_are_refused(column):
    with pytest.raises(DataError, match="c: expected true and false"):
        flags(column, "c")


def test_rows_of_keeps_those_that_are_whole():
    y, x = rows_of(np.array([1.0, np.nan, 3.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, np.inf]]))
    assert y.tolist() == [1.0]
    assert x.tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e}-{i}" for i, e in enumerate(EXAMPLES)])
def test_findings_are_the_same_from_a_csv_file(example):
    plant, calibration = planted(example)
    table, _ = made(example, plant, calibration, 11, 3000)
    question = json.loads(json.dumps(plant.question()))
    columns = {name: table[name] for name in table.column_names}
    texts = {n: c.cast(pa.string()) for n, c in columns.items() if pa.types.is_dictionary(c.type)}
    out = io.BytesIO()
    csv.write_csv(pa.table(columns | texts), out)
    again = csv.read_csv(io.BytesIO(out.getvalue()))
    first, second = (type(plant).find(question, t) for t in (table, again))
    assert [f.name for f in first] == [f.name for f in second]
    assert np.allclose([f.estimate for f in first], [f.estimate for f in second], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e}-{i}" for i, e in enumerate(EXAMPLES)])
@pytest.mark.parametrize("n", [0, 1, 4])
def test_too_few_rows_give_findings_without_an_answer_or_an_error_of_its_own(example, n):
    plant, calibration = planted(example)
    table, _ = made(example, plant, calibration, 12, n)
    names = {finding.name for finding in type(plant).find(plant.question(), table)}
    assert {fact.name for fact in plant.facts(calibration)} <= names


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e}-{i}" for i, e in enumerate(EXAMPLES)])
def test_a_row_without_what_is_read_has_nothing_made(example):
    plant, calibration = planted(example)
    columns = example.columns(np.random.default_rng(1), 40)
    # a category that is null has none of the levels of a term, and that is all a term asks of it
    by_level = {factor.column for t in plant.question().get("terms", []) for factor in parse(t) if factor.level}
    for name in set(plant.reads) - by_level:
        given = {c: columns[c] for c in plant.reads}
        values = given[name].to_pylist()
        values[3] = None
        kind = given[name].type
        given[name] = pa.array(values, pa.string() if pa.types.is_dictionary(kind) else kind)
        batch = plant.sample(Rows(0, 40), Key(5), given, calibration)
        for column in batch.columns:
            assert [i for i, value in enumerate(column.to_pylist()) if value is None] == [3]
