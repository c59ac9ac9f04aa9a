"""Tables in files of a folder: parts, what is left of a run that was stopped, and that another one goes on from there."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid

import pyarrow.parquet as pq
import pytest

from rowsmith.core.errors import OutputError, SpecError
from rowsmith.engine import parts, plan
from rowsmith.engine.make import make
from rowsmith.spec.model import Spec

TABLES = {
    "customers": {"rows": 50, "columns": {"id": "id", "age": {"kind": "normal", "mean": 40, "sd": 9}}},
    "orders": {
        "per": {"table": "customers", "count": {"kind": "poisson", "mean": 3}},
        "columns": {"order": "id", "customer": "parent", "amount": {"kind": "uniform", "min": 0, "max": 9}},
        "rules": {"small": "amount < 8"},
    },
    "products": {"rows": 3, "columns": {"product": "id"}},
}


@pytest.fixture
def spec(monkeypatch):
    monkeypatch.setattr(plan, "PART_ROWS", 40)
    return Spec(tables=TABLES, chunk_rows=7)


def read(folder, name):
    return pq.read_table(folder / name if (folder / name).is_dir() else folder / f"{name}.parquet")


def contents(folder):
    """Files and what they hold; but for the seconds in the manifest."""
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    manifest = json.loads(files.pop("manifest.json"))
    return files, {name: value for name, value in manifest.items() if name != "seconds"}


class StoppedError(Exception):
    pass


def stop_after(n):
    """Progress that stops the run when n times something was made."""
    calls = []

    def progress(what, done, total):
        calls.append(what)
        if calls.count("making") > n:
            raise StoppedError

    return progress


def test_a_large_table_is_a_folder_of_files_with_the_same_rows(spec, tmp_path):
    made = make(spec, tmp_path)
    in_memory = make(spec)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["customers", "manifest.json", "orders", "products.parquet"]
    for name in TABLES:
        assert read(tmp_path, name).equals(in_memory[name])
        assert made.files[name] == f"{tmp_path}/{name}" + (".parquet" if name == "products" else "")
    assert len(list((tmp_path / "orders").iterdir())) > 2
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    listed = manifest["tables"]["orders"]["files"]
    assert [file["file"] for file in listed] == sorted(f"orders/{p.name}" for p in (tmp_path / "orders").iterdir())
    assert sum(file["rows"] for file in listed) == made.rows["orders"] == in_memory["orders"].num_rows
    assert 0 < manifest["tables"]["orders"]["rows_refused_by_rules"] < 0.3
    assert manifest["seed"] == 0


def test_checksums_are_those_of_the_files(spec, tmp_path):
    import hashlib

    make(spec, tmp_path, format="csv")
    for table in json.loads((tmp_path / "manifest.json").read_text())["tables"].values():
        for file in table["files"]:
            assert hashlib.sha256((tmp_path / file["file"]).read_bytes()).hexdigest() == file["sha256"]


def test_a_stopped_run_goes_on_and_makes_the_same(spec, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    made = make(spec, whole)
    assert made.resumed == 0
    with pytest.raises(StoppedError):
        make(spec, broken, progress=stop_after(3))
    left = [p.name for p in broken.iterdir()]
    assert len(left) == 1
    assert left[0].startswith(".rowsmith-")  # no table under its name
    again = make(spec, broken)
    assert again.resumed == 3
    assert contents(whole) == contents(broken)


def test_parts_that_were_there_are_not_made_again(spec, tmp_path, monkeypatch):
    with pytest.raises(StoppedError):
        make(spec, tmp_path, progress=stop_after(2))
    made = []
    whole = parts.MakePart.__call__
    monkeypatch.setattr(parts.MakePart, "__call__", lambda self, part: made.append(part) or whole(self, part))
    make(spec, tmp_path)
    assert next(part.index for part in made if part.root == "customers") == 2


def test_a_part_whose_file_is_gone_is_made_again(spec, tmp_path):
    with pytest.raises(StoppedError):
        make(spec, tmp_path, progress=stop_after(3))
    next(tmp_path.glob(".rowsmith-*/orders/part-00001.parquet")).unlink()
    assert make(spec, tmp_path).resumed == 2
    assert read(tmp_path, "orders").equals(make(spec)["orders"])


@pytest.mark.parametrize("other", [{"seed": 5}, {"format": "csv"}, {"rows": {"customers": 60}}])
def test_another_run_does_not_go_on_from_there(spec, tmp_path, other):
    with pytest.raises(StoppedError):
        make(spec, tmp_path, progress=stop_after(3))
    assert make(spec, tmp_path, **other).resumed == 0
    assert not list(tmp_path.glob(".rowsmith-*"))


def test_a_rule_that_cannot_be_kept_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(plan, "PART_ROWS", 40)
    tables = {"t": {"rows": 500, "columns": {"id": "id", "x": "normal"}, "rules": {"late": "id < 300 or x > 99"}}}
    with pytest.raises(SpecError, match=r"rules: only .* late"):
        make(Spec(tables=tables, chunk_rows=20), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_new_run_replaces_what_an_earlier_one_left_and_nothing_else(spec, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    make(spec, tmp_path)
    make(spec, tmp_path, rows={"customers": 5})
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "customers.parquet", "manifest.json", "mine.txt", "orders.parquet", "products.parquet",
    ]  # fmt: skip
    make(spec, tmp_path, format="csv")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "customers",
        "manifest.json",
        "mine.txt",
        "orders",
        "products.csv",
    ]


def test_a_manifest_of_something_else_harms_nothing(spec, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.csv").write_text("")
    listed = [{"file": name, "sha256": ""} for name in ("mine.txt", "own/a.csv", "../../x", "/etc/passwd")]
    (tmp_path / "manifest.json").write_text(json.dumps({"tables": {"t": {"files": listed}}}))
    make(spec, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert (tmp_path / "own" / "a.csv").exists()
    (tmp_path / "manifest.json").write_text("[1]")
    make(spec, tmp_path)


def test_a_folder_with_other_files_is_not_replaced(spec, tmp_path):
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "letter.txt").write_text("")
    with pytest.raises(OutputError, match=r"orders: is a folder with other files; move it away"):
        make(spec, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["orders"]


def test_parts_are_the_same_from_several_processes(spec, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    make(spec, one)
    make(spec, two, workers=2)
    assert contents(one) == contents(two)


def test_a_store_gets_the_same_files(spec, tmp_path):
    import fsspec

    url = f"memory://{uuid.uuid4().hex}/shop"
    made = make(spec, url)
    make(spec, tmp_path)
    store = fsspec.filesystem("memory")
    base = "/" + url.removeprefix("memory://")
    there = {name.removeprefix(f"{base}/"): store.cat_file(name) for name in store.find(base)}
    assert json.loads(there.pop("manifest.json"))["tables"] == contents(tmp_path)[1]["tables"]
    assert there == contents(tmp_path)[0]
    assert made.files["products"] == f"{url}/products.parquet"


def test_a_run_that_was_killed_goes_on(tmp_path):
    """The process is killed for good, as by a machine that is switched off."""
    script = """
import sys
from rowsmith.engine import plan
from rowsmith.engine.make import make
from rowsmith.spec.model import Spec
plan.PART_ROWS = 200
column = {"kind": "formula", "sql": "list_sum(range(id % 7 + 3000))"}
spec = Spec(tables={"t": {"rows": 20_000, "columns": {"id": "id", "x": "normal", "y": column}}}, chunk_rows=100)
made = make(spec, sys.argv[1])
print(made.resumed)
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen([*command, str(tmp_path / "out")], stdout=subprocess.PIPE) as run:
        notes = tmp_path / "out"
        until = time.monotonic() + 60
        while len(list(notes.glob(".rowsmith-*/notes/*"))) < 5 and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(run.pid, signal.SIGKILL)
    assert not list(notes.glob("t*"))
    done = subprocess.run([*command, str(tmp_path / "out")], capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 5
    subprocess.run([*command, str(tmp_path / "whole")], check=True, capture_output=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
