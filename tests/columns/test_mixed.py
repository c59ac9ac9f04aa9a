"""Numbers and dates with a few words among them are learnt as numbers and dates."""

import datetime

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.columns._infer import infer_column

N = 2000
R = np.random.default_rng(0)
DAYS = [datetime.date(2020, 1, 1) + datetime.timedelta(int(i)) for i in R.integers(0, 900, N)]
PLAIN = {
    "float": [f"{x:.1f}" for x in R.normal(50, 9, N)],
    "integer": [str(i) for i in R.integers(0, 99, N)],
    "iso": [f"{day:%Y-%m-%d}" for day in DAYS],
    "german": [f"{day:%d.%m.%Y}" for day in DAYS],
    "time": [f"{i // 60:02}:{i % 60:02}" for i in R.integers(0, 1440, N)],
    "unit": [f"{i} kg" for i in R.integers(1, 400, N)],
}
SAID = {
    "float": "numbers",
    "integer": "numbers",
    "iso": "dates",
    "german": "dates",
    "time": "times",
    "unit": "integers",
}


def column(name, words, every=1):
    values = list(PLAIN[name])
    values[: len(words) * every] = list(words) * every
    return pa.array(values)


@pytest.mark.parametrize("name", PLAIN)
def test_one_word_does_not_make_texts_of_values(name):
    values = column(name, ["not sure"])
    found = infer_column("x", pa.field("x", pa.string()), values)
    assert found.kind == "mixed"
    assert found.why == f"{SAID[name]}, but for text marks in 1 of 2,000 values: each is learnt in its own way"
    model = rs.fit(pa.table({"x": values}), settings={"rounds": 8})
    assert any("text marks stand among the numbers or dates of x" in note for note in model.notes)
    drawn = model.sample(N, seed=1)["x"]
    assert "not sure" not in drawn.to_pylist()  # one person's word
    again = infer_column("x", pa.field("x", pa.string()), drawn.combine_chunks())
    assert again.kind == infer_column("x", pa.field("x", pa.string()), pa.array(PLAIN[name])).kind


@pytest.mark.parametrize("name", PLAIN)
def test_marks_of_many_rows_come_as_often(name, tmp_path):
    model = rs.fit(pa.table({"x": column(name, ["open", "lost"], 100)}), settings={"rounds": 8})
    model.save(tmp_path / "m")
    drawn = rs.load(tmp_path / "m").sample(N, seed=1)["x"].to_pylist()
    for word in ("open", "lost"):
        assert 0.03 < drawn.count(word) / N < 0.07
    assert len({x for x in drawn if x not in ("open", "lost")}) > 90


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([*"12345" * 100, "x"], "category"),  # few numbers are levels like words
        (["2020-01-01", "soon", "later", "never"] * 100, "category"),
        ([f"{i % 50} of {i % 7}" for i in range(400)], "code"),
        (["monday", "tuesday"] * 100, "category"),
    ],
)
def test_what_is_no_number_amid_words_stays_as_it_was(values, kind):
    assert infer_column("x", pa.field("x", pa.string()), pa.array(values)).kind == kind
