"""Small inputs that broke other tools for their users, each with statements about the right output.

A case is a folder: the input, `case.json` (what the user does and what must come out), and, where more is declared
than the data shows, `schema.yaml`. The command line is driven as a user would; `check.py` judges what it wrote.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DATABASES = {
    "15-fk-nulls-and-orphans": ["shops.csv", "visits.csv", "--key", "shops.shop_id", "--key", "visits.visit"],
    "16-self-reference": ["org.sqlite"],
}
"""Cases of tables that are linked, and what a user types after `rowsmith synth`."""
CASES = sorted(
    path.parent
    for path in HERE.glob("*/case.json")
    if not (path.parent / "main.yaml").exists() and path.parent.name not in DATABASES
)
SPECS = sorted(path.parent for path in HERE.glob("*/main.yaml"))
"""Cases that ask for tables without data: each request is written as a spec of its name."""

# What a user types beyond `rowsmith synth INPUT -o OUTPUT`, by case.
WORDS = {
    "01-nulls-and-constants": ["--key", "staff_no"],
    "02-leading-zeros": ["--key", "client_no"],
    "03-mixed-types": ["--key", "invoice"],
    "04-money-to-the-cent": ["--schema", "schema.yaml"],
    "05-timezone-aware": ["--schema", "schema.yaml"],
    "06-far-dates": ["--schema", "schema.yaml"],
    "07-ordered-events": ["--schema", "schema.yaml"],
    "08-odd-headers": ["--key", "id"],
    "09-messy-categories": ["--key", "review", "--public", "*"],
    "10-unique-text-and-pii": ["--key", "member"],
    "11-tiny-tables": ["--key", "code"],
    "13-rare-condition": ["--key", "payment"],
    "14-zero-inflated-tail": ["--key", "station_day"],
    "18-irregular-sequences": ["--entity", "patient", "--time", "at"],
    "17-composite-unique": ["--key", "store", "--key", "day", "--key", "sku"],
    "20-excel-german-csv": ["--key", "Beleg-Nr"],
}
# Conditions that a request names in words.
WHERE = {
    ("13-rare-condition", "main"): "country = 'IS' and status = 'chargeback'",
    ("13-rare-condition", "impossible"): "status = 'lost'",
}
# Sequences that a request names in words.
ENTITIES = {"18-irregular-sequences": 40}
# Rows that a request names in words.
ROWS = {("17-composite-unique", "too_many"): {"stock": 900}}


def rowsmith(*words, folder, hash_seed="0"):
    command = [sys.executable, "-m", "rowsmith", *map(str, words)]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)


def inputs_of(case):
    return [entry["file"] for entry in case["inputs"]]


def requests(case):
    """(request, input file, rows, seed, hash seed) of everything that the case asks for."""
    inputs = {entry["table"]: entry["file"] for entry in case["inputs"] if entry.get("table")}
    files = {Path(entry["file"]).stem: entry["file"] for entry in case["inputs"]}
    main_rows = case["requests"][0]["rows"]
    for request in case["requests"]:
        rows = request["rows"] or (main_rows if "hash" in request["name"] or "seed" in request["name"] else {})
        rows = ROWS.get((case["id"], request["name"]), rows)
        table, n = next(iter(rows.items()), (request["name"], 5))
        seed = {"seed12": 12}.get(request["name"], 11)
        yield request, table, inputs.get(table, files.get(table)), n, seed, request["name"].removeprefix("hash")


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_case(folder, tmp_path):
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    for request, table, source, n, seed, hash_seed in requests(case):
        out = tmp_path / request["name"]
        out.mkdir()
        hash_seed = hash_seed if hash_seed.isdigit() else "0"
        where = WHERE.get((folder.name, request["name"]))
        if folder.name in ENTITIES:
            many = ["--entities", ENTITIES[folder.name]]
            words = [
                "synth",
                inputs_of(case)[0],
                "--no-judge",
                "--holdout",
                0,
                *many,
                "--seed",
                seed,
                *WORDS[folder.name],
            ]
            table = Path(inputs_of(case)[0]).stem
        elif where is None:
            words = ["synth", source, "--no-judge", "--holdout", 0, "--rows", n, "--seed", seed, *WORDS[folder.name]]
        else:
            model, source = tmp_path / "model.rowsmith", source or next(iter(case["inputs"]))["file"]
            fit = rowsmith("fit", source, "-o", model, *WORDS[folder.name], folder=folder)
            assert fit.returncode == 0, fit.stderr
            words = ["sample", model, "--rows", n, "--seed", seed, "--where", where]
        ending = request["write"] if request["write"] in ("jsonl", "parquet") else "csv"
        done = rowsmith(*words, "-o", out / f"{table}.{ending}", folder=folder, hash_seed=hash_seed)
        if done.returncode == 2:
            (out / "refused.json").write_text(json.dumps({"message": done.stderr}))
        else:
            assert done.returncode == 0, done.stderr
    judge(folder, tmp_path)


@pytest.mark.parametrize("name", DATABASES)
def test_case_of_a_database(name, tmp_path):
    folder = HERE / name
    for request in json.loads((folder / "case.json").read_text(encoding="utf-8"))["requests"]:
        rows = [word for table, n in request["rows"].items() for word in ("--rows", f"{table}={n}")]
        words = [*DATABASES[name], "--no-judge", *rows, "-o", f"{tmp_path / request['name']}/", "--format", "csv"]
        done = rowsmith("synth", *words, folder=folder)
        assert done.returncode == 0, done.stderr
        assert ("warning: visits(shop_id) -> shops: 5 of 356 links" in done.stderr) == (name[:2] == "15")
    judge(folder, tmp_path)


@pytest.mark.parametrize("folder", SPECS, ids=lambda path: path.name)
def test_case_of_a_spec(folder, tmp_path):
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    for request in case["requests"]:
        out = tmp_path / request["name"]
        done = rowsmith("make", f"{request['name']}.yaml", "-o", f"{out}/", "--format", "csv", folder=folder)
        if done.returncode == 2:
            out.mkdir(exist_ok=True)
            (out / "refused.json").write_text(json.dumps({"message": done.stderr}))
        else:
            assert done.returncode == 0, done.stderr
    judge(folder, tmp_path)


def test_case_of_a_change(tmp_path):
    folder = HERE / "12-rare-class-balance"
    for name, table, n in (("main", "claims", 280), ("single", "claims_single", 80)):
        (tmp_path / name).mkdir()
        words = ["--balance", "outcome", f"to={n}", "-o", tmp_path / name / f"{table}.csv", "--seed", 11]
        done = rowsmith("augment", f"{table}.csv", *words, folder=folder)
        assert done.returncode == 0, done.stderr
    judge(folder, tmp_path)


def judge(folder, tmp_path):
    verdict = subprocess.run(
        [sys.executable, HERE / "check.py", folder, tmp_path], capture_output=True, text=True, check=False
    )
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
