"""Ties between two parents of one row: a twin that links its rows to any parent is found out, though each link alone looks well."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs

LIBRARY = rs.Schema.from_yaml(
    "{rowsmith: 1, tables: {books: {primary_key: [id]}, readers: {primary_key: [id]}, "
    "loans: {foreign_keys: {book: books.id, reader: readers.id}}}}"
)


def library(seed, share, n=4000):
    """Loans, of which a share of those of children's books are to children, and fewer of the others by as much."""
    rng = np.random.default_rng(seed)
    genre, young = rng.integers(0, 3, 200), rng.random(300) < 0.3
    book = rng.integers(0, 200, n)
    to_child = rng.random(n) < np.where(genre[book] == 0, share, (0.9 - share) / 2)
    reader = np.where(to_child, *(rng.choice(np.flatnonzero(some), n) for some in (young, ~young)))
    return {
        "books": pa.table({"id": np.arange(200), "genre": np.array(list("abc"))[genre], "pages": rng.integers(50, 600, 200)}),
        "readers": pa.table({"id": np.arange(300), "kind": np.where(young, "child", "adult")}),
        "loans": pa.table({"book": book, "reader": reader, "days": rng.integers(3, 40, n)}),
    }  # fmt: skip


def judged(real, synthetic):
    summary = rs.evaluate(real, synthetic, schema=LIBRARY).summary
    return {m.measure: m for m in summary.measures}, summary


@pytest.mark.parametrize("share", [0.9, 0.5])
def test_ties_that_are_kept_are_good_and_lost_ones_poor(share):
    real, twin = library(0, share), library(1, share)
    assert judged(real, twin)[0]["parents"].level == "good"
    reader = np.random.default_rng(2).permutation(twin["loans"]["reader"].to_numpy())
    twin["loans"] = twin["loans"].set_column(1, "reader", pa.array(reader))
    found, summary = judged(real, twin)
    assert [found[name].level for name in ("hops", "parents")] == ["good", "poor"]
    assert summary.verdicts[0].level == "poor"
    assert "loans (book) → books" in found["parents"].sentence


def test_parents_that_have_nothing_to_do_with_one_another_are_not_measured():
    found, summary = judged(library(0, 0.3), library(1, 0.3))
    assert found["parents"].level == "not measured"
    assert summary.verdicts[0].level == "good"


def test_a_twin_that_lost_all_links_is_no_error():
    twin = library(1, 0.9)
    none = pa.nulls(twin["loans"].num_rows, pa.int64())
    twin["loans"] = twin["loans"].set_column(1, "reader", none)
    assert judged(library(0, 0.9), twin)[0]["parents"].level == "poor"
