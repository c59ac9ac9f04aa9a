"""The judge against an independent one: do `rowsmith evaluate` and `score.py` read the same off the same tables?

    python benchmarks/evaluate.py DATA_FOLDER [--judge FOLDER] [--tables adult …]

DATA_FOLDER has the tables as Parquet files, the judge's folder `split.py` and `score.py`. Of each table three are judged: a
twin, a bootstrap copy of the learnt rows, and independent columns. Writes Markdown to standard output: both figures, their
difference, and how much of it chance explains; then what `rowsmith evaluate` costs.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TARGETS = {"adult": "income", "shoppers": "Revenue", "magic": "class", "beijing": "pm2.5"}
FIGURES = {
    "shape": ("shapes", "error"),
    "trend": ("trends", "error"),
    "c2st": ("c2st", "auc"),
    "tstr": ("utility", None),
    "dcr": ("distance", "nearer"),
}
"""Column of `score.py`: our measure and figure."""
CLI = [sys.executable, "-c", "from rowsmith.cli import main; main()"]


def call(*words: object) -> tuple[float, float]:
    """Run a command; its elapsed and CPU seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = sum(getattr(after, k) - getattr(before, k) for k in ("ru_utime", "ru_stime"))
    return time.perf_counter() - start, spent


def candidates(folder: Path) -> list[Path]:
    """A twin, a copy and independent columns, as files."""
    train = pq.read_table(folder / "train.parquet")
    rng = np.random.default_rng(0)
    loose = {c: train[c].take(pa.array(rng.permutation(train.num_rows))) for c in train.column_names}
    pq.write_table(pa.table(loose), folder / "independent.parquet")
    pq.write_table(train.take(pa.array(rng.integers(0, train.num_rows, train.num_rows))), folder / "copy.parquet")
    call(*CLI, "fit", folder / "train.parquet", "-o", folder / "m.rowsmith", "-q")
    call(*CLI, "sample", folder / "m.rowsmith", "-n", train.num_rows, "-o", folder / "twin.parquet", "-q")
    return [folder / f"{name}.parquet" for name in ("twin", "copy", "independent")]


def compare(name: str, judge: Path, folder: Path) -> tuple[float, float]:
    """Print a line for each figure of each candidate of a table; what judging the twin costs."""
    target = TARGETS[name]
    files = candidates(folder)
    score, cost = folder / "score.json", (0.0, 0.0)
    names = ["train.parquet", "holdout.parquet"]
    real = [folder / n for n in names]
    call(sys.executable, judge / "score.py", *real, *files, "--target", target, "--json", score, "--no-references")
    theirs = json.loads(score.read_text())["rows"]
    for file in files:
        out = folder / "ours.json"
        words = ["--holdout", real[1], "--target", target, "--json", out, "-q"]
        spent = call(*CLI, "evaluate", real[0], file, *words)
        cost = spent if file.stem == "twin" else cost
        measures = {m["measure"]: m["figures"] for m in json.loads(out.read_text())["measures"]}
        for column, (measure, wanted) in FIGURES.items():
            figure = next(f for f in measures[measure] if wanted in (None, f["name"]))
            a, b = theirs[str(file)][column], figure["value"]
            half = None if figure["low"] is None else max(figure["high"] - b, b - figure["low"])
            chance = "–" if half is None else f"± {half:.3f}"
            inside = "" if half is None else "yes" if abs(a - b) <= 2**0.5 * half else "no"
            print(
                f"| {name} | {file.stem} | {column} | {a:.3f} | {b:.3f} | {b - a:+.3f} | {chance} | {inside} |",
                flush=True,
            )
    return cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--tables", nargs="*", default=list(TARGETS))
    args = parser.parse_args()
    judge = args.judge if args.judge is not None else args.data.parent.parent / "bench"
    print("| table | candidate | figure | score.py | rowsmith | difference | our 95 % interval | inside both |")
    print("|---|---|---|---|---|---|---|---|")
    costs = {}
    for name in args.tables:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            call(sys.executable, judge / "split.py", args.data / f"{name}.parquet", folder)
            costs[name] = compare(name, judge, folder)
    print("\n| judging the twin of | elapsed s | CPU s |\n|---|---|---|")
    for name, (elapsed, spent) in costs.items():
        print(f"| {name} | {elapsed:.1f} | {spent:.1f} |")


if __name__ == "__main__":
    main()
