"""A few values that the rows of a column choose from, and how likely each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MOST_CHOICES = 2**22
"""Values that are still a few."""


@dataclass(frozen=True)
class Choices:
    """Values of a column and how likely each is.

    Attributes:
        values: all different, none null; at most `MOST_CHOICES`.
        weights: in any unit, each greater than 0, shape (values,).
    """

    values: pa.Array
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, values: pa.Array, weights: NDArray[np.float64] | None = None) -> Choices | None:
        """Those of some values that have a weight, if these are few enough; without weights, all weigh the same."""
        if weights is not None:
            values, weights = values.filter(pa.array(weights > 0)), weights[weights > 0]
        if not 0 < len(values) <= MOST_CHOICES or values.null_count:
            return None
        return cls(values, np.ones(len(values)) if weights is None else weights)
