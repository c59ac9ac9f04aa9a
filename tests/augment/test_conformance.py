"""What holds for every change, run over every module of the room."""

import dataclasses
import functools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.augment._examples import EXAMPLES, RETYPES, RULES, UNSEEDED, rows, schema

import rowsmith as rs
from rowsmith.augment._change import CHANGES, CellChange, RowChange
from rowsmith.core.settings import settings_of
from rowsmith.core.sql import truth
from rowsmith.engine import augment as engine

CASES = [pytest.param(change, id=f"{name}-{i}") for name, each in EXAMPLES.items() for i, change in enumerate(each)]
TABLE = rows()
SCHEMA = schema(TABLE)


def name_of(change):
    return CHANGES.name_of(type(change))


def retypes(change):
    return name_of(change) in RETYPES or getattr(change, "show", None) == "range"


def run(change, table=TABLE, **options):
    return rs.augment(table, change, schema=SCHEMA, **{"seed": 7, **options})


@functools.cache
def _once(number):
    return run(CASES[number].values[0], log=True)


def usual(change):
    """What comes of a change of the table, made once for all tests."""
    return _once(next(i for i, case in enumerate(CASES) if case.values[0] is change))


def changed_or_refused(change, table):
    """What comes of it; None if it was refused by a sentence that names the change."""
    message = ""
    try:
        return run(change, table)
    except rs.RowsmithError as fault:
        message = str(fault)
    assert message.startswith(f"{name_of(change)}: ")
    return None


def test_every_change_has_an_example():
    assert sorted(EXAMPLES) == CHANGES.names()


@pytest.mark.parametrize("name", CHANGES.names())
def test_every_setting_is_described(name):
    kind = CHANGES.load(name)
    assert issubclass(kind, CellChange | RowChange)
    assert all(setting.help for setting in settings_of(kind).values())
    assert not kind.main or kind.main in settings_of(kind)
    assert getattr(rs, kind.__name__) is kind


@pytest.mark.parametrize("change", CASES)
def test_columns_types_and_metadata_stay(change):
    done = usual(change)
    if not retypes(change):
        assert done.frame.schema == TABLE.schema
    assert len(done.source) == len(done.made) == done.frame.num_rows


@pytest.mark.parametrize("change", CASES)
def test_something_is_changed_and_the_seed_decides_what(change):
    done, again, other = usual(change), run(change), run(change, seed=8)
    assert done.frame.equals(again.frame)
    assert not done.frame.equals(TABLE)
    assert done.frame.equals(other.frame) == (name_of(change) in UNSEEDED)


@pytest.mark.parametrize("change", CASES)
def test_pieces_of_the_input_and_workers_do_not_matter(change, monkeypatch):
    monkeypatch.setattr(engine, "CHUNK_ROWS", 64)
    pieces = pa.concat_tables([TABLE.slice(0, 70), TABLE.slice(70, 1), TABLE.slice(71)])
    assert run(change, pieces, workers=3).frame.equals(run(change).frame)


@pytest.mark.parametrize("change", CASES)
def test_rows_that_kept_the_rules_keep_them(change):
    done = usual(change)
    if type(change).lawful:
        for name, rule in RULES.items():
            assert truth(rule, done.frame, name).all(), name


@pytest.mark.parametrize("change", CASES)
def test_keys_stay_keys(change):
    ids = usual(change).frame["id"]
    assert ids.null_count == 0
    assert pc.count_distinct(ids).as_py() == len(ids)


@pytest.mark.parametrize("change", CASES)
def test_rows_that_no_change_has_made_come_from_their_source(change):
    done = usual(change)
    real = np.flatnonzero(~done.made)
    if name_of(change) in ("balance", "smote", "oversample", "mixup", "cut_mix", "tails", "bootstrap", "shift"):
        assert done.frame.take(real).equals(TABLE.take(done.source[real]))
    assert (done.source[real] >= 0).all()
    assert done.source.max() < TABLE.num_rows


@pytest.mark.parametrize("change", [c for c in CASES if type(c.values[0]).same_rows])
def test_changes_of_cells_leave_the_rows_and_other_columns_alone(change):
    done = usual(change)
    assert not done.made.any()
    assert np.array_equal(done.source, np.arange(TABLE.num_rows))
    changed = {name for name, n in done.steps[0].cells.items() if n}
    if change.named:
        assert changed <= {*change.named, *(["total"] if {"price", "qty"} & set(change.named) else [])}


@pytest.mark.parametrize("change", CASES)
def test_the_log_leads_from_the_input_to_the_output(change):
    if retypes(change):
        return
    done = usual(change)
    log = done.log.to_pylist()
    texts = {
        name: values.cast(pa.string()).to_pylist()
        for name, values in zip(TABLE.column_names, TABLE.columns, strict=True)
    }
    after = {n: v.cast(pa.string()).to_pylist() for n, v in zip(TABLE.column_names, done.frame.columns, strict=True)}
    for entry in log:
        if entry["column"] is not None:
            assert entry["before"] == texts[entry["column"]][entry["source"] - 1]
            assert entry["after"] == after[entry["column"]][entry["row"] - 1]
    told = {(entry["row"] - 1, entry["column"]) for entry in log}
    for row in np.flatnonzero(~done.made):
        for name in TABLE.column_names:
            if texts[name][done.source[row]] != after[name][row]:
                assert (row, name) in told
    assert {row for row, column in told if column is None} == set(np.flatnonzero(done.made))


@pytest.mark.parametrize("change", CASES)
@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_rows_are_changed_or_refused_in_a_sentence(change, n):
    done = changed_or_refused(change, TABLE.slice(0, n))
    if done is None:
        return
    assert retypes(change) or done.frame.schema == TABLE.schema
    assert n > 0 or done.frame.num_rows == 0


@pytest.mark.parametrize("change", CASES)
def test_columns_of_nulls_are_left_or_refused_in_a_sentence(change):
    empty = pa.table(
        {f.name: TABLE[f.name] if f.name == "id" else pa.nulls(TABLE.num_rows, f.type) for f in TABLE.schema}
    )
    done = changed_or_refused(change, empty)
    assert done is None or done.frame["id"].null_count == 0


COLUMNS = "columns column target quasi person entity time within by group sensitive words drop text"
"""Settings that name columns."""
NO_COLUMN = {("jitter", "time"), ("shift_dates", "within")}
NAMED = [
    pytest.param(change, setting, id=f"{name}-{i}-{setting}")
    for name, each in EXAMPLES.items()
    for i, change in enumerate(each)
    for setting in COLUMNS.split()
    if isinstance(getattr(change, setting, None), str | tuple)
    and getattr(change, setting)
    and (name, setting) not in NO_COLUMN
]


@pytest.mark.parametrize(("change", "setting"), NAMED)
def test_an_unknown_column_is_refused_with_the_near_ones(change, setting):
    value = getattr(change, setting)
    wrong = "ciity" if isinstance(value, str) else ("ciity", *value[1:])
    with pytest.raises(rs.SpecError, match=r"'ciity'.*'city'"):
        run(dataclasses.replace(change, **{setting: wrong}))


@pytest.mark.parametrize("change", [c for c in CASES if isinstance(c.values[0], CellChange)])
def test_a_column_beside_it_does_not_matter(change):
    added = TABLE.append_column("more", pa.array(range(TABLE.num_rows)))
    known = rs.Schema(
        tables={
            "t": dataclasses.replace(
                SCHEMA.only[1], columns={**SCHEMA.only[1].columns, "more": rs.Column(kind="identifier")}
            )
        }
    )
    done = rs.augment(added, change, schema=known, seed=7)
    if getattr(change, "keep", None) in (None, "nothing"):
        assert done.frame.select(TABLE.column_names).equals(run(change).frame)


def test_steps_follow_one_another_and_rows_are_followed():
    changes = [rs.Undersample("churn"), rs.Noise(relative=0.1, columns=("x",)), rs.Smote("city"), rs.Thin(every=2)]
    done = rs.augment(TABLE, *changes, schema=SCHEMA, seed=1, log=True, mark="by")
    made = done.frame.filter(pa.array(done.made))
    assert set(made["by"].to_pylist()) == {"smote"}
    assert done.frame.filter(pa.array(~done.made))["by"].null_count == int((~done.made).sum())
    real = np.flatnonzero(~done.made)
    assert done.frame["id"].take(real).equals(TABLE["id"].take(done.source[real]))
    noise = [e for e in done.log.to_pylist() if e["change"] == "noise" and e["row"] is not None]
    x, ids = done.frame["x"].to_pylist(), done.frame["id"].to_pylist()
    assert noise
    for entry in noise:
        assert float(entry["after"]) == pytest.approx(x[entry["row"] - 1])
        assert ids[entry["row"] - 1] == TABLE["id"][entry["source"] - 1].as_py()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_come_back_as_they_are(library):
    table = TABLE.select(["age", "price", "city", "paid", "at"])
    frame = table.to_pandas() if library == "pandas" else __import__("polars").from_arrow(table)
    if library == "pandas":
        frame["city"] = frame["city"].astype("category")
        frame.index = frame.index + 50
    done = rs.augment(frame, rs.Noise(relative=0.1), rs.Flip(rate=0.1, columns=("city",)), seed=1).frame
    assert type(done) is type(frame)
    assert list(done.dtypes) == list(frame.dtypes)
    if library == "pandas":
        assert done.index.equals(frame.index)


def test_text_that_stands_for_numbers_is_changed_as_numbers():
    table = pa.table({"price": [f"{i},{i % 100:02d} €" for i in range(1, 80)]})
    done = rs.augment(table, rs.Noise(relative=0.1), seed=1).frame["price"].to_pylist()
    assert done != table["price"].to_pylist()
    assert all(value.endswith(" €") and len(value.split(",")[1]) == 4 for value in done)
