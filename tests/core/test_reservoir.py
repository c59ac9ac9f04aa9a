import itertools

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.reservoir import Reservoir, some_of


def drawn(n, most, cuts, seed):
    rows = Reservoir(most, np.random.default_rng(seed))
    edges = [0, *sorted({c % (n + 1) for c in cuts}), n]
    for low, high in itertools.pairwise(edges):
        rows.add(pa.record_batch({"x": np.arange(low, high)}))
    assert rows.seen == n
    return rows.table(pa.schema({"x": pa.int64()}))["x"].to_pylist()


@given(st.integers(0, 500), st.integers(1, 60), st.lists(st.integers(0, 500), max_size=9), st.integers(0, 99))
def test_as_many_as_asked_in_order_whatever_the_batches(n, most, cuts, seed):
    found = drawn(n, most, cuts, seed)
    assert len(found) == min(n, most)
    assert found == sorted(set(found))
    assert found == drawn(n, most, [], seed)


def test_every_row_has_the_same_chance():
    counts = np.zeros(100)
    for seed in range(2000):
        counts[drawn(100, 10, [7, 50], seed)] += 1
    assert abs(counts - 200).max() < 4.5 * np.sqrt(200 * 0.9)


def test_a_smaller_table_stays_as_it_is():
    table = pa.table({"x": [1, 2, 3]})
    assert some_of(table, 3, np.random.default_rng(0)) == (table, 3)
    assert some_of(table, 2, np.random.default_rng(0))[0].num_rows == 2


def test_dictionaries_of_batches_become_one():
    rows = Reservoir(40, np.random.default_rng(0))
    for names in ("ab", "bc", "cd"):
        rows.add(pa.record_batch({"x": pa.array(list(names * 30)).dictionary_encode()}))
    found = rows.table(pa.schema({"x": pa.dictionary(pa.int32(), pa.string())}))
    assert found["x"].num_chunks == 1
    assert set(found["x"].to_pylist()) == set("abcd")
