"""The documents say what the code does."""

import re
import runpy
import shlex
import sqlite3
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.csv
import pytest
import typer
from tests.cli.conftest import run

from rowsmith.engine.make import preview
from rowsmith.spec.check import check
from rowsmith.spec.document import parse

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
BUILD = runpy.run_path(str(ROOT / "docs" / "build.py"))


@pytest.mark.parametrize("name", BUILD["PAGES"])
def test_reference_pages_are_up_to_date(name):
    path = ROOT / "docs" / "reference" / name
    assert path.read_text(encoding="utf-8") == BUILD["page"](name), "run `make docs`"


@pytest.mark.parametrize("path", [ROOT / "CONTRIBUTING.md", *DOCUMENTS], ids=str)
def test_links_to_files_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_python_in_the_documents_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL):
        exec(compile(block, str(path), "exec"), names)


def people(n, seed):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    return pa.table(
        {
            "person_id": [f"P{1000 + i}" for i in range(n)],
            "name": [f"Anna Huber-{i}" for i in range(n)],
            "age": age,
            "city": rng.choice(["Graz", "Linz", "Wien"], n),
            "income": (age * 500 + rng.normal(0, 3000, n)).round(2),
        }
    )


@pytest.fixture
def examples(tmp_path, monkeypatch):
    """A folder with the files that the documents' commands read."""
    monkeypatch.chdir(tmp_path)
    pyarrow.csv.write_csv(people(400, 0), "people.csv")
    pyarrow.csv.write_csv(people(100, 1), "unseen.csv")
    with sqlite3.connect("shop.sqlite") as database:
        database.execute("create table people (person_id text primary key, age integer)")
        database.execute("create table orders (qty integer)")
        database.executemany("insert into people values (?, ?)", [(f"P{i}", 20 + i % 50) for i in range(60)])
    database.close()
    book = openpyxl.Workbook()
    sheet = book.create_sheet("staff")
    for row in [("size", "colour"), (1, "red"), (2, "blue"), (2, "red")]:
        sheet.append(row)
    book.save("book.xlsx")


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_commands_in_the_documents_run(path, examples):
    text = path.read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL):
        if name := re.match(r"# (\S+\.yaml)\n", block):  # a file that the commands below it read
            Path(name[1]).write_text(block, encoding="utf-8")
    for block in re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL):
        for line in block.splitlines():
            program, *words = shlex.split(re.sub(r"(^|\s+)# .*", "", line)) or [""]  # as in a shell: book.xlsx#staff
            if program == "rowsmith":
                done = run(*words)
                assert done.exit_code == 0, f"{line}: {done.output}"


def test_every_command_and_option_is_described():
    from rowsmith.cli import application

    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for name, command in typer.main.get_command(application()).commands.items():
        assert f"\n## {name}\n" in text
        for option in (o for p in command.params for o in [*p.opts, *p.secondary_opts] if o.startswith("--")):
            assert f"`{option}`" in text, f"{name} {option}"


def specs_in(path):
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    return [b for b in blocks if re.match(r"(# \S+\.yaml\n)?(tables|seed):", b)]


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if specs_in(p)], ids=str)
def test_specs_in_the_documents_are_right(path):
    for block in specs_in(path):
        made = preview(check(parse(block, path.name)), 10)
        assert all(table.num_columns for table in made.values()), block
