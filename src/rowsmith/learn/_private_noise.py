"""The noise of a private fit: whole numbers only, drawn exactly, from the system's entropy and never from a seed.

OpenDP samples the discrete Gaussian and the noisy maximum without floating-point error, which is what simple code leaks
by (I. Mironov, "On significance of the least significant bits for differential privacy", 2012).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError

Whole = NDArray[np.int64]
_UP = 1 + 2.0**-40
"""A scale is rounded up by this, so that no rounding makes it cost more than was meant."""


class Noise(ABC):
    """Where noise comes from. Both kinds cost ρ = reach² / (2 scale²)."""

    @abstractmethod
    def gaussian(self, counts: Whole, scale: float, reach: int) -> tuple[Whole, float]:
        """Counts with discrete Gaussian noise.

        Args:
            counts: any shape.
            scale: of the noise.
            reach: Euclidean distance by which one person can move them, at most.

        Returns:
            The noisy counts, and ρ.
        """

    @abstractmethod
    def greatest(self, scores: Whole, scale: float, reach: int) -> tuple[int, float]:
        """The place of the greatest score, each with Gumbel noise: the exponential mechanism.

        Args:
            scores: shape (n,).
            scale: of the noise.
            reach: distance by which one person can move any of them, at most.

        Returns:
            The place, and ρ.
        """

    @abstractmethod
    def places(self, n: int) -> NDArray[np.float64]:
        """Numbers from 0 to 1, by which some rows of a person are chosen, shape (n,)."""


class Exact(Noise):
    """Noise of OpenDP."""

    def __init__(self) -> None:
        try:
            import opendp.measurements as measurements
            from opendp.domains import atom_domain, vector_domain
            from opendp.measures import zero_concentrated_divergence
            from opendp.metrics import l2_distance, linf_distance
            from opendp.mod import enable_features
        except ImportError:
            raise SpecError(
                "learner private: needs OpenDP for its noise; install it with `pip install 'rowsmith[private]'`."
            ) from None
        enable_features("contrib")
        self._gaussian: Any = measurements.make_gaussian
        self._max: Any = measurements.make_noisy_max
        self._domain, self._measure = vector_domain(atom_domain(T="i64")), zero_concentrated_divergence()
        self._l2, self._linf = l2_distance(T="i64"), linf_distance(T="i64")

    def gaussian(self, counts: Whole, scale: float, reach: int) -> tuple[Whole, float]:
        """Counts with discrete Gaussian noise."""
        made = self._gaussian(self._domain, self._l2, scale=scale)
        noisy = np.array(made(counts.ravel().tolist()), dtype=np.int64).reshape(counts.shape)
        return noisy, float(made.map(reach))

    def greatest(self, scores: Whole, scale: float, reach: int) -> tuple[int, float]:
        """The place of the greatest noisy score."""
        made = self._max(self._domain, self._linf, self._measure, scale=scale)
        return int(made(scores.tolist())), float(made.map(reach))

    def places(self, n: int) -> NDArray[np.float64]:
        """Numbers from the system's entropy."""
        return np.random.default_rng().random(n)


door: ContextVar[Noise | None] = ContextVar("door", default=None)
"""Where tests put noise that can be repeated. Nothing else does."""


def noise() -> Noise:
    """The source of noise.

    Raises:
        SpecError: OpenDP is not installed.
    """
    return door.get() or Exact()


def scale_of(rho: float, reach: int) -> float:
    """The scale of noise that costs ρ."""
    return reach / math.sqrt(2 * rho) * _UP


def rho_of_scale(scale: float, reach: int) -> float:
    """ρ that noise of a scale costs, about: the inverse of `scale_of`."""
    return (reach / scale) ** 2 / 2
