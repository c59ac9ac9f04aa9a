"""What tests of injected flaws share."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build
from rowsmith.truth._plant import PLANTS, Change, Changer, Finding

Columns = Mapping[str, pa.Array]


def spoiler(plant: str, difficulty: float = 0.0, **settings: Any) -> Changer:
    found = build(PLANTS.load(plant), settings, "truth.it").at(difficulty)
    assert isinstance(found, Changer)
    return found


def spoilt(
    plant: Changer, columns: Columns, seed: int = 1, first: int = 0, pilot: Columns | None = None
) -> tuple[pa.Table, Sequence[Change], Mapping[str, Any]]:
    """The rows with flaws, what was changed, and the calibration, on the columns themselves if there are no others."""
    calibration = plant.calibrate({name: (pilot or columns)[name] for name in plant.reads})
    batch = pa.record_batch(dict(columns))
    rows, key = Rows(first, batch.num_rows), Key(seed).child("truth", "it", first)
    out, changes = plant.change(batch, rows, key, {name: columns[name] for name in plant.reads}, calibration)
    assert out.schema.equals(batch.schema)
    return pa.table(out), changes, calibration


def findings(plant: Changer, table: pa.Table) -> dict[str, Finding]:
    return {finding.name: finding for finding in type(plant).find(plant.question(), table)}


def refused(says: str, plant: str, pilot: Columns | None = None, **settings: Any) -> None:
    """That the settings, or these columns with them, are refused with a sentence."""
    with pytest.raises(SpecError, match=says):  # noqa: PT012 - either of the two may refuse
        made = spoiler(plant, **settings)
        made.calibrate({name: (pilot or {})[name] for name in made.reads} if pilot else {})


def dirty_cells(changes: Sequence[Change]) -> int:
    return sum(len(change.rows) for change in changes)
