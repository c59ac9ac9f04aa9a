"""What changes of a table cost, against scripts that are written by hand, and what balancing is worth.

python benchmarks/augment.py noise      # 10 million rows × 10 columns, CPU seconds as a ratio, in pairs
python benchmarks/augment.py smote      # 100,000 rows × 20 columns, CPU seconds
python benchmarks/augment.py learned TABLE.parquet TARGET CLASS   # imbalanced cuts, average precision with and without
    # behind these: seeds (10), methods (smote,random,learned), classifiers (boosted,logistic,forest)
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


def learned(path, target, rare, seeds=10, methods="smote,random,learned", classifiers="boosted,logistic,forest"):
    """Average precision with and without balancing, on imbalanced cuts of a table, by seed and classifier."""
    from sklearn.metrics import average_precision_score

    table, wins = pq.read_table(path), {}
    for seed in range(int(seeds)):
        train, test = cut(table, target, rare, seed)
        tables = {"none": train}
        for method in methods.split(","):
            seconds = time.process_time()
            tables[method] = rs.augment(train, rs.Balance(target, method=method), seed=seed).frame
            seconds = time.process_time() - seconds
        for name in classifiers.split(","):
            classifier = CLASSIFIERS[name]
            scores = {}
            for method, rows in tables.items():
                (x, y), (new, truth) = (columns(each, table, target, rare) for each in (rows, test))
                scores[method] = float(average_precision_score(truth, classifier(x, y, new)))
                won = wins.setdefault(name, {}).setdefault(method, [])
                won.append(scores[method] - scores["none"])
            print(
                seed, name, {m: round(v, 4) for m, v in scores.items()}, f"learned in {seconds:.0f} CPU s", flush=True
            )
    for name, each in wins.items():
        for method in methods.split(","):
            gain, n = np.array(each[method]), sum(g > 0 for g in each[method])
            low, high = wilson(n, len(gain))
            print(
                f"{name}, {method}: better on {n} of {len(gain)} seeds ({low:.0%} to {high:.0%}), by {gain.mean():+.4f} "
                f"on average ({gain.min():+.4f} to {gain.max():+.4f})"
            )


def wilson(n, of, z=1.96):
    """The 95 % interval of a share (Wilson)."""
    middle, reach = n + z**2 / 2, z * np.sqrt(n * (of - n) / of + z**2 / 4)
    return (middle - reach) / (of + z**2), (middle + reach) / (of + z**2)


def cut(table, target, rare, seed):
    """Rows to learn from in which the rare class has a share of `SHARE`, and other rows as they are."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(table.num_rows)
    half = len(order) // 2
    train, test = (table.take(pa.array(np.sort(part))) for part in (order[:half], order[half:]))
    is_rare = pc.equal(train[target].cast(pa.string()), rare).to_numpy()
    often = np.flatnonzero(~is_rare)
    few = rng.choice(np.flatnonzero(is_rare), round(SHARE / (1 - SHARE) * len(often)), replace=False)
    return train.take(pa.array(np.sort(np.concatenate([often, few])))), test


def columns(rows, table, target, rare):
    """Columns to learn from, with the categories of the whole table, and whether a row is of the rare class."""
    import pandas as pd

    x = rows.drop_columns([target]).to_pandas()
    for name in x.columns:
        if not pa.types.is_integer(kind := table.schema.field(name).type) and not pa.types.is_floating(kind):
            levels = sorted(map(str, pc.unique(table[name].drop_null()).to_pylist()))
            x[name] = pd.Categorical(rows[name].cast(pa.string()).to_pandas(), categories=levels)
    return x, pc.equal(rows[target].cast(pa.string()), rare).to_numpy().astype(int)


def boosted(x, y, new):
    """Boosted trees (LightGBM, 100 rounds)."""
    import lightgbm as lgb

    settings = {"objective": "binary", "num_threads": 1, "learning_rate": 0.1, "verbose": -1, "deterministic": True}
    return lgb.train(settings, lgb.Dataset(x, y), num_boost_round=100).predict(new, num_threads=1)


def of_sklearn(model, x, y, new):
    """A model of scikit-learn, on standardised numbers and a column for each category."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    classes = [name for name in x if x[name].dtype == "category"]
    levels = OneHotEncoder(handle_unknown="ignore", min_frequency=5)
    ready = ColumnTransformer([("levels", levels, classes)], remainder=StandardScaler())
    return make_pipeline(ready, model).fit(x, y).predict_proba(new)[:, 1]


def logistic(x, y, new):
    """Logistic regression."""
    from sklearn.linear_model import LogisticRegression

    return of_sklearn(LogisticRegression(max_iter=500), x, y, new)


def forest(x, y, new):
    """A random forest of 100 trees."""
    from sklearn.ensemble import RandomForestClassifier

    return of_sklearn(RandomForestClassifier(100, random_state=0, n_jobs=1), x, y, new)


CLASSIFIERS = {"boosted": boosted, "logistic": logistic, "forest": forest}


if __name__ == "__main__":
    {"noise": noise, "smote": smote, "learned": learned}[sys.argv[1]](*sys.argv[2:])
