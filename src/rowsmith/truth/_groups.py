"""Groups found in rows of numbers: how many there are, how large, and where, with errors.

A mixture of normal groups of one shape, as linear discriminant analysis has them, is fitted by EM from the groups of
k-means; with one shape the quadratic terms are the same in all groups, so a step is two products of matrices.

Sources: A. P. Dempster, N. M. Laird, D. B. Rubin, JRSS B 39 (1977), for EM; G. Schwarz, Annals of Statistics 6 (1978), for the
number; G. McLachlan and D. Peel, "Finite Mixture Models" (2000), sections 2.15 and 2.16, for errors from the rows' scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.core.rng import Key
from rowsmith.truth._plant import Finding, normal

Floats = NDArray[np.float64]
MOST = 20
TO_CHOOSE, TO_FIT = 5_000, 100_000
"""Rows of a longer table that the number of groups is chosen by, and that groups are fitted to."""
WORSE = 2
"""After so many numbers of groups that are no better, no greater one is tried."""
STARTS, STEPS = 4, 15
"""Of k-means, which only gives EM a start."""


@dataclass(frozen=True)
class _Mixture:
    """Normal groups of one shape.

    Attributes:
        shares: of the groups, shape (k,).
        means: their centres, shape (k, columns).
        shape: covariance within each, shape (columns, columns).
        likelihood: log-likelihood of the rows that it was fitted to.
    """

    shares: Floats
    means: Floats
    shape: Floats
    likelihood: float

    def criterion(self, n: int) -> float:
        """Schwarz's: the less, the better."""
        k, d = self.means.shape
        return float(-2 * self.likelihood + (k - 1 + k * d + d * (d + 1) / 2) * np.log(n))


def groups(columns: Sequence[str], rows: Floats) -> list[Finding]:
    """The number of groups, and for each, by its centre in the first column from the lowest, share and centre.

    Args:
        columns: their names.
        rows: shape (n, columns), nan where there is none.

    Raises:
        DataError: there are too few rows.
    """
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < 50 or (rows.std(axis=0) == 0).any():
        raise DataError(
            f"{', '.join(columns)}: expected 50 rows or more with numbers in all of them, not all the same."
        )
    center, scale = rows.mean(axis=0), rows.std(axis=0)
    z = (rows - center) / scale
    z = _thinned(z, TO_FIT)
    mixture = _fitted(z, _expected(z, _chosen(_thinned(z, TO_CHOOSE)))[0], 1e-7, 2000)
    order = np.argsort(mixture.means[:, 0])
    mixture = _Mixture(mixture.shares[order], mixture.means[order], mixture.shape, mixture.likelihood)
    errors = _errors(mixture, z)
    k = len(mixture.shares)
    found = [Finding(name="k", estimate=float(k), note="mixture of normal groups of one shape, by BIC")]
    for i in range(k):
        found.append(normal(f"share of group {i + 1}", mixture.shares[i], errors[0][i], least=0, most=1))
        for j, name in enumerate(columns):
            at, error = center[j] + scale[j] * mixture.means[i, j], scale[j] * errors[1][i, j]
            found.append(normal(f"{name} of group {i + 1}", at, error))
    return found


def _thinned(rows: Floats, most: int) -> Floats:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _chosen(z: Floats) -> _Mixture:
    best, worse = _fitted(z, np.ones((len(z), 1)), 0.02, 1), 0
    for k in range(2, MOST + 1):
        mixture = _fitted(z, _k_means(z, k), 0.02, 300)
        if mixture.criterion(len(z)) < best.criterion(len(z)):
            best, worse = mixture, 0
        else:
            worse += 1
        if worse == WORSE:
            break
    return best


def _k_means(z: Floats, k: int) -> Floats:
    """The best of some starts, as 1 for the group of a row and 0 for others, shape (n, k).

    Written out, as scikit-learn's spends more on threads than on so few rows. Sources: S. P. Lloyd, IEEE Trans. Inf. Theory
    28 (1982); D. Arthur and S. Vassilvitskii, SODA 2007, for the start.
    """
    rng = Key(0).child("k-means", k).generator()
    square = (z**2).sum(axis=1)
    best, least = np.empty((0, 0)), np.inf
    for _ in range(STARTS):
        points = z[[rng.integers(len(z))]]
        while len(points) < k:
            far = (square[:, None] - 2 * z @ points.T + (points**2).sum(axis=1)).min(axis=1).clip(1e-12)
            points = np.vstack([points, z[rng.choice(len(z), p=far / far.sum())]])
        for _ in range(STEPS):
            near = (z @ points.T - (points**2).sum(axis=1) / 2).argmax(axis=1)
            member = np.eye(k)[near]
            size = member.sum(axis=0)[:, None]
            points = np.where(size > 0, member.T @ z / size.clip(1), points)
        lost = float(((z - points[near]) ** 2).sum())
        if lost < least:
            best, least = member, lost
    return best


def _fitted(z: Floats, member: Floats, gain: float, most: int) -> _Mixture:
    """EM until a step gains less log-likelihood than is worth it.

    Args:
        z: the rows, shape (n, columns).
        member: how far each row belongs to each group at the start, shape (n, k).
        gain: that a step must have.
        most: steps.
    """
    whole = z.T @ z / len(z)
    mixture = _maximised(z, member, whole, -np.inf)
    for _ in range(most):
        member, likelihood = _expected(z, mixture)
        better = likelihood - mixture.likelihood
        mixture = _maximised(z, member, whole, likelihood)
        if better < gain:
            break
    return mixture


def _maximised(z: Floats, member: Floats, whole: Floats, likelihood: float) -> _Mixture:
    size = member.sum(axis=0).clip(1e-9)
    means = (member.T @ z) / size[:, None]
    shape = whole - (means.T * (size / len(z))) @ means
    # a whisker of width, so that groups of equal rows keep a density
    return _Mixture(size / len(z), means, shape + 1e-9 * np.eye(len(shape)), likelihood)


def _expected(z: Floats, mixture: _Mixture) -> tuple[Floats, float]:
    """How far each row belongs to each group, shape (n, k), and the log-likelihood."""
    precision = np.linalg.inv(mixture.shape)
    pull = mixture.means @ precision
    height = z @ pull.T + (np.log(mixture.shares) - (pull * mixture.means).sum(axis=1) / 2)
    top = height.max(axis=1)
    member = np.exp(height - top[:, None])
    total = member.sum(axis=1)
    log_volume = np.linalg.slogdet(2 * np.pi * mixture.shape)[1]
    same = ((z @ precision) * z).sum() / 2 + len(z) * log_volume / 2
    return member / total[:, None], float(np.log(total).sum() + top.sum() - same)


def _errors(mixture: _Mixture, z: Floats) -> tuple[Floats, Floats]:
    """Standard errors of shares, shape (k,), and of centres, shape (k, columns)."""
    k, d = mixture.means.shape
    member = _expected(z, mixture)[0]
    apart = z[:, None, :] - mixture.means[None]
    pulled = apart @ np.linalg.inv(mixture.shape)
    share = mixture.shares
    scores = [member[:, c] / share[c] - member[:, -1] / share[-1] for c in range(k - 1)]
    scores += [member[:, c] * pulled[:, c, j] for c in range(k) for j in range(d)]
    for a in range(d):
        for b in range(a + 1):  # of the inverse of the shape; a factor of a score changes no error of another
            scores.append(mixture.shape[a, b] - (member * apart[:, :, a] * apart[:, :, b]).sum(axis=1))
    s = np.column_stack(scores)
    spread = np.linalg.pinv(s.T @ s, hermitian=True)
    left = spread[: k - 1, : k - 1].sum()  # the last share is what the others leave
    of_shares = np.append(np.diag(spread)[: k - 1], left)
    of_means = np.diag(spread)[k - 1 : k - 1 + k * d].reshape(k, d)
    return np.sqrt(of_shares.clip(0)), np.sqrt(of_means.clip(0))
