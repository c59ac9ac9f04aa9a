"""Ties between the parents of a row: children borrow children's books, whichever of the two parents brings the loan forth."""

import numpy as np
import pyarrow as pa
import pytest
from tests.engine._linked import key, rng, schema

import rowsmith as rs

GENRES, SHARES = np.array(["children", "crime", "science"]), np.array([0.85, 0.0, 0.0])
LOANS = 3000


def library(seed, books, readers, shares=SHARES):
    """Loans of books to readers, who are children for a share of each genre's."""
    random = rng(seed)
    genre, child = random.integers(0, 3, books), random.random(readers) < 0.3
    book = random.integers(0, books, LOANS)
    young = random.random(LOANS) < shares[genre[book]]
    reader = np.where(young, *(random.choice(np.flatnonzero(some), LOANS) for some in (child, ~child)))
    return {
        "books": pa.table({"id": np.arange(books), "genre": GENRES[genre], "pages": random.integers(50, 600, books)}),
        "readers": pa.table({"id": np.arange(readers), "kind": np.where(child, "child", "adult")}),
        "loans": pa.table({"book": book, "reader": reader, "days": random.integers(3, 40, LOANS)}),
    }


KEYS = {
    "books": (["id"], []),
    "readers": (["id"], []),
    "loans": ([], [key("book", "books", "id"), key("reader", "readers", "id")]),
}


def young(tables):
    """Share of each genre's loans that are to children."""
    genre, kind = (
        np.array(tables[parent][column])[np.array(tables["loans"][link])]
        for parent, column, link in (("books", "genre", "book"), ("readers", "kind", "reader"))
    )
    return np.array([np.mean(kind[genre == each] == "child") for each in GENRES])


@pytest.mark.parametrize(("books", "readers"), [(200, 300), (60, 900), (900, 60)])
def test_parents_that_go_together_still_do(books, readers):
    real = library(0, books, readers)
    model = rs.fit(real, schema=schema(**KEYS))
    found = np.mean([young(model.sample(seed=seed)) for seed in range(2)], axis=0)
    assert found[0] > 0.65
    assert found[1:].mean() < 0.12


def test_a_weak_tie_does_not_fade():
    real = library(0, 200, 300, np.array([0.5, 0.2, 0.2]))
    model = rs.fit(real, schema=schema(**KEYS))
    found = np.mean([young(model.sample(seed=seed)) for seed in range(2)], axis=0)
    assert found[0] - found[1:].mean() > 0.18


def test_parents_that_have_nothing_to_do_with_one_another_have_nothing_in_the_twin():
    real = library(0, 200, 300, np.array([0.3, 0.3, 0.3]))
    model = rs.fit(real, schema=schema(**KEYS))
    found = np.mean([young(model.sample(seed=seed)) for seed in range(2)], axis=0)
    assert np.ptp(found) < 0.1
