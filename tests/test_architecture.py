"""Who may import whom, what an import may load, and that public names are what they say."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import rowsmith

ROOT = Path(rowsmith.__file__).parent
MIDDLE = {"columns", "samplers", "learn", "simulate", "augment", "truth", "evaluate", "io"}
ALLOWED = (
    {"core": {"core"}, "spec": {"core", "spec"} | MIDDLE, "engine": {"core", "spec", "engine"} | MIDDLE}
    | {room: {"core", room} for room in MIDDLE}
    | {room: {"core", "spec", "engine", room} | MIDDLE for room in ("cli", "studio")}
)
FILES = sorted(ROOT.rglob("*.py"))


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_arrows_point_the_right_way(path):
    room = path.relative_to(ROOT).parts[0]
    if room not in ALLOWED:  # the package's own modules are the border
        return
    used = {name.split(".")[1] for name in imports(path) if name.startswith("rowsmith.")}
    assert used <= ALLOWED[room], f"{path.name} of {room}/ imports {used - ALLOWED[room]}"


@pytest.mark.parametrize(
    "path", [*FILES, *sorted(Path(__file__).parent.rglob("*_*.py"))], ids=lambda p: "/".join(p.parts[-2:])
)
def test_no_file_is_too_long_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def loaded_by(code):
    probe = f"{code}; import sys; print(' '.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.split())


HEAVY = {"lightgbm", "sklearn", "scipy", "duckdb", "altair", "jax", "numba", "pandas", "polars", "sqlalchemy"}


@pytest.mark.parametrize(
    ("code", "barred"),
    [
        ("import rowsmith", HEAVY | {"numpy", "pyarrow"}),
        ("from rowsmith import fit, load, evaluate, synth", HEAVY),
        ("import rowsmith.cli", HEAVY | {"numpy", "pyarrow"}),
    ],
)
def test_an_import_loads_nothing_heavy_before_it_is_used(code, barred):
    assert loaded_by(code) & barred == set()


def test_every_public_name_exists_and_no_room_hides_it():
    code = (
        "import rowsmith.evaluate._judge, rowsmith as rs; assert callable(rs.evaluate);"
        "assert all(hasattr(rs, n) for n in rs.__all__)"
    )
    assert "rowsmith" in loaded_by(code)
