"""Baskets on the command line."""

import json

import pyarrow as pa
import pyarrow.csv
import pytest
from tests.cli.conftest import run
from tests.engine._baskets import orders, shopping

import rowsmith as rs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("shop")
    pyarrow.csv.write_csv(shopping(400).select(["receipt", "item"]), path / "lines.csv")
    done = run("fit", path / "lines.csv", "--basket", "receipt", "--item", "item", "-o", path / "m.rowsmith")
    assert done.exit_code == 0, done.output
    assert "in 400 baskets, 30 items" in done.stderr
    return path


def baskets(path, column="receipt"):
    return len(set(pyarrow.csv.read_csv(path)[column].to_pylist()))


def test_as_many_baskets_as_are_asked_for(folder, tmp_path):
    out = tmp_path / "out.csv"
    done = run("sample", folder / "m.rowsmith", "--baskets", 70, "-o", out)
    assert done.exit_code == 0, done.output
    assert "drew 70 baskets" in done.stderr
    assert baskets(out) == 70
    assert run("sample", folder / "m.rowsmith", "-o", out).exit_code == 0
    assert baskets(out) == 400


@pytest.mark.parametrize("words", [["--rows", 5], ["--where", "item = 'x'"], ["--steps", 3], ["--balance", "item"]])
def test_what_baskets_have_not_is_refused(folder, tmp_path, words):
    done = run("sample", folder / "m.rowsmith", *words, "-o", tmp_path / "out.csv")
    assert done.exit_code == 2
    assert "--baskets" in done.output
    assert not (tmp_path / "out.csv").exists()


def test_what_only_baskets_have_is_refused(model_file, tmp_path):
    done = run("sample", model_file, "--baskets", 5, "-o", tmp_path / "out.csv")
    assert done.exit_code == 2
    assert "baskets=5" in done.output


def test_a_schema_says_that_rows_are_baskets(folder, tmp_path):
    schema = tmp_path / "schema.yaml"
    assert run("inspect", folder / "lines.csv", "--basket", "receipt", "--item", "item", "-o", schema).exit_code == 0
    assert rs.Schema.read(schema).only[1].basket.id == "receipt"
    done = run("fit", folder / "lines.csv", "--schema", schema, "--set", "model=chain", "-o", tmp_path / "m.rowsmith")
    assert done.exit_code == 0, done.output
    assert run("sample", tmp_path / "m.rowsmith", "--baskets", 9, "-o", tmp_path / "out.csv").exit_code == 0
    assert baskets(tmp_path / "out.csv") == 9


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{id: receit, item: item}", ["lines.basket.id", "'receit'"]),
        ("{id: receipt}", ["lines.basket.item", "expected text"]),
        ("{id: receipt, items: item}", ["lines.basket.items", "did you mean 'item'"]),
        ("receipt", ["lines.basket", "expected a mapping"]),
    ],
)
def test_what_is_wrong_in_a_schema_is_said_with_its_path(folder, tmp_path, entry, words):
    path = tmp_path / "schema.yaml"
    columns = "".join(f"      {name}: {{kind: category}}\n" for name in ("receipt", "item"))
    path.write_text(f"rowsmith: 1\ntables:\n  lines:\n    columns:\n{columns}    basket: {entry}\n", encoding="utf-8")
    done = run("fit", folder / "lines.csv", "--schema", path, "-o", tmp_path / "m.rowsmith")
    assert done.exit_code == 2
    assert all(word in done.output for word in words), done.output


def test_whole_customers_are_held_out_and_the_twin_is_judged(tmp_path):
    pyarrow.csv.write_csv(orders(80), tmp_path / "orders.csv")
    words = [
        "synth",
        tmp_path / "orders.csv",
        "--basket",
        "order",
        "--item",
        "item",
        "--entity",
        "customer",
        "--time",
        "day",
    ]
    done = run(*words, "-o", tmp_path / "twin.csv", "--json", tmp_path / "report.json", "--entities", 60)
    assert done.exit_code == 0, done.output
    assert "unseen" in done.stderr
    assert baskets(tmp_path / "twin.csv", "customer") == 60
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["settings"]["basket"]["item"] == "item"
    assert {"lifts", "shapes"} < {m["measure"] for m in report["measures"]}
    whole = run(*words, "-o", tmp_path / "twin.csv", "--no-judge", "--rows", 30)
    assert whole.exit_code == 2
    assert "--baskets" in whole.output


@pytest.mark.parametrize("command", ["synth", "fit", "inspect"])
@pytest.mark.parametrize(
    ("basket", "item", "told"),
    [
        ("reciept", "item", "basket.id: there is no column 'reciept'"),
        ("receipt", "itm", "basket.item: there is no column 'itm'"),
    ],
)
def test_a_misspelt_column_is_told_by_what_it_was_named_for(folder, tmp_path, command, basket, item, told):
    done = run(command, folder / "lines.csv", "--basket", basket, "--item", item, "-o", tmp_path / "out.csv")
    assert done.exit_code == 2
    assert f"{told}; did you mean" in done.output
    assert "entity" not in done.output


def test_baskets_of_any_tool_are_judged(folder, tmp_path):
    words = ["evaluate", folder / "lines.csv", folder / "lines.csv", "--basket", "receipt"]
    done = run(*words, "--item", "item", "--markdown", tmp_path / "r.md")
    assert done.exit_code == 0, done.output
    assert "Copied baskets" in done.stdout
    assert "### Synthetic baskets, judged" in (tmp_path / "r.md").read_text(encoding="utf-8")
    half = run(*words)
    assert half.exit_code == 2
    assert "--item" in half.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--basket", "receipt"], "--item"),
        (["--item", "item"], "--basket"),
        (["--basket", "receipt", "--item", "product"], "'product'"),
        (["--basket", "receipt", "--item", "item", "--set", "model=apriori"], "maxent"),
    ],
)
def test_half_a_basket_is_told(folder, tmp_path, words, told):
    done = run("fit", folder / "lines.csv", *words, "-o", tmp_path / "m.rowsmith")
    assert done.exit_code == 2
    assert told in done.output
    assert not (tmp_path / "m.rowsmith").exists()


def test_lines_without_an_item_are_told(tmp_path):
    pyarrow.csv.write_csv(pa.table({"b": [1, 1, 2], "i": ["x", None, "y"]}), tmp_path / "t.csv")
    done = run("fit", tmp_path / "t.csv", "--basket", "b", "--item", "i", "-o", tmp_path / "m.rowsmith")
    assert done.exit_code == 2
    assert "row 2" in done.output
