"""Examples of kinds of columns: those that hand on or compute what is there."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "formula": [{"sql": "amount * 2"}, {"sql": "customers.amount + amount"}],
    "parent": [{"column": "customers.amount"}],
    "position": [{}, {"start": 0}],
}
"""Kind to settings to try it with."""

COLUMNS: dict[str, Callable[[int, np.random.Generator], pa.Array]] = {
    "amount": lambda n, rng: pa.array(rng.integers(0, 100, n)),
    "customers.amount": lambda n, rng: pa.array(rng.integers(0, 100, n)),
    "#position": lambda n, rng: pa.array(np.arange(n) % 3),
}
"""Columns that the examples read."""

BY_ENGINE = {"reference", "tree"}
"""Kinds that need the rows of other tables; `tests/engine` tries them."""
