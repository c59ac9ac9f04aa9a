"""Whether the attacks of `rowsmith evaluate` find leaks: controls, and leaks planted in a twin, on real tables.

    python benchmarks/attacks.py DATA_FOLDER [--judge FOLDER] [--tables adult …] [--seeds 0 1 2]

DATA_FOLDER has the tables as Parquet files, the judge's folder `split.py`. Writes Markdown to standard output. The twin
is the default learner's; only the measures of privacy are taken.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

import rowsmith as rs
from rowsmith.core.rng import Key
from rowsmith.evaluate._align import align
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._judge import context_of
from rowsmith.evaluate._measure import MEASURES, Result
from rowsmith.evaluate._space import nearest, nearest_two

TARGETS = {"adult": "income", "shoppers": "Revenue", "magic": "class", "beijing": "pm2.5"}
SHARE = 0.01
NOISE = 0.01
"""Of a number's standard deviation."""
ATTACKS = [
    "membership", "worst_group", "attribute_inference", "singling_out", "linkability", "copies", "near_copies", "verbatim",
    "distance",
]  # fmt: skip
Tables = dict[str, pa.Table]
Leak = Callable[[Tables, str, np.random.Generator], Tables]


def planted(tables: Tables, rows: pa.Table) -> Tables:
    """The tables, the first rows of the twin replaced."""
    twin = tables["synthetic"]
    return tables | {"synthetic": pa.concat_tables([twin.slice(rows.num_rows), rows.cast(twin.schema)])}


def some(table: pa.Table, share: float, rng: np.random.Generator) -> pa.Table:
    return table.take(pa.array(rng.choice(table.num_rows, round(share * table.num_rows), replace=False)))


def jittered(table: pa.Table, scale: float, rng: np.random.Generator, but: str = "") -> pa.Table:
    """Noise on numbers of more than twenty values; of other columns, a share of the values drawn anew."""
    columns = {}
    for name in table.column_names:
        values = table[name].combine_chunks()
        whole = pa.types.is_integer(values.type)
        if name == but:
            columns[name] = values
        elif pa.types.is_floating(values.type) or (whole and len(pc.unique(values)) > 20):
            x = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
            x = x + rng.normal(0, scale * np.nanstd(x), len(x))
            columns[name] = pa.array(np.rint(x) if whole else x, from_pandas=True).cast(values.type)
        else:
            rows = np.arange(len(values))
            anew = rng.random(len(rows)) < scale
            rows[anew] = rng.permutation(len(rows))[anew]
            columns[name] = values.take(pa.array(rows))
    return pa.table(columns, schema=table.schema)


def copied(tables: Tables, _: str, rng: np.random.Generator) -> Tables:
    return planted(tables, some(tables["real"], SHARE, rng))


def copied_with_noise(tables: Tables, _: str, rng: np.random.Generator) -> Tables:
    return planted(tables, jittered(some(tables["real"], SHARE, rng), NOISE, rng))


def outlier(tables: Tables, target: str, rng: np.random.Generator) -> Tables:
    """One training row, the one of 2,000 that is furthest from all other real ones."""
    context = prepared(tables, target)
    assert context.holdout is not None
    points = context.values.points(context.real)
    rows = rng.permutation(len(points))[:2000]
    far = np.minimum(
        nearest_two(points, points[rows])[1], nearest(context.values.points(context.holdout), points[rows])
    )
    furthest = rows[np.argmax(far)]
    return planted(tables, tables["real"].slice(int(furthest), 1))


def text(tables: Tables, _: str, rng: np.random.Generator) -> Tables:
    """A column of notes of which the twin repeats a clause in one of a hundred rows."""
    words = list("abcdefghijklmnopqrstuvwxyz")

    def notes(n: int, who: str) -> list[str]:
        drawn = rng.choice(words, (n, 12))
        return [
            " ".join(line) + f" because {who}{i} said so on the telephone yesterday" for i, line in enumerate(drawn)
        ]

    texts = {role: notes(t.num_rows, role) for role, t in tables.items()}
    for i in range(round(SHARE * len(texts["synthetic"]))):
        texts["synthetic"][i] = "as was noted " + " ".join(texts["real"][i].split()[-9:])
    return {role: t.append_column("note", pa.array(texts[role])) for role, t in tables.items()}


def target_told(tables: Tables, target: str, rng: np.random.Generator) -> Tables:
    """Half of the twin: training rows whose target is kept, all else blurred by a twentieth."""
    return planted(tables, jittered(some(tables["real"], 0.5, rng), 0.05, rng, but=target))


LEAKS: dict[str, tuple[str, Leak, str]] = {
    "1 % copied": ("copies", copied, "alone"),
    "1 % copied with noise": ("near_copies", copied_with_noise, "near"),
    "one outlier copied": ("copies", outlier, "apart"),
    "memorised text": ("verbatim", text, "own"),
    "target told": ("attribute_inference", target_told, "worst"),
}


def prepared(tables: Tables, target: str, seed: int = 0) -> Context:
    return context_of(align(tables), target, Key(seed), 2)


def taken(name: str, context: Context) -> Result:
    with threadpool_limits(1, user_api="blas"):  # as `evaluate` does
        return MEASURES.load(name)().measure(context)


def number(found: Result, name: str) -> str:
    figure = next(f for f in found.figures if f.name == name)
    assert figure.value is not None
    if figure.unit == "rows":
        return f"{figure.value:.0f}"
    return f"{figure.value:.4f} ({figure.low:.4f} to {figure.high:.4f})"


def runs(args: argparse.Namespace) -> Iterator[tuple[str, int, Tables]]:
    judge = args.judge if args.judge is not None else args.data.parent.parent / "bench"
    for name in args.tables:
        for seed in args.seeds:
            with tempfile.TemporaryDirectory() as folder:
                source = args.data / f"{name}.parquet"
                subprocess.run([sys.executable, judge / "split.py", source, folder, "--seed", str(seed)], check=True)
                real, holdout = (pq.read_table(Path(folder, f"{part}.parquet")) for part in ("train", "holdout"))
            twin = rs.fit(real, seed=seed).sample(real.num_rows, seed=seed)
            yield name, seed, {"real": real, "synthetic": pa.table(twin), "holdout": holdout}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--tables", nargs="*", default=list(TARGETS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    args = parser.parse_args()
    controls, leaks = [], []
    for name, seed, tables in runs(args):
        context = prepared(tables, TARGETS[name], seed)
        start = time.process_time()
        results = {attack: taken(attack, context) for attack in ATTACKS}
        cpu = time.process_time() - start
        known = results["membership"].details["controls"]
        copy, fresh = (
            (c["tpr1"]["value"], c["tpr1"]["low"], c["tpr1"]["high"]) for c in (known["copy"], known["fresh"])
        )
        worse = ", ".join(f"{a} {r.level}" for a, r in results.items() if r.level != "good") or "none"
        controls.append(
            f"| {name}, {seed} | {number(results['membership'], 'tpr1')} | {number(results['membership'], 'apart')} "
            f"| {copy[0]:.3f} | {fresh[0]:.4f} ({fresh[1]:.4f} to {fresh[2]:.4f}) | {worse} | {cpu:.1f} |"
        )
        for leak, (attack, plant, figure) in LEAKS.items():
            found = taken(
                attack, prepared(plant(tables, TARGETS[name], np.random.default_rng(seed)), TARGETS[name], seed)
            )
            leaks.append(f"| {name}, {seed} | {leak} | {attack} | {number(found, figure)} | {found.level} |")
            print(leaks[-1], file=sys.stderr, flush=True)
    print("| table, seed | twin, 1 % | twin, apart, 10 % | copy, 1 % | fresh, 1 % | worse than good | CPU s |")
    print("|" + "---|" * 7)
    print(*controls, sep="\n")
    print("\n| table, seed | leak | attack | figure | verdict |\n|" + "---|" * 5)
    print(*leaks, sep="\n")
    print(f"\nPeak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB.")


if __name__ == "__main__":
    main()
