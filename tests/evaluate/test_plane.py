import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.rng import Key
from rowsmith.evaluate._align import align
from rowsmith.evaluate._drawings import clouds, curve
from rowsmith.evaluate._judge import context_of
from rowsmith.evaluate._overlay import RARE
from rowsmith.evaluate._plane import plane


def drawn(real, synthetic):
    return plane(context_of(align({"real": real, "synthetic": synthetic}), None, Key(0), 1))


def cloud(n, seed, shift=0.0):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    return pa.table({"x": x + shift, "y": y + x, "z": x})


def test_a_cell_of_few_real_rows_is_not_shown():
    found = drawn(cloud(500, 1), cloud(400, 2))
    assert min(v for v in found["real"] if v) >= RARE / 500 - 1e-6
    assert sum(found["synthetic"]) == pytest.approx(1, abs=1e-3)
    assert len(found["real"]) == found["width"] * found["height"]


def test_equal_clouds_have_no_difference_and_others_do():
    def apart(found):
        return sum(abs(a - b) for a, b in zip(found["real"], found["synthetic"], strict=True))

    table = cloud(5000, 1)
    assert apart(drawn(table, table)) < 0.3
    assert apart(drawn(table, cloud(5000, 2, shift=4))) > 0.8


def test_axes_are_named_after_the_columns_they_hang_on():
    assert all(set(names) <= {"x", "y", "z"} and names for names in drawn(cloud(500, 1), cloud(500, 2))["axes"])


def test_rows_that_do_not_vary_in_two_directions_have_no_plane():
    flat = pa.table({"x": np.arange(50.0)})
    assert drawn(flat, flat) is None
    same = pa.table({"x": [1.0] * 50, "y": ["a"] * 50})
    assert drawn(same, same) is None


def test_shades_cover_each_cell_once():
    picture = clouds(
        {"title": "t", "width": 2, "height": 1, "axes": [["x"], []], "real": [0.5, 0.0], "synthetic": [0.1, 0.9]}
    )
    real, made, apart = picture["pictures"]
    assert [layer["path"] for layer in real["layers"]] == ["M0 0h1v1h-1z"]
    assert sum(layer["path"].count("M") for layer in made["layers"]) == 2
    assert {layer["name"] for layer in apart["layers"]} == {"real", "made"}


def test_an_axis_by_powers_of_ten_begins_at_a_thousandth():
    lines = [{"label": "a", "points": [[0.0, 0.0], [0.001, 0.1], [1.0, 1.0]]}]
    found = curve({"title": "t", "x": "x", "y": "y", "lines": lines, "log": True})
    assert found["lines"][0]["points"] == "0.0,260.0 0.0,86.7 260.0,0.0"
    assert [t["text"] for t in found["ticks"]] == ["0.10 %", "1 %", "10 %", "100 %"]
