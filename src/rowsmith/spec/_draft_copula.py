"""Correlations of a table's numbers on the scale of their normal scores, as `correlate` takes them.

A row's score is the mean of the part of the normal law that its value takes up; where a column depends on a category, of the law
within its level. A coarse column (counts, many zeros) has scores that vary less than 1, which weakens its covariances; divided by
the variances of both, they are those of the normal numbers behind, to the first order (U. Olsson, F. Drasgow and N. Dorans, "The
polyserial correlation coefficient", Psychometrika 47, 1982).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rowsmith.spec._draft_numbers import Floats
from rowsmith.spec._draft_parts import Draft

LEAST = 0.1
"""Correlation that is written at least."""
SURE = 4.0
"""Times its standard error that a correlation must have."""
MOST = 0.99
FEWEST = 30
"""Rows that two columns must share."""
POSITIVE = 0.005
"""Least eigenvalue of the matrix that is written."""
ROUNDS = 200


def scores(values: Floats, groups: NDArray[np.int64] | None = None) -> Floats:
    """Normal scores of numbers, ties sharing the mean of theirs.

    Args:
        values: shape (n,).
        groups: of each number, from -1; scores are within them.

    >>> scores(np.array([1.0, 2.0])).round(2).tolist()
    [-0.8, 0.8]
    """
    out = np.empty(len(values))
    if groups is None:
        return _scores(values)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=groups[order[:1]] - 1))
    for rows in np.split(order, starts[1:]):
        out[rows] = _scores(values[rows])
    return out


def _scores(values: Floats) -> Floats:
    from scipy import special

    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.concatenate([[0], np.cumsum(counts)]) / len(values)
    density = np.exp(-(special.ndtri(ends) ** 2) / 2) / np.sqrt(2 * np.pi)
    means = (density[:-1] - density[1:]) / np.diff(ends)
    return np.asarray(means[place])


def correlations(drafts: Sequence[Draft]) -> dict[tuple[str, str], float]:
    """Pairs of columns, the later one first, to the correlation between them; only those that are clear.

    Args:
        drafts: of the table; those with a law of their own can be correlated.
    """
    chosen = [d for d in drafts if d.law is not None and d.numbers is not None and not d.derived]
    if len(chosen) < 2:
        return {}
    rows = len(chosen[0].present)
    z, there = np.zeros((len(chosen), rows)), np.zeros((len(chosen), rows))
    for i, draft in enumerate(chosen):
        assert draft.numbers is not None
        groups = None if draft.groups is None else draft.groups[draft.present]
        z[i, draft.present] = scores(draft.numbers.values, groups)
        there[i] = draft.present
    n = there @ there.T
    variance = (z**2).sum(axis=1) / there.sum(axis=1)
    variance[variance <= 0] = 1.0
    with np.errstate(all="ignore"):
        r = z @ z.T / n / np.outer(variance, variance)
        sure = np.abs(z @ z.T / n) / np.sqrt(np.outer(variance, variance)) * np.sqrt(n) > SURE
    r = np.where((n >= FEWEST) & sure & (np.abs(r) >= LEAST), np.clip(np.nan_to_num(r), -MOST, MOST), 0.0)
    r = positive(r)
    return {
        (chosen[i].name, chosen[j].name): float(r[i, j]) for i in range(len(chosen)) for j in range(i) if r[i, j] != 0
    }


def positive(r: Floats) -> Floats:
    """The positive definite matrix of correlations nearest to one that may be none, with zeros where it has them, rounded.

    By turns, eigenvalues that are too small are raised and ones and zeros put back: alternating projections (N. Higham, "Computing
    the nearest correlation matrix", IMA Journal of Numerical Analysis 22, 2002, without Dykstra's correction). What rounding to two
    decimals spoils, shrinking mends.

    >>> positive(np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])).round(2)[0].tolist()
    [1.0, 0.49, -0.49]
    """
    kept = r != 0
    out = np.where(kept, r, 0.0)
    np.fill_diagonal(out, 1.0)
    for _ in range(ROUNDS):
        size, vectors = np.linalg.eigh(out)
        if size[0] >= POSITIVE:
            break
        out = (vectors * np.maximum(size, 2 * POSITIVE)) @ vectors.T
        scale = np.sqrt(np.diag(out))
        out = np.where(kept, out / np.outer(scale, scale), 0.0)
        np.fill_diagonal(out, 1.0)
    factor = 1.0
    while True:
        rounded = np.round(out * factor, 2)
        rounded[np.abs(rounded) < LEAST / 2] = 0.0
        np.fill_diagonal(rounded, 1.0)
        if np.linalg.eigvalsh(rounded)[0] >= POSITIVE / 2:
            return rounded
        factor *= 0.99
