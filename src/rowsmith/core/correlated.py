"""What is known of a table as a matrix of correlations."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class Correlated(Protocol):
    """A fitted learner whose correlations can be read."""

    def correlations(self) -> NDArray[np.float64]:
        """Of each two columns, on the scale of normal scores, shape (columns, columns)."""
        ...
