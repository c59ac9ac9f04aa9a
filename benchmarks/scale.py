"""How the cost of learning and drawing grows with rows, columns and levels; and the largest tables that were asked for.

    python benchmarks/scale.py [--rows 30_000 … 3_000_000] [--columns 10 … 1000] [--levels 30 … 30_000]

Every table is made here, is written as Parquet, learnt and drawn (100,000 rows at most) by the command line in processes of
their own. Writes Markdown to standard output.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from large import measured
from pyarrow import parquet

ROWS = (30_000, 100_000, 300_000, 1_000_000, 3_000_000)
COLUMNS = (10, 30, 100, 300, 1000)
LEVELS = (30, 300, 3_000, 30_000)
DRAWN = 100_000


def tall(rows: int, rng: np.random.Generator) -> pa.Table:
    """Ten columns of all sorts that hang on each other."""
    segment = rng.choice(5, rows, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    age = np.clip(rng.normal(35 + 6 * segment, 12), 18, 95).astype(int)
    income = np.round(np.exp(rng.normal(10 + 0.01 * age, 0.5)), 2)
    return pa.table(
        {
            "id": np.arange(1, rows + 1),
            "segment": pa.array(list("abcde")).take(pa.array(segment)),
            "age": age,
            "income": income,
            "spent": np.round(income * rng.beta(2, 5, rows), 2),
            "city": pa.array([f"City {c}" for c in range(400)]).take(
                pa.array(np.minimum(rng.zipf(1.5, rows), 400) - 1)
            ),
            "since": np.datetime64("2015-01-01") + rng.integers(0, 3600, rows),
            "visits": rng.poisson(3 + segment),
            "churn": rng.random(rows) < 0.1 + 0.05 * segment,
            "score": rng.normal(segment, 1, rows),
        }
    )


def wide(columns: int, rows: int, rng: np.random.Generator) -> pa.Table:
    """Columns of which each follows from two before it, half of them categories."""
    values: list[np.ndarray] = []
    for _ in range(columns):
        some = [values[i] for i in rng.integers(0, len(values), 2)] if values else []
        values.append(sum(some, np.zeros(rows)) / max(1, len(some)) + rng.normal(0, 1, rows))
    levels = pa.array(list("abcdef"))
    cut = [np.clip((v * 1.5 + 3).astype(int), 0, 5) for v in values]
    return pa.table(
        {
            f"c{i}": np.round(v, 2) if i % 2 else levels.take(pa.array(k))
            for i, (v, k) in enumerate(zip(values, cut, strict=True))
        }
    )


def many(levels: int, rows: int, rng: np.random.Generator) -> pa.Table:
    """A column of so many levels with a long tail, what it determines, and what only hangs on it."""
    level = np.minimum(rng.zipf(1.1, rows) - 1, 10**9) % levels
    return pa.table(
        {
            "article": pa.array([f"A{i:05d}" for i in range(levels)]).take(pa.array(level)),
            "group": pa.array([f"g{i % 40}" for i in range(levels)]).take(pa.array(level)),
            "price": np.round(level % 977 / 7 + rng.normal(0, 1, rows), 2),
            "pieces": rng.poisson(2 + level % 3),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("rows", ROWS), ("columns", COLUMNS), ("levels", LEVELS)):
        parser.add_argument(f"--{name}", nargs="*", type=int, default=list(usual))
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    tables = [(f"{n:,} rows x 10 columns", n, lambda n=n: tall(n, rng)) for n in args.rows]
    tables += [(f"5,000 rows x {n:,} columns", 5_000, lambda n=n: wide(n, 5_000, rng)) for n in args.columns]
    tables += [("40 rows x 1,200 columns", 40, lambda: wide(1_200, 40, rng))] if args.columns else []
    tables += [(f"200,000 rows, {n:,} levels", 200_000, lambda n=n: many(n, 200_000, rng)) for n in args.levels]
    print("| table | fit CPU s | elapsed s | peak MiB | draw CPU s, rows | peak MiB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        source, model, twin = (Path(name) / f for f in ("t.parquet", "t.rowsmith", "twin.parquet"))
        for what, rows, make in tables:
            parquet.write_table(make(), source)
            cpu, elapsed, peak = measured("fit", source, "-o", model, "--quiet")
            n = min(rows, DRAWN)
            drawing, _, most = measured("sample", model, "--rows", n, "-o", twin, "--quiet")
            print(
                f"| {what} | {cpu:.1f} | {elapsed:.1f} | {peak:,.0f} | {drawing:.1f}, {n:,} | {most:,.0f} |", flush=True
            )


if __name__ == "__main__":
    main()
