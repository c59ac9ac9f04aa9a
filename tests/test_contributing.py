"""The learner of CONTRIBUTING.md, added as the page says, appears everywhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import rowsmith

ROOT = Path(__file__).parent.parent


def test_a_learner_in_one_file_appears_everywhere(tmp_path):
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, flags=re.DOTALL)[1]
    # A copy of the package, so that the real one is left alone.
    package = tmp_path / "rowsmith"
    subprocess.run(["cp", "-r", Path(rowsmith.__file__).parent, package], check=True)
    (package / "learn" / "repeat.py").write_text(code, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}

    def python(*words):
        done = subprocess.run(
            [sys.executable, *map(str, words)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    (tmp_path / "t.csv").write_text("a,b\n" + "1,x\n2,y\n" * 30, encoding="utf-8")
    assert "repeat" in python("-m", "rowsmith", "fit", "--help")
    words = ("--learner", "repeat", "--set", "most=40", "-o", "m")
    assert "learnt 60 rows" in python("-m", "rowsmith", "fit", "t.csv", *words)
    assert "drew 60 rows" in python("-m", "rowsmith", "sample", "m", "-o", "twin.csv")
    conformance = python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", ROOT / "tests/learn/test_conformance.py", "-k", "repeat", "-v"
    )
    assert "passed" in conformance
    built = f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); page = runpy.run_path({str(ROOT / 'docs/build.py')!r})['page']"
    assert "Most rows that are kept." in python("-c", f"{built}; print(page('learners.md'))")
