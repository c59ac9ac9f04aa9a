"""Making tables from a spec: the orders table by rowsmith, by hand-written numpy + pyarrow, by Faker and by Mimesis, in turn.

    python benchmarks/orders.py LIMIT_PY [--rows 2_000_000] [--slow-rows 20_000] [--repeat 3]

LIMIT_PY is the hand-written program. Every run is a process of its own; CPU seconds are without imports, those of workers with
everything. Needs `faker` and `mimesis`. Writes Markdown to standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPEC = Path(__file__).with_name("orders.yaml")
WORDS = {"web": 50, "app": 30, "store": 15, "phone": 5}


def by_rowsmith(target: str, rows: int, workers: int) -> dict[str, float]:
    from rowsmith.engine.make import make, read_spec

    spec = read_spec(SPEC)
    make(spec, target, rows={"orders": 10})  # loads what is loaded on first use
    cpu, wall = os.times(), time.perf_counter()
    make(spec, target, rows={"orders": rows}, workers=workers)
    after = os.times()
    spent = sum(after[:4]) - sum(cpu[:4])
    return {"cpu_s": spent, "wall_s": time.perf_counter() - wall}


def by_faker(target: str, rows: int, workers: int) -> dict[str, float]:
    import pandas as pd
    from faker import Faker

    fake = Faker()
    Faker.seed(1)
    cpu, wall = time.process_time(), time.perf_counter()
    made = []
    for number in range(rows):
        first, last = fake.first_name(), fake.last_name()
        qty, amount = fake.random_int(0, 6), round(fake.pyfloat(min_value=1, max_value=200), 2)
        made.append(
            {
                "order_id": number + 1,
                "customer_id": fake.random_int(1, 100_000),
                "order_ts": fake.date_time_between("-1y"),
                "country": fake.country_code(),
                "channel": fake.random_element(list(WORDS)),
                "amount": amount,
                "qty": qty,
                "discount": 0.1 if qty > 3 else 0.0,
                "email": f"{first}.{last}{fake.random_int(0, 99)}@example.com".lower(),
                "full_name": f"{first} {last}",
                "is_return": fake.boolean(min(50, int(2 + amount / 10))),
            }
        )
    pd.DataFrame(made).to_parquet(target)
    return {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}


def by_mimesis(target: str, rows: int, workers: int) -> dict[str, float]:
    import pandas as pd
    from mimesis import Generic

    generic = Generic(seed=1)
    cpu, wall = time.process_time(), time.perf_counter()
    made = []
    for number in range(rows):
        first, last = generic.person.first_name(), generic.person.last_name()
        qty, amount = generic.numeric.integer_number(0, 6), generic.numeric.float_number(1, 200, precision=2)
        made.append(
            {
                "order_id": number + 1,
                "customer_id": generic.numeric.integer_number(1, 100_000),
                "order_ts": generic.datetime.datetime(2025, 2025),
                "country": generic.address.country_code(),
                "channel": generic.choice(list(WORDS)),
                "amount": amount,
                "qty": qty,
                "discount": 0.1 if qty > 3 else 0.0,
                "email": f"{first}.{last}{generic.numeric.integer_number(0, 99)}@example.com".lower(),
                "full_name": f"{first} {last}",
                "is_return": generic.development.boolean(),
            }
        )
    pd.DataFrame(made).to_parquet(target)
    return {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}


MAKERS = {"rowsmith": by_rowsmith, "faker": by_faker, "mimesis": by_mimesis}


def run(*words: object) -> dict[str, float]:
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("limit", type=Path)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--slow-rows", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=MAKERS, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=1, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:  # one run, in this process
        result = MAKERS[args.only](str(args.limit), args.rows, args.workers)
        result["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(result))
        return
    with tempfile.TemporaryDirectory() as folder:
        target, me = Path(folder) / "orders.parquet", Path(__file__)
        shop = Path(folder) / "shop"
        runs: dict[str, list[dict[str, float]]] = {}
        for _ in range(args.repeat):
            runs.setdefault("by hand", []).append(run(args.limit, target, "--rows", args.rows, "--repeat", 1))
            for workers in (1, 2):
                command = (me, shop, "--rows", args.rows, "--only", "rowsmith", "--workers", workers)
                runs.setdefault(f"rowsmith, workers={workers}", []).append(run(*command))
        for name in ("faker", "mimesis"):
            runs[name] = [run(me, target, "--rows", args.slow_rows, "--only", name)]
    best = min(r["cpu_s"] for r in runs["by hand"]) / args.rows
    print("| | rows | CPU s | elapsed s | CPU time a row / by hand | peak MiB |\n|---|---|---|---|---|---|")
    for name, each in runs.items():
        rows = args.slow_rows if name in ("faker", "mimesis") else args.rows
        cpu, wall = min(r["cpu_s"] for r in each), statistics.median(r["wall_s"] for r in each)
        peak = max(r["rss_mb"] for r in each)
        print(f"| {name} | {rows:,} | {cpu:.2f} | {wall:.2f} | {cpu / rows / best:.2f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
