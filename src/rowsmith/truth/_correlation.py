"""The correlation of two columns, with a standard error that needs no law of either."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rowsmith.truth._plant import Finding, Z

Floats = NDArray[np.float64]


def correlation(x: Floats, y: Floats) -> tuple[float, float]:
    """The correlation and its standard error, by its influence function.

    Source: S. J. Devlin, R. Gnanadesikan, J. R. Kettenring, Biometrika 62 (1975).

    Args:
        x: shape (n,), finite, not all the same.
        y: as x.
    """
    a, b = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    r = float(np.mean(a * b))
    influence = a * b - r * (a**2 + b**2) / 2
    return r, float(influence.std() / np.sqrt(len(a)))


def correlation_finding(name: str, r: float, error: float, note: str = "") -> Finding:
    """A correlation with an interval on the scale of R. A. Fisher (1921), on which it is nearly normal."""
    inside = min(max(r, -1 + 1e-12), 1 - 1e-12)
    center, width = np.arctanh(inside), Z * error / (1 - inside**2)
    low, high = (float(np.tanh(center + side * width)) for side in (-1, 1))
    return Finding(name=name, estimate=r, error=error, low=low, high=high, note=note)


def residual(y: Floats, x: Floats) -> Floats:
    """What is left of y when it is regressed on x; both of shape (n,)."""
    centered = x - x.mean()
    rest = y - y.mean()
    return np.asarray(rest - centered * (centered @ rest) / (centered @ centered))
