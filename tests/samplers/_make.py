"""Shorthand for tests: a column made from settings."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from rowsmith.core.protocols import SAMPLERS, ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build

LEVEL = 1e-4
"""Statistical tests fail below this p-value; seeds are fixed, so a failure is not chance."""
N = 40_000
"""Rows of a statistical test."""


def sampler(kind: str, **settings: Any) -> ColumnSampler:
    return build(SAMPLERS.load(kind), settings, kind)


def make(kind: str, n: int, seed: int = 0, given: Mapping[str, pa.Array] | None = None, /, **settings: Any) -> pa.Array:
    return sampler(kind, **settings).sample(Rows(0, n), Key(seed), given or {})


def draw(
    kind: str, n: int = 200, seed: int = 5, given: Mapping[str, pa.Array] | None = None, first: int = 0, **settings: Any
) -> pa.Array:
    return sampler(kind, **settings).sample(Rows(first, n), Key(seed), given or {})
