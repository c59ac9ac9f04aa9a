"""Noise on the classes of columns, and the network that sees through it: what diffusion needs beside training.

A class without order is hidden behind a mask. An ordered one is told through a Gaussian channel: its score, the normal
quantile of its middle rank, plus noise of a precision that grows from 0 (nothing is told) until the class is certain. What
was told so far is worth `tilt * score - precision * score² / 2` to the log-likelihood of each class, so the network's
input is what a column's own evidence makes of its shares, and its own evidence is added to what the network says of it:
the network itself has but to learn what the other columns tell. That is exact for a class, an atom or a null as for a
number, and one network serves every mixture of noise, masks and known columns.

Sources: A. Kotelnikov et al., "TabDDPM" (2023), and J. Shi et al., "TabDiff" (2025), for Gaussian noise on numbers and
masks on categories with schedules of their own; S. Dieleman et al., "Continuous diffusion for categorical data" (2022), for
a network that says how likely each class is; A. Graves et al., "Bayesian flow networks" (2023), for evidence that adds up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import ModelFileError
from rowsmith.learn._modes import normal_scores
from rowsmith.learn._nets import Alphabet, Floats, Index

TIMES = 32
"""Steps of the table from time to precision."""
BOUND = 20.0
"""How far a network may move the log-odds of a class."""
_GRID = np.exp(np.linspace(np.log(1e-3), np.log(1e5), 33))
"""Precisions at which it is measured how much a channel leaves unknown."""
_NODES = 9
"""Values of the noise by which the mean over it is taken (Gauss-Hermite)."""


@dataclass(frozen=True)
class Channels:
    """How noise hides the classes of d columns, those of one after those of the other: c classes in all.

    Attributes:
        ordered: whether a column's classes are told through a Gaussian channel, shape (d,).
        starts: place of each column's first class, and c, shape (d + 1,).
        shares: of each class in its column, shape (c,).
        scores: of each class of an ordered column, with mean 0 and variance 1 over its rows, shape (c,).
        precisions: of the noise on an ordered column at even times from 0 (the class is certain) to 1 (nothing is told),
            falling, shape (d, TIMES + 1). In equal times it takes away equal parts of what the column's own channel tells.
    """

    ordered: NDArray[np.bool_]
    starts: Index
    shares: Floats
    scores: Floats
    precisions: Floats

    @classmethod
    def of(cls, alphabets: Sequence[Alphabet], precisions: NDArray[Any] | None = None) -> Self:
        """Of the columns' classes.

        Args:
            alphabets: the classes.
            precisions: as they were found before; to be found, if left out.

        Raises:
            ModelFileError: those are not of these columns.
        """
        shares = [a.shares for a in alphabets]
        scores = [normal_scores(s) if a.ordered else np.zeros(a.size) for a, s in zip(alphabets, shares, strict=True)]
        found = precisions
        if found is None:
            found = np.array(
                [
                    _precisions(s, z) if a.ordered else np.zeros(TIMES + 1)
                    for a, s, z in zip(alphabets, shares, scores, strict=True)
                ]
            ).reshape(-1, TIMES + 1)
        right = found.shape == (len(alphabets), TIMES + 1) and np.isfinite(found).all() and (found >= 0).all()
        if not right or (np.diff(found) > 0).any():
            raise ModelFileError("the table of the network's noise is damaged.")
        return cls(
            np.array([a.ordered for a in alphabets], dtype=bool),
            np.cumsum([0, *(a.size for a in alphabets)]),
            np.concatenate([np.zeros(0), *shares]).astype(np.float32),
            np.concatenate([np.zeros(0), *scores]).astype(np.float32),
            found.astype(np.float32),
        )

    @cached_property
    def logs(self) -> Floats:
        """Log-share of each class, shape (c,)."""
        return np.asarray(np.maximum(np.log(self.shares), np.float32(-BOUND)))

    @property
    def d(self) -> int:
        """How many columns."""
        return len(self.ordered)

    def of_column(self, j: int) -> slice:
        """Places of a column's classes."""
        return slice(int(self.starts[j]), int(self.starts[j + 1]))

    def precision(self, j: int, time: float) -> float:
        """Of the noise on an ordered column at a time."""
        return float(np.interp(time * TIMES, np.arange(TIMES + 1), self.precisions[j]))


def _precisions(shares: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Precision at even times, so that the entropy of a class given what is told grows evenly with time."""
    noise, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    left = np.array([_left(shares, scores, noise, weights / weights.sum(), p) for p in _GRID])
    left = np.minimum.accumulate(left) - 1e-9 * np.arange(len(_GRID))  # falling, for the inverse
    wanted = np.linspace(0, 1, TIMES + 1) * -(shares @ np.log(shares))
    found = np.exp(np.interp(wanted, left[::-1], np.log(_GRID[::-1])))
    found[-1] = 0.0
    return np.minimum.accumulate(found)


def _left(
    shares: NDArray[np.float64], scores: NDArray[np.float64], noise: Any, weights: Any, precision: float
) -> float:
    """Mean entropy, in nats, of a class given its score with noise of a precision."""
    told = scores[:, None] + noise / np.sqrt(precision)
    logs = np.log(shares) - 0.5 * precision * (told[..., None] - scores) ** 2
    top = logs.max(axis=2, keepdims=True)
    own = np.take_along_axis(logs, np.arange(len(shares))[:, None, None], axis=2)[..., 0]
    surprise = np.log(np.exp(logs - top).sum(axis=2)) + top[..., 0] - own
    return float(shares @ (surprise @ weights))
