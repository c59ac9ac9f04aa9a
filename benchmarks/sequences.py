"""The table of sequences: how near drawn series are to real ones, by an independent judge.

    python benchmarks/sequences.py DATA_FOLDER [--judge FOLDER] [--series panel …] [--seeds 0 1 2]

DATA_FOLDER has the series as Parquet files, the judge's folder `score_series.py`. Each series is learnt with the
defaults and drawn as it is long, once a seed; `panel` is the hourly one cut into weeks, `unseen` the same learnt on its
first half and judged against the second. With --light the judge has smaller classifiers (1,000 windows a side, 60 trees) and no
forecasters: a tenth of its time, and it tells a little less. Writes Markdown to standard output. CPU seconds are those of fit and draw
together, without imports; kernels are compiled before.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import rowsmith as rs

HOURLY, WEEK, WEEKS = "beijing_pm25", 168, 260
SERIES = {
    "beijing_pm25": ("beijing_pm25", None, "timestamp"),
    "panel": (HOURLY, "week", "timestamp"),
    "unseen": (HOURLY, None, "timestamp"),
    "sp500": ("sp500_1950_2018", None, "Date"),
    "eu_stock_markets": ("eu_stock_markets", None, None),
    "air_passengers": ("air_passengers", None, "time"),
}
"""File, entity, time."""
LIGHT = """import sys; sys.path.insert(0, sys.argv.pop(1))
import numpy as np, score_series as judge
judge.MAX_WINDOWS, judge.LIGHT = 1_000, judge.LIGHT | {"n_estimators": 60}
judge.forecast_errors = lambda plan, fit_on, real, h: np.full(len(plan.targets), np.nan)
judge.main()"""
"""The judge with less to do."""
SHOWN = (
    "shape", "acf", "acf_rem", "spectrum", "kurt", "disc", "disc_inc", "next", "ahead", "step", "backward", "copied",
    "copied_col",
)  # fmt: skip


def frames(data: Path, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is learnt, and what is judged against."""
    table = pd.read_parquet(data / f"{SERIES[name][0]}.parquet")
    if name == "panel":
        table.insert(0, "week", np.arange(len(table)) // WEEK)
        table = table[table["week"] < WEEKS]
    half = len(table) // 2
    return (table[:half], table[half:]) if name == "unseen" else (table, table)


def drawn(table: pd.DataFrame, entity: str | None, when: str | None, seed: int) -> tuple[pd.DataFrame, float]:
    """A twin, and the CPU seconds that it took."""
    rows = table if when is not None else table.assign(row=np.arange(len(table)))
    begin = time.process_time()
    model = rs.fit(rows, entity=entity or (), time=when or "row", seed=seed)
    twin = model.sample(seed=seed)
    used = time.process_time() - begin
    return twin[list(table.columns)], used


def judged(
    judge: Path, real: pd.DataFrame, twins: list[pd.DataFrame], entity: str | None, when: str | None, light: bool
) -> list[dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{i}.parquet" for i in range(len(twins) + 1)]
        for path, table in zip(paths, [real, *twins], strict=True):
            table.to_parquet(path, index=False)
        out = Path(folder) / "out.json"
        program = ["-c", LIGHT, judge] if light else [judge / "score_series.py"]
        command = [sys.executable, *program, *paths, "--no-references", "--json", out]
        command += (["--time", when] if when else []) + (["--entity", entity] if entity else [])
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        rows = json.loads(out.read_text(encoding="utf-8"))["rows"]
    return [rows[str(path)] for path in paths[1:]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--series", nargs="*", default=list(SERIES))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--light", action="store_true")
    args = parser.parse_args()
    judge = args.judge if args.judge is not None else args.data.parent.parent / "bench"
    warm = pd.DataFrame({"at": range(40), "x": np.arange(40) % 7})
    rs.fit(warm, time="at").sample()
    print("| series | " + " | ".join(SHOWN) + " | CPU s |\n|" + "---|" * (len(SHOWN) + 2))
    for name in args.series:
        _, entity, when = SERIES[name]
        learnt, real = frames(args.data, name)
        pairs = [drawn(learnt, entity, when, seed) for seed in args.seeds]
        scores = judged(judge, real, [twin for twin, _ in pairs], entity, when, args.light)
        cells = []
        for key in SHOWN:
            known = [s[key] for s in scores if s.get(key) is not None]
            cells.append(f"{statistics.mean(known):.3g}" if known else "–")
        cells.append(f"{statistics.mean(used for _, used in pairs):.3g}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
