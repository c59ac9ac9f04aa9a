"""What a few rows have alone is in no model and in no twin, and is listed."""

import zipfile
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import rowsmith as rs


def people(n=3000, seed=0):
    """Cities with a long tail and their lands, a disease that two have, a class that three have, a customer of three rows."""
    rng = np.random.default_rng(seed)
    city = np.minimum(rng.zipf(1.7, n), 300)
    sick = np.where(rng.random(n) < 0.3, "flu", "none").astype(object)
    sick[:2] = "Erdheim-Chester"
    fraud = np.zeros(n, dtype=bool)
    fraud[:3] = True
    return pa.table(
        {
            "city": [f"Ort{c}" for c in city],
            "land": [f"Land{c % 7}" for c in city],
            "disease": pa.array(sick, pa.string()),
            "fraud": np.where(fraud, "yes", "no"),
            "customer": [f"KD-{7919 * i % 99991:05d}" for i in rng.permutation(np.repeat(np.arange(n // 3), 3))],
            "children": np.minimum(rng.poisson(1.2, n), 5) + 6 * (np.arange(n) == 9),
        }
    )


@pytest.fixture(scope="module")
def learnt():
    real = people()
    return real, rs.fit(real, seed=1)


def test_no_value_of_too_few_rows_is_drawn(learnt):
    real, model = learnt
    twin = model.sample(20_000, seed=2)
    for name in ("city", "disease", "customer"):
        rare = {value for value, count in Counter(real[name].to_pylist()).items() if count < 5}
        assert rare
        assert not rare & set(twin[name].to_pylist()), name
    assert pc.max(twin["children"]).as_py() <= 5


def test_nor_is_it_in_the_model_file(learnt, tmp_path):
    real, model = learnt
    model.save(tmp_path / "m.rowsmith")
    with zipfile.ZipFile(tmp_path / "m.rowsmith") as file:
        inside = b"".join(file.read(name) for name in file.namelist())
    for name in ("city", "disease", "customer"):
        for value, count in Counter(real[name].to_pylist()).items():
            if count < 5:
                for quote in ('"', "'"):  # Ort12 is inside Ort120, which may stay
                    assert f"{quote}{value}{quote}".encode() not in inside, value
    assert rs.load(tmp_path / "m.rowsmith").protected_note == model.protected_note


def test_minorities_shapes_and_pairs_stay(learnt):
    real, model = learnt
    twin = model.sample(20_000, seed=2)
    assert set(twin["fraud"].to_pylist()) == {"yes", "no"}
    assert all(len(v) == 8 and v[:3] == "KD-" and v[3:].isdigit() for v in twin["customer"].to_pylist())
    assert len(twin["customer"].unique()) > 900
    lands = {(c, ld) for c, ld in zip(twin["city"].to_pylist(), twin["land"].to_pylist(), strict=True)}
    assert all(
        ld == f"Land{int(c[3:]) % 7}" for c, ld in lands
    )  # a city that is drawn for a rare one goes with its land
    for land in real["land"].unique():  # and its rows are not lost to their land
        a, b = (np.mean(t["land"].to_numpy() == land.as_py()) for t in (real, twin))
        assert abs(a - b) < 0.02 + 0.1 * a


def test_what_was_protected_is_listed(learnt):
    _, model = learnt
    note = model.protected_note
    assert "values of fewer than 5 rows are not kept" in note
    assert "disease (1 value, 0.067 % of the rows)" in note
    assert "fraud" not in note
    assert "Erdheim" not in note


def test_public_columns_keep_all(learnt):
    real, _ = learnt
    model = rs.fit(real, public=("disease", "city"), seed=1)
    assert {each.column for each in model.table.protected} == {"customer"}
    assert model.sample(50, where="disease = 'Erdheim-Chester'", seed=1).num_rows == 50
    assert rs.fit(real, public="*").protected_note == ""
    schema = rs.inspect(real)
    text = schema.to_yaml().replace("  disease:\n", "  disease:\n        public: true\n")
    kept = rs.fit(real, schema=rs.Schema.from_yaml(text))
    assert {each.column for each in kept.table.protected} == {"city", "customer"}


def test_a_condition_on_what_is_not_kept_is_refused_by_name(learnt):
    _, model = learnt
    with pytest.raises(rs.SpecError, match=r"no learnt row has .*Erdheim.* fit the model with --public"):
        model.sample(5, where="disease = 'Erdheim-Chester'")


def test_an_unknown_public_column_is_refused():
    with pytest.raises(rs.SpecError, match=r"public='citty': there is no such column; did you mean 'city'"):
        rs.fit(people(300), public="citty")


def test_the_same_for_any_number_of_workers(learnt):
    real, model = learnt
    assert rs.fit(real, seed=1, workers=3).sample(500, seed=4).equals(model.sample(500, seed=4))


def test_the_report_tells_what_was_protected_and_how_many_rows_were_drawn_again():
    real = people()
    text = rs.inspect(real).to_yaml() + "    rules:\n      few: children < 4 or city <> 'Ort1'\n"
    kept = real.filter(pc.or_(pc.less(real["children"], 4), pc.not_equal(real["city"], "Ort1")))
    made = rs.synth(kept, schema=rs.Schema.from_yaml(text), seed=1, n=500)
    (redrawn,) = [note for note in made.report.summary.notes if "drawn again" in note]
    assert redrawn.startswith("rules for which rows are drawn again, and the share of the rows: few (")
    assert any("are not kept: city" in note for note in made.report.summary.notes)
    assert made.model.table.redrawn(500)["few"] < 0.2
    assert "rules" in {result.measure for result in made.report.summary.measures if result.level == "good"}
