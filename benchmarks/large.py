"""Large tables: learn a million rows, draw a million rows; CPU seconds, elapsed seconds and peak memory of each command.

    python benchmarks/large.py TABLE.parquet [--rows 1_000_000] [--workers 2]

The table is resampled to the rows asked for, and its numbers are jittered, so that rows differ. Writes Markdown to standard
output.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROWSMITH = str(Path(sys.executable).parent / "rowsmith")


def enlarged(table: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Rows drawn with replacement; every number moves by up to a hundredth of its deviation."""
    rng = np.random.default_rng(0)
    out = table.iloc[rng.integers(len(table), size=rows)].reset_index(drop=True)
    for name in out.select_dtypes("number"):
        values = out[name] + rng.normal(0, out[name].std() / 100, rows)
        out[name] = values.round().astype(out[name].dtype) if out[name].dtype.kind == "i" else values
    return out


def measured(*command: object) -> tuple[float, float, float]:
    """CPU seconds, elapsed seconds and peak MiB of a command with its children (sampled ten times a second)."""
    before, began = os.times(), time.perf_counter()
    process = subprocess.Popen([ROWSMITH, *map(str, command)])
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            peak[0] = max(peak[0], sum(map(resident, family(process.pid))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    done.set()
    watcher.join()
    if code:
        sys.exit(code)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return spent, time.perf_counter() - began, peak[0]


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *(p for child in children for p in family(int(child)))]


def resident(pid: int) -> float:
    """MiB that a process holds; pages that processes share are counted in each."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
    except OSError:
        return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, workers = Path(name), ("--workers", args.workers, "--quiet")
        table = pd.read_parquet(args.table)
        enlarged(table, args.rows).to_parquet(folder / "large.parquet")
        table.to_parquet(folder / "small.parquet")
        steps = {
            f"fit, {len(table):,} x {table.shape[1]}": ("fit", folder / "small.parquet", "-o", folder / "small.rowsmith"),
            f"sample, {args.rows:,} rows": (
                "sample", folder / "small.rowsmith", "--rows", args.rows, "-o", folder / "twin.parquet",
            ),
            f"fit, {args.rows:,} x {table.shape[1]}": ("fit", folder / "large.parquet", "-o", folder / "large.rowsmith"),
        }  # fmt: skip
        print(
            f"`{args.table.stem}`, {args.workers} workers\n\n| | CPU s | elapsed s | rows / elapsed s | peak MiB |\n|---|---|---|---|---|"
        )
        for what, command in steps.items():
            cpu, elapsed, peak = measured(*command, *workers)
            n = args.rows if f"{args.rows:,}" in what else len(table)
            print(f"| {what} | {cpu:.1f} | {elapsed:.1f} | {n / elapsed:,.0f} | {peak:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
