"""Examples of kinds of columns: numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "normal": [{}, {"mean": 46, "sd": 15, "min": 18, "max": 99}],
    "poisson": [{"mean": 2}, {"mean": 2, "min": 1}],
}
"""Kind to settings to try it with."""

COLUMNS: dict[str, Callable[[int, np.random.Generator], pa.Array]] = {}
"""Columns that the examples read."""
