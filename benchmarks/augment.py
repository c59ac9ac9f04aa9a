"""What changes of a table cost, against scripts that are written by hand, and what balancing is worth.

python benchmarks/augment.py noise      # 10 million rows × 10 columns, CPU seconds as a ratio, in pairs
python benchmarks/augment.py smote      # 100,000 rows × 20 columns, CPU seconds
python benchmarks/augment.py learned TABLE.parquet TARGET CLASS   # an imbalanced cut, average precision with and without
"""

from __future__ import annotations

import statistics
import sys
import time
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import rowsmith as rs

ROWS, COLUMNS, PAIRS = 10_000_000, 10, 3
SHARE = 0.02
"""Of the rare class in the imbalanced cut."""


def measures(n, columns, seed=0):
    """Amounts to the cent, whole numbers and plain floats, by turns."""
    rng = np.random.default_rng(seed)
    kinds = (
        lambda: rng.lognormal(3, 1, n).round(2),
        lambda: rng.poisson(50, n),
        lambda: rng.normal(0, 10, n),
    )
    return pa.table({f"x{i}": kinds[i % 3]() for i in range(columns)})


def by_hand(table, relative, seed):
    """The same noise as a user would write it for columns that he knows: rounded to what they are, within their ends."""
    rng, out = np.random.default_rng(seed), {}
    for i, name in enumerate(table.column_names):
        x = table[name].to_numpy()
        low, high = x.min(), x.max()
        y = x + rng.normal(0, relative * x.std(), len(x))
        y = np.round(y, 2) if i % 3 == 0 else np.rint(y) if i % 3 == 1 else y
        out[name] = np.clip(y, low, high).astype(x.dtype)
    return pa.table(out)


def cpu(task):
    """CPU seconds of a task (user and system, all threads)."""
    start = time.process_time()
    task()
    return time.process_time() - start


def noise(n=ROWS):
    """Ratio of the script's CPU time to that of the call, in pairs."""
    table = measures(n, COLUMNS)
    ratios = []
    for pair in range(PAIRS):
        times = [
            cpu(partial(by_hand, table, 0.02, pair)),
            cpu(partial(rs.augment, table, rs.Noise(relative=0.02), seed=pair)),
        ]
        ratios.append(times[0] / times[1])
        print(f"by hand {times[0]:.2f} s, augment {times[1]:.2f} s, speed {ratios[-1]:.0%} of the script")
    print(f"noise on {n:,} rows x {COLUMNS}: median {statistics.median(ratios):.0%} of the script's speed")


def smote(n=100_000, columns=20):
    """CPU seconds to bring a class of a tenth of the rows to as many as the other has."""
    rng = np.random.default_rng(0)
    table = measures(n, columns - 4)
    for i in range(3):
        table = table.append_column(f"c{i}", pa.array(rng.choice(["red", "green", "blue", "grey"], n)))
    table = table.append_column("churn", pa.array(np.where(rng.random(n) < 0.1, "yes", "no")))
    done = []
    seconds = cpu(lambda: done.append(rs.augment(table, rs.Smote("churn"))))
    print(f"smote on {n:,} rows x {columns}: {seconds:.2f} CPU s, {done[0].steps[0]}")


def learned(path, target, rare, seeds=10):
    """Average precision with and without balancing, on imbalanced cuts of a table, by seed."""
    table = pq.read_table(path)
    wins = dict.fromkeys(("smote", "learned", "random"), 0)
    for seed in range(int(seeds)):
        train, test = cut(table, target, rare, seed)
        scores = {"none": score(train, test, target, rare)}
        for method in wins:
            made = rs.augment(train, rs.Balance(target, method=method), seed=seed).frame
            scores[method] = score(made, test, target, rare)
            wins[method] += scores[method] > scores["none"]
        print(seed, {name: round(value, 4) for name, value in scores.items()}, flush=True)
    print({name: f"{n} of {seeds}" for name, n in wins.items()})


def cut(table, target, rare, seed):
    """Rows to learn from in which the rare class has a share of `SHARE`, and other rows as they are."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(table.num_rows)
    half = len(order) // 2
    train, test = (table.take(pa.array(np.sort(part))) for part in (order[:half], order[half:]))
    is_rare = pc.equal(train[target], rare).to_numpy()
    often = np.flatnonzero(~is_rare)
    few = rng.choice(np.flatnonzero(is_rare), round(SHARE / (1 - SHARE) * len(often)), replace=False)
    return train.take(pa.array(np.sort(np.concatenate([often, few])))), test


def score(train, test, target, rare):
    """Average precision of the rare class by boosted trees."""
    import lightgbm as lgb
    from sklearn.metrics import average_precision_score

    frames = [t.drop_columns([target]).to_pandas() for t in (train, test)]
    for name in frames[0].columns:
        if frames[0][name].dtype.kind not in "iuf":
            levels = sorted(set(frames[0][name].dropna()) | set(frames[1][name].dropna()))
            for frame in frames:
                frame[name] = frame[name].astype("category").cat.set_categories(levels)
    y = [pc.equal(t[target], rare).to_numpy().astype(int) for t in (train, test)]
    settings = {"objective": "binary", "num_threads": 1, "learning_rate": 0.1, "verbose": -1, "deterministic": True}
    model = lgb.train(settings, lgb.Dataset(frames[0], y[0]), num_boost_round=100)
    return float(average_precision_score(y[1], model.predict(frames[1], num_threads=1)))


if __name__ == "__main__":
    {"noise": noise, "smote": smote, "learned": learned}[sys.argv[1]](*sys.argv[2:])
