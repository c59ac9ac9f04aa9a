"""The table of databases: how good a whole twin is and what it costs, on real databases, by an independent judge.

    python benchmarks/databases.py DATA_FOLDER [--judge FOLDER] [--seeds 0 1 2] [--only chinook]

DATA_FOLDER has `chinook/chinook.sqlite` and `nycflights13/` (Parquet files and `keys.json`), the judge's folder `score_db.py`. Each
database is learnt and drawn by `rowsmith synth --no-judge` twice: with the defaults, and with its look-up tables declared
public. Writes Markdown to standard output. CPU seconds are those of the whole command, imports included, on one core.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import rowsmith as rs
from rowsmith.io._tables import read_tables

FLIGHTS = 50_000
"""Rows that are kept of the largest table, taken at random."""
PUBLIC = {"chinook": ("Genre", "MediaType", "Playlist"), "nycflights13": ("airlines", "airports")}
SHOWN = [
    "fk_broken",
    "pk_dupes",
    "cardinality",
    "cardinality2",
    "trend_1hop",
    "trend_agg",
    "sibling",
    "c2st",
    "c2st_agg",
    "copied",
]


def cut(source: Path, place: Path) -> Path:
    """The folder of flights with fewer of them, in their order."""
    place.mkdir()
    for path in source.glob("*.parquet"):
        table = pq.read_table(path)
        if table.num_rows > 10 * FLIGHTS or path.stem == "flights":
            rows = np.sort(np.random.default_rng(0).permutation(table.num_rows)[:FLIGHTS])
            table = table.take(pa.array(rows))
        pq.write_table(table, place / path.name)
    return place


def schema(source: Path, keys: Path | None, public: tuple[str, ...]) -> rs.Schema:
    """What rowsmith understands of a database, with the keys of a file, if there is one."""
    tables = read_tables([str(source)])
    listed = json.loads(keys.read_text()) if keys is not None else {"primary_keys": {}, "foreign_keys": []}
    found = rs.inspect(tables, primary_key=[f"{t}.{c}" for t, each in listed["primary_keys"].items() for c in each])
    out = {}
    for name, table in found.tables.items():
        links = tuple(
            rs.ForeignKey(columns=tuple(k["columns"]), table=k["parent"], targets=tuple(k["parent_columns"]))
            for k in listed["foreign_keys"]
            if k["table"] == name
        )
        links = links if keys is not None else table.foreign_keys
        out[name] = dataclasses.replace(table, foreign_keys=links, public=name in public)
    return rs.Schema(tables=out)


def run(source: Path, known: Path, target: Path, seed: int) -> float:
    """Learn and draw; CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [source, "-o", target, "--schema", known, "--seed", seed, "--no-judge", "--workers", 1, "--quiet"]
    subprocess.run([sys.executable, "-m", "rowsmith", "synth", *map(str, words)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def score(judge: Path, source: Path, twin: Path, keys: Path | None, place: Path) -> dict[str, float]:
    """The judge's figures."""
    words = [judge / "score_db.py", source, twin, "--json", place, "--no-references"]
    words += ["--keys", keys] if keys is not None else []
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(place.read_text())["rows"][str(twin)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--only", choices=list(PUBLIC), help="one of the databases")
    args = parser.parse_args()
    judge = args.judge if args.judge is not None else args.data.parent.parent / "bench"
    print("| database | " + " | ".join(SHOWN) + " | CPU s |\n|" + "---|" * (len(SHOWN) + 2))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        sources = {
            "chinook": (args.data / "chinook/chinook.sqlite", None),
            "nycflights13": (args.data / "nycflights13", args.data / "nycflights13/keys.json"),
        }
        for name in sources if args.only is None else [args.only]:
            source, keys = sources[name]
            if name == "nycflights13":
                source = cut(source, place / "cut")
            for public in ((), PUBLIC[name]):
                known = place / "schema.yaml"
                known.write_text(schema(source, keys, public).to_yaml())
                rows = []
                for seed in args.seeds:
                    ending = ".sqlite" if keys is None else ""
                    twin = place / f"{name}-{bool(public)}-{seed}{ending}"
                    cpu = run(source, known, twin, seed)
                    rows.append(score(judge, source, twin, keys, place / "score.json") | {"cpu": cpu})
                means = [statistics.mean(row[key] for row in rows) for key in (*SHOWN, "cpu")]
                what = f"{name}, public {', '.join(public)}" if public else f"{name}, defaults"
                print(f"| {what} | " + " | ".join(f"{value:.3g}" for value in means) + " |", flush=True)


if __name__ == "__main__":
    main()
