import json

import pyarrow.csv
import pyarrow.parquet
import pytest
from tests.cli.conftest import run

CSV = "name,age,pay,city\n" + "".join(
    f"n{i},{20 + i % 50},{10 + i % 7}.{i % 10}0,{'Graz' if i % 5 else 'Linz'}\n" for i in range(120)
)


@pytest.fixture(autouse=True)
def _table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(CSV)


def read(path):
    return pyarrow.csv.read_csv(path)


def test_changes_are_made_in_the_order_in_which_they_stand(tmp_path):
    words = [
        "t.csv",
        "--balance",
        "city",
        "to=150",
        "--noise",
        "relative=0.1",
        "columns=age,pay",
        "-o",
        "out.csv",
        "--log",
        "log.csv",
    ]
    done = run("augment", *words, "--mark", "by")
    assert done.exit_code == 0, done.output
    out, log = read("out.csv"), read("log.csv")
    assert out.num_rows == 300
    assert out["by"].to_pylist().count("balance") == 180
    assert sorted(set(log["step"].to_pylist())) == [1, 2]
    assert all(
        len(line.split(",")[2].split(".")[1]) == 2 for line in (tmp_path / "out.csv").read_text().splitlines()[1:]
    )
    first = (tmp_path / "out.csv").read_bytes()
    assert run("augment", *words, "--mark", "by", "--workers", "2").exit_code == 0
    assert (tmp_path / "out.csv").read_bytes() == first


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["t.csv", "-o", "x.csv"], "expected at least one change: --anonymise"),
        (["t.csv", "--nois", "0.1", "-o", "x.csv"], "--nois: is no option and no change; did you mean 'noise'"),
        (["--noise", "0.1", "t.csv", "-o", "x.csv"], "the table comes first"),
        (["t.csv", "more", "--noise", "-o", "x.csv"], "'more': stands before any change"),
        (
            ["t.csv", "--noise", "0.1", "0.2", "-o", "x.csv"],
            "--noise 0.2: expected SETTING=VALUE; the settings are relative",
        ),
        (
            ["t.csv", "--noise", "relativ=1", "-o", "x.csv"],
            "--noise.relativ: no such setting of Noise; did you mean 'relative'?",
        ),
        (["t.csv", "--noise", "columns=name", "-o", "x.csv"], "noise: columns='name'"),
        (["t.csv", "--noise"], "-o: says where the changed table goes"),
        (["t.csv", "--noise", "--prove"], "--prove and --target COLUMN go together"),
        (
            ["t.csv", "--noise", "-o", "x.csv", "--sensitive", "pay"],
            "--sensitive pay: is looked at together with --quasi",
        ),
        (
            ["t.csv", "--noise", "-o", "x.csv", "--report", "r.html"],
            "--report r.html: is looked at together with --quasi",
        ),
        (
            ["t.csv", "--noise", "-o", "x.csv", "--quasi", "age", "--report", "no/r.html"],
            "the folder no does not exist",
        ),
        (["t.csv", "--noise", "-o", "x.csv", "--quasi", "agee"], "quasi='agee': the table has no such column"),
        (["t.csv", "--noise", "-o", "x.csv", "--sed", "3"], "--sed: is no option and no change; did you mean 'seed'"),
        (
            ["t.csv", "--balance", "ctiy", "-o", "x.csv"],
            "balance: target='ctiy': the table has no such column; did you mean 'city'?",
        ),
    ],
)
def test_mistakes_end_in_a_sentence_and_write_nothing(words, message, tmp_path):
    done = run("augment", *words)
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "x.csv").exists()


def test_risk_is_printed_before_and_after():
    done = run("augment", "t.csv", "--anonymise", "age,city", "k=6", "--quasi", "age", "--quasi", "city", "-o", "x.csv")
    assert done.exit_code == 0, done.output
    assert "risk before: 120 rows in" in done.output
    assert "k = 6" in done.output.split("risk after")[1] or "k = 7" in done.output.split("risk after")[1]


def test_the_risk_before_and_after_is_a_page(tmp_path):
    (tmp_path / "odd.csv").write_text(CSV.replace("name,age", "name,<b>age"))
    (tmp_path / "all.csv").write_text((tmp_path / "odd.csv").read_text() * 2)
    words = ["odd.csv", "--generalise", "<b>age", "step=10", "--quasi", "<b>age", "--quasi", "city", "-o", "x.csv"]
    done = run("augment", *words, "--population", "t.csv", "--report", "risk.html")
    assert (done.exit_code, "population: has no column '<b>age'" in done.output) == (2, True)
    done = run("augment", *words, "--population", "odd.csv", "--report", "risk.html")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "risk.html").read_text()
    assert all(word in page for word in ("Prosecutor", "Journalist", "Marketer", "&lt;b&gt;age", "groups of 3 to 4"))
    assert "<b>age" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert run("augment", *words, "--report", "risk.json").exit_code == 0
    found = json.loads((tmp_path / "risk.json").read_text())
    assert found["after"]["k"] >= found["before"]["k"]
    assert found["after"]["journalist"] is None


SPEC = """
seed: 3
tables:
  shops: {rows: 20, primary_key: shop, columns: {shop: id, city: {kind: category, values: [Graz, Linz]}}}
  sales:
    rows: 300
    primary_key: sale
    columns:
      sale: id
      shop: {kind: reference, table: shops}
      qty: {kind: integer, min: 1, max: 20}
      price: {kind: uniform, min: 1, max: 50, round: 2}
      total: {sql: "round(qty * price, 2)"}
      back: {kind: category, values: {"no": 0.95, "yes": 0.05}}
    rules: {total: "total = round(qty * price, 2)"}
    then: THEN
"""


def made(tmp_path, then, target, *words):
    (tmp_path / "s.yaml").write_text(SPEC.replace("THEN", json.dumps(then)))
    return run("make", "s.yaml", "-o", target, *words)


def test_a_spec_changes_its_rows_wherever_they_go(tmp_path):
    then = [{"noise": {"relative": 0.05, "columns": ["price"]}}, {"balance": "back"}]
    tables = []
    for target, words in (("out/", ()), ("csv/", ("--format", "csv")), ("out.sqlite", ())):
        done = made(tmp_path, then, target, *words)
        assert done.exit_code == 0, done.output
    import sqlite3

    with sqlite3.connect("out.sqlite") as database:
        tables.append(database.execute("select sale, price, total, back from sales order by sale").fetchall())
    database.close()
    for table in (pyarrow.parquet.read_table("out/sales.parquet"), read("csv/sales.csv")):
        rows = table.select(["sale", "price", "total", "back"]).to_pydict()
        tables.append(sorted(zip(rows["sale"], rows["price"], rows["total"], map(str, rows["back"]), strict=True)))
    assert len(tables[0]) > 500
    assert [row[:3] for row in tables[0]] == [row[:3] for row in tables[1]] == [row[:3] for row in tables[2]]
    sales = pyarrow.parquet.read_table("out/sales.parquet")
    assert (sales["total"].to_numpy() == (sales["qty"].to_numpy() * sales["price"].to_numpy()).round(2)).all()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["tables"]["sales"]["rows"] == sales.num_rows
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("then", "message"),
    [
        ("noise", "tables.sales.then"),
        ([{"nois": 0.1}], "'nois' is not a known change; did you mean 'noise'"),
        ([{"noise": {"relativ": 0.1}}], "no such setting of Noise; did you mean 'relative'?"),
        ([{"noise": {"columns": ["sale"]}}], "tables.sales.then.noise: columns='sale': names rows"),
    ],
)
def test_a_wrong_change_in_a_spec_is_refused(then, message, tmp_path):
    done = made(tmp_path, then, "out/")
    assert done.exit_code == 2
    assert message in done.output
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("*.parquet"))


PLANTED = (
    SPEC
    + """truth:
  gone: {plant: missing, column: sales.qty, by: price, mechanism: MAR, rate: 0.2}
"""
)


@pytest.mark.parametrize(
    ("then", "message"),
    [
        ([{"noise": 0.1}], "noise: says nothing of which columns it changes, and truth.gone hangs on some"),
        ([{"noise": 0.1}], "name them in `columns` (free: total, back)"),
        ([{"noise": {"columns": ["price"]}}], "noise: changes price, and truth.gone hangs on it"),
        ([{"pseudonym": {"columns": ["sale"], "secret": "long enough"}}], "pseudonym: changes sale, and truth.gone"),
        ([{"balance": "back"}], "balance: changes which rows or columns there are, and truth.gone would be false"),
    ],
)
def test_changes_that_would_make_facts_false_are_refused(then, message, tmp_path):
    (tmp_path / "s.yaml").write_text(PLANTED.replace("THEN", json.dumps(then)))
    done = run("make", "s.yaml", "-o", "out/")
    assert done.exit_code == 2
    assert message in " ".join(done.output.split())


def test_facts_are_found_beside_changes_that_leave_them_alone(tmp_path):
    then = [{"flip": {"columns": ["back"], "rate": 0.5}}]
    (tmp_path / "s.yaml").write_text(PLANTED.replace("rows: 300", "rows: 3000").replace("THEN", json.dumps(then)))
    assert run("make", "s.yaml", "-o", "out/").exit_code == 0
    assert pyarrow.parquet.read_table("out/sales.parquet")["back"].to_pylist().count("yes") > 1000
    assert json.loads((tmp_path / "out" / "truth.json").read_text())["changed"] == {"sales": ["flip back"]}
    found = run("verify", "out/")
    assert found.exit_code == 0, found.output


def test_targets_are_kept_beside_changes_that_leave_them_alone(tmp_path):
    target = "targets: {sales.price: {sum: 9000}}\n"
    for column, code in (("back", 0), ("price", 2)):
        text = SPEC.replace("THEN", json.dumps([{"dropout": {"columns": [column], "share": 0.3}}])) + target
        (tmp_path / "s.yaml").write_text(text)
        done = run("make", "s.yaml", "-o", "out/")
        assert done.exit_code == code, done.output
    assert "targets.sales.price hangs on it" in " ".join(done.output.split())
    sales = pyarrow.parquet.read_table("out/sales.parquet")
    assert sum(round(100 * price) for price in sales["price"].to_pylist()) == 900_000
    assert sales["back"].null_count > 50


def test_a_preview_shows_changed_rows_or_says_why_not(tmp_path):
    for then, words in (
        ([{"generalise": {"column": "price", "step": 100}}], "rows after `then`, which made 100 rows of the 100"),
        ([{"undersample": {"target": "back", "to": 9}}], "rows before `then`, for it cannot be shown on the 100 rows"),
    ):
        (tmp_path / "s.yaml").write_text(SPEC.replace("THEN", json.dumps(then)))
        done = run("preview", "s.yaml", "-n", "2")
        assert done.exit_code == 0, done.output
        assert words in " ".join(done.output.split())
        assert done.output.count(" 0.0") == (2 if "generalise" in then[0] else 0)


def test_rows_that_others_point_to_are_not_left_out(tmp_path):
    changed = "values: {Graz: 0.8, Linz: 0.2}}}, then: [{undersample: city}]"
    text = SPEC.replace("then: THEN", "").replace("values: [Graz, Linz]}}", changed)
    (tmp_path / "s.yaml").write_text(text)
    done = run("make", "s.yaml", "-o", "out.sqlite")
    assert done.exit_code == 2
    assert "rows, to which sales may point" in done.output


def test_a_large_file_is_changed_piece_by_piece_and_looks_the_same(tmp_path, monkeypatch):
    from rowsmith.engine import augment_file
    from rowsmith.io import csv

    words = ["t.csv", "--noise", "relative=0.1", "--dropout", "0.1", "--read", "separator=,", "-o"]
    whole = run("augment", *words, "whole.csv")
    monkeypatch.setattr(augment_file, "LARGE", 1)
    monkeypatch.setattr(csv, "HEAD", 1 << 9)
    monkeypatch.setattr("rowsmith.engine.augment.augment", None)
    parts = run("augment", *words, "parts.csv")
    assert parts.exit_code == 0, parts.output
    assert parts.output == whole.output.replace("whole.csv", "parts.csv")
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
