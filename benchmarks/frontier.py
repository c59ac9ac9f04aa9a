"""The frontier of the default learner: what every step towards the learnt rows gains in use and costs in privacy.

    python benchmarks/frontier.py DATA_FOLDER [--judge FOLDER] [--tables adult …] [--seeds 0 1 2] [--points detail=0.2 …]

DATA_FOLDER has the tables as Parquet files, the judge's folder `split.py` and `score.py`. One dial is turned at a time, the
others stay at their defaults; a point is `name=value`, several joined by `+`. Writes Markdown to standard output: the mean
over seeds, with the seeds' standard error where it is shown. CPU seconds are those of fitting in this process, without imports.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd

import rowsmith as rs

TARGETS = {"adult": "income", "shoppers": "Revenue", "magic": "class", "beijing": "pm2.5"}
POINTS = [
    "", "detail=0", "detail=0.25", "detail=0.75", "detail=1", "rounds=25", "rounds=50", "rounds=200", "min_leaf=6", "min_leaf=24",
    "min_leaf=48", "depth=4", "depth=5", "depth=7", "bins=32", "bins=64", "bins=256",
]  # fmt: skip
SHOWN = ["shape", "trend", "c2st", "tstr_gap", "dcr", "mia", "tpr10", "fit_cpu_s"]


def measure(judge: Path, folder: Path, target: str, point: str, seed: int) -> dict[str, float]:
    """The judge's figures of one twin."""
    found = importlib.util.spec_from_file_location("score", judge / "score.py")
    score: Any = importlib.util.module_from_spec(found)
    found.loader.exec_module(score)
    train, holdout = (pd.read_parquet(folder / f"{n}.parquet") for n in ("train", "holdout"))
    settings = {k: float(v) if "." in v else int(v) for k, _, v in (p.partition("=") for p in point.split("+") if p)}
    schema = rs.inspect(train)
    bins = settings.pop("bins", None)
    if bins is not None:
        name, table = schema.only
        columns = {
            n: dataclasses.replace(c, settings={**c.settings, "bins": bins}) if c.kind in BINNED else c
            for n, c in table.columns.items()
        }
        schema = rs.Schema(tables={name: dataclasses.replace(table, columns=columns)})
    before = time.process_time()
    model = rs.fit(train, schema=schema, settings=settings, seed=seed)
    spent = time.process_time() - before
    twin = model.sample(len(train), seed=seed)
    real, unseen, made = (score.align(train, t, n) for n, t in (("train", train), ("holdout", holdout), ("twin", twin)))
    row: dict[str, float] = score.score(real, unseen, made, target)
    return row | {"tstr_gap": score.utility(real, unseen, target) - row["tstr"], "fit_cpu_s": spent}


BINNED = {"integer", "float", "decimal", "date", "time", "timestamp", "duration"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--tables", nargs="*", default=list(TARGETS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--points", nargs="*", default=POINTS)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    judge = args.judge if args.judge is not None else args.data.parent.parent / "bench"
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(args.workers, mp_context=get_context("spawn")) as pool,
    ):
        for name in args.tables:
            split = [sys.executable, judge / "split.py", args.data / f"{name}.parquet", Path(folder) / name]
            subprocess.run(list(map(str, split)), check=True)
        tasks = {
            (name, point): [
                pool.submit(measure, judge, Path(folder) / name, TARGETS[name], point, seed) for seed in args.seeds
            ]
            for name in args.tables
            for point in args.points
        }
        for name in args.tables:
            print(f"\n**{name}**\n\n| setting | " + " | ".join(SHOWN) + " |\n|" + "---|" * (len(SHOWN) + 1))
            for point in args.points:
                runs = [task.result() for task in tasks[name, point]]
                print(f"| {point or 'default'} | " + " | ".join(cell(runs, key) for key in SHOWN) + " |", flush=True)


def cell(runs: list[dict[str, float]], key: str) -> str:
    values = [run[key] for run in runs]
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    text = f"{statistics.mean(values):.3g}" if key == "fit_cpu_s" else f"{statistics.mean(values):.4f}"
    return text + (f" ± {error:.4f}" if key in ("tstr_gap", "dcr", "tpr10") and error else "")


if __name__ == "__main__":
    main()
