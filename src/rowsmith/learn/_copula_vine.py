"""A regular vine: the law of all columns from copulas of two, each given the columns between them.

A tree joins the columns that hang together most; the next one joins its edges, given what they share; and so on (T. Bedford,
R. Cooke, "Vines: a new graphical model for dependent random variables", Annals of Statistics 30, 2002). Of a column in cells both
ends of the cell are followed through the trees, so that the likelihood is that of the cells themselves (A. Panagiotelis, C. Czado,
H. Joe, "Pair copula constructions for multivariate discrete data", JASA 107, 2012).

Columns are drawn one after the other. What is known of a column weighs the particles of its row (importance resampling: D. Rubin,
1987; N. Gordon, D. Salmond, A. Smith, 1993), of which one stays: right for many particles, and exact where the known columns are
the first ones that are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from rowsmith.core.protocols import CodeArray, Known
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.learn._copula_axes import Floats, Index, Scale
from rowsmith.learn._copula_families import Law, Pair

PARTICLES = 64
"""Of a row, where something is known."""
BLOCK = 1 << 16
"""Rows, or particles, at a time."""

Ends = dict[tuple[int, frozenset[int]], tuple[Floats, Floats]]
"""Column and what it is given, to the law of its cell's lower and upper end, shape (rows,)."""


@dataclass(frozen=True)
class Edge:
    """A copula of two columns given others.

    Attributes:
        pair: the copula.
        first: a column.
        second: another.
        given: the columns between them.
    """

    pair: Pair
    first: int
    second: int
    given: frozenset[int]

    def law(self, column: int, ends: Ends) -> Law:
        """Law of one of the two given the cell of the other as well, at its law given the columns between them."""
        other = self.second if column == self.first else self.first
        return (self.pair.first if column == self.first else self.pair.second)(*ends[other, self.given])

    def spread(self, ends: Ends) -> None:
        """Add the laws of both given the other."""
        for column, other in ((self.first, self.second), (self.second, self.first)):
            law = self.law(column, ends)
            low, high = ends[column, self.given]
            ends[column, self.given | {other}] = law(low), law(high)

    def state(self) -> State:
        """Plain values."""
        return {"pair": self.pair.state(), "of": [self.first, self.second], "given": sorted(self.given)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        first, second = map(int, state["of"])
        return cls(Pair.from_state(state["pair"]), first, second, frozenset(map(int, state["given"])))


@dataclass(frozen=True)
class Vine:
    """A fitted vine.

    Attributes:
        scales: of the columns, each on one axis.
        order: in which columns are drawn.
        edges: those of each column, in the order in which columns are drawn: to a column before it, given none, one, and so on.
    """

    scales: tuple[Scale, ...]
    order: tuple[int, ...]
    edges: tuple[tuple[Edge, ...], ...]

    @cached_property
    def _cells(self) -> list[tuple[Index, Floats]]:
        """Code of each cell of each column, and the shares below the cells, shape (cells + 1,)."""
        out = []
        for scale in self.scales:
            codes = ~scale.leads[0] if scale.size else np.zeros(1, dtype=np.int64)
            ends = np.cumsum([0.0, *scale.shares[codes]])
            out.append((codes, ends / ends[-1]))
        return out

    def draw(self, n: int, key: Key, given: Mapping[int, Known]) -> list[CodeArray]:
        """Codes of n rows."""
        out = np.zeros((len(self.scales), n), dtype=np.uint16)
        size = BLOCK // PARTICLES if given else BLOCK
        for number, first in enumerate(range(0, n, size)):
            rows = slice(first, min(first + size, n))
            some = {column: known.part(rows) for column, known in given.items()}
            out[:, rows] = self._block(rows.stop - rows.start, key.child("block", number), some)
        return list(out)

    def _block(self, n: int, key: Key, given: Mapping[int, Known]) -> CodeArray:
        last = max((self.order.index(c) for c in given), default=-1)
        before = any(c not in given for c in self.order[: last + 1])
        each = PARTICLES if before else 1
        codes = np.zeros((len(self.scales), n * each), dtype=np.uint16)
        ends: Ends = {}
        for place, (column, edges) in enumerate(zip(self.order, self.edges, strict=True)):
            u = key.child("column", column).generator().random((n, each)).ravel()
            known, law, last_cell = given.get(column), self._law(column, edges, ends), len(self._cells[column][0]) - 1
            if known is None:
                cell, chance = _halved(law, u, np.zeros(len(u), np.int64), np.full(len(u), last_cell)), None
            else:
                cell, chance = self._known(column, law, u, known, each)
            codes[column] = self._cells[column][0][cell]
            bounds = self._cells[column][1]
            ends[column, frozenset()] = bounds[cell], bounds[cell + 1]
            for edge in edges:
                edge.spread(ends)
            if chance is not None and each > 1:
                pick = key.child("pick", column).generator().random(n)
                kept = _resampled(chance.reshape(n, each), pick, 1 if place == last else each)
                codes = codes[:, kept]
                ends = {name: (low[kept], high[kept]) for name, (low, high) in ends.items()}
                each = 1 if place == last else each
        return codes

    def _law(self, column: int, edges: tuple[Edge, ...], ends: Ends) -> Callable[[Index], Floats]:
        """Law of a column below a cell, given the columns that are there."""
        laws = [edge.law(column, ends) for edge in edges if edge.pair.family != "independent"]
        bounds = self._cells[column][1]

        def below(cell: Index) -> Floats:
            u = bounds[cell]
            for law in laws:
                u = law(u)
            return u

        return below

    def _known(
        self, column: int, law: Callable[[Index], Floats], u: Floats, known: Known, each: int
    ) -> tuple[Index, Floats]:
        """A cell of each particle's group, and how likely the group is."""
        group = known.groups[self._cells[column][0]].astype(np.int64)
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        lasts = np.append(starts[1:], len(group)) - 1
        order = np.argsort(group[starts], kind="stable")
        starts, lasts, of = starts[order], lasts[order], group[starts][order]
        begin, end = (np.repeat(np.searchsorted(of, known.values, side=s), each) for s in ("left", "right"))
        chances, most = [], int((end - begin).max(initial=0))
        for run in range(most):
            at = np.minimum(begin + run, end - 1)
            under, over = law(starts[at]), law(lasts[at] + 1)
            chances.append(np.where(begin + run < end, np.maximum(over - under, 1e-300), 0.0))
        total = np.cumsum(chances, axis=0)
        goal = u * total[-1]
        run = np.minimum((total <= goal).sum(axis=0), end - begin - 1)
        row = np.arange(len(u))
        at = begin + run
        under = law(starts[at])
        inside = goal - (total[run, row] - np.asarray(chances)[run, row])
        return _halved(law, under + inside, starts[at], lasts[at]), total[-1]

    def between(self) -> Floats:
        """Correlations of the normal scores of each two columns, measured on draws, shape (columns, columns)."""
        drawn = self.draw(DRAWN, Key(0), {})
        return _correlations([self.cells(i, codes) for i, codes in enumerate(drawn)])

    def cells(self, column: int, codes: CodeArray) -> tuple[Index, Floats]:
        """Cells of a column's codes, and the shares below its cells."""
        order, bounds = self._cells[column]
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        return rank[codes], bounds

    def state(self) -> State:
        """The scales, the order, and the edges."""
        return {
            "scales": [s.state() for s in self.scales],
            "order": list(self.order),
            "edges": [[e.state() for e in some] for some in self.edges],
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ValueError: the parts do not fit together.
        """
        scales = tuple(Scale.from_state(s) for s in state["scales"])
        order = tuple(int(c) for c in state["order"])
        edges = tuple(tuple(Edge.from_state(e) for e in some) for some in state["edges"])
        if sorted(order) != list(range(len(scales))) or len(edges) != len(order) or any(s.size > 1 for s in scales):
            raise ValueError("a vine without some of its columns")
        there: set[tuple[int, frozenset[int]]] = set()
        for column, some in zip(order, edges, strict=True):
            there.add((column, frozenset()))
            for edge in some:
                both = {edge.first, edge.second}
                if column not in both or len(both) != 2 or any((c, edge.given) not in there for c in both):
                    raise ValueError("a vine whose edges do not fit together")
                there |= {(c, edge.given | (both - {c})) for c in both}
        return cls(scales, order, edges)


DRAWN = 20_000
"""Rows that correlations of a vine are measured on."""


def _halved(law: Callable[[Index], Floats], u: Floats, low: Index, high: Index) -> Index:
    """The cell, from one to another, in which a law reaches u."""
    while (low < high).any():
        middle = (low + high) // 2
        beyond = (law(middle + 1) <= u) & (low < high)
        low, high = np.where(beyond, middle + 1, low), np.where(beyond, high, middle)
    return low


def _correlations(columns: Sequence[tuple[Index, Floats]]) -> Floats:
    """Correlations of the mean normal scores of cells, shape (columns, columns); 0 for a column of one cell."""
    from scipy import special

    rows = []
    for cell, bounds in columns:
        density = np.exp(-(special.ndtri(bounds[1:-1]) ** 2) / 2) / np.sqrt(2 * np.pi)
        rows.append((-np.diff(density, prepend=0.0, append=0.0) / np.diff(bounds))[cell])
    with np.errstate(invalid="ignore"):
        out = np.atleast_2d(np.nan_to_num(np.corrcoef(np.array(rows))))
    np.fill_diagonal(out, 1.0)
    return out


def _resampled(chance: Floats, pick: Floats, wanted: int) -> Index:
    """Numbers of particles that are kept, `wanted` of each row, by their chances (systematic resampling: G. Kitagawa, 1996)."""
    n, each = chance.shape
    ends = np.minimum(np.cumsum(chance / chance.sum(axis=1, keepdims=True), axis=1), 1.0)
    row = np.arange(n)[:, None]
    places = (pick[:, None] + np.arange(wanted)) / wanted
    found = np.searchsorted((ends + row).ravel(), (places + row).ravel(), side="right").reshape(n, wanted)
    return np.clip(found, row * each, row * each + each - 1).ravel()
