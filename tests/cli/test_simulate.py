"""`rowsmith simulate`."""

import pyarrow.parquet as pq
import pytest
import yaml
from tests.cli.conftest import run

from rowsmith.simulate._world import WORLDS


def test_without_a_name_all_worlds_are_listed():
    done = run("simulate")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.output.splitlines()] == WORLDS.names()


def test_without_a_target_the_world_is_described():
    done = run("simulate", "traffic")
    assert done.exit_code == 0
    assert "| `density` | 0.1 | cars a cell |" in done.output


def test_a_sweep_is_written_with_its_page(tmp_path):
    words = ("--sweep", "density=0.1:0.3:0.1", "--sweep", "vmax=2,5", "--set", "length=60", "--set", "horizon=1e2")
    done = run("simulate", "traffic", *words, "-o", tmp_path / "t", "--plot", "--workers", 1)
    assert done.exit_code == 0, done.output
    runs = pq.read_table(tmp_path / "t" / "runs.parquet")
    assert runs["density"].to_pylist() == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3]
    assert runs["vmax"].to_pylist() == [2, 5] * 3
    assert (tmp_path / "t" / "page.html").is_file()


@pytest.mark.parametrize("target", ["t", "t.sqlite"])
def test_what_comes_to_nothing_good_is_said(target, tmp_path):
    words = (
        "simulate",
        "traffic",
        "--set",
        "road=corridor",
        "--set",
        "length=100",
        "--workers",
        1,
        "-o",
        tmp_path / target,
    )
    done = run(*words, "--sweep", "demand=100,20000")
    assert done.exit_code == 0
    assert "note: the queue at the entrance grows (in 1 of 2 rows of runs)" in done.output
    assert "note:" not in run(*words, "--set", "demand=100", "--table", "vehicles").output


def test_a_spec_makes_what_the_command_makes(tmp_path):
    words = ("simulate", "web_visits", "--set", "visitors=100", "--seed", 4, "--replications", 2)
    assert run(*words, "-o", tmp_path / "a", "--workers", 1).exit_code == 0
    assert run(*words, "--spec", tmp_path / "web.yaml").exit_code == 0
    assert yaml.safe_load((tmp_path / "web.yaml").read_text())["seed"] == 4
    assert run("make", tmp_path / "web.yaml", "-o", tmp_path / "b", "--workers", 1).exit_code == 0
    for path in (tmp_path / "a").glob("*.parquet"):
        assert pq.read_table(path).equals(pq.read_table(tmp_path / "b" / path.name)), path.name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("web_visit",), "did you mean 'web_visits'"),
        (
            ("traffic", "-o", "x/", "--set", "density=2"),
            "parameters.density=2: expected a number greater than 0, at most 1",
        ),
        (("traffic", "-o", "x/", "--set", "density"), "expected PATH=VALUE"),
        (("traffic", "-o", "x/", "--sweep", "density"), "expected NAME=LOW:HIGH:STEP"),
        (("traffic", "-o", "x/", "--sweep", "density=1:2"), "expected NAME=LOW:HIGH:STEP"),
        (("traffic", "-o", "x/", "--sweep", "density=0.3:0.1:0.1"), "`from` not above `to`"),
        (("traffic", "-o", "x.sqlite", "--plot"), "a page goes into a folder"),
        (("traffic", "-o", "x/", "--table", "trip"), "did you mean 'trips'"),
        (("traffic", "-o", "x/", "--replications", 0), "replications=0: expected a whole number from 1"),
        (("traffic", "-o", "x.parquet"), "there are 10 tables"),
    ],
)
def test_faults_end_in_one_sentence_and_leave_nothing(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("simulate", *words)
    assert done.exit_code == 2
    assert said in done.output
    assert list(tmp_path.iterdir()) == []
