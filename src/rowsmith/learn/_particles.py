"""Drawing the columns of a chain where some are known, by particles.

Going down the chain, a column that is known is not drawn, but says how likely the columns before it were. So each row is
drawn as several particles; where a known column is passed, those that make it likely are kept, several times over, and
the others dropped; past the last known column one is taken. Source: sequential importance resampling (N. Gordon,
D. Salmond, A. Smith, "Novel approach to nonlinear/non-Gaussian Bayesian state estimation", 1993), which for a single
known column is likelihood weighting (R. Fung, K. Chang, "Weighing and integrating evidence for stochastic simulation in
Bayesian networks", 1989). Rows are resampled systematically (G. Kitagawa, 1996), once the effective number of their
particles has fallen by half (J. Liu, R. Chen, 1995).

Columns that are known and come first in the chain need no particles, and are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import CodeArray, Known
from rowsmith.core.rng import Key
from rowsmith.learn import _descend

if TYPE_CHECKING:
    from rowsmith.learn.trees import Link

Index = NDArray[np.int64]
Floats = NDArray[np.float64]

PILOT = 8
"""Particles by which it is seen how many a row needs."""
PARTICLES = ((0.5, 16), (0.25, 64), (0.0, 256))
"""Share of the pilot's particles that count, from which so many particles are enough."""
MISSED = 0.5
"""If what is known of a column is less likely by the pilot than this part of its share of the learnt rows, none of its
particles may have come near it, and a row gets the most."""
TINY = 1e-6
"""Codes rarer than this are not looked for."""
BLOCK = 32_768
"""Particles at a time, so that memory does not grow with the rows."""


def draw_known(links: Sequence[Link], n: int, key: Key, given: Mapping[int, Known]) -> list[CodeArray]:
    """Codes of n rows for every link of a chain, in its order. No row hangs on another.

    Args:
        links: of the chain.
        n: how many rows.
        key: random stream of these rows.
        given: column of a link to what is known of it, at least one.
    """
    evidence = {p: _evidence(given[k.column], k.forest) for p, k in enumerate(links) if k.column in given}
    out = np.empty((len(links), n), dtype=np.uint16)

    def blocks(rows: Index, particles: int, stream: Key) -> Iterator[tuple[Index, _Block, dict[int, Floats]]]:
        seeds = [stream.child(link.column).integer() >> 23 for link in links]
        picks = {p: stream.child("pick", p).generator().random(n) for p in evidence}
        for first in range(0, len(rows), BLOCK // particles):
            here = rows[first : first + BLOCK // particles]
            block = _Block(links, seeds, {p: each.part(here) for p, each in evidence.items()}, here, particles)
            yield here, block, {p: pick[here] for p, pick in picks.items()}

    # Another pilot than the draw: were it the same, rows with a lucky hit would be those that are drawn again.
    counting = np.ones(n)
    for rows, block, picks in blocks(np.arange(n), PILOT, key.child("pilot")):
        block.draw(picks, tail=False)
        counting[rows] = block.counting
    above = np.inf
    for least, particles in PARTICLES:
        wanted = np.flatnonzero((counting >= least) & (counting < above))
        above = least
        for rows, block, picks in blocks(wanted, particles, key.child("particles", particles)):
            out[:, rows] = block.draw(picks)
    return list(out)


@dataclass(frozen=True)
class _Evidence:
    """What is known of a column.

    Attributes:
        order: all its codes, those of a group together, rising.
        begin: place there of the first code that a row can have, shape (n,).
        end: place after its last one, shape (n,).
        rare: logarithm of the likelihood below which its particles may have missed it, shape (n,).
        exact: whether each group is a single code.
    """

    order: Index
    begin: Index
    end: Index
    rare: Floats
    exact: bool

    def part(self, rows: Index) -> _Evidence:
        return _Evidence(self.order, self.begin[rows], self.end[rows], self.rare[rows], self.exact)


def _evidence(known: Known, forest: dict[str, NDArray[Any]]) -> _Evidence:
    order = np.argsort(known.groups, kind="stable")
    ordered = known.groups[order]
    begin, end = (np.searchsorted(ordered, known.values, side=side) for side in ("left", "right"))
    share = np.bincount(known.groups, weights=_descend.shares(forest), minlength=int(known.values.max(initial=0)) + 1)
    rare = np.log(np.maximum(MISSED * share[known.values], TINY))
    return _Evidence(order, begin, end, rare, bool((ordered[1:] != ordered[:-1]).all()))


class _Block:
    """Particles of some rows: those of one row lie side by side.

    Args:
        links: of the chain.
        seeds: one a link.
        evidence: place in the chain to what is known of its column in these rows.
        rows: their numbers, shape (n,).
        particles: of a row.

    Attributes:
        counting: share of the particles that count, at the known column where they are fewest, shape (n,); 0 where they
            may all be far from what is known.
    """

    def __init__(
        self,
        links: Sequence[Link],
        seeds: Sequence[int],
        evidence: Mapping[int, _Evidence],
        rows: Index,
        particles: int,
    ) -> None:
        self.links, self.seeds, self.evidence, self.rows, self.particles = links, seeds, evidence, rows, particles
        self.counting = np.ones(len(rows))
        self._each = 1  # particles of a row by now
        self._codes = np.empty((len(links), len(rows)), dtype=np.uint16)
        self._features = np.empty((len(links), len(rows)), dtype=np.uint8)
        self._weights = np.zeros((len(rows), 1))  # logarithms

    def draw(self, picks: Mapping[int, Floats], *, tail: bool = True) -> NDArray[np.uint16]:
        """Codes of every link, shape (links, n).

        Args:
            picks: place in the chain to the uniform numbers by which particles are taken there, shape (n,).
            tail: whether to draw the columns after the last known one too.
        """
        n, last = len(self.rows), max(self.evidence)
        for place, link in enumerate(self.links if tail else self.links[: last + 1]):
            known = self.evidence.get(place)
            if known is not None and known.exact and self._each == 1:
                codes = known.order[known.begin].astype(np.uint16)
            else:
                if place <= last and self._each == 1:
                    self._take(np.repeat(np.arange(n), self.particles), place)
                    self._each, self._weights = self.particles, np.zeros((n, self.particles))
                codes = self._drawn(place, known)
            self._codes[place], self._features[place] = codes, link.feature[codes]
            if known is not None and self._each > 1:
                self._resample(place, picks[place], place == last)
        return self._codes

    def _drawn(self, place: int, known: _Evidence | None) -> CodeArray:
        """Codes of a column for all particles, which are weighed by what is known of it."""
        n, size = len(self.rows), len(self.links[place].feature)
        codes, chances = _descend.draw_known(
            self.links[place].forest,
            self._features[:place],
            self.seeds[place],
            np.arange(size) if known is None else known.order,
            np.zeros(n * self._each, np.int64) if known is None else np.repeat(known.begin, self._each),
            np.full(n * self._each, size) if known is None else np.repeat(known.end, self._each),
            (self.rows[:, None] * self._each + np.arange(self._each)).ravel(),
        )
        if known is not None:
            before = _log_sum(self._weights)
            self._weights = self._weights + chances.reshape(n, self._each)
            self.counting[_log_sum(self._weights) - before < known.rare] = 0
        return codes

    def _resample(self, place: int, pick: Floats, last: bool) -> None:
        """Take particles by their weights: one a row at the last known column, else as many as there were."""
        n, wanted = len(self.rows), 1 if last else self._each
        weights = np.exp(self._weights - _log_sum(self._weights)[:, None])
        effective = 1 / (weights**2).sum(axis=1)
        self.counting = np.minimum(self.counting, effective / self._each)
        row = np.arange(n)[:, None]
        ends = np.minimum(np.cumsum(weights, axis=1), 1.0)
        places = (pick[:, None] + np.arange(wanted)) / wanted
        found = np.searchsorted((ends + row).ravel(), (places + row).ravel(), side="right").reshape(n, wanted)
        found = np.clip(found, row * self._each, (row + 1) * self._each - 1)
        if not last:
            some = effective[:, None] < self._each / 2
            found = np.where(some, found, row * self._each + np.arange(self._each))
            self._weights = np.where(some, 0.0, self._weights)
        self._take(found.ravel(), place + 1)
        if last:
            self._each, self._weights = 1, np.zeros((n, 1))

    def _take(self, index: Index, drawn: int) -> None:
        """Keep some particles, of which so many columns are drawn."""
        codes, features = (np.empty((len(self.links), len(index)), a.dtype) for a in (self._codes, self._features))
        codes[:drawn], features[:drawn] = self._codes[:drawn, index], self._features[:drawn, index]
        self._codes, self._features = codes, features


def _log_sum(weights: Floats) -> Floats:
    """Logarithm of the sum of each row's weights, which are given by their logarithms."""
    top = weights.max(axis=1)
    return np.asarray(top + np.log(np.exp(weights - top[:, None]).sum(axis=1)))
