"""No command writes over what it reads."""

import shutil

import pyarrow.csv
import pytest
from tests.cli.conftest import run
from tests.engine._events import visits


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pyarrow.csv.write_csv(visits(20), "visits.csv")
    (tmp_path / "shop").mkdir()
    shutil.copy("visits.csv", "shop/visits.csv")
    shutil.copy("visits.csv", "shop/more.csv")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["synth", "visits.csv", "-o", "visits.csv"],
        ["synth", "visits.csv", "-o", "twin.csv", "--report", "./visits.csv"],
        ["synth", "visits.csv", "-o", "twin.csv", "--model", "visits.csv"],
        ["synth", "shop", "-o", "shop/"],
        ["fit", "visits.csv", "-o", "visits.csv"],
        ["impute", "visits.csv", "-o", "shop/../visits.csv"],
        ["augment", "visits.csv", "--noise", "relative=0.1", "-o", "visits.csv"],
    ],
)
def test_what_is_read_is_never_written_over(folder, words):
    before = {path: path.read_bytes() for path in sorted(folder.rglob("*.csv"))}
    done = run(*words)
    assert done.exit_code == 2
    assert "is read from too, and would be lost; name another target" in " ".join(done.stderr.split())
    assert {path: path.read_bytes() for path in sorted(folder.rglob("*.csv"))} == before


def test_a_target_beside_its_source_is_written(folder):
    assert run("fit", "visits.csv", "-o", "m.rowsmith").exit_code == 0
    assert run("sample", "m.rowsmith", "-o", "twin.csv").exit_code == 0
    assert run("sample", "m.rowsmith", "-o", "twin.csv").exit_code == 0
    assert run("sample", "m.rowsmith", "-o", "m.rowsmith").exit_code == 2
