"""Where along a column the rows become of another kind, with an interval that is true at any rate of noise.

Such a place is not normal around its estimate: its error shrinks with the number of rows, not with the root of it. Given how
likely each row is on either side, the posterior with an even prior is used: in the limit the problem is one of location, in
which such intervals cover at their level and the posterior mean is the best estimate.

Sources: E. J. G. Pitman, Biometrika 30 (1939); I. A. Ibragimov and R. Z. Has'minskii, "Statistical Estimation" (1981),
chapter VI, for jumps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.truth._plant import FAR, Finding

TAIL = 1 / 32_000
"""What is left on each side beyond `FAR` standard errors of a normal estimate."""


@dataclass(frozen=True)
class Threshold:
    """A place on a column.

    Attributes:
        estimate: of it.
        error: a fourth of the way to where all but one in 16,000 posteriors end, as of a normal estimate.
        low: end of the 95 % interval.
        high: its other end.
    """

    estimate: float
    error: float
    low: float
    high: float

    def finding(self, name: str, note: str) -> Finding:
        """The same as a finding."""
        return Finding(name=name, estimate=self.estimate, error=self.error, low=self.low, high=self.high, note=note)


def threshold(x: NDArray[np.float64], gain: NDArray[np.float64]) -> Threshold:
    """The place from which on rows are of the upper kind.

    Where values go by steps, as whole numbers or days do, any place between two of them is as good: the interval ends at
    values, and the estimate is the first value of the upper kind.

    Args:
        x: where each row is, shape (n,), finite, not all the same.
        gain: log of how much likelier each row is above the place than below, shape (n,).
    """
    order = np.argsort(x, kind="stable")
    x, gain = x[order], gain[order]
    ends = np.flatnonzero(np.diff(x) > 0)
    assert len(ends)
    evidence = -np.cumsum(gain)[ends]  # of a place after these rows, up to a number that is the same for all
    edges = np.append(x[ends], x[ends[-1] + 1])
    return posterior(edges, evidence, in_steps(edges, len(x)))[0]


def posterior(
    edges: NDArray[np.float64], evidence: NDArray[np.float64], steps: bool
) -> tuple[Threshold, NDArray[np.float64]]:
    """The place, given how likely each is, and the probability that it lies between two edges, shape (n,).

    Args:
        edges: between which places lie, ascending, shape (n + 1,).
        evidence: log-likelihood of a place between two of them, up to a number that is the same for all, shape (n,).
        steps: whether the place can only be at an edge, as a day is.
    """
    mass = np.exp(evidence - evidence.max()) * np.diff(edges)
    mass /= mass.sum()
    reached = np.concatenate([[0.0], np.cumsum(mass)])

    def at(share: float, up: bool) -> float:
        place = float(np.interp(share, reached, edges))
        if not steps:
            return place
        side = int(np.searchsorted(edges, place, "left" if up else "right")) - (not up)
        return float(edges[min(max(side, 0), len(edges) - 1)])

    mean = float(mass @ (edges[:-1] + edges[1:]) / 2)
    estimate = float(edges[np.searchsorted(edges, mean, "left")]) if steps else mean
    error = max(estimate - at(TAIL, False), at(1 - TAIL, True) - estimate) / FAR
    return Threshold(estimate, error, at(0.025, False), at(0.975, True)), mass


def in_steps(values: NDArray[np.float64], n: int) -> bool:
    """Whether different values, in ascending order, are steps: many rows share one, or gaps are of a few sizes."""
    gaps = np.diff(values)
    sizes = len(np.unique(np.round(gaps / np.median(gaps), 6)))
    return len(values) < n / 2 or sizes <= max(10, len(gaps) / 20)
