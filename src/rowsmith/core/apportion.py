"""Whole amounts dealt out in proportion to weights, exact to the last unit: to a few shares, or to many rows.

Every share is its quota rounded down or up, so a share is never more than a unit away from its quota, and where no quota
is greater than its weight no share is.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Wholes = NDArray[np.int64]

LIMB = 21
"""Bits that are added up at a time: 2 ** 32 such parts still have an exact sum in double precision."""


def largest_remainder(weights: Sequence[int | Fraction], total: int) -> list[int]:
    """Shares of a total, quotas rounded so that their sum is right (Hare's quota, largest remainders).

    Args:
        weights: at least 0 each, not all 0 unless the total is.
        total: what is dealt out, negative too.

    Returns:
        One share a weight. Of equal remainders the earlier ones are rounded up.

    >>> largest_remainder([1, 1, 1], 100)
    [34, 33, 33]
    """
    if total < 0:
        return [-share for share in largest_remainder(weights, -total)]
    if total == 0:
        return [0] * len(weights)
    whole = sum(weights)
    assert whole > 0, "something is dealt out to nobody"
    shares = [int(total * weight // whole) for weight in weights]
    rests = [total * weight - share * whole for weight, share in zip(weights, shares, strict=True)]
    for place in sorted(range(len(rests)), key=lambda i: -rests[i])[: total - sum(shares)]:
        shares[place] += 1
    return shares


def fair(weights: Wholes, group: Wholes, totals: Sequence[int], rng: np.random.Generator) -> Wholes:
    """Shares of a total for the rows of each group: each quota is rounded up with its remainder for a chance.

    The sum is right nevertheless. Unlike with the largest remainders, all rows of the same quota have the same chance, and a
    mean keeps its value: which matters where quotas are small (1.2 children each). It is systematic sampling in random
    order (W. G. Madow, "On the theory of systematic sampling, II", Ann. Math. Statist. 20, 1949).

    Args:
        weights: at least 0 each, not all 0 in a group unless its total is, shape (n,).
        group: number of each row's group, from 0; rows of -1 get nothing, shape (n,).
        totals: what is dealt out in each group, at least 0, shape (groups,).
        rng: decides which quotas are rounded up.

    Returns:
        Shape (n,).

    >>> fair(np.array([3, 3, 3]), np.array([0, 1, 0]), [10, 2], np.random.default_rng(0)).tolist()
    [5, 2, 5]
    """
    order = rng.permutation(np.flatnonzero(group >= 0))
    order = order[np.argsort(group[order], kind="stable")]
    found, first = np.unique(group[order], return_index=True)
    place = np.repeat(np.arange(len(found)), np.diff(first, append=len(order)))
    parts = [totals[number] for number in found.tolist()]
    whole = sums(weights[order], place, len(found))
    assert all(w > 0 or not part for w, part in zip(whole, parts, strict=True)), "something is dealt out to nobody"
    most = max((int(weights.max(initial=0)) * max(parts, default=0), len(order) * max(whole, default=0)))
    kind = np.int64 if most < 2**62 else object  # Python's own whole numbers have no end
    per = np.array([max(w, 1) for w in whole], dtype=kind)[place]
    exact = weights[order].astype(kind) * np.array(parts, dtype=kind)[place]
    # A row's remainder, laid end to end with those before it in its group, crosses a multiple of the whole: or it does not.
    ends = np.cumsum(exact % per)
    starts = ends - exact % per
    begin = starts[first][place] - (rng.random(len(found)) * np.array(whole, dtype=float)).astype(np.int64)[place]
    shares = np.zeros(len(weights), dtype=np.int64)
    shares[order] = (exact // per + (ends - begin) // per - (starts - begin) // per).astype(np.int64)
    return shares


def sums(values: Wholes, group: Wholes, n_groups: int) -> list[int]:
    """The exact sum of each group, however great.

    Args:
        values: shape (n,).
        group: number of each value's group, from 0, shape (n,).
        n_groups: how many groups there are.

    >>> sums(np.array([2**62, 2**62, -1]), np.array([1, 1, 0]), 2)
    [-1, 9223372036854775808]
    """
    mask = (1 << LIMB) - 1
    limbs = (values & mask, (values >> LIMB) & mask, values >> (2 * LIMB))
    parts = [np.bincount(group, weights=limb, minlength=n_groups).tolist() for limb in limbs]
    return [sum(int(part) << (LIMB * place) for place, part in enumerate(each)) for each in zip(*parts, strict=True)]
