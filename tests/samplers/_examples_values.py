"""Examples of kinds of columns: values."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "id": [{}, {"start": 100, "step": 7}, {"format": "ORD-{:08d}"}, {"shuffled": 1000, "format": "C{}"}],
}
"""Kind to settings to try it with."""

COLUMNS: dict[str, Callable[[int, np.random.Generator], pa.Array]] = {}
"""Columns that the examples read."""
