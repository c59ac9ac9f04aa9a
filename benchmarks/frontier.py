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
    "", "detail=0", "detail=0.25", "detail=0.75", "detail=1", "rounds=10", "rounds=20", "min_leaf=6", "min_leaf=30", "min_leaf=60",
    "depth=4", "depth=5", "depth=8", "bins=32", "bins=64", "bins=256",
]  # fmt: skip
SHOWN = ["shape", "trend", "c2st", "tstr_gap", "dcr", "mia", "tpr10", "fit_cpu_s"]
BINNED = {"integer", "float", "decimal", "date", "time", "timestamp", "duration"}
"""Kinds of columns that are cut into bins."""


def load_judge(folder: Path) -> Any:
    """The judge's `score.py` as a module."""
    found = importlib.util.spec_from_file_location("score", folder / "score.py")
    assert found is not None
    assert found.loader is not None
    score = importlib.util.module_from_spec(found)
    found.loader.exec_module(score)
    return score


def aligned(judge: Any, folder: Path, *more: pd.DataFrame) -> list[pd.DataFrame]:
    """Training rows, unseen rows and further tables as the judge wants them."""
    train, holdout = (pd.read_parquet(folder / f"{n}.parquet") for n in ("train", "holdout"))
    return [judge.align(train, table, "table") for table in (train, holdout, *more)]


def reference(judge: Path, folder: Path, target: str) -> float:
    """What training on real rows gives."""
    score = load_judge(judge)
    return float(score.utility(*aligned(score, folder), target))


def measure(judge: Path, folder: Path, target: str, point: str, seed: int) -> dict[str, float]:
    """The judge's figures of one twin; `tstr` is of training on it."""
    score = load_judge(judge)
    train = pd.read_parquet(folder / "train.parquet")
    settings = {k: float(v) if "." in v else int(v) for k, _, v in (p.partition("=") for p in point.split("+") if p)}
    schema = with_bins(rs.inspect(train), settings.pop("bins", None))
    before = time.process_time()
    model = rs.fit(train, schema=schema, settings=settings, seed=seed)
    spent = time.process_time() - before
    row: dict[str, float] = score.score(*aligned(score, folder, model.sample(len(train), seed=seed)), target)
    return row | {"fit_cpu_s": spent}


def with_bins(schema: rs.Schema, bins: float | None) -> rs.Schema:
    """The schema with another number of bins for every column that has some."""
    if bins is None:
        return schema
    name, table = schema.only
    columns = {
        n: dataclasses.replace(c, settings={**c.settings, "bins": bins}) if c.kind in BINNED else c
        for n, c in table.columns.items()
    }
    return rs.Schema(tables={name: dataclasses.replace(table, columns=columns)})


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
        real = {n: pool.submit(reference, judge, Path(folder) / n, TARGETS[n]) for n in args.tables}
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
                runs = [run | {"tstr_gap": real[name].result() - run["tstr"]} for run in runs]
                print(f"| {point or 'default'} | " + " | ".join(cell(runs, key) for key in SHOWN) + " |", flush=True)


def cell(runs: list[dict[str, float]], key: str) -> str:
    values = [run[key] for run in runs]
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    text = f"{statistics.mean(values):.3g}" if key == "fit_cpu_s" else f"{statistics.mean(values):.4f}"
    return text + (f" ± {error:.4f}" if key in ("tstr_gap", "dcr", "tpr10") and error else "")


if __name__ == "__main__":
    main()
