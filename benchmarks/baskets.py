"""The table of baskets: how near drawn baskets are to real ones, by an independent judge, and how the cost grows.

    python benchmarks/baskets.py LINES.parquet [--basket transaction] [--item item] [--judge FOLDER] [--seeds 0 1 2]
    python benchmarks/baskets.py --made 1000000 --items 10000 --workers 2

LINES has a row for each item of a basket, the judge's folder `score_basket.py`. Baskets are learnt by each model and drawn as many,
once a seed; `unseen` is the same learnt on a random half of the baskets and judged against the other. The second form makes baskets
with topics and pairs, and measures fit and draw alone, by the clock too. Writes Markdown to standard output. Seconds are without
imports; kernels are compiled before.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import rowsmith as rs

MODELS = ("maxent", "chain")
SHOWN = ("item", "size", "pair_abs", "tri_abs", "lift", "lift_hi", "lift_lo", "rules_f1", "c2st", "excess")


Cost = tuple[float, float]
"""CPU seconds, and seconds by the clock."""


def now() -> Cost:
    """CPU seconds that this process and the ended ones that it started have used, and the clock."""
    used = os.times()
    return sum(used[:4]), time.perf_counter()


def drawn(lines: pd.DataFrame, model: str, seed: int, workers: int = 1) -> tuple[pd.DataFrame, Cost, Cost]:
    """A twin, and what fit and draw took."""
    begin = now()
    basket, item = lines.columns[:2]
    fitted = rs.fit(lines, basket=basket, item=item, settings={"model": model}, seed=seed, workers=workers)
    middle = now()
    twin = fitted.sample(seed=seed, workers=workers)
    end = now()
    return twin, (middle[0] - begin[0], middle[1] - begin[1]), (end[0] - middle[0], end[1] - middle[1])


def judged(judge: Path, real: pd.DataFrame, twins: list[pd.DataFrame], references: bool) -> dict[str, dict[str, float]]:
    """What the judge says of twins, by number, and of its references, by name."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{i}.parquet" for i in range(len(twins) + 1)]
        for path, table in zip(paths, [real, *twins], strict=True):
            table.to_parquet(path, index=False)
        out = Path(folder) / "out.json"
        command = [sys.executable, judge / "score_basket.py", *paths, "--json", out]
        command += [] if references else ["--no-references"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        rows = json.loads(out.read_text(encoding="utf-8"))["rows"]
    return {str(paths.index(Path(name)) - 1) if name[0] != "(" else name: row for name, row in rows.items()}


def show(name: str, rows: list[dict[str, float]], cost: str) -> None:
    """A line of the table: means over the rows."""
    cells = [f"{statistics.mean(row[key] for row in rows):.3g}" for key in SHOWN]
    print(f"| {name} | " + " | ".join([*cells, cost]) + " |", flush=True)


def halves(lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two random halves of the baskets."""
    codes = pd.factorize(lines.iloc[:, 0])[0]
    side = np.random.default_rng(0).permutation(codes.max() + 1) % 2
    return lines[side[codes] == 0], lines[side[codes] == 1]


def made(n: int, n_items: int) -> pd.DataFrame:
    """Baskets with a Zipf law of items, topics, and a partner for each item."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, n_items + 1) ** 0.8
    share /= share.sum()
    topics = max(n_items // 25, 1)
    sizes = 1 + rng.poisson(rng.gamma(1.2, 5, n)).clip(0, 60)
    basket = np.repeat(np.arange(n), sizes)
    items = rng.choice(n_items, len(basket), p=share)
    topic, order = rng.integers(0, topics, n), rng.permutation(n_items)
    own = rng.random(len(basket)) < 0.45
    within = rng.zipf(1.6, int(own.sum())) % 25
    items[own] = order[(topic[basket[own]] * 25 + within) % n_items]
    mate, follows = rng.permutation(n_items), rng.random(len(basket)) < 0.15
    follows &= np.roll(basket, 1) == basket
    items[follows] = mate[np.roll(items, 1)[follows]]
    return pd.DataFrame({"basket": basket, "item": items}).drop_duplicates(ignore_index=True).astype({"item": str})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=Path, nargs="?")
    parser.add_argument("--basket", default="transaction")
    parser.add_argument("--item", default="item")
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--made", type=int)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    args = parser.parse_args()
    for model in args.models:
        drawn(made(300, 20), model, 0)
    if args.made is not None:
        lines = made(args.made, args.items)
        print(
            f"{args.made:,} baskets, {args.items:,} items, {len(lines):,} lines, {args.workers} workers\n\n"
            "| model | fit CPU s, elapsed s | draw CPU s, elapsed s |\n|---|---|---|"
        )
        for model in args.models:
            _, fit, draw = drawn(lines, model, 0, args.workers)
            print(f"| {model} | {fit[0]:.0f}, {fit[1]:.0f} | {draw[0]:.0f}, {draw[1]:.0f} |", flush=True)
        return
    lines = pd.read_parquet(args.lines)[[args.basket, args.item]]
    judge = args.judge if args.judge is not None else args.lines.parent.parent.parent / "bench"
    print("| model | " + " | ".join(SHOWN) + " | fit, draw CPU s |\n|" + "---|" * (len(SHOWN) + 2))
    learnt, unseen = halves(lines)
    for suffix, own, real in (("", lines, lines), (", unseen", learnt, unseen)):
        twins: list[pd.DataFrame] = []
        costs: dict[str, str] = {}
        for model in args.models:
            done = [drawn(own, model, seed) for seed in args.seeds]
            twins += [twin for twin, _, _ in done]
            costs[model] = ", ".join(f"{statistics.mean(each[i][0] for each in done):.2g}" for i in (1, 2))
        rows = judged(judge, real, twins, references=not suffix)
        for k, model in enumerate(args.models):
            some = range(k * len(args.seeds), (k + 1) * len(args.seeds))
            show(model + suffix, [rows[str(i)] for i in some], costs[model])
        for name, row in rows.items():
            if name.startswith("("):
                show(name, [row], "–")


if __name__ == "__main__":
    main()
