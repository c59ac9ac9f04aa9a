"""Profiles of users' frames, and models of the rows that a profile chose."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.evaluate._labels import labelled

import rowsmith as rs
from rowsmith.core.errors import DataError, SpecError


@pytest.fixture(scope="module")
def case():
    table, wrong, _ = labelled(1500, 11)
    return table, wrong, rs.profile(table, target="label", seed=1)


def test_the_frame_comes_back_in_its_kind_with_what_was_found(case):
    table, _, found = case
    wanted = found.rows.segment.tolist()
    for frame in (table.to_pandas(), pl.from_arrow(table)):
        done = rs.profile(frame, target="label", seed=1)
        marked, left = done.marked(), done.without("hard")
        assert type(marked) is type(left) is type(frame)
        assert list(marked["profile_segment"]) == wanted
        assert list(left.columns) == table.column_names
        assert len(left) == len(frame) - wanted.count("hard")


def test_rows_of_a_pandas_frame_keep_their_index(case):
    frame = case[0].to_pandas()
    frame.index = [f"r{i}" for i in range(len(frame))]
    done = rs.profile(frame, target="label", seed=1)
    assert list(done.marked().index) == list(frame.index)
    assert list(done.without("hard").index) == list(frame.index[done.rows.segment != "hard"])


def test_what_was_found_stands_in_order_of_the_rows(case):
    table, _, found = case
    marked = found.marked()
    assert marked.select(table.column_names).equals(table)
    assert marked["profile_mislabelled"].to_pylist() == found.rows.mislabelled.tolist()


def test_no_segment_is_left_out_where_none_is_named(case):
    table, _, found = case
    assert found.without().equals(table)


def test_rows_that_are_likely_wrong_can_be_left_out(case):
    _, wrong, found = case
    left = ~found.rows.of(["mislabelled"])
    assert found.without("mislabelled").num_rows == left.sum()
    assert wrong[left].mean() < 0.5 * wrong.mean()


def test_there_must_be_a_row_left(case):
    with pytest.raises(DataError, match="no row would be left"):
        case[2].without("easy", "ambiguous", "hard")


def test_parts_of_a_profile(case):
    found = case[2]
    two, three = found.parts("easy-hard"), found.parts("easy-ambiguous-hard")
    assert set(two) == {"easy", "hard"}
    assert set(three) == {"easy", "ambiguous", "hard"}
    np.testing.assert_array_equal(two == "hard", three == "hard")
    with pytest.raises(SpecError, match="did you mean 'easy-hard'"):
        found.parts("easy-hart")


def test_rows_without_a_label_count_as_ambiguous():
    table, _, _ = labelled(400, 0)
    label = [None if i < 30 else v for i, v in enumerate(table["label"].to_pylist())]
    found = rs.profile(table.set_column(3, "label", pa.array(label)), target="label")
    assert (found.parts("easy-ambiguous-hard")[:30] == "ambiguous").all()


def test_without_the_hard_rows_a_twin_has_fewer_wrong_labels():
    """The planted rule is kept by more of the drawn rows where hard rows were left out, or were learnt apart and not drawn."""
    table, _, _ = labelled(3000, 12, flip=0.15)
    found = rs.profile(table, target="label", method="confident")
    kept = {}
    models = {
        "whole": rs.fit(table),
        "dropped": rs.fit(found.without("hard")),
        "apart": rs.fit(table, parts=found.parts("easy-hard")).without("hard"),
    }
    for name, model in models.items():
        drawn = model.sample(3000, seed=5).to_pandas()
        value = drawn["a"] + drawn["b"] + (drawn["kind"] == "x") - 0.3
        kept[name] = ((value > 0) == (drawn["label"] == "yes")).mean()
    assert kept["dropped"] > kept["whole"] + 0.05
    assert kept["apart"] > kept["whole"] + 0.05


def test_unknown_methods_and_wrong_workers_are_refused():
    frame = pd.DataFrame({"a": range(60), "label": ["u", "v"] * 30})
    with pytest.raises(SpecError, match="did you mean"):
        rs.profile(frame, target="label", method="data-iqq")
    with pytest.raises(SpecError, match="workers"):
        rs.profile(frame, target="label", workers=0)


def test_reports_are_saved_by_their_ending(case, tmp_path):
    found = case[2]
    found.save(tmp_path / "p.html")
    found.save(tmp_path / "p.json")
    assert (tmp_path / "p.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (tmp_path / "p.json").read_text(encoding="utf-8").startswith("{")
    assert "likely wrong" in str(found)
    assert found.summary()["method"] == "data_iq"
