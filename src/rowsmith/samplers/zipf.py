"""Zipf's law for a finite number of ranks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._forms import whole
from rowsmith.samplers._guide import GuideTable
from rowsmith.samplers._laws import Law

HEAD = 4096
"""Ranks whose probabilities are added up one by one; a table of them stays in the fastest cache."""
SHORT_HEAD = 16
"""The same where exponents differ from row to row."""


@dataclass(frozen=True, kw_only=True)
class Zipf(Distribution):
    """Ranks from 1 to n, the k-th in proportion to 1 / k ** exponent: which product, city or word it is."""

    n: Number
    """How many ranks there are: a whole number, from 1 to 10 ** 15."""
    exponent: Number = 1.0
    """How unequal they are, from 0 (all alike) to 20; 1 is Zipf's own."""

    discrete: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self, "n", least=1, most=1e15)
        require(self, "exponent", least=0, most=20)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By a guide table for the first ranks and a formula for the others; by quantiles where settings vary."""
        size: Any = self.n
        s: Any = self.exponent
        if np.ndim(size) or np.ndim(s):
            drawn: NDArray[Any] = self.law().ppf(rng.random(n))
            return drawn
        ranks = _guide(float(size), float(s)).draw(rng.random(n)).astype(np.int64)
        far = np.flatnonzero(ranks > HEAD)
        if far.size:
            start = HEAD + 0.5
            level = rng.random(far.size) * _tail(HEAD, size, s) + _slopes(start, s)
            ranks[far] = np.maximum(np.fmin(_rank(start, level, s), size), HEAD + 1)
        return ranks

    def law(self) -> Law:
        """Sums of powers."""
        return _ZipfLaw(self.n, self.exponent)


class _ZipfLaw:
    """A `Law`: the first ranks are added up; sums over others by the Euler–Maclaurin formula at midpoints.

    Sum of f(j) for j from a + 1 to b is the integral of f from a + ½ to b + ½, less 1/24 of the rise of f′ between them,
    plus 7/5760 of the rise of f‴, less 31/967680 of that of the fifth derivative (NIST Handbook of Mathematical Functions,
    2010, section 2.10, for midpoints).
    """

    def __init__(self, n: Any, exponent: Any) -> None:
        self.n = np.asarray(n, dtype=float)
        self.s = np.asarray(exponent, dtype=float)
        self.cut = SHORT_HEAD if self.s.ndim else HEAD
        ranks = np.arange(1.0, self.cut + 1)
        powers = ranks.reshape(-1, *(1,) * self.s.ndim) ** -self.s
        self.head = np.concatenate([np.zeros_like(powers[:1]), np.cumsum(powers, axis=0)])
        self.total = np.asarray(self._sum(self.n))

    def cdf(self, x: Any, /) -> Any:
        """Probability of at most x."""
        return self._sum(np.clip(np.floor(x), 0, self.n)) / self.total

    def sf(self, x: Any, /) -> Any:
        """Probability of more than x."""
        k = np.clip(np.floor(x), 0, self.n)
        rest = np.where(k >= self.cut, self._between(np.maximum(k, self.cut), self.n), self.total - self._sum(k))
        return np.maximum(rest, 0) / self.total

    def ppf(self, q: Any, /) -> Any:
        """The least rank with cdf >= q."""
        level = q * self.total
        plain = self.total.ndim == 0  # then shares are compared as `cdf` gives them, to the last digit
        rank = np.searchsorted(self.head / self.total, q) if plain else self._rank_in_head(level)
        far = (rank > self.cut) & (self.n > self.cut)
        if np.any(far):
            (level, n, s, q, total), put = _rows(far, level, self.n, self.s, q, self.total)
            start = self.cut + 0.5
            last = self.head[-1] if self.s.ndim == 0 else self.head[-1][far]
            k = _rank(start, level - last + _slopes(start, s), s)
            k = np.maximum(np.fmin(k, n), self.cut + 1)
            sums = [last + _tail(self.cut, np.maximum(k + d, self.cut), s) for d in (-1, 0)]
            k += (sums[1] / total < q).astype(float) - (sums[0] / total >= q)
            rank = put(rank, np.maximum(np.fmin(k, n), self.cut + 1))
        return np.minimum(rank, self.n.astype(np.int64))

    def isf(self, q: Any, /) -> Any:
        """The least rank with sf <= q."""
        level = q * self.total
        far = (level < self._between(np.asarray(float(self.cut)), self.n)) & (self.n > self.cut)
        rank = self._rank_in_head(self.total - level)
        if np.any(far):
            (level, n, s, q, total), put = _rows(far, level, self.n, self.s, q, self.total)
            k = _rank(n + 0.5, _slopes(n + 0.5, s) - level, s)
            k = np.maximum(np.fmin(k, n), self.cut + 1)
            sums = [_tail(np.maximum(k + d, self.cut), n, s) for d in (-1, 0)]
            k += (sums[1] / total > q).astype(float) - (sums[0] / total <= q)
            rank = put(rank, np.maximum(np.fmin(k, n), self.cut + 1))
        return np.clip(rank, 1, self.n.astype(np.int64))

    def _rank_in_head(self, level: Any) -> Any:
        """The first rank of the head up to which the sum is at least a level; one more than its length if none."""
        if self.s.ndim == 0:
            return np.searchsorted(self.head, level)
        return (self.head < level).sum(axis=0)

    def _sum(self, k: Any) -> Any:
        """Sum over ranks 1 to k."""
        at = np.minimum(k, self.cut).astype(np.intp)
        if self.s.ndim == 0:
            head = self.head[at]
        else:
            at, _ = np.broadcast_arrays(at, self.s)
            head = np.take_along_axis(self.head, at[None], axis=0)[0]
        far = k > self.cut
        return head + np.where(far, self._between(self.cut, np.maximum(k, self.cut)), 0.0) if np.any(far) else head

    def _between(self, a: Any, b: Any) -> Any:
        return np.where(b > a, _tail(a, np.maximum(a, b), self.s), 0.0)


@lru_cache(maxsize=64)
def _guide(n: float, s: float) -> GuideTable:
    """Ranks of the head, and one more that stands for all beyond."""
    head = np.arange(1, min(n, HEAD) + 1)
    weights = head**-s
    if n > HEAD:
        head, weights = np.append(head, HEAD + 1), np.append(weights, _tail(HEAD, n, s))
    return GuideTable.of([(head, weights)])


def _integral(a: Any, b: Any, s: Any) -> Any:
    """Of t ** −s from a to b."""
    return a ** (1 - s) * _power(b / a, 1 - s)


def _power(x: Any, e: Any) -> Any:
    """(x ** e − 1) / e, and its limit, log x, for an e of 0; without cancellation near it.

    SciPy has both this (boxcox) and the inverse; loading it takes longer than drawing a hundred thousand ranks.
    """
    log, zero = np.log(x), np.equal(e, 0)
    return np.where(zero, log, np.expm1(e * log) / np.where(zero, 1, e))


def _inverse_power(y: Any, e: Any) -> Any:
    """The x with `_power(x, e)` of y; nan where there is none."""
    zero = np.equal(e, 0)
    return np.exp(np.where(zero, y, np.log1p(e * y) / np.where(zero, 1, e)))


def _tail(a: Any, b: Any, s: Any) -> Any:
    """Sum over ranks a + 1 to b, for an a that is not small."""
    a, b = a + 0.5, b + 0.5
    return _integral(a, b, s) + _slopes(b, s) - _slopes(a, s)


def _slopes(t: Any, s: Any) -> Any:
    """What the derivatives at an end contribute to a sum."""
    third = 7 / 5760 * (s + 1) * (s + 2)
    fifth = 31 / 967680 * (s + 1) * (s + 2) * (s + 3) * (s + 4)
    return s * t ** (-s - 1) * (1 / 24 - third / t**2 + fifth / t**4)


def _rank(start: Any, level: Any, s: Any) -> Any:
    """The rank up to whose end the integral from `start` reaches a level; nan beyond what it reaches at all."""
    return np.ceil(start * _inverse_power(level * start ** (s - 1), 1 - s) - 0.5)


def _rows(chosen: Any, *values: Any) -> tuple[list[Any], Any]:
    """The chosen rows of some values, and a function that puts results back into them."""
    shape = np.shape(chosen)
    parts = [v if np.ndim(v) == 0 else np.broadcast_to(v, shape)[chosen] for v in values]

    def put(into: Any, new: Any) -> Any:
        out = np.array(np.broadcast_to(into, shape))
        out[chosen] = new
        return out

    return parts, put
