import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.learn._rules import Rules


def batch(n, seed, low=0):
    a, b = np.random.default_rng(seed).integers(low, 100, (2, n))
    return pa.record_batch({"id": np.arange(n), "a": a, "b": b})


def draw(n, number):
    return batch(n, 1000 + number)


def test_every_row_keeps_every_rule_and_the_free_columns_alone_change():
    rules = Rules("t", {"order": "a <= b", "low": "a + b < 120"})
    rows = batch(5000, 1)
    kept = rules.enforce(rows, draw, {"a", "b"})
    assert kept.num_rows == 5000
    assert not rules.broken(kept).any()
    assert kept["id"].equals(rows["id"])
    good = ~rules.broken(rows)
    assert kept.filter(pa.array(good)).equals(rows.filter(pa.array(good)))


def test_the_law_among_good_rows_stays():
    kept = Rules("t", {"order": "a <= b"}).enforce(batch(20_000, 1), draw, {"a", "b"})
    # The smaller of two uniform numbers has mean 1/3 of the range.
    assert abs(np.mean(kept["a"]) - 33) < 1


def test_a_rule_that_no_row_can_keep_ends_with_its_name_and_the_rate():
    with pytest.raises(SpecError, match=r"tables.t.rules \(impossible\): only 0.00% of [\d,]+ drawn rows keep them"):
        Rules("t", {"impossible": "a > 200"}).enforce(batch(50, 1), draw, {"a", "b"})


def test_a_rule_that_no_real_row_keeps_is_refused_before_the_fit():
    with pytest.raises(SpecError, match="holds in none of the 50 real rows"):
        Rules("t", {"never": "a > 200"}).check(pa.Table.from_batches([batch(50, 1)]))


def test_a_sentinel_that_breaks_no_rule_keeps_its_share():
    def with_sentinel(n, seed):
        rows = batch(n, seed)
        b = np.where(np.random.default_rng(seed).random(n) < 0.3, 9999, rows["b"].to_numpy())
        return pa.record_batch({"id": rows["id"], "a": rows["a"], "b": b})

    kept = Rules("t", {"order": "a <= b"}).enforce(
        with_sentinel(20_000, 1), lambda n, number: with_sentinel(n, 1000 + number), {"a", "b"}
    )
    assert abs(np.mean(kept["b"].to_numpy() == 9999) - 0.3) < 0.01
