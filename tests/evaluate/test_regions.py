import numpy as np
import pyarrow as pa

from rowsmith.evaluate._align import align
from rowsmith.evaluate._judge import judge
from rowsmith.evaluate._regions import regions
from rowsmith.evaluate._report import render


def found(real, synthetic):
    aligned = align({"real": real, "synthetic": synthetic})
    return regions(aligned.features, aligned.tables["real"], aligned.tables["synthetic"])


def rows(n, seed, more=False):
    """Whole numbers and levels; with `more`, a fifth of the rows is old and from Ulm."""
    rng = np.random.default_rng(seed)
    age, town = rng.integers(18, 80, n), rng.choice(["Ulm", "Bonn", "Köln"], n)
    if more:
        age[: n // 5], town[: n // 5] = rng.integers(70, 80, n // 5), "Ulm"
    order = rng.permutation(n)
    return pa.table({"age": age[order], "town": town[order], "x": rng.normal(size=n)})


def test_what_was_planted_is_found_in_words():
    first = found(rows(4000, 1), rows(4000, 2, more=True))[0]
    assert "town = 'Ulm'" in first["where"]
    assert "age ≥ 70" in first["where"]
    assert first["synthetic"] > 2.5 * first["real"] > 0


def test_where_there_is_nothing_hardly_anything_is_found():
    assert sum(len(found(rows(2000, seed), rows(2000, seed + 50))) for seed in range(5)) <= 2


def test_few_rows_have_no_regions():
    assert found(rows(6, 1), rows(6, 2)) == []


def test_a_number_that_is_missing_is_a_region():
    rng = np.random.default_rng(0)
    real = pa.table({"x": rng.normal(size=1000), "y": rng.normal(size=1000)})
    gone = np.where(rng.random(1000) < 0.3, None, rng.normal(size=1000))
    real = real.set_column(
        1, "y", pa.array(np.where(rng.random(1000) < 0.02, None, rng.normal(size=1000)), pa.float64())
    )
    assert any(
        "y is null" in r["where"] for r in found(real, pa.table({"x": rng.normal(size=1000), "y": pa.array(gone)}))
    )


def test_the_page_shows_regions_and_the_columns_that_tell():
    text = render(judge(rows(1500, 1), rows(1500, 2, more=True), holdout=rows(700, 3)))
    assert "Rows that are too frequent or too rare" in text
    assert "times too many" in text
    assert "Both tables in one plane" in text
