"""Profiles of rows: planted wrong labels are found, clear rows are easy, and what stands out is told in words."""

import json

import numpy as np
import pyarrow as pa
import pytest
from tests.evaluate._labels import labelled

from rowsmith.core.errors import DataError, SpecError
from rowsmith.evaluate._profile import profile_rows
from rowsmith.evaluate._profile_page import advice, page, summary, text, to_json
from rowsmith.evaluate._profiler import PROFILERS


def profiled(table, method="data_iq", target="label", **options):
    return profile_rows(table, target, profiler=PROFILERS.load(method)(), **options)


def rows_of(n=400, seed=0, **columns):
    rng = np.random.default_rng(seed)
    return pa.table({"a": rng.normal(size=n), "b": rng.normal(size=n)} | columns)


FOUND = {"confident": (0.65, 0.9), "data_iq": (0.4, 0.9), "data_maps": (0.55, 0.9)}
"""Of the wrong labels, how many are hard at least; of the hard rows, how many have a wrong label at least."""


def test_every_profiler_is_tried():
    assert set(FOUND) == set(PROFILERS.names())


@pytest.mark.parametrize("method", FOUND)
def test_planted_wrong_labels_are_hard_and_clear_rows_are_easy(method):
    rates = []
    for seed in range(3):
        table, wrong, apart = labelled(2500, seed)
        hard = (found := profiled(table, method, seed=seed)).of(["hard"])
        clear = ~wrong & (apart > 0.7)
        rates.append((hard[wrong].mean(), wrong[hard].mean(), found.of(["easy"])[clear].mean()))
    recall, precision, easy = np.mean(rates, axis=0)
    assert recall > FOUND[method][0]
    assert precision > FOUND[method][1]
    assert easy > 0.9


def test_wrong_labels_are_named_with_the_class_they_are_likely_of():
    table, wrong, _ = labelled(2500, 5)
    found = profiled(table)
    assert found.mislabelled[wrong].mean() > 0.65
    assert wrong[found.mislabelled].mean() > 0.9
    said = np.array(table["label"].to_pylist())[found.mislabelled]
    assert set(zip(said, found.likely[found.mislabelled], strict=True)) == {("yes", "no"), ("no", "yes")}
    assert sum(swap.rows for swap in found.swaps) == found.mislabelled.sum()
    assert not found.likely[~found.mislabelled].any()


def test_no_label_is_called_wrong_where_all_are_right():
    table, _, _ = labelled(2500, 1, flip=0.0)
    found = profiled(table)
    assert found.mislabelled.mean() < 0.01
    assert found.share("hard") < 0.01
    assert found.share("easy") > 0.8


def test_the_group_with_wrong_labels_is_named():
    table, _, _ = labelled(3000, 2, flip=0.0)
    rng = np.random.default_rng(0)
    bad = np.array([k == "z" for k in table["kind"].to_pylist()]) & (rng.random(3000) < 0.12)
    flipped = np.where(bad ^ np.array([v == "yes" for v in table["label"].to_pylist()]), "yes", "no")
    found = profiled(table.set_column(3, "label", pa.array(flipped)))
    assert found.groups[0].where == "kind = z"
    assert found.groups[0].low > found.share("hard")
    assert any("kind = z" in line for line in advice(found))


def test_where_labels_are_chance_nothing_is_told_of_them():
    rng = np.random.default_rng(3)
    found = profiled(rows_of(1500, label=rng.choice(["u", "v"], 1500)))
    assert found.skill < 0.6
    assert len(advice(found)) == 1
    assert "hardly" in advice(found)[0]


def test_three_classes_missing_labels_and_a_rare_class():
    rng = np.random.default_rng(4)
    a = rng.normal(size=1200)
    label = np.array(["low", "middle", "high"], dtype=object)[np.digitize(a, [-0.5, 0.5])]
    label[:40], label[40:45] = None, "odd"
    found = profiled(pa.table({"a": a, "b": rng.normal(size=1200), "label": pa.array(label)}))
    assert {c.name for c in found.classes} == {"low", "middle", "high"}
    assert (found.segment[:45] == "").all()
    assert np.isnan(found.confidence[:45]).all()
    assert (found.segment[45:] != "").all()
    assert found.profiled == 1155
    assert len(found.notes) == 2
    assert found.share("easy") > 0.7
    columns = found.columns()
    assert columns["profile_segment"].null_count == columns["profile_mislabelled"].null_count == 45


@pytest.mark.parametrize("method", FOUND)
def test_a_profile_is_the_same_for_any_number_of_workers(method, monkeypatch):
    from rowsmith.evaluate import _dynamics

    table, _, _ = labelled(700, 6)
    one = profiled(table, method, seed=3, workers=1)
    monkeypatch.setattr(_dynamics, "BLOCK", 128)
    many = profiled(table, method, seed=3, workers=4)
    for name in ("segment", "confidence", "uncertainty", "mislabelled", "likely"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name))
    assert summary(one) == summary(many)


def test_rows_that_were_not_learnt_are_profiled_too(monkeypatch):
    from rowsmith.evaluate import _dynamics

    monkeypatch.setattr(_dynamics, "MOST_LEARNT", 800)
    table, wrong, _ = labelled(2000, 7)
    found = profiled(table)
    assert found.profiled == 2000
    assert wrong[found.of(["hard"])].mean() > 0.8


def test_numbers_are_classes_if_they_are_few_and_cut_if_asked():
    rng = np.random.default_rng(8)
    a = rng.normal(size=600)
    table = pa.table({"a": a, "flag": (a > 0).astype(int), "size": a * 10, "true": a > 0})
    few = profiled(table.drop_columns(["size", "true"]), target="flag")
    assert [c.name for c in few.classes] == ["0", "1"]
    assert few.share("easy") > 0.8
    assert {c.name for c in profiled(table, target="true").classes} == {"true", "false"}
    cut = profiled(table, target="size", bins=3)
    assert [c.rows for c in cut.classes] == [200, 200, 200]
    assert cut.classes[0].name.startswith("up to ")


def test_numbers_that_look_the_same_are_named_in_full():
    a = np.random.default_rng(0).normal(size=200)
    found = profiled(pa.table({"a": a, "label": np.where(a > 0, 0.123456, 0.123457)}))
    assert [c.name for c in found.classes] == ["0.123456", "0.123457"]


ONE = {"label": ["only"] * 400}
REFUSED = {
    "unknown target": (rows_of(label=["u", "v"] * 200), {"target": "lable"}, SpecError, "did you mean 'label'"),
    "no rows": (rows_of(label=["u", "v"] * 200).slice(0, 0), {}, DataError, "no rows"),
    "one class": (rows_of(**ONE), {}, DataError, "single class"),
    "constant number": (rows_of(label=[7] * 400), {}, DataError, "single class"),
    "constant, cut": (rows_of(label=[7] * 400), {"bins": 4}, DataError, "single class"),
    "all null": (rows_of(label=pa.nulls(400, pa.string())), {}, DataError, "no values"),
    "nulls without a type": (rows_of(label=pa.nulls(400)), {}, DataError, "no values"),
    "nulls, cut": (rows_of(label=pa.nulls(400, pa.float64())), {"bins": 4}, DataError, "no values"),
    "few rows": (rows_of(30, label=["u", "v"] * 15), {}, DataError, "50 rows"),
    "a class of few rows": (rows_of(label=["u"] * 395 + ["v"] * 5), {}, DataError, "at least 10"),
    "a number": (rows_of(label=np.arange(400) / 7), {}, SpecError, "--bins"),
    "names": (rows_of(label=[f"P{i}" for i in range(400)]), {}, SpecError, "names rows"),
    "bins of classes": (rows_of(label=["u", "v"] * 200), {"bins": 3}, SpecError, "classes already"),
    "one bin": (rows_of(label=np.arange(400) / 7), {"bins": 1}, SpecError, "from 2 to 20"),
    "no other column": (pa.table({"label": ["u", "v"] * 200}), {}, DataError, "no other column"),
    "only a name beside": (pa.table({"id": range(400), "label": ["u", "v"] * 200}), {}, DataError, "no other column"),
    "a profile": (rows_of(label=["u", "v"] * 200, profile_segment=["easy"] * 400), {}, DataError, "profile itself"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_profiled_is_refused_in_one_sentence(name):
    table, options, fault, part = REFUSED[name]
    with pytest.raises(fault, match=part) as caught:
        profiled(table, **options)
    assert "\n" not in str(caught.value)


def test_an_unknown_segment_is_refused():
    table, _, _ = labelled(200, 0)
    with pytest.raises(SpecError, match="did you mean 'hard'"):
        profiled(table).of(["hardd"])


def test_odd_columns_beside_the_target_do_no_harm():
    rng = np.random.default_rng(9)
    label = rng.choice(["u", "v"], 300)
    odd = {
        "constant": ["k"] * 300,
        "empty": pa.nulls(300),
        "endless": np.where(rng.random(300) < 0.1, np.inf, rng.normal(size=300)),
        "list": [[int(i % 3)] for i in range(300)],
        "label": label,
    }
    found = profiled(pa.table(odd))
    assert found.profiled == 300
    assert np.isfinite(found.confidence).all()
    assert profiled(pa.table({"constant": ["k"] * 300, "label": label})).share("easy") == 0.0


def test_texts_of_strangers_are_only_texts_in_the_page():
    rng = np.random.default_rng(10)
    a = rng.normal(size=300)
    label = np.where(a > 0, "<script>x</script>", "b\nc")
    found = profiled(pa.table({"<i>": a, "label": label}), target="label")
    html = page(found)
    assert "<script>x" not in html
    assert "http" not in html.replace("http-equiv", "")
    assert "b\\nc" in text(found)
    assert json.loads(to_json(found))["profiled"] == 300
