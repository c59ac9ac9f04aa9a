"""Sex."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._entity import FEW
from rowsmith.samplers._levels import weighted
from rowsmith.samplers._phrases import Words


@dataclass(frozen=True, kw_only=True)
class Sex(ColumnSampler):
    """Sex, for names and other columns to agree with."""

    weights: Mapping[str, float] = field(default_factory=lambda: {"f": 0.5, "m": 0.5})
    """What is written, each with how often it comes, such as {female: 0.5, male: 0.49, other: 0.01}."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", {str(v): w for v, w in weighted(self.weights, "weights").items()})

    @property
    def type(self) -> pa.DataType:
        """Text, each kept once."""
        return FEW

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Independent draws."""
        words = Words.of(self.weights)
        return pa.DictionaryArray.from_arrays(pa.array(words.codes(rows.n, key.generator())), words.values)
