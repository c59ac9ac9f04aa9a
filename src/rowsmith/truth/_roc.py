"""The area under the ROC curve, with its standard error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rowsmith.truth._plant import FAR, Finding, Z

Floats = NDArray[np.float64]


def placements(score: Floats, positive: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Share of the others that each row is on the right side of, ties counting a half: for the positive rows and the rest.

    The mean of either is the area. Source: E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44 (1988).

    Args:
        score: shape (n,), finite.
        positive: shape (n,); some are, and some are not.
    """
    high, low = score[positive], score[~positive]
    return _below(high, low), 1 - _below(low, high)


def area(high: Floats, low: Floats) -> tuple[float, float]:
    """The area and its standard error from placements, also those of several folds one after another.

    For folds see E. LeDell, M. Petersen, M. van der Laan, Electron. J. Stat. 9 (2015).
    """
    if min(len(high), len(low)) < 2:
        return float(high.mean()), float("nan")
    # an area of 1 has no variance in the sample; half a pair of rows on the wrong side is what could have been
    least = 0.5 / (len(high) * len(low))
    error = np.sqrt(high.var(ddof=1) / len(high) + low.var(ddof=1) / len(low))
    return float(high.mean()), float(max(error, least))


def area_finding(name: str, value: float, error: float, note: str = "") -> Finding:
    """An area with an interval on the scale of log-odds, which stays between 0 and 1.

    Its error is a fourth of the way to the end of the interval of `FAR` standard errors: near 1 an area is not normal.
    """
    inside = min(max(value, error / FAR), 1 - error / FAR)
    odds, width = np.log(inside / (1 - inside)), error / (inside * (1 - inside))

    def end(errors: float) -> float:
        return float(1 / (1 + np.exp(-(odds + errors * width))))

    reach = max(value - end(-FAR), end(FAR) - value) / FAR
    return Finding(name=name, estimate=value, error=reach, low=end(-Z), high=end(Z), note=note)


def _below(values: Floats, others: Floats) -> Floats:
    ranked = np.sort(others)
    found = np.searchsorted(ranked, values, "left") + np.searchsorted(ranked, values, "right")
    return np.asarray(found / (2 * len(ranked)))
