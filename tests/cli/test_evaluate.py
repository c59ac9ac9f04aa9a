import json

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from tests.cli.conftest import run

from rowsmith.evaluate._judge import judge


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Real rows, fresh ones, ones without relations, and a holdout."""
    folder = tmp_path_factory.mktemp("evaluate")

    def rows(n, seed, related=True):
        rng = np.random.default_rng(seed)
        a = rng.integers(0, 50, n)
        b = a + rng.integers(0, 9, n) if related else rng.permutation(a) + rng.integers(0, 9, n)
        return pa.table({"a": a, "b": b, "c": np.where(b > 25, "high", "low")})

    tables = {"real": rows(400, 1), "fresh": rows(400, 2), "loose": rows(400, 3, related=False), "unseen": rows(200, 4)}
    for name, table in tables.items():
        pyarrow.csv.write_csv(table, folder / f"{name}.csv")
    return {name: folder / f"{name}.csv" for name in tables}


def test_one_table_in_every_form(files, tmp_path):
    names = [tmp_path / f"r.{ending}" for ending in ("html", "json", "md")]
    options = ["--report", names[0], "--json", names[1], "--markdown", names[2]]
    done = run("evaluate", files["real"], files["fresh"], "--holdout", files["unseen"], "--target", "c", *options)
    assert done.exit_code == 0, done.output
    assert "Good, too: " in done.stdout
    schema = json.loads(run("schema", "--report").stdout)
    jsonschema.validate(json.loads(names[1].read_text(encoding="utf-8")), schema)
    assert names[2].read_text(encoding="utf-8").startswith("### Synthetic table, judged")


def test_a_limit_that_is_not_kept_ends_with_one_sentence(files, tmp_path):
    words = ["evaluate", files["real"], files["loose"], "-q", "--json", tmp_path / "r.json"]
    done = run(*words, "--fail-under", "trends=2", "--fail-under", "shapes=50")
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("rowsmith: trends is ")
    assert "above the limit of 2.00 %" in line
    assert (tmp_path / "r.json").exists()  # the report tells why


def test_a_limit_that_is_kept_is_silent(files):
    done = run("evaluate", files["real"], files["fresh"], "-q", "--fail-under", "trends=50")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("word", ["c2sd=0.6", "c2st", "c2st=bad"])
def test_a_limit_of_another_form_is_refused_before_anything_is_read(files, word):
    done = run("evaluate", "missing.csv", files["fresh"], "--fail-under", word)
    assert done.exit_code == 2
    assert word in done.stderr
    assert "missing" not in done.stderr


def test_several_tables_are_ranked(files, tmp_path):
    options = ["--holdout", files["unseen"], "--json", tmp_path / "c.json", "--report", tmp_path / "c.html"]
    done = run("evaluate", files["real"], files["loose"], files["fresh"], *options, "--fail-under", "trends=5")
    assert done.exit_code == 1
    assert "rowsmith: loose: trends is" in done.stderr
    document = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert [p["name"] for p in document["places"]] == ["fresh", "loose"]
    assert "fresh: place 1 of 2." in done.stdout
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert page.index("fresh") < page.index("loose")


def test_tables_of_one_name_are_told_apart(files, tmp_path):
    (tmp_path / "fresh.csv").write_bytes(files["loose"].read_bytes())
    done = run("evaluate", files["real"], files["fresh"], tmp_path / "fresh.csv", files["fresh"])
    assert done.exit_code == 0, done.output
    assert str(tmp_path / "fresh.csv") in done.stdout
    assert f"{files['fresh']} (1)" in done.stdout


def test_rules_come_from_the_schema(files, tmp_path):
    schema = tmp_path / "s.yaml"
    schema.write_text(
        run("inspect", files["real"]).stdout.replace("proposed:", "rules: {order: a <= b}\n    proposed:")
    )
    if "order:" not in schema.read_text():
        schema.write_text(schema.read_text().replace("    columns:", "    rules: {order: a <= b}\n    columns:"))
    found = {}
    for name in ("fresh", "loose"):
        options = ["--schema", schema, "--json", tmp_path / f"{name}.json", "-q"]
        done = run("evaluate", files["real"], files[name], *options)
        assert done.exit_code == 0, done.output
        document = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
        found[name] = next(m["figures"][0]["value"] for m in document["measures"] if m["measure"] == "rules")
    assert found["fresh"] == 0
    assert found["loose"] > 0.2


def test_a_rule_that_cannot_be_computed_is_refused():
    from rowsmith.core.errors import SpecError

    table = pa.table({"a": [1, 2]})
    with pytest.raises(SpecError, match=r"rule 'r'.*no column"):
        judge(table, table, rules={"r": "b > 1"})
