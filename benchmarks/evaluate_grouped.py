"""The judge of series and baskets against independent ones: do they read the same off the same tables?

    python benchmarks/evaluate_grouped.py DATA_FOLDER [--judge FOLDER] [--tables air_passengers …]

DATA_FOLDER has the folders `series` and `basket` of Parquet files, the judge's folder `score_series.py` and `score_basket.py`. Of each
table four are judged: a part of the real rows against the others (the later half of a series, a random half of the baskets), blocks of
real rows, or baskets, drawn again, rows or items shuffled, and a twin by the default learner. Writes Markdown to standard output:
both figures, and our 95 % interval; then the CPU seconds of our judgement.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import rowsmith as rs

TABLES = {
    "air_passengers": ("series/air_passengers", {"time": "time"}, None),
    "sp500": ("series/sp500_1950_2018", {"time": "Date"}, 3_000),
    "beijing_pm25": ("series/beijing_pm25", {"time": "timestamp"}, 4_000),
    "groceries": ("basket/groceries", {"basket": "transaction", "item": "item"}, None),
}
"""File, columns, and rows that are taken of it."""
SERIES = {
    "acf": ("autocorrelation", "values", 1), "acf_rem": ("autocorrelation", "remainder", 1),
    "acf_inc": ("autocorrelation", "steps", 1), "cross": ("crosses", "values", 1), "cross_inc": ("crosses", "steps", 1),
    "spectrum": ("spectrum", "error", 1), "kurt": ("movement", "kurtosis", 1), "skew": ("movement", "skewness", 1),
    "acf_abs": ("movement", "clusters", 1), "profile": ("seasons", "profile", 1), "when": ("seasons", "when", 1),
    "auc": ("windows", "values", 1), "auc_inc": ("windows", "steps", 1), "next": ("forecasts", "next", 1),
    "ahead": ("forecasts", "ahead", 1), "copied": ("copied_windows", "rows", 100),
    "copied_col": ("copied_windows", "column", 100), "step": ("clock", "gaps", 1), "doubled": ("clock", "doubled", 100),
}  # fmt: skip
BASKETS = {
    "item": ("items", "error", 1), "size": ("sizes", "error", 1), "pair_abs": ("together", "pairs", 1),
    "tri_abs": ("together", "triples", 1), "lift": ("lifts", "frequent", 1), "lift_hi": ("lifts", "high", 1),
    "lift_lo": ("lifts", "low", 1), "rules_f1": ("mined_rules", "f1", 1), "c2st": ("whole_baskets", "auc", 1),
    "excess": ("copied_baskets", "excess", 100),
}  # fmt: skip
"""Column of the judge: our measure, figure, and how many of its units are one of ours."""


def series(table: pd.DataFrame, when: str) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Real rows and others, by name."""
    rng, n = np.random.default_rng(0), len(table)
    size = max(24, round(n**0.5) // 12 * 12)
    starts = rng.integers(0, n - size + 1, n // size + 1)
    blocks = table.iloc[(starts[:, None] + np.arange(size)).ravel()[:n]].assign(**{when: table[when].to_numpy()})
    loose = table.iloc[rng.permutation(n)].assign(**{when: table[when].to_numpy()})
    twin = rs.fit(table, time=when).sample()
    parts = (table[: n // 2], table[n // 2 :])
    return {"later half": parts, "blocks": (table, blocks), "shuffled": (table, loose), "twin": (table, twin)}


def baskets(lines: pd.DataFrame, basket: str, item: str) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Real lines and others, by name."""
    rng = np.random.default_rng(0)
    codes = pd.factorize(lines[basket])[0]
    n = codes.max() + 1
    side = rng.permutation(n) % 2
    of = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    chosen = rng.integers(0, n, n)
    again = lines.iloc[np.concatenate([of[b] for b in chosen])]
    again = again.assign(**{basket: np.repeat(np.arange(n), [len(of[b]) for b in chosen])})
    loose = lines.assign(**{item: lines[item].to_numpy()[rng.permutation(len(lines))]}).drop_duplicates([basket, item])
    twin = rs.fit(lines, basket=basket, item=item).sample()
    parts = (lines[side[codes] == 0], lines[side[codes] == 1])
    return {"half": parts, "blocks": (lines, again), "shuffled": (lines, loose), "twin": (lines, twin)}


def theirs(script: Path, real: pd.DataFrame, other: pd.DataFrame, columns: dict[str, str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as place:
        paths = [Path(place) / name for name in ("real.parquet", "other.parquet", "out.json")]
        for path, table in zip(paths, (real, other), strict=False):
            table.reset_index(drop=True).to_parquet(path, index=False)
        words = [word for name, column in columns.items() for word in (f"--{name}", column)]
        command = [sys.executable, script, *paths[:2], *words, "--no-references", "--json", paths[2]]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        return json.loads(paths[2].read_text(encoding="utf-8"))["rows"][str(paths[1])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--tables", nargs="*", default=list(TABLES))
    args = parser.parse_args()
    judge = args.judge if args.judge is not None else args.data.parent / "bench"
    print("| table | candidate | figure | judge | rowsmith | our 95 % interval | floor | ceiling |\n|" + "---|" * 8)
    costs = {}
    for name in args.tables:
        file, columns, most = TABLES[name]
        table = pd.read_parquet(args.data / f"{file}.parquet")[:most]
        made = series(table, *columns.values()) if "time" in columns else baskets(table, *columns.values())
        script = judge / ("score_series.py" if "time" in columns else "score_basket.py")
        for candidate, (real, other) in made.items():
            scores = theirs(script, real, other, columns)
            begin = time.process_time()
            found = rs.evaluate(real, other, **columns).summary
            costs[name, candidate] = time.process_time() - begin
            for column, (measure, wanted, unit) in (SERIES if "time" in columns else BASKETS).items():
                figures = [f for r in found.measures if r.measure == measure for f in r.figures if f.name == wanted]
                if column not in scores or scores[column] is None or not figures or figures[0].value is None:
                    continue
                f = figures[0]
                shown = "–" if f.low is None else f"{unit * f.low:.3f} to {unit * f.high:.3f}"
                ends = ["–" if v is None else f"{unit * v:.3f}" for v in (f.floor, f.ceiling)]
                cells = [f"{scores[column]:.3f}", f"{unit * f.value:.3f}", shown, *ends]
                print(f"| {name} | {candidate} | {column} | " + " | ".join(cells) + " |", flush=True)
    print("\n| table | candidate | CPU s |\n|---|---|---|")
    for (name, candidate), used in costs.items():
        print(f"| {name} | {candidate} | {used:.1f} |")


if __name__ == "__main__":
    main()
