"""The Gaussian and the t copula: a matrix of correlations between the axes of all columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import CodeArray, Codes, Known, Progress
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.learn._copula_axes import Floats, Scale
from rowsmith.learn._copula_fit import Pairs, matched, step_of, together
from rowsmith.learn._copula_given import Evidence, places
from rowsmith.learn._copula_tails import TABLES, degrees, recut
from rowsmith.learn._copula_trees import groups_of, scales_of

ROUNDS = 4
"""Times that rows are drawn while the correlations are fitted."""
DRAWN = (10_000, 50_000)
"""Rows of each, at least and at most; between them twice as many as are learnt."""


@dataclass(frozen=True)
class Elliptic:
    """The fitted law.

    Attributes:
        scales: of the columns.
        correlation: of their axes, shape (axes, axes).
        df: degrees of freedom of the t copula; None for the Gaussian.
    """

    scales: tuple[Scale, ...]
    correlation: Floats
    df: float | None

    @cached_property
    def blocks(self) -> tuple[slice, ...]:
        """Places of each column's axes."""
        return blocks_of(self.scales)

    def draw(self, n: int, key: Key, given: Mapping[int, Known]) -> list[CodeArray]:
        """Codes of n rows."""
        r, sizes = self.correlation, len(self.correlation)
        random = key.child("axes").generator().standard_normal((n, sizes))
        known = {i: Evidence(self.scales[i], given[i]) for i in sorted(given)}
        some = [i for i in known if self.scales[i].size]
        if some:
            own = np.concatenate([np.arange(self.blocks[i].start, self.blocks[i].stop) for i in some])
            rest = np.setdiff1d(np.arange(sizes), own)
            at = places([self.scales[i] for i in some], {i: known[i] for i in some}, r[np.ix_(own, own)], self.df, key)
            slope = np.linalg.solve(r[np.ix_(own, own)], r[np.ix_(own, rest)])
            left = r[np.ix_(rest, rest)] - r[np.ix_(rest, own)] @ slope
            z = np.empty((n, sizes))
            z[:, own] = at.z
            z[:, rest] = at.z @ slope + at.s[:, None] * (random[:, rest] @ np.linalg.cholesky(left).T)
            leaves = dict(at.leaves)
        else:
            z, leaves = random @ np.linalg.cholesky(r).T, {}
            if self.df is not None:
                z *= np.sqrt(self.df / key.child("spread").generator().chisquare(self.df, n))[:, None]
        out = []
        for number, (scale, block) in enumerate(zip(self.scales, self.blocks, strict=True)):
            if number not in leaves:
                leaves[number] = scale.leaves(z[:, block])
            u = np.zeros(n) if scale.single else key.child("level", number).generator().random(n)
            drawn = known[number].codes(leaves[number], u) if number in known else scale.codes(leaves[number], u)
            out.append(drawn)
        return out

    def between(self) -> Floats:
        """One correlation for each two columns, shape (columns, columns).

        Where both have one axis it is that of these. Else it is, without a sign, the greatest that a mean of the axes of the one has
        with one of the other (the first canonical correlation), each axis counting by the share of the rows that come to it.
        """
        m = len(self.scales)
        out = np.eye(m)
        weights = [np.sqrt(scale.reach) for scale in self.scales]
        for i in range(m):
            for j in range(i):
                block = self.correlation[self.blocks[i], self.blocks[j]]
                if block.size:
                    most = (
                        block[0, 0] if block.size == 1 else np.linalg.norm(np.outer(weights[i], weights[j]) * block, 2)
                    )
                    out[i, j] = out[j, i] = min(float(most), 1.0)
        return out

    def state(self) -> State:
        """Arrays and a number."""
        return {"scales": [s.state() for s in self.scales], "correlation": self.correlation, "df": self.df}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ValueError: the parts do not fit together.
        """
        scales = tuple(Scale.from_state(s) for s in state["scales"])
        r, df = np.asarray(state["correlation"], dtype=np.float64), state["df"]
        size = sum(s.size for s in scales)
        if (
            r.shape != (size, size)
            or not np.isfinite(r).all()
            or not np.allclose(r, r.T)
            or not np.allclose(np.diag(r), 1)
        ):
            raise ValueError("no matrix of correlations")
        if size and (np.linalg.eigvalsh(r)[0] <= 0 or np.abs(r[paths_of(scales)]).max(initial=0.0) > 1e-6):
            raise ValueError("a matrix of correlations that no law has")
        if df is not None and not 1 <= df <= 1e6:
            raise ValueError(f"df={df}")
        return cls(scales, r, None if df is None else float(df))


def blocks_of(scales: Sequence[Scale]) -> tuple[slice, ...]:
    """Places of each column's axes."""
    ends = np.cumsum([s.size for s in scales]).tolist()
    return tuple(slice(end - s.size, end) for s, end in zip(scales, ends, strict=True))


def paths_of(scales: Sequence[Scale]) -> NDArray[np.bool_]:
    """Pairs of axes of which one leads to the other, shape (axes, axes)."""
    size = sum(scale.size for scale in scales)
    out = np.zeros((size, size), dtype=bool)
    for scale, block in zip(scales, blocks_of(scales), strict=True):
        out[block, block] = scale.path | scale.path.T
    return out


def fit_elliptic(columns: Sequence[Codes], t: bool, df: float | None, key: Key, progress: Progress) -> Elliptic:
    """Learn the correlations.

    Args:
        columns: at least one, of at least one row.
        t: whether to take the t copula.
        df: its degrees of freedom; None to estimate them.
        key: random stream of the fit.
        progress: told what has been done.
    """
    step = step_of(columns)
    groups = groups_of(columns)
    counts = together([c.values[::step] for c in columns], groups)
    counted = len(columns[0].values[::step])
    drawn = int(np.clip(2 * counted, *DRAWN))
    scales = scales_of(columns, groups, counts)
    pairs = Pairs(scales, groups)
    wanted = pairs.correlations(counts)
    progress("learning", 1, ROUNDS + 1)
    if t:
        if df is None:
            df = degrees(pairs.finest(counts, wanted, TABLES))
        scales = [recut(scale, df) for scale in scales]

    def draw(r: Floats, number: int) -> Floats:
        law = Elliptic(tuple(scales), r, df)
        return together(law.draw(drawn, key.child("round", number), {}), groups)

    r = matched(
        pairs,
        wanted,
        paths_of(scales),
        draw,
        weight=counted / drawn,
        rounds=ROUNDS,
        told=lambda done: progress("learning", done + 1, ROUNDS + 1),
    )
    return Elliptic(tuple(scales), r, df)
