"""Neural learners at the command line: losses in the model and the report, the extra that may be missing."""

import json
import sys

import pytest
from tests.cli.conftest import run

FEW = ("--set", "steps=100", "--set", "width=8")


@pytest.fixture(scope="module")
def made(table_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nets")
    words = ("--model", folder / "m", "--report", folder / "r.html", "--json", folder / "r.json")
    keep = ("--set", f"checkpoints={folder / 'training'}")
    done = run("synth", table_file, "-o", folder / "twin.csv", "--learner", "autoregressive", *FEW, *keep, *words)
    assert done.exit_code == 0, done.output
    return folder


def test_losses_are_in_the_model_and_in_the_report(made):
    report = json.loads((made / "r.json").read_text())
    (curves,) = report["training"].values()
    assert curves["step"] == [50, 100]
    assert [len(values) for values in curves["losses"].values()] == [2, 2]
    told = run("inspect", made / "m").stdout
    assert "by autoregressive (" in told
    assert "checkpoints" not in told  # where a learner worked is nobody's business
    assert "Training of all rows: 100 steps" in told
    assert f"{curves['losses']['validation'][-1]:.4g}" in told
    page = (made / "r.html").read_text()
    assert "Training of the model: all rows" in page
    assert "trained for 100 steps" in page


def test_the_folder_of_checkpoints_is_empty_in_the_end(made):
    assert not list((made / "training").iterdir())


def test_a_missing_extra_ends_with_the_command_that_installs_it(table_file, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "equinox", None)
    done = run("fit", table_file, "-o", tmp_path / "m", "--learner", "vae")
    assert done.exit_code == 2
    assert "pip install 'rowsmith[nets]'" in done.output
    assert not (tmp_path / "m").exists()
