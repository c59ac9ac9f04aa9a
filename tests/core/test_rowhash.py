import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.rowhash import complete, row_hashes

DAY = dt.date(2024, 2, 29)
COLUMNS = {
    "bool": pa.array([True, False]),
    "int8": pa.array([-1, 7], pa.int8()),
    "uint64": pa.array([2**64 - 1, 7], pa.uint64()),
    "float": pa.array([0.5, -2.25]),
    "float32": pa.array([0.5, -2.25], pa.float32()),
    "decimal128": pa.array([Decimal("1.25"), Decimal("-3.00")], pa.decimal128(20, 2)),
    "decimal256": pa.array([Decimal("1.25"), Decimal("-3.00")], pa.decimal256(60, 2)),
    "date32": pa.array([DAY, dt.date(1, 1, 1)]),
    "date64": pa.array([DAY, dt.date(1, 1, 1)], pa.date64()),
    "time32": pa.array([dt.time(1), dt.time(2)], pa.time32("s")),
    "timestamp": pa.array([dt.datetime(2024, 1, 1), dt.datetime(1900, 1, 1)], pa.timestamp("us", "UTC")),
    "duration": pa.array([5, 6], pa.duration("s")),
    "string": pa.array(["", "a text that is longer than a word"]),
    "string_view": pa.array(["", "a text that is longer than a word"], pa.string_view()),
    "large_binary": pa.array([b"\0", b"\0\0"], pa.large_binary()),
    "fixed": pa.array([b"abcd", b"abce"], pa.binary(4)),
    "list": pa.array([[1, 2], [1, 3]]),
    "struct": pa.array([{"a": 1}, {"a": 2}]),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("words", [1, 2])
def test_a_value_has_one_hash_wherever_it_stands(name, words):
    column = COLUMNS[name]
    hashes = row_hashes([column], words)
    assert hashes.shape == (2, words)
    assert (hashes[0] != hashes[1]).all()
    first, second = column.slice(0, 1), column.slice(1)
    spread = pa.concat_arrays([second, first, second, first, first]).slice(1, 4)
    assert np.array_equal(row_hashes([spread], words), hashes[[0, 1, 0, 0]])
    with_null = pa.concat_arrays([pa.nulls(1, column.type), column])
    assert np.array_equal(row_hashes([with_null], words)[1:], hashes)
    assert complete([with_null]).tolist() == [False, True, True]
    assert row_hashes([column.slice(0, 0)], words).shape == (0, words)


def test_a_dictionary_is_what_it_holds():
    plain = pa.array(["x", "y", None, "x"])
    coded = pa.DictionaryArray.from_arrays(pa.array([1, 2, None, 1]), ["unused", "x", "y"])
    valid = complete([coded])
    assert np.array_equal(valid, complete([plain]))
    assert np.array_equal(row_hashes([coded])[valid], row_hashes([plain])[valid])
    holed = pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["x", None]))
    assert complete([holed]).tolist() == [True, False]


def test_zeros_and_what_is_not_a_number_are_alike():
    other = np.array([0x7FF8000000000001], np.uint64).view(np.float64)[0]
    hashes = row_hashes([pa.array([0.0, -0.0, np.nan, other])])[:, 0]
    assert hashes[0] == hashes[1]
    assert hashes[2] == hashes[3]
    assert hashes[0] != hashes[2]


def test_which_column_a_value_stands_in_matters():
    a, b = pa.array(["x", "ab"]), pa.array(["y", "c"])
    assert not (row_hashes([a, b]) == row_hashes([b, a])).any()
    assert (
        row_hashes([pa.array(["ab"]), pa.array(["c"])])[0, 0] != row_hashes([pa.array(["a"]), pa.array(["bc"])])[0, 0]
    )


@given(st.lists(st.tuples(st.binary(max_size=40), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=60))
def test_rows_are_equal_where_their_hashes_are(rows):
    texts, numbers = (pa.array(values) for values in zip(*rows, strict=True))
    hashes = row_hashes([texts.cast(pa.binary()), numbers.cast(pa.int64())], 2)
    assert len(np.unique(hashes, axis=0)) == len(set(rows))


def test_many_rows_that_are_nearly_alike_have_as_many_hashes():
    texts = pa.array([f"{i:07d}{'x' * (i % 9)}" for i in range(300_000)])
    grid = [pa.array(np.arange(300_000) // 600), pa.array(np.arange(300_000) % 600)]
    assert len(np.unique(row_hashes([texts]))) == len(np.unique(row_hashes(grid))) == 300_000
