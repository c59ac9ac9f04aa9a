"""The documents say what the code does."""

import doctest
import importlib
import re
import runpy
import shlex
import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
import typer
from tests.cli.conftest import run
from tests.engine._baskets import shopping
from tests.engine._events import visits

import rowsmith as rs
from rowsmith.engine.make import make, preview
from rowsmith.spec.check import check
from rowsmith.spec.document import parse

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "docs" / "examples"
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(EXAMPLES.glob("*.md"))]
BUILD = runpy.run_path(str(ROOT / "docs" / "build.py"))


@pytest.mark.parametrize("name", BUILD["PAGES"])
def test_reference_pages_are_up_to_date(name):
    path = ROOT / "docs" / "reference" / name
    assert path.read_text(encoding="utf-8") == BUILD["page"](name), "run `make docs`"


@pytest.mark.parametrize("name", BUILD["WORLDS"].names())
def test_diagrams_of_worlds_are_up_to_date(name):
    path = ROOT / "docs" / "reference" / "worlds" / f"{name}.svg"
    assert path.read_text(encoding="utf-8") == BUILD["entities"](name), "run `make docs`"


def test_the_published_schema_of_reports_is_up_to_date():
    path = ROOT / "docs" / "reference" / BUILD["SCHEMA"]
    assert path.read_text(encoding="utf-8") == BUILD["report_schema"](), "run `make docs`"


@pytest.mark.parametrize("name", BUILD["NAMES"])
def test_pages_of_examples_are_up_to_date(name):
    for file, text in BUILD["pages"](name).items():
        assert (EXAMPLES / file).read_text(encoding="utf-8") == text, f"{file}: run `make docs`"


@pytest.mark.parametrize(
    "path",
    [*sorted(EXAMPLES.glob("*.svg")), *sorted(ROOT.glob("docs/reference/worlds/*.svg"))],
    ids=lambda path: path.name,
)
def test_pictures_are_well_formed_and_need_nothing_else(path):
    drawn = ET.parse(path).getroot()
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    assert not any("href" in key for each in drawn.iter() for key in each.attrib)
    assert len(path.read_bytes()) < 60_000


def test_examples_of_the_charts_are_right():
    assert doctest.testmod(importlib.import_module("docs._plots")) == (0, 2)


def test_every_example_has_a_page_and_no_page_is_left_over():
    assert {path.stem for path in EXAMPLES.glob("*.md")} == set(BUILD["NAMES"])
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert all(f"(examples/{name}.md)" in index for name in BUILD["NAMES"])


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
    pyarrow.csv.write_csv(people(100, 1).select(["age", "city"]), "ages.csv")
    for seed, name in enumerate(("ours", "theirs")):
        pyarrow.parquet.write_table(people(300, 2 + seed), f"{name}.parquet")
    pyarrow.csv.write_csv(visits(20), "visits.csv")
    pyarrow.csv.write_csv(shopping(150).rename_columns({"item": "product"}), "lines.csv")
    with sqlite3.connect("shop.sqlite") as database:
        database.execute("create table people (person_id text primary key, age integer)")
        database.execute(
            "create table orders (order_id integer primary key, person_id text references people (person_id), qty integer)"
        )
        database.executemany("insert into people values (?, ?)", [(f"P{i}", 20 + i % 50) for i in range(60)])
        database.executemany("insert into orders values (?, ?, ?)", [(i, f"P{i % 40}", i % 7) for i in range(200)])
    database.close()
    book = openpyxl.Workbook()
    sheet = book.create_sheet("staff")
    for row in [("size", "colour"), (1, "red"), (2, "blue"), (2, "red")]:
        sheet.append(row)
    book.save("book.xlsx")


# The pages of the examples have the same commands, written by `docs/build.py`; one of them stands for all.
RUN = [path for path in DOCUMENTS if path.parent != EXAMPLES or path.stem == "hospital"]


@pytest.mark.parametrize("path", RUN, ids=str)
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


def test_the_command_draws_the_picture_of_the_page(examples):
    assert run("example", "shop", "-o", "shop.yaml").exit_code == 0
    assert run("plan", "shop.yaml", "--diagram", "shop.svg").exit_code == 0
    assert Path("shop.svg").read_bytes() == (EXAMPLES / "shop-tables.svg").read_bytes()


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


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A folder with the model that the documents' specs read."""
    folder = tmp_path_factory.mktemp("learnt")
    rs.fit(people(400, 0), learner="independent").save(folder / "people.rowsmith")
    return folder


@pytest.mark.parametrize("path", [p for p in DOCUMENTS if specs_in(p)], ids=str)
def test_specs_in_the_documents_are_right(path, learnt, monkeypatch):
    monkeypatch.chdir(learnt)
    for block in specs_in(path):
        spec = check(parse(block, path.name))
        made = make(spec) if spec.targets else preview(spec, 10)
        assert all(table.num_columns for table in made.values()), block
