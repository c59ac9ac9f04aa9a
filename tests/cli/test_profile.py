"""`rowsmith profile`, and `fit` and `sample` of the rows that it chose."""

import json

import pyarrow.csv
import pytest
from tests.cli.conftest import run
from tests.evaluate._labels import labelled

import rowsmith as rs


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("profile") / "rows.csv"
    pyarrow.csv.write_csv(labelled(900, 13)[0], path)
    return path


def test_rows_page_and_json(file, tmp_path):
    names = [tmp_path / n for n in ("rows.parquet", "p.html", "p.json")]
    done = run("profile", file, "--target", "label", "-o", names[0], "--report", names[1], "--json", names[2])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("900 rows by how hard label is to tell (data-iq):\nEasy: ")
    assert json.loads(names[2].read_text(encoding="utf-8"))["rows"] == 900
    assert "Rows by how hard label is to tell" in names[1].read_text(encoding="utf-8")
    again = run("profile", file, "--target", "label", "-o", tmp_path / "again.parquet", "-q", "--workers", 1)
    assert (again.exit_code, again.stdout) == (0, "")
    assert (tmp_path / "again.parquet").read_bytes() == names[0].read_bytes()


def test_rows_without_hard_ones(file, tmp_path):
    words = ["profile", file, "--target", "label", "--method", "confident", "-q"]
    assert run(*words, "--drop", "hard", "-o", tmp_path / "left.csv").exit_code == 0
    lines = (tmp_path / "left.csv").read_text(encoding="utf-8").splitlines()
    assert 750 < len(lines) < 900
    assert lines[0] == file.read_text(encoding="utf-8").splitlines()[0]


def test_fit_in_segments_and_sample_some(file, tmp_path):
    model = tmp_path / "m.rowsmith"
    words = ["fit", file, "--learner", "independent", "-o"]
    segments = ["--target", "label", "--segment", "easy-ambiguous-hard", "--drop", "hard", "--method", "confident"]
    done = run(*words, model, *segments)
    assert done.exit_code == 0, done.output
    assert "learnt in parts: ambiguous " in done.stderr
    assert list(rs.load(model).parts) == ["ambiguous", "easy"]
    assert run("sample", model, "-o", tmp_path / "t.csv", "-n", 50, "--drop", "ambiguous").exit_code == 0
    assert run(*words, model, "--target", "label", "--drop", "mislabelled").exit_code == 0
    assert rs.load(model).n_rows < 900


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["profile", "FILE", "--target", "labl"], "did you mean 'label'"),
        (["profile", "FILE", "--target", "a"], "--bins"),
        (["profile", "FILE", "--target", "label", "--method", "maps"], "profiler"),
        (["profile", "FILE", "--target", "label", "--drop", "hard"], "-o"),
        (["profile", "FILE", "--target", "label", "--drop", "heavy", "-o", "OUT"], "segment"),
        (["profile", "FILE", "--target", "label", "-o", "OUT.xyz"], ".xyz"),
        (["fit", "FILE", "-o", "OUT", "--drop", "hard"], "--target"),
        (["fit", "FILE", "-o", "OUT", "--segment", "easy-hard"], "--target"),
        (["fit", "FILE", "-o", "OUT", "--target", "label"], "--segment or --drop"),
        (["profile", "NONE", "--target", "label", "--drop", "heavy", "-o", "OUT"], "'heavy'"),
        (["fit", "FILE", "-o", "OUT", "--segment", "hard", "--target", "label"], "segment='hard'"),
    ],
)
def test_mistakes_end_in_one_sentence(file, tmp_path, words, part):
    done = run(*(str(w).replace("FILE", str(file)).replace("OUT", str(tmp_path / "out.csv")) for w in words))
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert part in line
    assert list(tmp_path.iterdir()) == []


def test_a_whole_model_has_no_part_to_drop(model_file, tmp_path):
    done = run("sample", model_file, "-o", tmp_path / "t.csv", "--drop", "hard")
    assert done.exit_code == 2
    assert "learnt as a whole" in done.stderr


def test_sequences_are_learnt_whole(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("who,at,label\n" + "".join(f"{i // 4},{i},{'uv'[i % 2]}\n" for i in range(200)), encoding="utf-8")
    words = ["fit", path, "-o", tmp_path / "m", "--entity", "who", "--time", "at", "--target", "label"]
    done = run(*words, "--drop", "hard")
    assert done.exit_code == 2
    assert "sequences and baskets are learnt whole" in done.stderr
    assert run(*words[:-2]).exit_code == 0
    assert run("sample", tmp_path / "m", "-o", tmp_path / "t.csv", "--drop", "hard").exit_code == 2
