"""Ordered classes as modes of a density and a place in the mode: what `gan` calls mode-specific normalisation.

Source: L. Xu et al., "Modeling tabular data using conditional GAN" (2019), section 4.2; there of the values, here of the
normal scores of classes, since a learner sees no values. An atom, such as a zero or a null that many rows share, gets a
narrow mode of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.learn._nets import Alphabet

Array = NDArray[np.float64]

MOST = 10
"""Modes at most."""
NOISE = 128
"""Random numbers of a row from which the generator makes it."""
SPAN = 4.0
"""A place in a mode is so many standard deviations at 1."""
NARROWEST = 0.05
"""Standard deviation of a mode at least."""
_RAREST = 0.005
"""Share of a mode at least."""
_ROUNDS = 100


def normal_scores(shares: Array) -> Array:
    """Normal quantile of each class's middle rank, with mean 0 and variance 1 over the rows.

    >>> normal_scores(np.array([0.5, 0.5])).round(3).tolist()
    [-1.0, 1.0]
    """
    from scipy.special import ndtri

    score = ndtri(np.clip(np.cumsum(shares) - shares / 2, 1e-6, 1 - 1e-6))
    score -= shares @ score
    return np.asarray(score / np.sqrt(shares @ score**2 + 1e-12))


@dataclass(frozen=True)
class Modes:
    """A mixture of normal densities of the scores of c classes.

    Attributes:
        center: of each mode, shape (modes,).
        width: standard deviation of each, shape (modes,).
        of: how likely a class is of each mode, shape (c, modes).
    """

    center: Array
    width: Array
    of: Array

    @classmethod
    def fit(cls, shares: Array, scores: Array) -> Self:
        """By expectation-maximisation over the classes, each as heavy as its share."""
        begin = np.searchsorted(np.cumsum(shares), (np.arange(MOST) + 0.5) / MOST)
        center = np.unique(scores[np.minimum(begin, len(scores) - 1)])
        width, weight = np.full(len(center), 0.3), np.full(len(center), 1 / len(center))
        for _ in range(_ROUNDS):
            of = _likely(scores, center, width, weight)
            weight = shares @ of
            kept = weight > _RAREST
            of, weight = of[:, kept], weight[kept]
            of /= np.maximum(of.sum(axis=1, keepdims=True), 1e-300)
            weight = np.maximum(shares @ of, 1e-12)
            center = (shares * scores) @ of / weight
            spread = shares[:, None] * of * (scores[:, None] - center) ** 2
            width = np.maximum(np.sqrt(spread.sum(axis=0) / weight), NARROWEST)
        return cls(center, width, _likely(scores, center, width, weight))


def states_of(alphabet: Alphabet, modes: Modes | None) -> int:
    """How many states a column has: its modes or, without an order, its classes."""
    return alphabet.size if modes is None else len(modes.center)


def _likely(scores: Array, center: Array, width: Array, weight: Array) -> Array:
    logs = np.log(weight / width) - 0.5 * ((scores[:, None] - center) / width) ** 2
    law = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(law / law.sum(axis=1, keepdims=True))
