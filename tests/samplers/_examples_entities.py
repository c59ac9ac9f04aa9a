"""Examples of kinds of columns: entities."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

EXAMPLES: dict[str, list[dict[str, Any]]] = {}
"""Kind to settings to try it with."""

COLUMNS: dict[str, Callable[[int, np.random.Generator], pa.Array]] = {}
"""Columns that the examples read."""
