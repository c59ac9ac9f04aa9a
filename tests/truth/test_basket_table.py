"""Baskets however they were written."""

import json

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.errors import DataError
from rowsmith.truth._basket_table import purchases

BASKETS = [["milk", "bread"], [], ["bread"], ["tea", "milk", "tea"]]
LISTS = pa.array(BASKETS, pa.list_(pa.string()))
FORMS = {
    "lists": LISTS,
    "large lists": LISTS.cast(pa.large_list(pa.string())),
    "lists of a dictionary": pa.ListArray.from_arrays(LISTS.offsets, LISTS.values.dictionary_encode()),
    "chunks": pa.chunked_array([LISTS[:1], LISTS[1:]]),
    "a part of an array": pa.concat_arrays([LISTS[:2], LISTS])[2:],
    "json": pa.array([json.dumps(one) for one in BASKETS]),
    "semicolons": pa.array([" ; ".join(one) for one in BASKETS]),
    "dictionary of texts": pa.array([";".join(one) for one in BASKETS]).dictionary_encode(),
}


def contents(found):
    return [sorted(found.names[i] for i in found.item[found.basket == b]) for b in range(found.n)]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same(form):
    found = purchases({"basket": "items"}, pa.table({"items": FORMS[form]}))
    assert contents(found) == [sorted(set(one)) for one in BASKETS]
    assert found.counts.tolist() == [2, 2, 1]


@pytest.mark.parametrize("ids", [["b", "a", "a", "c"], [2, 1, 1, 3], [2.0, 1.0, 1.0, 3.0]])
def test_a_row_for_each_item(ids):
    table = pa.table({"order": pa.array([*ids, None]), "item": pa.array(["x", "y", "x", None, "lost"])})
    found = purchases({"basket": "item", "by": "order"}, table)
    assert found.n == 3
    assert sorted(contents(found)) == [[], ["x"], ["x", "y"]]


def test_a_basket_that_is_null_is_none():
    assert purchases({"basket": "items"}, pa.table({"items": pa.array([["a"], None, []])})).n == 2


def test_bits_and_pairs_count_the_same():
    r = np.random.default_rng(1)
    there = r.random((1000, 7)) < 0.3
    table = pa.table({"items": pa.array([[f"i{j}" for j in np.flatnonzero(row)] for row in there])})
    found = purchases({"basket": "items"}, table)
    items = np.array([1, 4, 6])
    both = there[:, items].astype(int).T @ there[:, items].astype(int)
    assert (found.together(items) == both).all()
    assert (np.bitwise_count(found.bits(items)).sum(axis=1) == there[:, items].sum(axis=0)).all()


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([], pa.list_(pa.string())), "there are no baskets"),
        (pa.array([[{"a": 1}]]), "expected lists of texts"),
        (pa.array([{"a": 1}]), "expected lists or texts"),
        (pa.array(["[not json]"]), "expected lists in JSON"),
    ],
)
def test_what_is_no_column_of_baskets_is_said(column, said):
    with pytest.raises(DataError, match=said):
        purchases({"basket": "items"}, pa.table({"items": column}))


def test_a_column_that_is_not_there():
    with pytest.raises(DataError, match="there is no such column"):
        purchases({"basket": "itms"}, pa.table({"items": LISTS}))
