"""The table of learners: how good, how safe and how quick, on real tables, by an independent judge.

    python benchmarks/learners.py DATA_FOLDER [--judge FOLDER] [--tables adult …] [--seeds 0 1 2] [--learner trees mixture …]

DATA_FOLDER has the tables as Parquet files, the judge's folder `split.py` and `learn_bar.py`. Writes Markdown to
standard output. CPU seconds are those of the whole command, imports included.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--tables", nargs="*", default=list(TARGETS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--learner", nargs="*", default=["trees"])
    args = parser.parse_args()
    judge = args.judge if args.judge is not None else args.data.parent.parent / "bench"
    runs = {f"`{learner}`": of_learner(judge, learner) for learner in args.learner}
    print(f"Mean of seeds {args.seeds}.\n")
    print("| table | learner | " + " | ".join(SHOWN) + " |\n|" + "---|" * (len(SHOWN) + 2))
    for name in args.tables:
        for learner, run in runs.items():
            found = [run(args.data / f"{name}.parquet", TARGETS[name], seed) for seed in args.seeds]
            cells = [f"{statistics.mean(one[key] for one in found):.4g}" for key in SHOWN.values()]
            print(f"| {name} | {learner} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
