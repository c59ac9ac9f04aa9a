"""The default learner on small tables: pairs of columns, what a model learns, and how well the learnt rows are recognised.

    python benchmarks/small.py [--seeds 0 1 2 3] [--learner trees]

The tables are those of scikit-learn (iris, wine, diabetes, breast cancer with eight columns). Half of the rows, or three fifths of
a table of 300 or more, are learnt; the others are the holdout. Writes Markdown to standard output.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn import datasets

import rowsmith as rs

COLUMNS = ("pair trends, %", "of unseen rows", "train on synthetic", "on real", "membership AUC")


def tables() -> Iterator[tuple[str, pd.DataFrame]]:
    """Frames whose last column is the target; classes are letters."""
    loads = {
        "iris": datasets.load_iris,
        "wine": datasets.load_wine,
        "diabetes": datasets.load_diabetes,
        "breast cancer": datasets.load_breast_cancer,
    }
    for name, load in loads.items():
        frame = load(as_frame=True).frame
        if name == "breast cancer":
            frame = frame[[*frame.columns[:8], "target"]]
        if name != "diabetes":
            frame["target"] = frame["target"].map(lambda value: "abc"[value])
        yield name, frame


def figures(frame: pd.DataFrame, learner: str, seed: int) -> tuple[float, ...]:
    """Those of `COLUMNS` of one draw."""
    order = np.random.default_rng(seed).permutation(len(frame))
    size = len(frame) * (3 if len(frame) >= 300 else 2.5) // 5
    real, unseen = (frame.iloc[rows].reset_index(drop=True) for rows in np.split(order, [int(size)]))
    twin = rs.fit(real, learner=learner, seed=seed).sample(max(len(real), len(unseen)), seed=seed)
    found = {m.measure: m.figures for m in rs.evaluate(real, twin, holdout=unseen, target="target").summary.measures}
    trend, score, attack = found["trends"][0], found["utility"][0], found["membership"][0]
    return tuple(
        np.nan if x is None else x for x in (trend.value, trend.ceiling, score.value, score.ceiling, attack.value)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2, 3])
    parser.add_argument("--learner", default="trees")
    args = parser.parse_args()
    print("| table | rows learnt | " + " | ".join(COLUMNS) + " |\n|" + "---|" * (len(COLUMNS) + 2))
    for name, frame in tables():
        rows = [figures(frame, args.learner, seed) for seed in args.seeds]
        means = [statistics.mean(each) for each in zip(*rows, strict=True)]
        learnt = int(len(frame) * (3 if len(frame) >= 300 else 2.5) // 5)
        print(f"| {name} | {learnt} | " + " | ".join(f"{value:.3g}" for value in means) + " |", flush=True)


if __name__ == "__main__":
    main()
