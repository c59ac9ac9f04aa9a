"""How often an attack succeeds, and how sure that is: intervals that hold for few rows too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._noise import of_auc
from rowsmith.evaluate._stats import Floats, auc, roc

ERROR = 0.05
"""Chance that an interval misses the truth."""


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval.

    Attributes:
        value: what was found.
        low: lower end.
        high: upper end.
    """

    value: float
    low: float
    high: float

    def covers(self, value: float) -> bool:
        """Whether the truth may be this."""
        return self.low <= value <= self.high


def share(hits: int, n: int, error: float = ERROR) -> Estimate:
    """The share of hits among n.

    Source: C. Clopper, E. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial"
    (1934).

    >>> share(0, 100)
    Estimate(value=0.0, low=0.0, high=0.0362...)
    """
    assert 0 <= hits <= n and n > 0, f"{hits} of {n}"
    return Estimate(hits / n, _lower(hits, n, error / 2), _upper(hits, n, error / 2))


@dataclass(frozen=True)
class Gap:
    """Successes on learnt rows against those on unseen ones.

    Attributes:
        hits: successes on learnt rows.
        n: learnt rows that were attacked.
        unseen_hits: successes on unseen rows: what can be guessed without a leak.
        m: unseen rows that were attacked.
    """

    hits: int
    n: int
    unseen_hits: int
    m: int

    @classmethod
    def of(cls, learnt: NDArray[np.bool_], unseen: NDArray[np.bool_]) -> Gap:
        """From the outcome of every row."""
        return cls(int(learnt.sum()), len(learnt), int(unseen.sum()), len(unseen))

    def __add__(self, other: Gap) -> Gap:
        return Gap(self.hits + other.hits, self.n + other.n, self.unseen_hits + other.unseen_hits, self.m + other.m)

    @property
    def learnt(self) -> float:
        """Share of learnt rows on which the attack succeeds."""
        return self.hits / self.n

    @property
    def unseen(self) -> float:
        """Share of unseen rows on which it does."""
        return self.unseen_hits / self.m

    @property
    def precision(self) -> float:
        """Share of successes that are on learnt rows, where as many learnt as unseen rows are attacked.

        >>> Gap(50, 100, 25, 100).precision
        0.6666666666666666
        """
        both = self.learnt + self.unseen
        return self.learnt / both if both else 0.5

    def advantage(self, tests: int = 1) -> Estimate:
        """How much higher the share of successes is on learnt rows.

        Source: R. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
        methods" (1998), method 10.

        Args:
            tests: gaps of which this one is picked out; the interval holds for all of them together (Bonferroni).

        >>> Gap(50, 100, 50, 100).advantage().covers(0)
        True
        >>> Gap(390, 39_000, 0, 9_800).advantage().low > 0.008
        True
        """
        from scipy import special

        z = float(special.ndtri(1 - ERROR / 2 / tests))
        (a, b), (c, d) = _wilson(self.hits, self.n, z), _wilson(self.unseen_hits, self.m, z)
        value = self.learnt - self.unseen
        low = value - float(np.hypot(self.learnt - a, d - self.unseen))
        return Estimate(value, low, value + float(np.hypot(b - self.learnt, self.unseen - c)))


def hit_rate(learnt: Floats, unseen: Floats, false_rate: float) -> Estimate:
    """Share of learnt rows that score above the threshold at which a share of unseen ones do.

    The interval knows that the threshold is estimated too: at a threshold that surely gives no more false alarms than
    asked for, surely so many are hit; and likewise above. It is exact whatever the scores are, if a little wide, and has no lower
    end above 0 where the unseen rows are too few to know the threshold.
    Source: order statistics of a sample (H. David, H. Nagaraja, "Order Statistics" (2003), section 2.1), and Clopper and
    Pearson for the hits; the error is shared out evenly (Bonferroni).

    Args:
        learnt: scores of learnt rows, shape (n,).
        unseen: scores of unseen rows, shape (m,).
        false_rate: share of false alarms.
    """
    from scipy import special

    n, m, error = len(learnt), len(unseen), ERROR / 4
    false, true = roc(np.repeat([1, 0], [n, m]), np.concatenate([learnt, unseen]))
    value = float(np.interp(false_rate, false, true))
    falling = np.sort(unseen)[::-1]
    above = np.arange(m)  # unseen rows that score higher than the threshold
    few = np.flatnonzero(special.betainc(above + 1, m - above, false_rate) >= 1 - error)
    enough = np.flatnonzero(special.betainc(above + 1, m - above, false_rate) <= error)
    low, high = 0.0, 1.0
    if len(few):
        low = _lower(int((learnt > falling[few[-1]]).sum()), n, error)
    if len(enough):
        high = _upper(int((learnt >= falling[enough[0]]).sum()), n, error)
    return Estimate(value, min(low, value), max(high, value))


def area(learnt: Floats, unseen: Floats) -> Estimate:
    """The AUC with which scores tell learnt from unseen rows."""
    n, m = len(learnt), len(unseen)
    value = auc(np.repeat([1, 0], [n, m]), np.concatenate([learnt, unseen]))
    half = of_auc(value, n, m)
    return Estimate(value, max(0.0, value - half), min(1.0, value + half))


def _lower(hits: int, n: int, error: float) -> float:
    from scipy import special

    return 0.0 if hits == 0 else float(special.betaincinv(hits, n - hits + 1, error))


def _upper(hits: int, n: int, error: float) -> float:
    from scipy import special

    return 1.0 if hits == n else float(special.betaincinv(hits + 1, n - hits, 1 - error))


def _wilson(hits: int, n: int, z: float) -> tuple[float, float]:
    """The score interval of a share (E. Wilson 1927)."""
    p, w = hits / n, z * z / n
    middle, half = (p + w / 2) / (1 + w), np.sqrt(p * (1 - p) * w + w * w / 4) / (1 + w)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))
