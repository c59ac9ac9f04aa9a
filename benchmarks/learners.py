"""The table of learners: how good, how safe and how quick, on real tables, by an independent judge.

    python benchmarks/learners.py DATA_FOLDER [--judge FOLDER] [--tables adult …] [--seeds 0 1 2] [--learner trees mixture …]
        [--peers PYTHON:ctgan PYTHON:tvae …]

DATA_FOLDER has the tables as Parquet files, the judge's folder `split.py`, `score.py` and `learn_bar.py`. PYTHON is that of an
environment which has a peer (see `peers.py`). Writes Markdown to standard output. CPU seconds are those of the whole
command, imports included.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

TARGETS = {"adult": "income", "shoppers": "Revenue", "magic": "class", "beijing": "pm2.5"}
SHOWN = {
    "shape %": "shape", "trend %": "trend", "c2st": "c2st", "tstr gap": "tstr_gap", "dcr": "dcr", "mia": "mia",
    "tpr10": "tpr10", "copies": "copies", "fit CPU s": "fit_cpu_s", "rows / CPU s": "rows_per_cpu_s",
}  # fmt: skip

Run = Callable[[Path, str, int], dict[str, float]]
"""A table, its target and a seed to figures by name."""


def called(*words: object) -> str:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))  # the judge calls `rowsmith` by name
    done = subprocess.run(
        list(map(str, words)), capture_output=True, text=True, check=False, env=os.environ | {"PATH": path}
    )
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def of_learner(judge: Path, learner: str) -> Run:
    def run(table: Path, target: str, seed: int) -> dict[str, float]:
        said = called(sys.executable, judge / "learn_bar.py", table, target, "--learner", learner, "--seed", seed)
        return {name: float(value) for name, value in re.findall(r"(\w+) (-?[\d.e+-]+)", said)}

    return run


def of_peer(judge: Path, python: str, peer: str) -> Run:
    def run(table: Path, target: str, seed: int) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as name:
            train, holdout, twin, found = (
                Path(name) / file for file in ("train.parquet", "holdout.parquet", "twin.parquet", "found.json")
            )
            called(sys.executable, judge / "split.py", table, name)
            said = called(python, Path(__file__).parent / "peers.py", peer, train, twin, seed).splitlines()[-1]
            called(
                sys.executable, judge / "score.py", train, holdout, twin, "--target", target, "--no-references", "--json", found
            )  # fmt: skip
            (row,) = json.loads(found.read_text())["rows"].values()
            rows = row["rows"]
        fit, draw = (float(value) for value in re.findall(r"_cpu_s ([\d.e+-]+)", said))
        print(said, file=sys.stderr)
        return row | {"fit_cpu_s": fit, "draw_cpu_s": draw, "rows_per_cpu_s": rows / draw}

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--tables", nargs="*", default=list(TARGETS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--learner", nargs="*", default=["trees"])
    parser.add_argument("--peers", nargs="*", default=[], metavar="PYTHON:NAME")
    args = parser.parse_args()
    judge = args.judge if args.judge is not None else args.data.parent.parent / "bench"
    runs = {f"`{learner}`": of_learner(judge, learner) for learner in args.learner}
    for python, _, peer in (each.rpartition(":") for each in args.peers):
        runs[peer] = of_peer(judge, python, peer)
    print(f"Mean of seeds {args.seeds}.\n")
    print("| table | learner | " + " | ".join(SHOWN) + " |\n|" + "---|" * (len(SHOWN) + 2))
    for name in args.tables:
        for learner, run in runs.items():
            found = [run(args.data / f"{name}.parquet", TARGETS[name], seed) for seed in args.seeds]
            cells = [f"{statistics.mean(one[key] for one in found):.4g}" for key in SHOWN.values()]
            print(f"| {name} | {learner} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
