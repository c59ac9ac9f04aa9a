"""Types that others stand for: they come back as they were, through fits, files and fills."""

import uuid

import numpy as np
import pyarrow as pa
import pytest
from tests.cli.conftest import run

import rowsmith as rs
from rowsmith.core.frames import to_arrow
from rowsmith.core.standins import dressed, plain
from rowsmith.core.types import parse_type
from rowsmith.io._open import open_sink, read_table

N = 400
FEW = np.random.default_rng(0).integers(0, 5, N)
GAPS = np.random.default_rng(1).random(N) < 0.1


def gappy(values, kind):
    return pa.array([None if gap else v for v, gap in zip(values, GAPS, strict=True)], kind)


COLUMNS = {
    "uuid": gappy([uuid.UUID(int=int(v) * 10**36 + i).bytes for i, v in enumerate(FEW)], pa.uuid()),
    "json": pa.ExtensionArray.from_storage(pa.json_(), pa.array([f'{{"a": {v}}}' for v in FEW])),
    "bool8": pa.ExtensionArray.from_storage(pa.bool8(), pa.array((FEW % 2).astype(np.int8))),
    "decimal32": gappy([int(v) for v in FEW], pa.decimal32(5, 2)),
    "decimal64": gappy([int(v) for v in FEW], pa.decimal64(12, 3)),
    "view": gappy([bytes([v]) for v in FEW.tolist()], pa.binary()).cast(pa.binary_view()),
    "map": gappy([[("a", int(v)), ("b", 2)] for v in FEW], pa.map_(pa.string(), pa.int32())),
    "list_view": gappy([[int(v)] * int(v) for v in FEW], pa.list_view(pa.int64())),
    "runs": pa.RunEndEncodedArray.from_arrays(pa.array([100, N], pa.int32()), pa.array(["a", "b"])),
    "interval": gappy([pa.MonthDayNano([int(v), 1, 0]) for v in FEW], pa.month_day_nano_interval()),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_type_is_turned_back_into_itself(name):
    table = pa.table({name: COLUMNS[name], "n": np.arange(N)})
    shown, kinds = plain(table)
    assert kinds == {name: table.schema.field(0).type}
    assert parse_type(str(kinds[name])) == kinds[name]
    back = pa.Table.from_batches([dressed(batch, kinds) for batch in shown.to_batches()])
    back.validate(full=True)
    assert back.to_pylist() == table.to_pylist()


@pytest.mark.parametrize("name", COLUMNS)
def test_a_twin_has_the_type_and_a_saved_model_knows_it(name, tmp_path):
    table = pa.table({name: COLUMNS[name], "n": FEW})
    model = rs.fit(table, seed=1)
    twin = model.sample(60, seed=2)
    twin.validate(full=True)
    assert twin.schema.types == table.schema.types
    model.save(tmp_path / "m.rowsmith")
    assert rs.load(tmp_path / "m.rowsmith").sample(60, seed=2).equals(twin)


@pytest.mark.parametrize("name", ["uuid", "json", "decimal32", "map"])
def test_files_have_the_type_too(name, tmp_path):
    table = pa.table({name: COLUMNS[name], "n": FEW})
    path = tmp_path / "t.parquet"
    sink = open_sink(str(path), kinds=to_arrow(table)[1].kinds)
    shown, _ = plain(table)
    sink.open(shown.schema)
    sink.write(shown.to_batches()[0])
    sink.commit()
    kind = read_table(str(path)).schema.field(name).type
    assert run("synth", path, "-o", tmp_path / "twin.parquet", "--no-judge").exit_code == 0
    assert read_table(str(tmp_path / "twin.parquet")).schema.field(name).type == kind
    assert run("impute", path, "-o", tmp_path / "full.parquet").exit_code == 0
    assert read_table(str(tmp_path / "full.parquet")).schema.field(name).type == kind


def test_a_format_without_the_type_gets_what_stands_for_it(tmp_path):
    table = pa.table({"id": COLUMNS["uuid"], "runs": COLUMNS["runs"], "n": FEW})
    rs.fit(table).sample_to(tmp_path / "t.csv", 20)
    first = read_table(str(tmp_path / "t.csv"))["id"].drop_null()[0].as_py()
    assert str(uuid.UUID(first)) == first
    rs.fit(table).sample_to(tmp_path / "t.parquet", 20)  # Parquet has no runs
    assert read_table(str(tmp_path / "t.parquet")).schema.field("runs").type == pa.string()


def test_a_map_has_a_key_once():
    pairs = pa.array(
        [[{"key": "a", "value": 1}, {"key": "a", "value": 2}]], plain(pa.table({"m": COLUMNS["map"]}))[0][0].type
    )
    (batch,) = pa.table({"m": pairs}).to_batches()
    assert dressed(batch, {"m": COLUMNS["map"].type})["m"].to_pylist() == [[("a", 2)]]
