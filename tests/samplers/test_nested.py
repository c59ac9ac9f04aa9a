"""Lists, records and JSON."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st
from scipy import stats
from tests.samplers._make import LEVEL, N, make, sampler
from tests.samplers._weights import fits

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._shown import as_json


def test_json_is_what_python_reads_back():
    texts = ['a"b', "c\\d", "e\nf", "é", "", None]
    columns = {
        "text": pa.array(texts).dictionary_encode(),
        "number": pa.array([1, 2, 3, 4, None, 6]),
        "real": pa.array([0.1, 1e300, float("nan"), float("inf"), -2.0, None]),
        "when": pa.array([0, 1, None, 3, 4, 1_500_000], pa.timestamp("us")),
        "zoned": pa.array([0] * 6, pa.timestamp("s", tz="Europe/Berlin")),
        "long": pa.array([1_500_000] * 6, pa.duration("us")),
    }
    fields = {name: name for name in columns} | {
        "in": {"flag": {"kind": "boolean"}, 'odd "name"': "number"},
        "more": {"kind": "list", "of": {"kind": "category", "values": ["x", '"']}, "length": 2},
        "sum": {"sql": "number + 1"},
    }
    made = sampler("json", fields=fields)
    assert set(made.reads) == set(columns)
    rows = [json.loads(text) for text in made.sample(Rows(0, 6), Key(0), columns).to_pylist()]
    assert [row["text"] for row in rows] == texts
    assert [row["number"] for row in rows] == [1, 2, 3, 4, None, 6]
    assert [row["real"] for row in rows] == [0.1, 1e300, None, None, -2.0, None]
    assert rows[0]["when"] == "1970-01-01T00:00:00"
    assert rows[5]["when"] == "1970-01-01T00:00:01.500000"
    assert rows[2]["when"] is None
    assert rows[0]["zoned"] == "1970-01-01T00:00:00Z"
    assert rows[0]["long"] == 1.5
    assert [row["in"]['odd "name"'] for row in rows] == [1, 2, 3, 4, None, 6]
    assert all(row["in"]["flag"] in (True, False) and set(row["more"]) <= {"x", '"'} for row in rows)
    assert [row["sum"] for row in rows] == [2, 3, 4, 5, None, 7]
    assert list(rows[0]) == list(fields)


@settings(max_examples=40, deadline=None)
@each(st.lists(st.one_of(st.none(), st.lists(st.one_of(st.none(), st.text())))))
def test_json_of_lists_of_texts(values):
    column = pa.array(values, pa.list_(pa.string()))
    assert [json.loads(text) for text in as_json(column).to_pylist()] == values


def test_lists_have_the_lengths_and_items_of_their_kinds():
    made = make("list", N, of={"kind": "category", "values": {"a": 1, "b": 3}}, length={"kind": "poisson", "mean": 2})
    lengths = pc.list_value_length(made).to_numpy()
    counts = np.bincount(np.minimum(lengths, 6), minlength=7)
    law = stats.poisson(2)
    expected = N * np.append(law.pmf(range(6)), law.sf(5))
    assert stats.chisquare(counts, expected).pvalue > LEVEL
    assert fits(made.flatten().to_pylist(), {"a": 1, "b": 3})


def test_items_read_the_columns_of_their_row():
    starts = pa.array([0, 10**9, None], pa.timestamp("us"))
    made = make("list", 3, 0, {"t": starts}, of={"kind": "timestamp", "after": "t", "within": "5 seconds"}, length=4)
    for row, start in zip(made, starts, strict=True):
        for moment in row:
            assert moment.value is None if start.value is None else 0 <= moment.value - start.value <= 5_000_000


def test_a_chain_inside_a_list_starts_in_every_list():
    made = make("list", 5, of={"kind": "sequence", "transitions": {"a": {"b": 1}}}, length=3)
    assert made.to_pylist() == [["a", "b", "b"]] * 5


def test_fields_of_a_struct_have_streams_of_their_own():
    made = make("struct", N, fields={"x": {"kind": "normal"}, "y": {"kind": "normal"}, "z": "boolean"})
    x, y, z = made.flatten()
    assert stats.pearsonr(x, y).pvalue > LEVEL
    assert fits(z.to_pylist(), {True: 1, False: 1})


@pytest.mark.parametrize(
    ("kind", "bad", "words"),
    [
        ("struct", {"fields": {}}, "fields={}"),
        ("struct", {"fields": {"a": {"mean": 1}}}, r"fields\.a={'mean': 1}: expected a kind"),
        ("struct", {"fields": {"a": {"kind": "normal", "sd": -1}}}, r"^fields\.a\.sd=-1: expected"),
        ("struct", {"fields": {"a": {"kind": "norml"}}}, r"did you mean 'normal'"),
        ("struct", {"fields": {"a": {"kind": "normal", "null": 0.5}}}, r"fields\.a\.null=0.5: is possible for a whole"),
        (
            "struct",
            {"fields": {"a": {"kind": "normal", "mean": {"sql": "x"}}}},
            r"fields\.a\.mean: SQL is not possible",
        ),
        ("struct", {"fields": {"a": {"kind": "id"}}}, "never repeat"),
        ("struct", {"fields": {"a": {"kind": "formula", "sql": "1"}}}, "column of its own"),
        ("json", {"fields": {"a": {}}}, r"fields\.a={}"),
        ("json", {"fields": {"a": {"kind": "parent"}}}, "column of its own"),
        ("list", {"of": "boolean", "length": -1}, "length=-1"),
        ("list", {"of": "boolean", "length": {"kind": "normal"}}, "whole numbers"),
        ("list", {"of": {"kind": "regex", "pattern": "a", "unique": True}, "length": 1}, "never repeat"),
    ],
)
def test_what_cannot_stand_inside_is_refused(kind, bad, words):
    with pytest.raises(SpecError, match=words):
        sampler(kind, **bad)
