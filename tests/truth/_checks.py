"""What tests of single structures share."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build
from rowsmith.truth._plant import PLANTS, Finding, Maker


def ready(plant: str, settings: Mapping[str, Any], difficulty: float = 0.0) -> Maker:
    found = build(PLANTS.load(plant), settings, "truth.it").at(difficulty)
    assert isinstance(found, Maker)
    return found


def refused(says: str, plant: str, settings: Mapping[str, Any], pilot: Mapping[str, pa.Array] | None = None) -> None:
    """That the settings, or these columns with them, are refused with a sentence."""
    with pytest.raises(SpecError, match=says):
        _planted(plant, settings, pilot)


def _planted(plant: str, settings: Mapping[str, Any], pilot: Mapping[str, pa.Array] | None) -> None:
    made = ready(plant, settings)
    if pilot is not None:
        made.calibrate(pilot)


def table_of(plant: Maker, columns: Mapping[str, pa.Array], seed: int = 1) -> tuple[pa.Table, Mapping[str, Any]]:
    """The columns and those that are made, and the calibration on the columns themselves."""
    calibration = plant.calibrate({name: columns[name] for name in plant.reads})
    n = len(next(iter(columns.values())))
    batch = plant.sample(Rows(0, n), Key(seed).child("truth", "it", "chunk"), columns, calibration)
    return pa.table({**columns, **dict(zip(batch.schema.names, batch.columns, strict=True))}), calibration


def findings(plant: Maker, table: pa.Table) -> dict[str, Finding]:
    return {finding.name: finding for finding in type(plant).find(plant.question(), table)}


def normals(n: int, *names: str, seed: int = 0) -> dict[str, pa.Array]:
    rng = np.random.default_rng(seed)
    return {name: pa.array(rng.standard_normal(n)) for name in names}
