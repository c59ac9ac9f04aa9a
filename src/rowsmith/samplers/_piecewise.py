"""Laws whose distribution function is made of straight lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class PiecewiseLinear:
    """A `Law` that is uniform in each of some cells.

    Args:
        knots: ends of the cells, never falling, shape (cells + 1,). A cell without width is a lump.
        masses: at least 0 each, not all 0, shape (cells,); shares after division by their sum.
    """

    def __init__(self, knots: Floats, masses: Floats) -> None:
        self.knots = knots
        self.mass = masses / masses.sum()
        self.head = np.append(0.0, np.cumsum(self.mass))
        self.tail = np.append(np.cumsum(self.mass[::-1])[::-1], 0.0)
        filled = np.flatnonzero(masses)
        self.head[filled[-1] + 1 :] = 1.0  # whatever the sums round to
        self.tail[: filled[0] + 1] = 1.0

    def cdf(self, x: Any, /) -> Any:
        """Probability of at most x."""
        cell, part = self._cell(x)
        return np.minimum(self.head[cell] + part * self.mass[cell], 1)

    def sf(self, x: Any, /) -> Any:
        """Probability of more than x."""
        cell, part = self._cell(x)
        return np.minimum(self.tail[cell + 1] + (1 - part) * self.mass[cell], 1)

    def ppf(self, q: Any, /) -> Any:
        """The least x with cdf(x) >= q."""
        cell = np.clip(np.searchsorted(self.head, q) - 1, 0, len(self.mass) - 1)
        return self._inside(cell, q - self.head[cell])

    def isf(self, q: Any, /) -> Any:
        """The least x with sf(x) <= q."""
        cell = np.clip(np.searchsorted(-self.tail, -np.asarray(q)) - 1, 0, len(self.mass) - 1)
        return self._inside(cell, self.tail[cell] - q)

    def _cell(self, x: Any) -> tuple[NDArray[np.intp], Floats]:
        cell = np.clip(np.searchsorted(self.knots, x, side="right") - 1, 0, len(self.mass) - 1)
        start, end = self.knots[cell], self.knots[cell + 1]
        part = (x - start) / np.where(end > start, end - start, 1)
        return cell, np.where(x >= self.knots[-1], 1.0, np.clip(part, 0, 1))

    def _inside(self, cell: NDArray[np.intp], share: Floats) -> Floats:
        start, mass = self.knots[cell], self.mass[cell]
        part = np.clip(share / np.where(mass > 0, mass, 1), 0, 1)
        found: Floats = start + part * (self.knots[cell + 1] - start)
        return found
