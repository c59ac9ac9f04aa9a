"""Tables that are too wide or too long are judged by a part of them, and it is said by which."""

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.evaluate import _judge
from rowsmith.evaluate._judge import judge


def test_a_very_wide_table_is_judged_by_some_of_its_columns():
    rng = np.random.default_rng(0)

    def table(n):
        return pa.table({f"c{i}": rng.integers(0, 5, n) if i % 2 else rng.normal(size=n) for i in range(400)})

    found = judge(table(120), table(120), holdout=table(60), target="c399")
    assert any("100 of the 400 columns" in note for note in found.notes)
    assert len(found.columns) == 400
    assert all(c.error is not None for c in found.columns)
    assert found.figure("c2st").value is not None
    assert found.figure("utility").value is not None  # the target is among the columns that are looked at


def test_a_very_long_table_is_judged_by_some_of_its_rows(monkeypatch):
    monkeypatch.setattr(_judge, "MOST_ROWS", 300)
    rng = np.random.default_rng(0)
    long, short = (pa.table({"x": rng.normal(size=n), "y": rng.choice(["a", "b"], n)}) for n in (1000, 200))
    found = judge(long, short)
    assert found.tables["real"].rows == 1000
    assert found.notes[0].startswith("Of the 1,000 rows of the real table 300 are looked at")
    assert found.figure("shapes").value < 10
    assert found == judge(long, short)


@pytest.mark.slow
def test_twelve_hundred_columns():
    rng = np.random.default_rng(0)
    tables = [pa.table({f"c{i}": rng.normal(size=500) for i in range(1200)}) for _ in range(2)]
    assert judge(*tables).verdicts[0].level == "good"


@pytest.mark.slow
def test_twenty_million_rows():
    rng = np.random.default_rng(0)
    tables = [pa.table({"x": rng.normal(size=20_000_000).astype(np.float32), "y": rng.integers(0, 9, 20_000_000)})]
    assert judge(tables[0], tables[0].slice(0, 19_000_000)).figure("shapes").value < 1
